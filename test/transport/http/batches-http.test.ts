/**
 * Batches of 2025-03-26 over HTTP: one POST with several messages, answered together; everywhere else they are refused.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { EventStore } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, modernMeta, request } from "../../laws/support/app.ts"
import { type Answer, assertError, messageOf } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { opened, serve } from "./support/endpoint.ts"
import { limited } from "./support/people.ts"
import { turns } from "./support/turns.ts"

const BATCHED = "2025-03-26"
const ping = (id: string | number) => request("legacy", id, "ping")
const note = { jsonrpc: "2.0", method: "notifications/x" }
const response = { jsonrpc: "2.0", id: 77, result: {} }

/** The messages of an answer that is one list. */
const listOf = (answer: Answer): Effect.Effect<ReadonlyArray<McpTest.Json>> =>
  Effect.gen(function* () {
    assert.deepStrictEqual([answer.status, answer.type], [200, "application/json"])
    const list = JSON.parse(yield* answer.text) as unknown
    assert.isArray(list)
    return (list as ReadonlyArray<unknown>).map((one) => messageOf(JSON.stringify(one)))
  })

const places = [
  ["in a session", {}, (client: { readonly headers: { readonly [name: string]: string } }) => client.headers],
  ["without sessions", { sessions: "stateless" }, () => ({})]
] as const

describe.each(places)("%s, a batch", (_, options, headersOf) => {
  const using = (app = served().app) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(app, options)
      const client = "sessions" in options ? undefined : yield* opened(endpoint, { revision: BATCHED })
      const headers = client === undefined ? {} : headersOf(client)
      return { post: (batch: unknown) => endpoint.post(batch, headers) }
    })

  it.effect("of requests is answered by one list, once the last has been", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const { post } = yield* using(app)
      const batch = [ping("a"), callTool("legacy", 2, "wait", { name: "w" }), note, ping(3)]
      const waiting = yield* Effect.forkChild(post(batch))
      yield* turns
      assert.isUndefined(waiting.pollUnsafe())
      yield* record.open("w")
      const list = yield* listOf(yield* Fiber.join(waiting))
      assert.sameMembers(
        list.map(({ id }) => id as string | number),
        ["a", 2, 3]
      )
    })
  )

  it.effect("of one request is answered by a list of one", () =>
    Effect.gen(function* () {
      const { post } = yield* using()
      assert.deepStrictEqual(yield* listOf(yield* post([ping(1)])), [{ jsonrpc: "2.0", id: 1, result: {} }])
    })
  )

  it.effect("of notifications and responses is taken", () =>
    Effect.gen(function* () {
      const { post } = yield* using()
      for (const batch of [[note], [response], [note, response, note]]) {
        const answer = yield* post(batch)
        assert.strictEqual(answer.status, 202)
        yield* answer.nothing
      }
    })
  )

  it.effect("with what is no message: each is answered alone", () =>
    Effect.gen(function* () {
      const { post } = yield* using()
      const broken = { jsonrpc: "1.0", id: "b", method: "ping" }
      const list = yield* listOf(yield* post([7, ping(1), broken, null, [], { jsonrpc: "2.0", id: 3, error: 7 }]))
      const seen = list.map(({ error, id, result }) => [id, (error as McpTest.Json | undefined)?.["code"] ?? result])
      assert.sameDeepMembers(seen, [
        [undefined, -32600],
        [1, {}],
        ["b", -32600],
        [undefined, -32600],
        [undefined, -32600]
      ])
    })
  )

  it.effect("with progress is a stream of all of it, which ends with the last reply", () =>
    Effect.gen(function* () {
      const { post } = yield* using()
      const batch = [ping(1), callTool("legacy", 2, "report", { name: "r", steps: 2 }, { progressToken: "p" }), ping(3)]
      const told = yield* (yield* post(batch)).events.messages
      const replies = told.filter(({ id }) => id !== undefined)
      assert.sameMembers(
        replies.map(({ id }) => id as number),
        [1, 2, 3]
      )
      assert.strictEqual(told.filter(({ method }) => method === "notifications/progress").length, 2)
      const last = told.findLastIndex(({ method }) => method !== undefined)
      assert.isAbove(
        told.findIndex(({ id }) => id === 2),
        last
      )
    })
  )

  it.effect("that is empty is no message", () =>
    Effect.gen(function* () {
      const { post } = yield* using()
      yield* assertError(yield* post([]), 400, -32600, undefined)
    })
  )

  it.effect("that is too long is refused as a whole", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const { post } = yield* limited(using(app), { batch: 3 })
      const call = callTool("legacy", 1, "sync", { name: "a" })
      yield* assertError(yield* post([call, note, note, note]), 400, -32600, undefined)
      assert.deepStrictEqual(record.started, [])
      assert.strictEqual((yield* listOf(yield* post([call, note, note]))).length, 1)
    })
  )

  it.effect("whose ids are the same: the second is refused, and all are answered", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const { post } = yield* using(app)
      const waiting = yield* Effect.forkChild(post([callTool("legacy", 1, "wait", { name: "w" }), ping(1), ping(2)]))
      yield* turns
      yield* record.open("w")
      const list = yield* listOf(yield* Fiber.join(waiting))
      assert.strictEqual(list.length, 3)
    })
  )
})

