/**
 * Legacy sessions over HTTP: how they are opened, what they keep, and that each is its own. Their streams on GET, and
 * what is said unasked on them. How they end is in `session-endings.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "../../laws/support/app.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { initialize, modern, opened, serve } from "./support/endpoint.ts"
import { limited } from "./support/people.ts"
import { turns } from "./support/turns.ts"

const LEGACY = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"]
const URI = "docs://a"
const ping = (id: string | number) => request("legacy", id, "ping")
const result = (message: McpTest.Json) => message["result"] as McpTest.Json

describe("a session", () => {
  it.effect.each(LEGACY)("is opened by the handshake of %s", (revision) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const client = yield* opened(endpoint, { revision })
      assert.strictEqual(client.opened["protocolVersion"], revision)
      assert.match(client.session, /^[\x21-\x7E]{22,}$/)
      assert.deepStrictEqual(result(yield* client.ask(1, "ping")), {})
    })
  )

  it.effect("is counter-offered where the revision is unknown, as everywhere", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const answer = yield* endpoint.post(initialize("1999-01-01"))
      assert.isDefined(answer.header("mcp-session-id"))
      assert.strictEqual(result(yield* answer.message)["protocolVersion"], "2025-11-25")
    })
  )

  it.effect("has an id of its own, at random", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const ids = yield* Effect.forEach(Array.from({ length: 50 }), () =>
        Effect.map(opened(endpoint), ({ session }) => session)
      )
      assert.strictEqual(new Set(ids).size, ids.length)
      // 128 bits and more: no prefix of many characters is shared
      assert.strictEqual(new Set(ids.map((id) => id.slice(0, 8))).size, ids.length)
    })
  )

  it.effect("is told of with the answer to its handshake, and with no other", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const client = yield* opened(endpoint)
      assert.isUndefined((yield* client.post(ping(1))).header("mcp-session-id"))
      const answer = yield* modern(endpoint, request("modern", 1, "server/discover"), {
        "mcp-session-id": client.session
      })
      assert.strictEqual(answer.status, 200)
      assert.isUndefined(answer.header("mcp-session-id"))
    })
  )

  it.effect("is not opened by a handshake that is refused", () =>
    Effect.gen(function* () {
      const endpoint = yield* limited(serve(served().app), { sessions: 1 })
      for (const params of [{}, { protocolVersion: 7 }, { protocolVersion: "2025-11-25", capabilities: {} }]) {
        const answer = yield* endpoint.post(request("legacy", 1, "initialize", params as McpTest.Json))
        assert.isUndefined(answer.header("mcp-session-id"))
        yield* assertError(answer, 200, -32602, 1)
      }
      // its place is free
      yield* opened(endpoint)
    })
  )

  it.effect("is not opened a second time", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const client = yield* opened(endpoint)
      const again = yield* endpoint.post(initialize("2025-03-26"), { "mcp-session-id": client.session })
      // a handshake is a session of its own; the one that is named stays as it is
      assert.strictEqual(again.status, 200)
      assert.notStrictEqual(again.header("mcp-session-id"), client.session)
      assert.deepStrictEqual(result(yield* client.ask(1, "ping")), {})
    })
  )

  it.effect("keeps its revision, whatever a later header says", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const client = yield* opened(endpoint, { revision: "2024-11-05" })
      const lists = yield* Effect.forEach(["", "2024-11-05", "2025-11-25"], (version) =>
        Effect.flatMap(
          client.post(request("legacy", 1, "tools/list"), { "mcp-protocol-version": version }),
          ({ message }) => message
        )
      )
      assert.deepStrictEqual(lists[1], lists[0])
      assert.deepStrictEqual(lists[2], lists[0])
      assert.notInclude(JSON.stringify(lists[0]), "outputSchema")
    })
  )

  it.effect("is its own: levels, subscriptions and ids", () =>
    Effect.gen(function* () {
      const { app, server } = served()
      const endpoint = yield* serve(app)
      const [one, two] = [yield* opened(endpoint), yield* opened(endpoint)]
      const streams = [(yield* one.get()).events, (yield* two.get()).events] as const
      yield* one.ask(1, "logging/setLevel", { level: "error" })
      yield* one.ask(2, "resources/subscribe", { uri: URI })
      yield* (yield* server).updated(URI)
      assert.deepStrictEqual((yield* streams[0].next).message, {
        jsonrpc: "2.0",
        method: "notifications/resources/updated",
        params: { uri: URI }
      })
      const call = callTool("legacy", 3, "report", { name: "a", steps: 1 })
      const quiet = yield* one.post(call)
      assert.strictEqual(quiet.type, "application/json")
      const loud = yield* (yield* two.post(call)).events.messages
      assert.deepStrictEqual(
        loud.map(({ method }) => method),
        ["notifications/message", undefined]
      )
      yield* two.ask(4, "resources/subscribe", { uri: URI })
      yield* (yield* server).updated(URI)
      // the first that this one hears is the second that was told
      assert.strictEqual((yield* streams[1].next).message["method"], "notifications/resources/updated")
      for (const stream of streams) yield* stream.drop
    })
  )
})

describe("the answer to a request", () => {
  it.effect("is one message where nothing is said before it, else a stream with all of it in order", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(served().app))
      const one = yield* client.post(callTool("legacy", 1, "sync", { name: "a" }))
      assert.deepStrictEqual([one.status, one.type], [200, "application/json"])
      const many = yield* client.post(callTool("legacy", 2, "report", { name: "b", steps: 3 }, { progressToken: "p" }))
      assert.deepStrictEqual([many.status, many.type], [200, "text/event-stream"])
      assert.strictEqual(many.header("x-accel-buffering"), "no")
      assert.match(many.header("cache-control") ?? "", /no-cache|no-store/)
      const told = yield* many.events.messages
      assert.deepStrictEqual(
        told.map(({ method, params }) =>
          method === undefined ? "reply" : ((params as McpTest.Json)["progress"] ?? "log")
        ),
        [1, "log", 2, "log", 3, "log", "reply"]
      )
      assert.strictEqual(told.at(-1)?.["id"], 2)
    })
  )

  it.effect("is a stream in any case where that is configured", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, { response: "sse" })
      const answer = yield* endpoint.post(initialize())
      assert.strictEqual(answer.type, "text/event-stream")
      const client = yield* opened(endpoint)
      const reply = yield* client.post(ping(1))
      assert.strictEqual(reply.type, "text/event-stream")
      assert.deepStrictEqual(yield* reply.events.messages, [{ jsonrpc: "2.0", id: 1, result: {} }])
    })
  )

  it.effect("has no ids of events where streams are not kept", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(served().app))
      const events = yield* (yield* client.post(callTool("legacy", 2, "report", { name: "b", steps: 1 }))).events.rest
      for (const event of events) assert.deepStrictEqual([event.id, event.retry], [undefined, undefined])
    })
  )

  it.effect("is on the stream of its request, never on another", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(served().app))
      const standing = (yield* client.get()).events
      const names = ["a", "b", "c"]
      const all = yield* Effect.forEach(
        names,
        (name) =>
          Effect.flatMap(
            client.post(callTool("legacy", name, "report", { name, steps: 2 }, { progressToken: name })),
            ({ events }) => events.messages
          ),
        { concurrency: "unbounded" }
      )
      for (const [index, told] of all.entries()) {
        const progress = told.filter(({ method }) => method === "notifications/progress")
        const tokens = progress.map(({ params }) => String((params as McpTest.Json)["progressToken"]))
        const name = names[index] ?? ""
        assert.deepStrictEqual(tokens, [name, name])
        assert.strictEqual(told.at(-1)?.["id"], name)
      }
      assert.deepStrictEqual(yield* standing.nextRaw, { comment: "" })
      yield* standing.drop
    })
  )

  it.effect("is lost with its connection, which cancels nothing", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const client = yield* opened(endpoint)
      const gone = new AbortController()
      const call = callTool("legacy", 1, "wait", { name: "a" })
      yield* Effect.forkChild(endpoint.post(call, client.headers, gone.signal))
      yield* turns
      gone.abort()
      yield* turns
      assert.deepStrictEqual([record.started, record.finalized], [["a"], []])
      // its id is still taken
      yield* assertError(yield* client.post(ping(1)), 200, -32600, 1)
      yield* record.open("a")
      yield* turns
      assert.deepStrictEqual(record.ended, ["a"])
      assert.deepStrictEqual(result(yield* client.ask(1, "ping")), {})
    })
  )

  it.effect("ends without a message when it is cancelled", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const client = yield* opened(yield* serve(app, { response: "sse" }))
      const answer = yield* client.post(callTool("legacy", 1, "wait", { name: "a" }))
      yield* client.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } })
      assert.deepStrictEqual(yield* answer.events.messages, [])
      assert.deepStrictEqual(record.finalized, ["a"])
    })
  )
})

describe("the stream on GET", () => {
  it.effect("lets its headers leave at once", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(served().app))
      const answer = yield* client.get()
      assert.deepStrictEqual([answer.status, answer.type], [200, "text/event-stream"])
      assert.strictEqual(answer.header("x-accel-buffering"), "no")
      assert.deepStrictEqual(yield* answer.events.nextRaw, { comment: "" })
      yield* answer.events.drop
    })
  )

  it.effect("of several, each message is on exactly one: the newest that is open", () =>
    Effect.gen(function* () {
      const { app, server } = served()
      const client = yield* opened(yield* serve(app))
      yield* client.ask(1, "resources/subscribe", { uri: URI })
      const [first, second] = [(yield* client.get()).events, (yield* client.get()).events]
      const update = Effect.flatMap(server, (server) => server.updated(URI))
      yield* update
      assert.strictEqual((yield* second.next).message["method"], "notifications/resources/updated")
      yield* second.drop
      yield* turns
      yield* update
      assert.strictEqual((yield* first.next).message["method"], "notifications/resources/updated")
      yield* client.delete()
      // only one: nothing else came before the end
      assert.deepStrictEqual(yield* first.messages, [])
    })
  )

  it.effect("what is said while there is none waits for one", () =>
    Effect.gen(function* () {
      const { app, server } = served()
      const client = yield* opened(yield* serve(app))
      yield* client.ask(1, "resources/subscribe", { uri: URI })
      yield* (yield* server).updated(URI)
      yield* turns
      const standing = (yield* client.get()).events
      assert.strictEqual((yield* standing.next).message["method"], "notifications/resources/updated")
      yield* standing.drop
    })
  )

  it.effect("there are at most as many as McpLimits.streams says", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* limited(serve(served().app), { streams: 2 }))
      const open = [yield* client.get(), yield* client.get()]
      yield* assertError(yield* client.get(), 503, 503, undefined)
      yield* open[0]!.events.drop
      yield* turns
      const third = yield* client.get()
      assert.strictEqual(third.status, 200)
      for (const answer of [open[1]!, third]) yield* answer.events.drop
    })
  )

  it.effect("ends with its session", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(served().app))
      const standing = (yield* client.get()).events
      assert.strictEqual((yield* client.delete()).status, 204)
      assert.deepStrictEqual(yield* standing.messages, [])
    })
  )

  it.effect("without an event store Last-Event-ID does not matter", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(served().app))
      const answer = yield* client.get({ "last-event-id": "any-thing.1" })
      assert.strictEqual(answer.status, 200)
      yield* answer.events.drop
    })
  )
})
