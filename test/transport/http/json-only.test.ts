/**
 * Endpoints that never stream, and callers that take no stream: what cannot be said in one message is left out, and not
 * offered to legacy clients.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { EventStore } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, eras, request } from "../../laws/support/app.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { modern, opened, serve } from "./support/endpoint.ts"
import { turns } from "./support/turns.ts"

const json = { response: "json" } as const
const result = (message: McpTest.Json) => message["result"] as McpTest.Json
const report = (era: (typeof eras)[number]) =>
  callTool(
    era,
    1,
    "report",
    { name: "a", steps: 3 },
    {
      progressToken: "p",
      ...(era === "modern" ? { "io.modelcontextprotocol/logLevel": "debug" } : {})
    }
  )
const ONLY = { accept: "application/json" }

describe("an endpoint that never streams", () => {
  it.effect("offers no logs to a legacy client, and says what it can on GET", () =>
    Effect.gen(function* () {
      const { app, server } = served()
      const client = yield* opened(yield* serve(app, json))
      const capabilities = client.opened["capabilities"] as McpTest.Json
      assert.isUndefined(capabilities["logging"])
      yield* client.ask(1, "resources/subscribe", { uri: "docs://a" })
      const standing = (yield* client.get()).events
      yield* (yield* server).updated("docs://a")
      assert.strictEqual((yield* standing.next).message["method"], "notifications/resources/updated")
      yield* standing.drop
    })
  )

  it.effect.each(eras)("answers with the reply alone, %s", (era) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, json)
      const answer =
        era === "modern" ? yield* modern(endpoint, report(era)) : yield* (yield* opened(endpoint)).post(report(era))
      assert.deepStrictEqual([answer.status, answer.type], [200, "application/json"])
      const reply = yield* answer.message
      assert.strictEqual(reply["id"], 1)
      assert.deepStrictEqual(result(reply)["content"], [{ type: "text", text: "reported" }])
    })
  )

  it.effect("nothing of a call is told on GET either", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(served().app, json))
      const standing = (yield* client.get()).events
      yield* (yield* client.post(report("legacy"))).message
      yield* turns
      yield* client.delete()
      assert.deepStrictEqual(yield* standing.messages, [])
    })
  )

  it.effect("keeps no streams of calls, even where there is an event store", () =>
    Effect.gen(function* () {
      const client = yield* opened(yield* serve(Layer.provide(served().app, EventStore.layerMemory), json))
      const answer = yield* client.post(report("legacy"))
      assert.strictEqual(answer.type, "application/json")
    })
  )

  it.effect("a caller that takes streams only cannot be answered", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, json)
      const answer = yield* modern(endpoint, report("modern"), { accept: "text/event-stream" })
      yield* assertError(answer, 406, -32600, undefined)
    })
  )

  it.effect("what stays open is a stream all the same", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, json)
      const listen = request("modern", 1, "subscriptions/listen", { notifications: { toolsListChanged: true } })
      const events = (yield* modern(endpoint, listen)).events
      assert.strictEqual((yield* events.next).message["method"], "notifications/subscriptions/acknowledged")
      yield* events.drop
    })
  )
})

describe("a caller that takes no stream", () => {
  it.effect.each(eras)("is answered with the reply alone, %s", (era) =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const client = yield* opened(endpoint)
      const answer =
        era === "modern" ? yield* modern(endpoint, report(era), ONLY) : yield* client.post(report(era), ONLY)
      assert.deepStrictEqual([answer.status, answer.type], [200, "application/json"])
      assert.strictEqual((yield* answer.message)["id"], 1)
      // the next, which takes one, has it
      const other = era === "modern" ? yield* modern(endpoint, report(era)) : yield* client.post(report(era))
      assert.strictEqual(other.type, "text/event-stream")
      assert.strictEqual((yield* other.events.messages).length, 7)
    })
  )

  it.effect("even where every answer is to be a stream", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app, { response: "sse" })
      const answer = yield* modern(endpoint, report("modern"), ONLY)
      assert.deepStrictEqual([answer.status, answer.type], [200, "application/json"])
    })
  )
})
