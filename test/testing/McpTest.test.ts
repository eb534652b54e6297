/**
 * The tools for tests, tried: defects of one's own server are raised, faults come when they are ordered, transcripts keep
 * what passed, in order; and what the documentation of `McpTest` shows is what it says.
 */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Context, Effect, Exit, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, McpPrompt, McpResource, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { quiet } from "../conformance/support/asking.ts"
import { settle } from "../laws/support/law.ts"

const Hello = McpTool.make("hello")
const app = Hello.toLayer(() => Effect.succeed("hello")).pipe(
  Layer.provide(McpServer.layer({ name: "tested", version: "1.0.0" }))
)

const call = (client: McpClient.Service) => Effect.map(client.call(Hello), ({ content }) => content)
const hello = [{ type: "text" as const, text: "hello" }]

it.effect("a client of a server Layer", () =>
  Effect.gen(function* () {
    const client = yield* McpTest.client(app)
    assert.deepStrictEqual(yield* call(client), hello)
  }).pipe(Effect.scoped)
)

class Fuse extends Context.Service<Fuse, { readonly blown: Error }>()("test/Fuse") {}
class Refused extends Schema.TaggedError<Refused>()("Refused", {}) {}

const Dies = McpTool.make("dies")
const Unfit = McpTool.make("unfit", { success: Schema.Struct({ sum: Schema.Finite }) })
const Refuses = McpTool.make("refuses", { failure: Refused })
const Late = McpTool.make("late", { timeout: "5 seconds" })
const Broken = McpResource.make("test://broken", { name: "broken" })
const Greet = McpPrompt.make("greet")
const blown = new Error("the fuse has blown")

const faultyServer = Layer.mergeAll(
  Dies.toLayer(() => Effect.flatMap(Fuse, (fuse) => Effect.die(fuse.blown))),
  Unfit.toLayer(() => Effect.succeed({ sum: NaN })),
  Refuses.toLayer(() => Effect.fail(new Refused())),
  Late.toLayer(() => Effect.as(Effect.sleep("1 minute"), "late")),
  Broken.toLayer(Effect.die(blown)),
  Greet.toLayer(() => Effect.die(blown))
).pipe(Layer.provide(McpServer.layer({ name: "faulty", version: "1.0.0" })), Layer.provide(quiet))
const broken = Layer.provide(faultyServer, Layer.succeed(Fuse, { blown }))

const raised = <A, E>(effect: Effect.Effect<A, E>) =>
  Effect.map(Effect.exit(effect), (exit) => {
    assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause), "it dies")
    return Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
  })

