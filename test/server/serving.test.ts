/**
 * Serving: the gate between a listener and a server that is being built, several listeners, the order of the end, and the
 * hook before tool calls.
 */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, McpMiddleware, McpRequest, McpServer, McpTool, McpTransport } from "mcp-effect"
import { Progress } from "mcp-effect/methods/progress"
import { McpTest } from "mcp-effect/testing"
import { callTool, handshake, request } from "../laws/support/app.ts"
import { settle } from "../laws/support/law.ts"

const Hello = McpTool.make("hello")
const HelloLive = Hello.toLayer(() => Effect.succeed("hello"))
const server = (name: string) => McpServer.layer({ name, version: "1.0.0" })

/** A listener source with the test at its other end. */
const source = Effect.map(McpTest.scripted(), ({ peer, transport }) => ({
  peer,
  layer: Layer.succeed(McpTransport.McpListenerSource, { listen: (acceptor) => acceptor.run(transport) })
}))

it.effect("answers nothing before the whole graph is built, and then what came meanwhile", () =>
  Effect.gen(function* () {
    const { layer, peer } = yield* source
    const slow = Layer.effectDiscard(Effect.sleep("1 second"))
    yield* peer.send(callTool("modern", 1, "hello", {}))
    yield* Effect.forkScoped(
      Layer.launch(
        Layer.provide(McpServer.serve(Layer.provide(HelloLive.pipe(Layer.provideMerge(slow)), server("late"))), layer)
      )
    )
    yield* settle
    assert.deepStrictEqual(peer.received, [])
    yield* TestClock.adjust("1 second")
    assert.strictEqual((yield* peer.next)["id"], 1)
  }).pipe(Effect.scoped)
)

it.effect("a graph that fails to build fails connect with its own error", () =>
  Effect.gen(function* () {
    const broken = Layer.effectDiscard(Effect.fail("no database" as const))
    const app = Layer.provide(Layer.merge(HelloLive, broken), server("broken"))
    const error = yield* Effect.flip(McpClient.connect(app))
    assert.strictEqual(error, "no database")
  }).pipe(Effect.scoped)
)

it.effect("launch ends when every listener has ended", () =>
  Effect.gen(function* () {
    const one = yield* source
    const two = yield* source
    const listeners = McpTransport.McpListener.all(one.layer, two.layer)
    const app = Layer.provide(HelloLive, server("two"))
    const fiber = yield* Effect.forkScoped(Effect.provide(McpServer.launch(app), listeners))
    for (const { peer } of [one, two]) {
      yield* handshake(peer, "legacy")
      yield* peer.send(request("legacy", 7, "ping"))
      assert.strictEqual((yield* peer.next)["id"], 7)
    }
    yield* one.peer.end
    yield* settle
    assert.isUndefined(fiber.pollUnsafe())
    yield* two.peer.end
    yield* settle
    assert.isDefined(fiber.pollUnsafe())
  }).pipe(Effect.scoped)
)

it.effect("two tools of one name are an error of the build", () =>
  Effect.gen(function* () {
    const app = Layer.provide(
      Layer.merge(
        HelloLive,
        Hello.toLayer(() => Effect.succeed("other"))
      ),
      server("twice")
    )
    const exit = yield* Effect.exit(Effect.scoped(McpClient.connect(app)))
    assert.isTrue(Exit.isFailure(exit))
    assert.include(String(exit), 'Tool "hello" is registered twice')
  })
)

it.effect("a registration ends with its scope, and its name is free again", () =>
  Effect.gen(function* () {
    const Registrar = Context.Service<McpServer.Service>("test/Registrar")
    const app = Layer.provideMerge(Layer.effect(Registrar, McpServer.McpServer), server("dynamic"))
    const registrar = yield* Effect.map(
      Layer.build(Layer.provide(app, Layer.succeed(McpTransport.McpListener, { listen: () => Effect.never }))),
      Context.get(Registrar)
    )
    const register = (scope: Scope.Scope) =>
      Layer.buildWithScope(Layer.provide(HelloLive, Layer.succeed(McpServer.McpServer, registrar)), scope)
    for (const _ of [1, 2]) {
      const scope = yield* Scope.make()
      yield* register(scope)
      yield* Scope.close(scope, Exit.void)
    }
  }).pipe(Effect.scoped)
)

it.effect("a middleware refuses before the handler starts, and the caller is told by whom", () =>
  Effect.gen(function* () {
    let started = 0
    const counted = Hello.toLayer(() => Effect.sync(() => (started++, "hello")))
    const gate = McpMiddleware.layer((call, next) =>
      call.name === "hello" && call.meta["pass"] !== true
        ? Effect.fail(new McpMiddleware.Forbidden({ guard: "test", detail: "not today" }))
        : next
    )
    const client = yield* McpClient.connect(Layer.provide(counted, Layer.provide(server("gated"), gate)))
    const error = yield* Effect.flip(client.call(Hello))
    assert.deepInclude(error.reason, { _tag: "Forbidden", guard: "test", detail: "not today" })
    assert.strictEqual(started, 0)
    yield* client.call(Hello, {}, { meta: { pass: true } })
    assert.strictEqual(started, 1)
  }).pipe(Effect.scoped)
)

it.effect("what a request can do is taken out of it like any value", () =>
  Effect.gen(function* () {
    const taking = Hello.toLayer(() =>
      Effect.gen(function* () {
        const { background, log, logUnsafe, notify, progress, read } = yield* McpRequest
        yield* progress({ progress: 1 })
        yield* log("info", "said")
        logUnsafe("info", "said")
        yield* notify(Progress, { progressToken: 1, progress: 1 })
        yield* background(Effect.void)
        return yield* Effect.match(read("none://"), { onFailure: ({ fault }) => fault, onSuccess: () => "it is there" })
      })
    )
    const client = yield* McpClient.connect(Layer.provide(taking, server("taken")))
    const { content } = yield* client.call(Hello)
    assert.deepStrictEqual(content, [{ type: "text", text: "ResourceNotFound" }])
  }).pipe(Effect.scoped)
)
