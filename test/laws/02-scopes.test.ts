/**
 * Law 2: nothing outlives its scope.
 *
 * Closing a scope interrupts its handlers and runs their finalizers, fails what waits with `Closed`, and leaves no fiber
 * and no timer; what does not end within the one bound of the drain is reported, once. Resources outlive the handlers
 * that use them. Child processes are tried elsewhere.
 */
import { assert, it } from "@effect/vitest"
import { Context, Effect, Exit, Fiber, Layer, Logger, Schema, Scope } from "effect"
import { McpClient, McpServer, McpTool } from "mcp-effect"
import type { McpError } from "mcp-effect/McpError"
import * as McpLimits from "mcp-effect/McpLimits"
import * as McpTransport from "mcp-effect/McpTransport"
import { McpTest } from "mcp-effect/testing"
import { TestClock } from "effect/testing"
import { app, callTool, drivers, eras, handshake, Record, versions } from "./support/app.ts"
import { session } from "./support/exchanges.ts"
import { fibersLeft, property, settle } from "./support/law.ts"
import { bounded, calls, messages, scriptedClient, textReply, until } from "./support/scripted.ts"

const server = McpServer.layer({ name: "laws", version: "1.0.0" })

/** A listener of given transports. */
const listening = (...transports: ReadonlyArray<McpTransport.McpTransport>) =>
  Layer.succeed(McpTransport.McpListenerSource, {
    listen: (acceptor) =>
      Effect.forEach(transports, (transport) => acceptor.run(transport), { concurrency: "unbounded", discard: true })
  })

const limited = (limits: Partial<McpLimits.Limits>) =>
  Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, ...limits })

/** Serves an application to a raw peer, in a scope that the test closes. */
const served = <ROut>(
  app: Layer.Layer<ROut, never, McpTransport.McpListener>,
  limits: Partial<McpLimits.Limits> = {}
) =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const scope = yield* Scope.make()
    const serving = McpServer.serve(app).pipe(Layer.provide(listening(transport)), Layer.provide(limited(limits)))
    yield* Layer.buildWithScope(serving, scope)
    return { peer, close: Scope.close(scope, Exit.void) }
  })

property(
  "law 2: closing a scope interrupts its handlers, runs their finalizers and leaves no fiber",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    tools: Schema.Array(Schema.Literals(["wait", "report", "sync"])).pipe(Schema.check(Schema.isMaxLength(5)))
  },
  { era: eras, driver: drivers, tool: ["wait", "report", "sync"] },
  ({ driver, era, tools }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      for (const tool of tools) seen("tool", tool)
      const record = new Record()
      const living = Effect.gen(function* () {
        const revision = era === "legacy" ? versions.legacy : undefined
        const peer = yield* McpTest.raw(app(record), { driver, revision })
        yield* handshake(peer, era, driver)
        for (const [id, tool] of tools.entries()) {
          yield* peer.send(callTool(era, id, tool, { name: `${id}`, steps: 1000 }, { progressToken: id }))
        }
        yield* until(() => record.started.length === tools.length)
      })
      assert.deepStrictEqual(yield* bounded("closing the scope", fibersLeft(living)), Exit.succeed(0))
      const names = tools.map((_, id) => `${id}`)
      assert.sameMembers(record.started, names)
      assert.sameMembers(
        record.finalized,
        names.filter((_, id) => tools[id] !== "sync")
      )
      assert.sameMembers(
        record.ended,
        names.filter((_, id) => tools[id] === "sync")
      )
    })
)

/** The reason that a call failed with. */
const reasonOf = <A>(call: Effect.Effect<A, McpError>): Effect.Effect<string> =>
  Effect.match(call, { onSuccess: () => "a result", onFailure: ({ reason }) => reason._tag })

