/**
 * Transcripts, recorded and replayed: what a server once said serves a client again, without the server.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { McpClient, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"

const Add = McpTool.make("add", {
  parameters: { a: Schema.Finite, b: Schema.Finite },
  success: Schema.Struct({ sum: Schema.Finite })
})
const app = Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b })).pipe(
  Layer.provide(McpServer.layer({ name: "calc", version: "1.0.0" }))
)

const recorded = (revision: string) =>
  Effect.gen(function* () {
    const { entries, transport } = McpTest.transcript(yield* McpTest.served(app))
    const client = yield* McpClient.connect(transport, { revision })
    assert.deepStrictEqual(yield* client.call(Add, { a: 1, b: 2 }), { sum: 3 })
    return [...entries]
  })

it.effect.each(["2024-11-05", "2025-11-25", "2026-07-28"])("a transcript of %s serves a client again", (revision) =>
  Effect.gen(function* () {
    const entries = yield* recorded(revision)
    const client = yield* McpClient.connect(yield* McpTest.replay(entries), { revision })
    assert.deepStrictEqual(yield* client.call(Add, { a: 1, b: 2 }), { sum: 3 })
  }).pipe(Effect.scoped)
)

it.effect("a client that says something else is told what the transcript has", () =>
  Effect.gen(function* () {
    const entries = yield* recorded("2025-11-25")
    const client = yield* McpClient.connect(yield* McpTest.replay(entries), { revision: "2025-11-25" })
    const error = yield* Effect.flip(client.call(Add, { a: 1, b: 3 }))
    if (error._tag !== "McpError") return assert.fail("another error")
    assert.strictEqual(error.reason._tag, "Closed")
    assert.match(error.message, /The transcript has .*"b":2.* and not .*"b":3/)
  }).pipe(Effect.scoped)
)