describe.each(["2024-11-05", "2025-11-25", "2026-07-28"])("a client of a server Layer, in %s", (revision) => {
  it.effect("raises a defect of whatever died, with its own cause", () =>
    Effect.gen(function* () {
      const client = yield* McpTest.client(broken, { revision })
      assert.strictEqual(yield* raised(client.call(Dies)), blown)
      assert.strictEqual(yield* raised(client.callTool("dies")), blown)
      assert.strictEqual(yield* raised(client.readResource("test://broken")), blown)
      assert.strictEqual(yield* raised(client.getPrompt("greet")), blown)
    }).pipe(Effect.scoped)
  )

  it.effect("raises an answer that the definition does not allow", () =>
    Effect.gen(function* () {
      const client = yield* McpTest.client(broken, { revision })
      assert.include(String(yield* raised(client.call(Unfit))), "sum")
    }).pipe(Effect.scoped)
  )

  it.effect("raises what happens at once each with its own cause", () =>
    Effect.gen(function* () {
      const client = yield* McpTest.client(broken, { revision })
      const calls = Array.from({ length: 20 }, (_, at) =>
        at % 2 === 0 ? raised(client.call(Dies)) : raised(client.call(Unfit))
      )
      const causes = yield* Effect.all(calls, { concurrency: "unbounded" })
      causes.forEach((cause, at) => assert.strictEqual(cause === blown, at % 2 === 0, `the cause of call ${at}`))
    }).pipe(Effect.scoped)
  )

  it.effect("leaves failures what they are: declared, refused, too late", () =>
    Effect.gen(function* () {
      const client = yield* McpTest.client(broken, { revision })
      assert.deepStrictEqual(yield* Effect.flip(client.call(Refuses)), new Refused())
      const unknown = yield* Effect.flip(client.readResource("test://unknown"))
      assert.strictEqual(unknown.reason._tag, "Remote")
      const late = yield* Effect.forkChild(Effect.flip(client.call(Late)), { startImmediately: true })
      yield* TestClock.adjust("5 seconds")
      assert.include((yield* Fiber.join(late)).message, "did not end within 5s")
    }).pipe(Effect.scoped)
  )

  it.effect("sanitizes a defect where that is asked for, as every other client sees it", () =>
    Effect.gen(function* () {
      const asked = yield* McpTest.client(broken, { revision, defects: "sanitized" })
      const other = yield* McpClient.connect(broken, { revision })
      for (const client of [asked, other]) {
        const { reason } = yield* Effect.flip(client.call(Dies))
        assert.strictEqual(reason._tag, "Remote")
        assert.notInclude(JSON.stringify(reason), blown.message)
        assert.strictEqual(reason._tag === "Remote" ? reason.code : undefined, -32603)
      }
    }).pipe(Effect.scoped)
  )
})

it.effect("a client of a server Layer fails as the Layer does", () =>
  Effect.gen(function* () {
    const failing = Layer.provide(faultyServer, Layer.effect(Fuse, Effect.fail("no fuse")))
    assert.strictEqual(yield* Effect.flip(McpTest.client(failing)), "no fuse")
  }).pipe(Effect.scoped)
)

it.effect("what is sent waits while the transport stalls, and goes on when it is released", () =>
  Effect.gen(function* () {
    const faulty = yield* McpTest.faulty(yield* McpTest.served(app))
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
    const faulty = yield* McpTest.faulty(yield* McpTest.served(app))
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

it.effect("the connection is lost while it stalls: what waits to be written is lost with it, in no time", () =>
  Effect.gen(function* () {
    const faulty = yield* McpTest.faulty(yield* McpTest.served(app))
    const client = yield* McpClient.connect(faulty.transport)
    yield* faulty.stall
    const calling = yield* Effect.forkScoped(Effect.flip(call(client)), { startImmediately: true })
    yield* faulty.disconnect
    const { reason } = yield* Fiber.join(calling)
    assert.strictEqual(reason._tag, "Closed")
    assert.include(reason.message, "The connection was lost")
  }).pipe(Effect.scoped)
)

it.effect("a transcript keeps both directions in order", () =>
  Effect.gen(function* () {
    const { entries, transport } = McpTest.transcript(yield* McpTest.served(app))
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

// The examples of the documentation, as they stand there.

const Add = McpTool.make("add", {
  parameters: { a: Schema.Finite, b: Schema.Finite },
  success: Schema.Struct({ sum: Schema.Finite })
})
const AddLive = Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b }))

it.effect("adds", () =>
  Effect.gen(function* () {
    const client = yield* McpTest.client(
      AddLive.pipe(Layer.provide(McpServer.layer({ name: "calc", version: "1.0.0" })))
    )
    assert.deepStrictEqual(yield* client.call(Add, { a: 1, b: 2 }), { sum: 3 })
  }).pipe(Effect.scoped)
)

it("every example in the documentation of McpTest is a test of this file", () => {
  const dense = (text: string) => text.replaceAll(/\s+/g, "")
  const documented = readFileSync(new URL("../../src/testing/McpTest.ts", import.meta.url), "utf8")
  const examples = [...documented.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code!.replaceAll(/^ \* ?/gm, ""))
  assert.isNotEmpty(examples)
  const tests = dense(readFileSync(import.meta.filename, "utf8"))
  for (const example of examples) assert.include(tests, dense(example), example)
})