property(
  "law 2: closing a client's scope fails what waits with `Closed` and leaves no fiber and no timer",
  {
    era: Schema.Literals(eras),
    answered: Schema.Array(Schema.Boolean).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(5))),
    end: Schema.Literals(["close", "lost", "broken"])
  },
  { era: eras, call: ["answered", "waiting"], end: ["close", "lost", "broken"] },
  ({ answered, end, era }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("end", end)
      const ends: Array<string> = []
      const living = Effect.gen(function* () {
        const { client, faulty, peer } = yield* scriptedClient(era)
        for (const [index] of answered.entries()) {
          const reason = reasonOf(client.callTool("echo", { name: `${index}` }, { timeout: "5 minutes" }))
          const calling = Effect.map(reason, (reason) => void (ends[index] = reason))
          yield* Effect.forkDetach(calling, { startImmediately: true })
        }
        yield* settle
        const ids = calls(peer)
        for (const [index, yes] of answered.entries()) {
          seen("call", yes ? "answered" : "waiting")
          if (yes) yield* peer.send(textReply(ids.get(`${index}`), "done"))
        }
        yield* settle
        if (end === "lost") yield* faulty.disconnect
        if (end === "broken") {
          yield* faulty.failNext
          yield* peer.send({ jsonrpc: "2.0", id: 1, method: "ping" })
        }
        if (end !== "close" && !(end === "broken" && era === "modern")) {
          assert.isTrue(yield* until(() => Object.keys(ends).length === answered.length), "a call still waits")
        }
      })
      const left = yield* bounded("closing the client", fibersLeft(living))
      assert.isTrue(yield* until(() => Object.keys(ends).length === answered.length), "a call still waits")
      assert.deepStrictEqual(
        ends,
        answered.map((yes) => (yes ? "a result" : "Closed"))
      )
      assert.deepStrictEqual(left, Exit.succeed(0))
    })
)

it.effect("law 2: no timer is left when reaching one limit is what ends the conversation", () =>
  Effect.gen(function* () {
    const ends: Array<string> = []
    const living = Effect.gen(function* () {
      const { client, close } = yield* scriptedClient("modern")
      const slow = Effect.map(reasonOf(client.callTool("echo", {}, { timeout: "5 minutes" })), (end) => ends.push(end))
      const quick = Effect.tap(reasonOf(client.callTool("echo", {}, { timeout: "1 second" })), (end) =>
        Effect.andThen(
          Effect.sync(() => ends.push(end)),
          close
        )
      )
      yield* Effect.forkDetach(slow, { startImmediately: true })
      yield* Effect.forkDetach(quick, { startImmediately: true })
      yield* TestClock.adjust("1 second")
      yield* until(() => ends.length === 2)
    })
    const left = yield* bounded("closing the client", fibersLeft(living))
    assert.deepStrictEqual(ends, ["Timeout", "Closed"])
    assert.deepStrictEqual(left, Exit.succeed(0))
  })
)

it.effect("law 2: a call that fails leaves nothing behind in the fiber that made it", () =>
  Effect.gen(function* () {
    const { client, peer } = yield* scriptedClient("modern")
    const calling = client.callTool("echo", { name: "a" }, { onProgress: () => Effect.void })
    const left = yield* Effect.forkChild(fibersLeft(Effect.exit(calling)), { startImmediately: true })
    yield* settle
    yield* peer.send({ jsonrpc: "2.0", id: calls(peer).get("a"), error: { code: -32000, message: "no" } })
    assert.strictEqual(yield* Fiber.join(left), 0)
  })
)

class Database extends Context.Service<Database, { readonly query: string }>()("laws/Database") {}

/** A resource, and a tool whose handler takes its time to end; what happened, in order. */
const layered = (happened: Array<string>, finalizing: Effect.Effect<void> = settle) => {
  const open = (name: string) =>
    Effect.acquireRelease(
      Effect.sync(() => void happened.push(`${name} open`)),
      () => Effect.sync(() => void happened.push(`${name} closed`))
    )
  const Query = McpTool.make("query")
  const QueryLive = Query.toLayer(
    Effect.fnUntraced(function* () {
      const { query } = yield* Database
      happened.push(query)
      yield* Effect.addFinalizer(() =>
        Effect.andThen(
          finalizing,
          Effect.sync(() => happened.push("handler ended"))
        )
      )
      return yield* Effect.never
    })
  )
  const DatabaseLive = Layer.effect(Database, Effect.as(open("database"), { query: "handler started" }))
  const early = Layer.provide(QueryLive, DatabaseLive)
  // built when the tool is there already, and so released before its registration ends
  const late = Layer.effectDiscard(open("cache"))
  return {
    early,
    both: Layer.flatMap(early, () => late).pipe(Layer.provide(server)),
    tool: QueryLive,
    open,
    DatabaseLive
  }
}

const inOrder = ["database open", "cache open", "handler started", "handler ended", "cache closed", "database closed"]

it.effect("law 2: resources outlive the handlers that use them (served)", () =>
  Effect.gen(function* () {
    const happened: Array<string> = []
    const { close, peer } = yield* served(layered(happened).both)
    yield* peer.send(callTool("modern", 1, "query", {}))
    yield* until(() => happened.includes("handler started"))
    yield* bounded("closing the server", close)
    assert.deepStrictEqual(happened, inOrder)
  })
)

