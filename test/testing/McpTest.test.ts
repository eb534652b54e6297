/**
 * The tools for tests, tried: faults come when they are ordered, transcripts keep what passed, in order.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { McpClient, McpServer, McpTool, McpTransport } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { settle } from "../laws/support/law.ts"

const Hello = McpTool.make("hello")
const app = Hello.toLayer(() => Effect.succeed("hello")).pipe(
  Layer.provide(McpServer.layer({ name: "tested", version: "1.0.0" }))
)

/** Serves the app on one end of a loopback and gives the other. */
const served = Effect.gen(function* () {
  const acceptor = yield* McpTest.acceptor(app)
  const [clientEnd, serverEnd] = yield* McpTransport.loopback
  yield* Effect.forkScoped(acceptor.run(serverEnd))
  return clientEnd
})

const call = (client: McpClient.Service) => Effect.map(client.call(Hello), ({ content }) => content)
const hello = [{ type: "text" as const, text: "hello" }]

it.effect("a client of a server Layer", () =>
  Effect.gen(function* () {
    const client = yield* McpTest.client(app)
    assert.deepStrictEqual(yield* call(client), hello)
  }).pipe(Effect.scoped)
)

it.effect("what is sent waits while the transport stalls, and goes on when it is released", () =>
  Effect.gen(function* () {
    const faulty = yield* McpTest.faulty(yield* served)
    const client = yield* McpClient.connect(faulty.transport)
    yield* faulty.stall
    const fiber = yield* Effect.forkScoped(call(client), { startImmediately: true })
    yield* settle
    assert.isUndefined(fiber.pollUnsafe())
    yield* faulty.release
    assert.deepStrictEqual(yield* Fiber.join(fiber), hello)
  }).pipe(Effect.scoped)
)

it.effect("the next write fails, and with it the conversation", () =>
  Effect.gen(function* () {
    const faulty = yield* McpTest.faulty(yield* served)
    const client = yield* McpClient.connect(faulty.transport)
    yield* faulty.failNext
    const { reason } = yield* Effect.flip(call(client))
    assert.strictEqual(reason._tag, "Closed")
    assert.include(reason.message, "as the test wanted")
  }).pipe(Effect.scoped)
)

it.effect("the connection is lost, and what waits is closed", () =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const faulty = yield* McpTest.faulty(transport)
    const connecting = yield* Effect.forkScoped(Effect.flip(McpClient.connect(faulty.transport)), {
      startImmediately: true
    })
    yield* peer.next
    yield* faulty.disconnect
    const error = yield* Fiber.join(connecting)
    assert.strictEqual(error.reason._tag, "Closed")
    assert.include(error.message, "The connection was lost")
  }).pipe(Effect.scoped)
)

it.effect("a transcript keeps both directions in order", () =>
  Effect.gen(function* () {
    const { entries, transport } = McpTest.transcript(yield* served)
    const client = yield* McpClient.connect(transport, { revision: "2025-11-25" })
    yield* call(client)
    const told = entries.map(({ direction, text }) => {
      const message = JSON.parse(text) as McpTest.Json
      return `${direction} ${String(message["method"] ?? "answer")}`
    })
    assert.deepStrictEqual(told, [
      "out initialize",
      "in answer",
      "out notifications/initialized",
      "out tools/call",
      "in answer"
    ])
  }).pipe(Effect.scoped)
)
