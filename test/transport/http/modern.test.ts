/**
 * Modern requests over HTTP: each POST is an exchange of its own, which ends with its connection.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { McpRequest, McpServer, McpTool, McpTransport } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "../../laws/support/app.ts"
import { fibersLeft } from "../../laws/support/law.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { modern, opened, serve } from "./support/endpoint.ts"
import { asking, limited } from "./support/people.ts"
import { turns } from "./support/turns.ts"

const SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"
const LEVEL = { "io.modelcontextprotocol/logLevel": "debug" }
const result = (message: McpTest.Json | undefined) => message?.["result"] as McpTest.Json
const wait = (id: string | number, name: string) => callTool("modern", id, "wait", { name })
const discover = request("modern", 1, "server/discover")

describe("a request", () => {
  it.effect("is answered by one message where nothing comes before it", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const answer = yield* modern(endpoint, callTool("modern", "a", "sync", { name: "n" }))
      assert.deepStrictEqual([answer.status, answer.type], [200, "application/json"])
      const reply = yield* answer.message
      assert.strictEqual(reply["id"], "a")
      assert.deepStrictEqual(result(reply)["structuredContent"], { name: "n" })
    })
  )

  it.effect("is answered by a stream from the first message before its reply, which ends it", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const call = callTool("modern", 1, "report", { name: "n", steps: 2 }, { progressToken: "p", ...LEVEL })
      const answer = yield* modern(endpoint, call)
      assert.deepStrictEqual([answer.status, answer.type], [200, "text/event-stream"])
      const told = yield* answer.events.messages
      assert.deepStrictEqual(
        told.map(({ id, method }) => id ?? method),
        ["notifications/progress", "notifications/message", "notifications/progress", "notifications/message", 1]
      )
    })
  )

  it.effect("is always answered by a stream where that is configured, but a refusal has its status", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, { response: "sse" })
      const answer = yield* modern(endpoint, discover)
      assert.strictEqual(answer.type, "text/event-stream")
      assert.strictEqual((yield* answer.events.messages).length, 1)
      yield* assertError(yield* modern(endpoint, request("modern", 2, "no/such")), 404, -32601, 2)
      yield* assertError(yield* modern(endpoint, discover, { "mcp-method": "" }), 400, -32020, 1)
    })
  )

  it.effect.each(["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"])(
    "of a legacy method is none: %s",
    (method) =>
      Effect.gen(function* () {
        const endpoint = yield* serve(served().app)
        const answer = yield* modern(endpoint, request("modern", 1, method, { uri: "docs://a", level: "info" }))
        yield* assertError(answer, 404, -32601, 1)
        assert.isUndefined(answer.header("mcp-session-id"))
      })
  )

  it.effect("does not look at a session, nor at Last-Event-ID", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      for (const headers of [{ "mcp-session-id": "none" }, { "last-event-id": "none.1" }]) {
        const answer = yield* modern(endpoint, discover, headers)
        assert.deepStrictEqual([answer.status, answer.header("mcp-session-id")], [200, undefined])
      }
    })
  )

  it.effect("of a response is refused: there are no requests of the server", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const answer = yield* endpoint.post(
        { jsonrpc: "2.0", id: 1, result: {} },
        { "mcp-protocol-version": "2026-07-28" }
      )
      yield* assertError(answer, 400, -32600, undefined)
    })
  )

  it.effect("is not cancelled by a notification: only its connection is its own", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const waiting = yield* Effect.forkChild(modern(endpoint, wait(1, "a")))
      yield* turns
      const { id: _, ...cancel } = request("modern", 0, "notifications/cancelled", { requestId: 1 })
      assert.strictEqual((yield* modern(endpoint, cancel)).status, 202)
      yield* turns
      assert.deepStrictEqual(record.finalized, [])
      yield* record.open("a")
      assert.strictEqual((yield* (yield* Fiber.join(waiting)).message)["id"], 1)
    })
  )
})

describe("a connection that is lost", () => {
  it.effect("before anything was said interrupts the handler", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const gone = new AbortController()
      yield* Effect.forkChild(modern(endpoint, wait(1, "a"), {}, gone.signal))
      yield* turns
      assert.deepStrictEqual(record.started, ["a"])
      gone.abort()
      yield* turns
      assert.deepStrictEqual([record.finalized, record.ended], [["a"], []])
    })
  )

  it.effect("while its stream is read interrupts the handler: by the body, and by the signal", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app, { response: "sse" })
      const { events } = yield* modern(endpoint, wait(1, "body"))
      yield* events.nextRaw
      yield* events.drop
      const gone = new AbortController()
      const answer = yield* modern(endpoint, wait(1, "signal"), {}, gone.signal)
      yield* answer.events.nextRaw
      gone.abort()
      yield* turns
      assert.deepStrictEqual(record.finalized, ["body", "signal"])
      assert.deepStrictEqual(record.ended, [])
    })
  )

  it.effect("of a request that waits for its turn takes it back, and nobody else's", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* limited(serve(app), { exchanges: 1 })
      const gone = new AbortController()
      const first = yield* Effect.forkChild(modern(endpoint, wait(1, "a")))
      yield* turns
      yield* Effect.forkChild(modern(endpoint, wait(2, "b"), {}, gone.signal))
      const third = yield* Effect.forkChild(modern(endpoint, wait(3, "c")))
      yield* turns
      assert.deepStrictEqual(record.started, ["a"])
      gone.abort()
      yield* turns
      for (const name of ["a", "b", "c"]) yield* record.open(name)
      assert.strictEqual((yield* (yield* Fiber.join(first)).message)["id"], 1)
      assert.strictEqual((yield* (yield* Fiber.join(third)).message)["id"], 3)
      assert.deepStrictEqual(record.started, ["a", "c"])
    })
  )

  it.effect("a thousand times leaves nothing, and no credit is lost", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const left = yield* fibersLeft(
        Effect.gen(function* () {
          const endpoint = yield* limited(serve(app), { exchanges: 8 })
          for (let round = 0; round < 125; round++) {
            const gone = new AbortController()
            const calls = Array.from({ length: 8 }, (_, id) =>
              Effect.forkChild(modern(endpoint, wait(id, "x"), {}, gone.signal))
            )
            yield* Effect.all(calls)
            yield* turns
            gone.abort()
          }
          yield* turns
          assert.strictEqual(record.started.length, 1000)
          assert.strictEqual(record.finalized.length, 1000)
          assert.strictEqual((yield* modern(endpoint, discover)).status, 200)
        })
      )
      yield* turns
      assert.strictEqual(left, 0)
    })
  )
})

describe("subscriptions/listen", () => {
  const listen = (id: string | number, notifications: McpTest.Json = { toolsListChanged: true }) =>
    request("modern", id, "subscriptions/listen", { notifications })
  const URI = "docs://a"

  it.effect("is a stream with its acknowledgement first, and what it watches", () =>
    Effect.gen(function* () {
      const { app, server } = served()
      const endpoint = yield* serve(app)
      const answer = yield* modern(endpoint, listen("l", { resourceSubscriptions: [URI] }))
      assert.deepStrictEqual([answer.status, answer.type], [200, "text/event-stream"])
      assert.strictEqual((yield* answer.events.next).message["method"], "notifications/subscriptions/acknowledged")
      yield* (yield* server).updated(URI)
      const { message } = yield* answer.events.next
      assert.strictEqual(message["method"], "notifications/resources/updated")
      assert.deepStrictEqual(message["params"], { uri: URI, _meta: { [SUBSCRIPTION]: "l" } })
      yield* answer.events.drop
    })
  )

  it.effect("ends with its result when the server goes down", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const { events } = yield* modern(endpoint, listen(7))
      yield* events.next
      yield* endpoint.shutDown
      const [end, ...more] = yield* events.messages
      assert.strictEqual(end?.["id"], 7)
      assert.strictEqual((result(end)["_meta"] as McpTest.Json)[SUBSCRIPTION], 7)
      assert.deepStrictEqual(more, [])
    })
  )

  it.effect("of two callers with one id is two: neither hears the other's, nor ends it", () =>
    Effect.gen(function* () {
      const { app, server } = served()
      const endpoint = yield* asking(serve(app))
      const open = (authorization: string) =>
        Effect.map(
          modern(endpoint, listen(1, { resourceSubscriptions: [URI] }), { authorization }),
          ({ events }) => events
        )
      const [ada, eve] = [yield* open("ada"), yield* open("eve")]
      for (const events of [ada, eve]) yield* events.next
      yield* ada.drop
      yield* turns
      yield* (yield* server).updated(URI)
      assert.strictEqual((yield* eve.next).message["method"], "notifications/resources/updated")
      yield* eve.drop
    })
  )

  it.effect("holds no credit, and is bounded by itself", () =>
    Effect.gen(function* () {
      const endpoint = yield* limited(serve(served().app), { exchanges: 1, listens: 2 })
      const open = [yield* modern(endpoint, listen(1)), yield* modern(endpoint, listen(2))]
      for (const { events } of open) yield* events.next
      assert.strictEqual((yield* modern(endpoint, discover)).status, 200)
      yield* assertError(yield* modern(endpoint, listen(3)), 503, 503, 3)
      for (const { events } of open) yield* events.drop
      yield* turns
      const again = yield* modern(endpoint, listen(4))
      assert.strictEqual(again.status, 200)
      yield* again.events.drop
    })
  )
})

describe("what a handler knows of its caller", () => {
  const seen: Array<unknown> = []
  const Look = McpTool.make("look")
  const looking = Look.toLayer(() =>
    Effect.map(McpRequest, ({ era, headers, principal }) => {
      seen.push({ era, who: principal.id, agent: headers?.["user-agent"] })
      return "seen"
    })
  ).pipe(Layer.provide(McpServer.layer({ name: "looking", version: "1.0.0" })))

  it.effect("is the same in both eras", () =>
    Effect.gen(function* () {
      const endpoint = yield* asking(serve(looking))
      const headers = { authorization: "ada", "User-Agent": "raw" }
      const client = yield* opened(endpoint, { headers })
      yield* modern(endpoint, callTool("modern", 1, "look", {}), headers)
      yield* client.ask(1, "tools/call", { name: "look", arguments: {} })
      assert.deepStrictEqual(seen, [
        { era: "modern", who: "ada", agent: "raw" },
        { era: "legacy", who: "ada", agent: "raw" }
      ])
    })
  )
})

it.effect("who cannot be asked is not let in, and nothing is said of why", () =>
  Effect.gen(function* () {
    const secret = "the secret of the defect"
    const broken: McpTransport.Authenticator = () => Effect.die(new Error(secret))
    const endpoint = yield* Effect.provideService(serve(served().app), McpTransport.Authenticate, broken)
    const answer = yield* modern(endpoint, discover)
    assert.strictEqual(answer.status, 500)
    assert.notInclude(yield* answer.text, secret)
  })
)