for (const era of eras) {
  it.effect(`law 2: resources outlive the handlers that use them (in memory, ${era})`, () =>
    Effect.gen(function* () {
      const happened: Array<string> = []
      const scope = yield* Scope.make()
      const options = { revision: versions[era] }
      const client = yield* Scope.provide(McpClient.connect(layered(happened).both, options), scope)
      const calling = yield* Effect.forkChild(reasonOf(client.callTool("query")), { startImmediately: true })
      yield* until(() => happened.includes("handler started"))
      yield* bounded("closing client and server", Scope.close(scope, Exit.void))
      assert.deepStrictEqual(happened, inOrder)
      assert.isTrue(yield* until(() => calling.pollUnsafe() !== undefined), "the call still waits")
      assert.strictEqual(yield* Fiber.join(calling), "Closed")
    })
  )
}

it.effect("law 2: ending a registration ends its calls, then what they used; the conversation goes on", () =>
  Effect.gen(function* () {
    const happened: Array<string> = []
    const { DatabaseLive, tool } = layered(happened)
    const registered = yield* Scope.make()
    const register = Layer.effectDiscard(
      Effect.flatMap(McpServer.McpServer, (mcp) => {
        const Dynamic = tool.pipe(Layer.provide(DatabaseLive), Layer.provide(Layer.succeed(McpServer.McpServer, mcp)))
        return Layer.buildWithScope(Dynamic, registered)
      })
    )
    const { close, peer } = yield* served(
      Layer.provide(
        Layer.merge(
          register,
          McpTool.make("other").toLayer(() => Effect.succeed("here"))
        ),
        server
      )
    )
    yield* peer.send(callTool("modern", 1, "query", {}))
    yield* until(() => happened.includes("handler started"))
    yield* bounded("ending the registration", Scope.close(registered, Exit.void))
    assert.deepStrictEqual(happened, ["database open", "handler started", "handler ended", "database closed"])
    yield* peer.send(callTool("modern", 2, "other", {}))
    yield* until(() => peer.received.length === 2)
    assert.deepStrictEqual(
      messages(peer).map(({ error, id }) => [id, error === undefined]),
      [
        [1, false],
        [2, true]
      ]
    )
    yield* bounded("closing the server", close)
  })
)

/** What has been logged, from warnings on. */
class Lines extends Context.Service<Lines, Array<string>>()("laws/Lines") {}

const capture = Layer.suspend(() => {
  const lines: Array<string> = []
  const logger = Logger.make(({ logLevel, message }) => {
    if (logLevel === "Warn" || logLevel === "Error") lines.push([message].flat().join(" "))
  })
  return Layer.merge(Layer.succeed(Lines, lines), Logger.layer([logger]))
})

for (const [how, ended] of [
  ["closed", false],
  ["closed after its input ended", true]
] as const) {
  it.effect(`law 2: the whole drain keeps one bound and reports what does not end once, by tool and id (${how})`, () =>
    Effect.gen(function* () {
      const record = new Record()
      const lines = yield* Lines
      const { close, peer } = yield* served(app(record), { drain: "7 seconds", lastWords: "2 seconds" })
      yield* Effect.addFinalizer(() => Effect.forEach(["a", "b"], (name) => record.open(name)))
      yield* peer.send(callTool("modern", "the id", "stubborn", { name: "a" }))
      yield* peer.send(callTool("modern", 2, "stubborn", { name: "b" }))
      yield* peer.send(callTool("modern", 3, "wait", { name: "c" }))
      yield* until(() => record.started.length === 3)
      if (ended) {
        yield* peer.end
        yield* settle
        yield* TestClock.adjust("2 seconds")
      }
      const closing = yield* Effect.forkDetach(close, { startImmediately: true })
      yield* settle
      assert.deepStrictEqual(record.finalized, ["c"])
      yield* TestClock.adjust("6 seconds")
      yield* settle
      assert.isUndefined(closing.pollUnsafe(), "it waits for handlers that may still end")
      yield* TestClock.adjust("1 second")
      assert.isTrue(
        yield* until(() => closing.pollUnsafe() !== undefined),
        "the drain has reached its bound and goes on"
      )
      const about = (text: string) => lines.filter((line) => line.includes("stubborn") && line.includes(text)).length
      assert.deepStrictEqual([about(`"the id"`), about("id 2"), lines.length], [1, 1, 2], lines.join("\n"))
    }).pipe(Effect.scoped, Effect.provide(capture))
  )
}

