/**
 * Batches: several messages in one array, spoken in 2025-03-26 only, once the conversation is open.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema, Stream } from "effect"
import { McpClient, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { revisions } from "../../src/protocol/revisions/index.ts"

const Echo = McpTool.make("echo", { parameters: { n: Schema.Int }, success: Schema.Struct({ n: Schema.Int }) })
const app = Echo.toLayer((input) => Effect.succeed(input)).pipe(
  Layer.provide(McpServer.layer({ name: "batches", version: "1.0.0" }))
)

const initialize = (version: string, id = 0) => ({
  jsonrpc: "2.0",
  id,
  method: "initialize",
  params: { protocolVersion: version, capabilities: {}, clientInfo: { name: "test", version: "1" } }
})
const initialized = { jsonrpc: "2.0", method: "notifications/initialized" }
const call = (id: number) => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name: "echo", arguments: { n: id } }
})

const opened = Effect.fnUntraced(function* (version: string) {
  const peer = yield* McpTest.raw(app)
  yield* peer.send(initialize(version))
  yield* peer.next
  return peer
})

describe("a server", () => {
  it.effect("of 2025-03-26 answers each request of a batch, in order, and nothing for a notification", () =>
    Effect.gen(function* () {
      const peer = yield* opened("2025-03-26")
      yield* peer.send([initialized, call(1), call(2)])
      yield* peer.send([call(3)])
      for (const id of [1, 2, 3]) {
        assert.deepNestedInclude(yield* peer.next, { id, "result.content[0].text": JSON.stringify({ n: id }) })
      }
      assert.strictEqual(peer.received.length, 4)
    }).pipe(Effect.scoped)
  )

  it.effect("answers what is no message alone, and goes on", () =>
    Effect.gen(function* () {
      const peer = yield* opened("2025-03-26")
      yield* peer.send([7, { jsonrpc: "2.0", id: 5 }, [call(6)], call(1)])
      assert.deepNestedInclude(yield* peer.next, { "error.code": -32600 })
      assert.deepNestedInclude(yield* peer.next, { id: 5, "error.code": -32600 })
      assert.deepNestedInclude(yield* peer.next, { "error.code": -32600 })
      assert.deepNestedInclude(yield* peer.next, { id: 1 })
    }).pipe(Effect.scoped)
  )

  it.effect("refuses an empty batch, and one with initialize in it, before and after the handshake", () =>
    Effect.gen(function* () {
      const peer = yield* McpTest.raw(app)
      yield* peer.send([initialize("2025-03-26")])
      assert.deepNestedInclude(yield* peer.next, { "error.code": -32600 })
      yield* peer.send(initialize("2025-03-26"))
      yield* peer.next
      yield* peer.send([])
      assert.deepNestedInclude(yield* peer.next, { "error.code": -32600 })
      yield* peer.send([initialize("2025-03-26", 9), call(1)])
      assert.deepNestedInclude(yield* peer.next, { id: 9, "error.code": -32600 })
      assert.deepNestedInclude(yield* peer.next, { id: 1, "result.content[0].type": "text" })
    }).pipe(Effect.scoped)
  )

  it.effect.each(
    revisions.filter(({ era, policy }) => era === "legacy" && !policy.batches).map(({ version }) => version)
  )("of %s refuses a batch as a whole", (version) =>
    Effect.gen(function* () {
      const peer = yield* opened(version)
      yield* peer.send([call(1), call(2)])
      const refused = yield* peer.next
      assert.deepNestedInclude(refused, { "error.code": -32600 })
      assert.notProperty(refused, "id")
      yield* peer.send(call(3))
      assert.deepNestedInclude(yield* peer.next, { id: 3 })
    }).pipe(Effect.scoped)
  )
})

it.effect("a client of 2025-03-26 takes a log message and a reply that come in one batch", () =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const connecting = yield* Effect.forkScoped(McpClient.connect(transport))
    const probe = yield* peer.next
    yield* peer.send({ jsonrpc: "2.0", id: probe["id"], error: { code: -32601, message: "no" } })
    const opening = yield* peer.next
    yield* peer.send({
      jsonrpc: "2.0",
      id: opening["id"],
      result: { protocolVersion: "2025-03-26", capabilities: { tools: {} }, serverInfo: { name: "old", version: "1" } }
    })
    const client = yield* Fiber.join(connecting)
    yield* peer.next
    const logged = yield* Effect.forkScoped(Stream.runHead(client.logs), { startImmediately: true })
    const listing = yield* Effect.forkScoped(client.listTools())
    const listed = yield* peer.next
    yield* peer.send([
      { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "hello" } },
      { jsonrpc: "2.0", id: listed["id"], result: { tools: [] } }
    ])
    assert.deepStrictEqual((yield* Fiber.join(listing)).tools, [])
    assert.deepNestedInclude(yield* Fiber.join(logged), { "value.data": "hello" })
  }).pipe(Effect.scoped)
)
