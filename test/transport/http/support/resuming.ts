/**
 * Sessions whose streams are kept, what is said on their streams, and how one is taken up again.
 */
import { assert } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { EventStore } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool } from "../../../laws/support/app.ts"
import type { Events, SseEvent } from "./answer.ts"
import { type Served, served } from "./app.ts"
import { type Client, opened, type Opening, serve } from "./endpoint.ts"

/** A session of a server whose streams are kept. */
export const using = (opening: Opening = {}, store: Layer.Layer<EventStore.EventStore> = EventStore.layerMemory) =>
  Effect.gen(function* () {
    const made: Served = served()
    const endpoint = yield* serve(Layer.provide(made.app, store))
    return { ...made, endpoint, client: yield* opened(endpoint, opening) }
  })

/** Takes a stream up again after an event. */
export const resume = (client: Client, id: string | undefined): Effect.Effect<Events> =>
  Effect.map(client.get({ "last-event-id": id ?? assert.fail("the event has no id") }), (answer) => {
    assert.strictEqual(answer.status, 200)
    return answer.events
  })

/** Begins a call that waits, and lets go of its stream after the first event; gives the id of that. */
export const letGo = (client: Client): Effect.Effect<string | undefined> =>
  Effect.gen(function* () {
    const { events } = yield* client.post(callTool("legacy", 1, "wait", { name: "a" }))
    const first = yield* events.nextRaw
    yield* events.drop
    return first?.id
  })

/** What a message says, in a word. */
export const word = ({ message }: SseEvent): string => {
  if (message === undefined) return "nothing"
  const { id, method, params } = message as {
    readonly id?: unknown
    readonly method?: string
    readonly params?: McpTest.Json
  }
  if (method === undefined) return `reply ${String(id)}`
  return method === "notifications/progress" ? `progress ${String(params?.["progress"])}` : method
}

const STEPS = 4
/** A call that says `SAID`. */
export const report = (id: string | number, name = "r") =>
  callTool("legacy", id, "report", { name, steps: STEPS }, { progressToken: id })
const LOG = "notifications/message"
export const SAID = ["progress 1", LOG, "progress 2", LOG, "progress 3", LOG, "progress 4", LOG, "reply 1"]

/** What events say, comments left out. */
export const words = (events: ReadonlyArray<SseEvent>) =>
  events.filter(({ comment }) => comment === undefined).map(word)