it.effect("law 2: while the server drains, what comes or is parked does not start", () =>
  Effect.gen(function* () {
    const record = new Record()
    const { close, peer } = yield* served(app(record), { credits: 2 })
    yield* Effect.addFinalizer(() => record.open("stubborn"))
    yield* peer.send(callTool("modern", 1, "stubborn", { name: "stubborn" }))
    yield* peer.send(callTool("modern", 2, "wait", { name: "running" }))
    for (const id of [3, 4]) yield* peer.send(callTool("modern", id, "wait", { name: `parked ${id}` }))
    yield* settle
    assert.deepStrictEqual(record.started, ["stubborn", "running"])
    const closing = yield* Effect.forkDetach(close, { startImmediately: true })
    yield* settle
    yield* peer.send(callTool("modern", 5, "sync", { name: "new" }))
    yield* settle
    yield* record.open("stubborn")
    assert.isTrue(yield* until(() => closing.pollUnsafe() !== undefined), "the drain does not end")
    assert.deepStrictEqual(record.started, ["stubborn", "running"])
    const errors = messages(peer).filter(({ error }) => error !== undefined)
    assert.strictEqual(errors.length, peer.received.length)
    assert.includeMembers(
      errors.map(({ id }) => id),
      [1, 2, 5]
    )
  }).pipe(Effect.scoped)
)

it.effect("law 2: a handler that was left behind is not heard when its conversation has closed", () =>
  Effect.gen(function* () {
    const record = new Record()
    const acceptor = yield* McpTest.acceptor(app(record))
    // runs before the server is released, also when an assertion below has failed
    yield* Effect.addFinalizer(() => Effect.forEach(["a", "b"], (name) => record.open(name)))
    const { beside, close, exchange } = yield* session(acceptor)
    yield* exchange(callTool("legacy", 1, "stubborn", { name: "a" }))
    // as over one pipe: frames leave by the conversation's own outlet
    yield* exchange(callTool("legacy", 2, "stubborn", { name: "b" }), { shared: true })
    yield* until(() => record.started.length === 2)
    const draining = yield* Effect.forkDetach(acceptor.drain, { startImmediately: true })
    yield* settle
    yield* TestClock.adjust("10 seconds")
    assert.isTrue(yield* until(() => draining.pollUnsafe() !== undefined), "the drain does not end")
    yield* bounded("closing the conversation", close)
    for (const name of ["a", "b"]) yield* record.open(name)
    assert.isTrue(yield* until(() => record.finalized.length === 2), "a handler hangs")
    assert.deepStrictEqual(beside, [])
  })
)

for (const end of ["ended", "lost", "interrupted"] as const) {
  it.effect(`law 2: a conversation that is ${end} takes its handlers along; the server lives on`, () =>
    Effect.gen(function* () {
      const record = new Record()
      const acceptor = yield* McpTest.acceptor(app(record))
      yield* Effect.addFinalizer(() => record.open("a"))
      const left = yield* bounded(
        "the conversation",
        fibersLeft(
          Effect.gen(function* () {
            const { peer, transport } = yield* McpTest.scripted()
            const faulty = yield* McpTest.faulty(transport)
            const running = yield* Effect.forkScoped(acceptor.run(faulty.transport))
            yield* peer.send(callTool("modern", 1, "wait", { name: "a" }))
            yield* until(() => record.started.includes("a"))
            if (end === "ended") yield* peer.end
            if (end === "lost") yield* faulty.disconnect
            if (end === "interrupted") yield* Fiber.interrupt(running)
            yield* settle
            if (end === "ended") assert.deepStrictEqual(record.finalized, [], "it has its last words")
            yield* TestClock.adjust("1 second")
            assert.isTrue(yield* until(() => running.pollUnsafe() !== undefined), "the conversation goes on")
            assert.deepStrictEqual([record.finalized, record.ended], [["a"], []])
            assert.deepStrictEqual(peer.received, [])
          })
        )
      )
      assert.deepStrictEqual(left, Exit.succeed(0))
      const again = yield* McpTest.scripted()
      yield* Effect.forkScoped(acceptor.run(again.transport))
      yield* again.peer.send(callTool("modern", 1, "sync", { name: "b" }))
      assert.isTrue(yield* until(() => again.peer.received.length === 1), "the server is gone")
    })
  )
}
