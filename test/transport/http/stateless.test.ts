/**
 * Legacy requests without sessions: each is answered alone, in the revision that its header names, and nothing is kept.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "../../laws/support/app.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { initialize, INITIALIZED, modern, serve } from "./support/endpoint.ts"
import { turns } from "./support/turns.ts"

const stateless = { sessions: "stateless" } as const
const result = (message: McpTest.Json) => message["result"] as McpTest.Json
const version = (revision: string) => ({ "mcp-protocol-version": revision })

describe("without sessions", () => {
  it.effect.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("a handshake opens none: %s", (revision) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, stateless)
      const answer = yield* endpoint.post(initialize(revision))
      assert.strictEqual(answer.status, 200)
      assert.isUndefined(answer.header("mcp-session-id"))
      const { capabilities, protocolVersion } = result(yield* answer.message)
      assert.strictEqual(protocolVersion, revision)
      // nothing can be said unasked, nothing can be set: nothing of the kind is offered
      assert.hasAllKeys(capabilities, ["tools", "resources"])
      assert.notInclude(JSON.stringify(capabilities), "true")
      const done = yield* endpoint.post(INITIALIZED, version(revision))
      assert.strictEqual(done.status, 202)
      yield* done.nothing
    })
  )

  it.effect("a request is answered in the revision of its header, in 2025-03-26 without one", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, stateless)
      const list = (revision: string) =>
        Effect.map(
          Effect.flatMap(
            endpoint.post(request("legacy", 1, "tools/list"), version(revision)),
            ({ message }) => message
          ),
          (message) => JSON.stringify(message)
        )
      const [none, first, older, newer] = [
        yield* list(""),
        yield* list("2025-03-26"),
        yield* list("2024-11-05"),
        yield* list("2025-06-18")
      ]
      assert.strictEqual(none, first)
      assert.notInclude(first, "outputSchema")
      assert.notInclude(older, "outputSchema")
      assert.include(newer, "outputSchema")
    })
  )

  it.effect("a revision that is not spoken is refused", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, stateless)
      const error = yield* assertError(
        yield* endpoint.post(request("legacy", 1, "ping"), version("1999-01-01")),
        400,
        -32602,
        1
      )
      assert.deepStrictEqual((error["data"] as McpTest.Json)["requested"], "1999-01-01")
    })
  )

  it.effect("a session that is named does not matter", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, stateless)
      const answer = yield* endpoint.post(request("legacy", 1, "ping"), { "mcp-session-id": "any" })
      assert.deepStrictEqual(yield* answer.message, { jsonrpc: "2.0", id: 1, result: {} })
    })
  )

  it.effect("progress of a call is told before its reply; logs are not, since no level can be set", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, stateless)
      const call = callTool("legacy", 1, "report", { name: "a", steps: 2 }, { progressToken: 1 })
      const told = yield* (yield* endpoint.post(call)).events.messages
      assert.deepStrictEqual(
        told.map(({ id, method }) => id ?? method),
        ["notifications/progress", "notifications/progress", 1]
      )
    })
  )

  it.effect("what needs a session is not there", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, stateless)
      for (const [method, params] of [
        ["resources/subscribe", { uri: "docs://a" }],
        ["logging/setLevel", { level: "debug" }],
        ["subscriptions/listen", { notifications: {} }]
      ] as const) {
        yield* assertError(yield* endpoint.post(request("legacy", 1, method, params)), 200, -32601, 1)
      }
    })
  )

  it.effect("the same id may be used at the same time: requests know nothing of each other", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app, stateless)
      const call = (name: string) =>
        Effect.flatMap(
          endpoint.post(callTool("legacy", 1, "wait", { name }), version("2025-11-25")),
          ({ message }) => message
        )
      const both = Effect.all([call("a"), call("b")], { concurrency: "unbounded" })
      const opening = Effect.andThen(turns, Effect.andThen(record.open("b"), record.open("a")))
      const [[a, b]] = yield* Effect.all([both, opening], { concurrency: "unbounded" })
      assert.deepStrictEqual(result(a)["structuredContent"], { name: "a" })
      assert.deepStrictEqual(result(b)["structuredContent"], { name: "b" })
    })
  )

  it.effect("losing the connection cancels nothing in a legacy revision, and cancels in a modern one", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app, stateless)
      const gone = new AbortController()
      yield* Effect.forkChild(endpoint.post(callTool("legacy", 1, "wait", { name: "legacy" }), {}, gone.signal))
      yield* Effect.forkChild(modern(endpoint, callTool("modern", 1, "wait", { name: "modern" }), {}, gone.signal))
      yield* turns
      assert.sameMembers(record.started, ["legacy", "modern"])
      gone.abort()
      yield* turns
      assert.deepStrictEqual(record.finalized, ["modern"])
      yield* record.open("legacy")
      yield* turns
      assert.deepStrictEqual(record.ended, ["legacy"])
    })
  )

  it.effect("responses have nobody to go to, and are taken", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, stateless)
      const answer = yield* endpoint.post({ jsonrpc: "2.0", id: 1, result: {} })
      assert.strictEqual(answer.status, 202)
      yield* answer.nothing
    })
  )
})

describe("a server that speaks no legacy revision", () => {
  it.effect("says so to a handshake, with what it speaks", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served({ revisions: ["2026-07-28"] }).app)
      const answer = yield* endpoint.post(initialize())
      assert.isUndefined(answer.header("mcp-session-id"))
      const error = yield* assertError(answer, 400, -32022, "handshake")
      assert.deepStrictEqual((error["data"] as McpTest.Json)["supported"], ["2026-07-28"])
    })
  )

  it.effect.each([
    ["a request", request("legacy", 1, "tools/list")],
    ["a notification", INITIALIZED],
    ["a response", { jsonrpc: "2.0", id: 1, result: {} }]
  ] as const)("refuses %s of one", ([, message]) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served({ revisions: ["2026-07-28"] }).app)
      const answer = yield* endpoint.post(message)
      assert.strictEqual(answer.status, 400)
      assert.isObject((yield* answer.message)["error"])
    })
  )
})
