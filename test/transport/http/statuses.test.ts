/**
 * Which HTTP status says what, by era: the table of faults, and each status that an endpoint has, once.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { EventStore, McpError, McpMethod, McpServer } from "mcp-effect"
import { revisions } from "mcp-effect/revisions"
import type { McpTest } from "mcp-effect/testing"
import { Schema } from "effect"
import { statusOf } from "../../../src/transport/internal/http/status.ts"
import { callTool, eras, request } from "../../laws/support/app.ts"
import { turns } from "./support/turns.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { modern, opened, serve } from "./support/endpoint.ts"
import { asking, CHALLENGE, limited } from "./support/people.ts"

const faults = Object.keys(revisions[0]!.errors)

/** Those that are not 200, of both eras or of one. */
const expected: { readonly [fault: string]: { readonly legacy: number; readonly modern: number } } = {
  Parse: { legacy: 400, modern: 400 },
  Envelope: { legacy: 400, modern: 400 },
  Duplicate: { legacy: 200, modern: 400 },
  MethodNotFound: { legacy: 200, modern: 404 },
  InvalidMeta: { legacy: 200, modern: 400 },
  NotInitialized: { legacy: 400, modern: 400 },
  UnsupportedVersion: { legacy: 400, modern: 400 },
  MissingCapability: { legacy: 200, modern: 400 },
  HeaderMismatch: { legacy: 200, modern: 400 },
  Busy: { legacy: 503, modern: 503 },
  RateLimited: { legacy: 429, modern: 429 },
  Forbidden: { legacy: 403, modern: 403 }
}

describe("the status of a fault", () => {
  it.each(faults.flatMap((fault) => eras.map((era) => [fault, era] as const)))("%s, %s", (fault, era) => {
    assert.strictEqual(statusOf(era, fault), expected[fault]?.[era] ?? 200)
  })

  it.each(eras)("what is no fault is 200, %s", (era) => {
    assert.strictEqual(statusOf(era, undefined), 200)
    assert.strictEqual(statusOf(era, "NoSuchFault"), 200)
  })
})

const Refuse = McpMethod.request("acme/refuse", {
  params: Schema.Struct({
    fault: Schema.Literals(["Forbidden", "RateLimited", "Busy", "ResourceNotFound", "Internal"])
  }),
  result: Schema.Struct({})
})
const refusing = McpServer.handle(Refuse, ({ fault }) =>
  Effect.fail(new McpError.McpFault({ fault, detail: "no" }))
).pipe(Layer.provide(McpServer.layer({ name: "refusing", version: "1.0.0" })))
const refusals = [
  ["Forbidden", 403, 403],
  ["RateLimited", 429, 429],
  ["Busy", 503, 503],
  ["ResourceNotFound", 200, undefined],
  ["Internal", 200, -32603]
] as const

describe("what a handler refuses", () => {
  it.effect.each(refusals)("%s, modern", ([fault, status, code]) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(refusing)
      const answer = yield* modern(endpoint, request("modern", 1, "acme/refuse", { fault }))
      yield* assertError(answer, status, code ?? -32602, 1)
    })
  )

  it.effect.each(refusals)("%s, legacy", ([fault, status, code]) =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(refusing))
      const answer = yield* client.post(request("legacy", 1, "acme/refuse", { fault }))
      yield* assertError(answer, status, code ?? -32002, 1)
    })
  )

  it.effect("on a stream it is 200: the status has left already", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(refusing, { response: "sse" }))
      const answer = yield* client.post(request("legacy", 1, "acme/refuse", { fault: "ResourceNotFound" }))
      assert.strictEqual(answer.status, 200)
      assert.strictEqual(((yield* answer.reply)["error"] as McpTest.Json)["code"], -32002)
    })
  )
})

describe("202", () => {
  it.effect("a notification has no answer, in any era", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const client = yield* opened(endpoint)
      for (const message of [
        request("modern", 1, "notifications/x"),
        request("modern", 1, "notifications/cancelled")
      ]) {
        const { id: _, ...notification } = message
        const answer = yield* modern(endpoint, notification)
        assert.strictEqual(answer.status, 202)
        assert.isUndefined(answer.type)
        yield* answer.nothing
      }
      for (const message of [
        { jsonrpc: "2.0", method: "notifications/x" },
        { jsonrpc: "2.0", id: 99, result: {} },
        { jsonrpc: "2.0", id: 99, error: { code: 1, message: "" } }
      ]) {
        const answer = yield* client.post(message)
        assert.strictEqual(answer.status, 202)
        assert.isUndefined(answer.type)
        yield* answer.nothing
      }
    })
  )

  it.effect("a legacy request that is cancelled before anything was said", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const client = yield* opened(yield* serve(app))
      const waiting = yield* Effect.forkChild(client.post(callTool("legacy", 1, "wait", { name: "a" })))
      yield* turns
      assert.deepStrictEqual(record.started, ["a"])
      yield* client.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } })
      const answer = yield* Fiber.join(waiting)
      assert.strictEqual(answer.status, 202)
      yield* answer.nothing
      assert.deepStrictEqual(record.finalized, ["a"])
    })
  )
})