describe("in a session, a batch", () => {
  it.effect("of which one request is cancelled is answered by the others", () =>
    Effect.gen(function* () {
      const { app } = served()
      const client = yield* opened(yield* serve(app), { revision: BATCHED })
      const batch = [ping(1), callTool("legacy", 2, "wait", { name: "w" })]
      const waiting = yield* Effect.forkChild(client.post(batch))
      yield* turns
      yield* client.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 2 } })
      assert.deepStrictEqual(yield* listOf(yield* Fiber.join(waiting)), [{ jsonrpc: "2.0", id: 1, result: {} }])
    })
  )

  it.effect("of which every request is cancelled is answered by nothing", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(served().app), { revision: BATCHED })
      const waiting = yield* Effect.forkChild(
        client.post([callTool("legacy", 1, "wait", { name: "v" }), callTool("legacy", 2, "wait", { name: "w" })])
      )
      yield* turns
      const cancel = (requestId: number) => ({
        jsonrpc: "2.0",
        method: "notifications/cancelled",
        params: { requestId }
      })
      yield* client.post([cancel(1), cancel(2)])
      const answer = yield* Fiber.join(waiting)
      assert.strictEqual(answer.status, 202)
      yield* answer.nothing
    })
  )

  it.effect("with streams that are kept is a stream, with an id for each event", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const client = yield* opened(yield* serve(Layer.provide(app, EventStore.layerMemory)), { revision: BATCHED })
      const answer = yield* client.post([ping(1), callTool("legacy", 2, "wait", { name: "w" })])
      yield* record.open("w")
      const events = yield* answer.events.rest
      const messages = events.filter(({ message }) => message !== undefined)
      assert.sameMembers(
        messages.map(({ message }) => message!["id"] as number),
        [1, 2]
      )
      for (const { id } of messages) assert.isDefined(id)
    })
  )
})

describe("a batch is refused", () => {
  it.effect.each(["2024-11-05", "2025-06-18", "2025-11-25"])("in a session of %s", (revision) =>
    Effect.gen(function* () {
      const { app, record } = served()
      const client = yield* opened(yield* serve(app), { revision })
      yield* assertError(yield* client.post([callTool("legacy", 1, "sync", { name: "a" })]), 400, -32600, undefined)
      assert.deepStrictEqual(record.started, [])
    })
  )

  it.effect.each(["2024-11-05", "2025-06-18", "2025-11-25"])("without sessions, in %s", (revision) =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app, { sessions: "stateless" })
      const answer = yield* endpoint.post([callTool("legacy", 1, "sync", { name: "a" })], {
        "mcp-protocol-version": revision
      })
      yield* assertError(answer, 400, -32600, undefined)
      assert.deepStrictEqual(record.started, [])
    })
  )

  it.effect("in a modern revision", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const answer = yield* endpoint.post([callTool("modern", 1, "sync", { name: "a" })], {
        "mcp-protocol-version": "2026-07-28"
      })
      yield* assertError(answer, 400, -32600, undefined)
      assert.deepStrictEqual(record.started, [])
    })
  )

  it.effect("when it opens a session: the handshake comes alone", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const initialize = request("legacy", 1, "initialize", {
        protocolVersion: BATCHED,
        capabilities: {},
        clientInfo: { name: "raw", version: "1" }
      })
      const answer = yield* endpoint.post([initialize])
      assert.strictEqual(answer.status, 400)
      assert.isUndefined(answer.header("mcp-session-id"))
    })
  )

  it.effect("no message of a legacy batch may claim to be modern", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const client = yield* opened(yield* serve(app), { revision: BATCHED })
      const call = {
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name: "sync", arguments: { name: "a" }, _meta: modernMeta }
      }
      // its headers say nothing of it, so whoever looks at them would be deceived
      yield* assertError(yield* client.post([ping(2), call]), 400, -32600, undefined)
      assert.deepStrictEqual(record.started, [])
    })
  )
})
