/**
 * Streams that cannot be taken up again: ids that are none, or another's, or of what is no longer kept; and stores that
 * are down, slow, or told of an end.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { EventStore } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { clientOf, opened, serve } from "./support/endpoint.ts"
import { asking, limited } from "./support/people.ts"
import { report, resume, SAID, using, words } from "./support/resuming.ts"
import { turns } from "./support/turns.ts"

const result = (message: McpTest.Json | undefined) => message?.["result"] as McpTest.Json

describe("Last-Event-ID", () => {
  const bad = [
    " ",
    "x",
    "1",
    "a.b",
    "a.-1",
    "a.1.5",
    "a.1e3",
    "../../etc.1",
    "a b.1",
    "ä.1",
    `${"x".repeat(200)}.1`,
    "a.99999999999999999999",
    ".1",
    "a."
  ]
  const unknown = ["nosuch-1.0", "nosuch-1.1", "0.0", "a-1.999999"]

  it.effect.each(bad)("that is no id of an event: %j", (id) =>
    Effect.gen(function* () {
      const { client } = yield* using()
      yield* assertError(yield* client.get({ "last-event-id": encodeURI(id) }), 400, -32600, undefined)
    })
  )

  it.effect.each(unknown)("that never was: %s", (id) =>
    Effect.gen(function* () {
      const { client } = yield* using()
      const error = yield* assertError(yield* client.get({ "last-event-id": id }), 410, -32600, undefined)
      assert.deepStrictEqual(error["data"], { loss: "ResumeLost" })
    })
  )

  it.effect("of an event that is still to come", () =>
    Effect.gen(function* () {
      const { client } = yield* using()
      const all = yield* (yield* client.post(report(1))).events.rest
      const [stream] = (all[0]?.id ?? "").split(".")
      yield* assertError(yield* client.get({ "last-event-id": `${stream}.${SAID.length + 1}` }), 410, -32600, undefined)
    })
  )

  it.effect("of another session, or of another's, gives nothing of it", () =>
    Effect.gen(function* () {
      const made = served()
      const endpoint = yield* asking(serve(Layer.provide(made.app, EventStore.layerMemory)))
      const ada = yield* opened(endpoint, { headers: { authorization: "ada" } })
      const { events } = yield* ada.post(report(1))
      const first = yield* events.nextRaw
      yield* events.drop
      const id = first?.id ?? assert.fail("the event has no id")
      const adaToo = yield* opened(endpoint, { headers: { authorization: "ada" } })
      const eve = yield* opened(endpoint, { headers: { authorization: "eve" } })
      for (const client of [adaToo, eve]) {
        const answer = yield* client.get({ "last-event-id": id })
        yield* assertError(answer, 410, -32600, undefined)
      }
      const forged = clientOf(endpoint, ada.session, { authorization: "eve" })
      yield* assertError(yield* forged.get({ "last-event-id": id }), 404, -32602, undefined)
      assert.strictEqual((yield* (yield* resume(ada, id)).messages).length, SAID.length)
    })
  )

  it.effect("of what was let go of is refused: it is not given in part", () =>
    Effect.gen(function* () {
      const { client } = yield* limited(using(), { events: 8000 })
      const all = yield* (yield* client.post(report(1))).events.rest
      yield* Effect.forEach([2, 3, 4, 5], (id) => Effect.flatMap(client.post(report(id)), ({ events }) => events.rest))
      const error = yield* assertError(yield* client.get({ "last-event-id": all[0]!.id! }), 410, -32600, undefined)
      assert.deepStrictEqual(error["data"], { loss: "ResumeLost" })
      assert.deepStrictEqual(result(yield* client.ask(9, "ping")), {})
    })
  )
})

describe("the store of events", () => {
  const failing = Layer.succeed(EventStore.EventStore, {
    open: () => Effect.fail(new EventStore.StoreError({ detail: "down" })),
    append: () => Effect.fail(new EventStore.StoreError({ detail: "down" })),
    end: () => Effect.fail(new EventStore.StoreError({ detail: "down" })),
    read: () => Effect.fail(new EventStore.StoreError({ detail: "down" })),
    remove: () => Effect.fail(new EventStore.StoreError({ detail: "down" }))
  })

  it.effect("that is down: who is connected is served all the same, who comes back is told", () =>
    Effect.gen(function* () {
      const { client } = yield* using({}, failing)
      const all = yield* (yield* client.post(report(1))).events.rest
      assert.deepStrictEqual(words(all), ["nothing", ...SAID])
      yield* assertError(yield* client.get({ "last-event-id": all[0]!.id! }), 503, 503, undefined)
      assert.strictEqual((yield* client.delete()).status, 204)
    })
  )

  /** Each step takes a turn of the loop. */
  const slow = Layer.effect(
    EventStore.EventStore,
    Effect.map(EventStore.EventStore, (store) =>
      EventStore.EventStore.of({
        open: (key, requests) => Effect.andThen(turns, store.open(key, requests)),
        append: (key, event, last) => Effect.andThen(turns, store.append(key, event, last)),
        end: (key) => Effect.andThen(turns, store.end(key)),
        read: (key, after, max) => Effect.andThen(turns, store.read(key, after, max)),
        remove: (session) => Effect.andThen(turns, store.remove(session))
      })
    )
  ).pipe(Layer.provide(EventStore.layerMemory))

  it.effect("that is slow: who is connected does not wait for it, and everything is kept", () =>
    Effect.gen(function* () {
      const { client } = yield* using({}, slow)
      const all = yield* (yield* client.post(report(1))).events.rest
      assert.deepStrictEqual(words(all), ["nothing", ...SAID])
      yield* Effect.repeat(turns, { times: SAID.length + 2 })
      assert.strictEqual((yield* (yield* resume(client, all[0]?.id)).messages).length, SAID.length)
    })
  )

  it.effect("is told of the end of a session: nothing of it is kept", () =>
    Effect.gen(function* () {
      const removed: Array<string> = []
      const telling = Layer.effect(
        EventStore.EventStore,
        Effect.map(EventStore.EventStore, (store) =>
          EventStore.EventStore.of({
            ...bound(store),
            remove: (session) =>
              Effect.andThen(
                Effect.sync(() => removed.push(session)),
                store.remove(session)
              )
          })
        )
      ).pipe(Layer.provide(EventStore.layerMemory))
      const { client } = yield* using({}, telling)
      yield* (yield* client.post(report(1))).events.rest
      yield* client.delete()
      yield* turns
      assert.deepStrictEqual(removed, [client.session])
    })
  )
})

/** A store whose methods can be taken off it. */
const bound = (store: EventStore.Service): EventStore.Service => ({
  open: (key, requests) => store.open(key, requests),
  append: (key, event, last) => store.append(key, event, last),
  end: (key) => store.end(key),
  read: (key, after, max) => store.read(key, after, max),
  remove: (session) => store.remove(session)
})