describe("405, with what is allowed", () => {
  const methods = ["GET", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS"]
  it.effect.each(methods)("%s in a modern revision", (method) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served({ revisions: ["2026-07-28"] }).app)
      const answer = yield* endpoint.send({ method })
      assert.deepStrictEqual([answer.status, answer.header("allow")], [405, "POST"])
      yield* answer.nothing
    })
  )

  it.effect.each(methods)("%s without sessions", (method) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, { sessions: "stateless" })
      const answer = yield* endpoint.send({ method, headers: { accept: "text/event-stream" } })
      assert.deepStrictEqual([answer.status, answer.header("allow")], [405, "POST"])
    })
  )

  it.effect.each(methods)("%s with sessions, of a modern client", (method) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const client = yield* opened(endpoint)
      const headers = {
        accept: "text/event-stream",
        "mcp-protocol-version": "2026-07-28",
        "mcp-session-id": client.session
      }
      const answer = yield* endpoint.send({ method, headers })
      assert.deepStrictEqual([answer.status, answer.header("allow")], [405, "POST, GET, DELETE"])
      assert.deepStrictEqual((yield* client.ask(1, "ping"))["result"], {})
    })
  )

  it.effect.each(["PUT", "PATCH", "HEAD", "OPTIONS"])("%s with sessions", (method) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const answer = yield* endpoint.send({ method })
      assert.deepStrictEqual([answer.status, answer.header("allow")], [405, "POST, GET, DELETE"])
    })
  )
})

describe("401 and 403, with what has to be shown", () => {
  const strangers = [
    ["nobody said who", {}, 401, CHALLENGE],
    ["one who may not", { authorization: "nobody" }, 403, `${CHALLENGE}, error="insufficient_scope"`]
  ] as const

  it.effect.each(strangers)("%s", ([, headers, status, challenge]) =>
    Effect.gen(function* () {
      const endpoint = yield* asking(serve(served().app))
      const client = yield* opened(endpoint, { headers: { authorization: "ada" } })
      const own = { "mcp-session-id": client.session, ...headers }
      const answers = [
        yield* modern(endpoint, request("modern", 1, "server/discover"), headers),
        yield* endpoint.post(request("legacy", 1, "ping"), own),
        yield* endpoint.post("garbage", headers),
        yield* endpoint.send({ method: "GET", headers: { accept: "text/event-stream", ...own } }),
        yield* endpoint.send({ method: "DELETE", headers: own }),
        yield* endpoint.send({ method: "PUT", headers })
      ]
      for (const answer of answers) {
        assert.strictEqual(answer.header("www-authenticate"), challenge)
        const error = yield* assertError(answer, status, 403, undefined)
        assert.deepStrictEqual(error["data"], { guard: "authenticate" })
      }
      assert.deepStrictEqual((yield* client.ask(1, "ping"))["result"], {})
    })
  )
})

describe("404, 410, 503", () => {
  it.effect("404: a session that has ended, or never was", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const client = yield* opened(endpoint)
      const gone = yield* client.delete()
      assert.strictEqual(gone.status, 204)
      yield* gone.nothing
      for (const session of [client.session, "never"]) {
        const own = { "mcp-session-id": session }
        yield* assertError(yield* client.post(request("legacy", 3, "ping"), own), 404, -32602, 3)
        yield* assertError(
          yield* client.post({ jsonrpc: "2.0", method: "notifications/x" }, own),
          404,
          -32602,
          undefined
        )
        yield* assertError(yield* client.get(own), 404, -32602, undefined)
        yield* assertError(yield* client.delete(own), 404, -32602, undefined)
      }
    })
  )

  it.effect("400: no session is named", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      yield* assertError(yield* endpoint.post(request("legacy", 3, "ping")), 400, -32602, 3)
      const get = yield* endpoint.send({ method: "GET", headers: { accept: "text/event-stream" } })
      yield* assertError(get, 400, -32602, undefined)
      yield* assertError(yield* endpoint.send({ method: "DELETE" }), 400, -32602, undefined)
    })
  )

  it.effect("410: what followed an event is no longer kept", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(Layer.provide(served().app, EventStore.layerMemory)))
      const answer = yield* client.get({ "last-event-id": "nosuch-1.4" })
      const error = yield* assertError(answer, 410, -32600, undefined)
      assert.deepStrictEqual(error["data"], { loss: "ResumeLost" })
    })
  )

  it.effect("503: too many requests of one caller wait already", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* limited(serve(app), { exchanges: 1, park: 1000 })
      const call = (id: number) => modern(endpoint, callTool("modern", id, "wait", { name: "a" }))
      const first = yield* Effect.forkChild(call(1))
      yield* turns
      const others = yield* Effect.forEach([2, 3, 4, 5, 6], (id) => Effect.forkChild(call(id)))
      yield* turns
      const refused = others.flatMap((fiber) => (fiber.pollUnsafe() === undefined ? [] : [fiber]))
      assert.isAtLeast(refused.length, 1)
      assert.isBelow(refused.length, others.length)
      const last = yield* Fiber.join(refused.at(-1)!)
      yield* assertError(last, 503, 503, 6)
      yield* record.open("a")
      for (const fiber of [first, ...others]) yield* Fiber.join(fiber)
    })
  )

  it.effect("503: no more sessions, until one of the same caller is idle", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* asking(limited(serve(app), { sessions: 1 }))
      const [ada, bob] = [{ authorization: "ada" }, { authorization: "bob" }]
      const first = yield* opened(endpoint, { headers: ada })
      const refused = yield* endpoint.post(request("legacy", 1, "initialize", {}), bob)
      yield* assertError(refused, 503, 503, 1)
      const running = yield* Effect.forkChild(first.ask(1, "tools/call", { name: "wait", arguments: { name: "a" } }))
      yield* turns
      yield* assertError(yield* endpoint.post(request("legacy", 1, "initialize", {}), ada), 503, 503, 1)
      yield* record.open("a")
      yield* Fiber.join(running)
      yield* opened(endpoint, { headers: ada })
      yield* assertError(yield* first.post(request("legacy", 2, "ping")), 404, -32602, 2)
    })
  )
})
