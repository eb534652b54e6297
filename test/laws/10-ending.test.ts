/**
 * Law 10: ending a registration ends its calls first: what it used is released when nothing uses it any more.
 *
 * A registration whose calls wait, and have left things to run in the background, is ended. All of them have been
 * interrupted, and their callers answered, before the resource that was acquired for it is released; others go on. What
 * cannot be interrupted is waited for within one bound, and reported.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Layer, Logger, Schema, Scope, Stream } from "effect"
import { McpMethod, McpRequest, McpSchema, McpServer, McpTool } from "mcp-effect"
import { ListResources } from "mcp-effect/methods/resources"
import type { McpTest } from "mcp-effect/testing"
import { TestClock } from "effect/testing"
import { drivers, type Era, eras, handshake, request, versions } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import { type Does, facing, type Kind, kindNames, kinds, type Living, living, replyTo } from "./support/living.ts"
import { messages, until } from "./support/scripted.ts"

const Time = McpMethod.request("acme/time", { params: McpSchema.NoParams, result: McpSchema.EmptyResult })
const ways = [...kindNames, "method", "source", "reading"] as const
type Way = (typeof ways)[number]

interface Using {
  /** Registers the thing that is tried, for as long as the Layer lives. */
  layer(does: Does): Layer.Layer<never, never, McpServer.McpServer>
  readonly use: readonly [method: string, params: McpTest.Json]
}

const ofKind = (kind: Kind): Using => ({ layer: (does) => kinds[kind].layer("a", does), use: kinds[kind].use("a") })
const Reader = McpTool.make("reader")

/** Everything that runs a handler of a user, and how it is used. */
const using: { readonly [W in Way]: Using } = {
  tool: ofKind("tool"),
  prompt: ofKind("prompt"),
  resource: ofKind("resource"),
  template: ofKind("template"),
  method: { layer: (does) => McpServer.handle(Time, () => Effect.as(does, {})), use: ["acme/time", {}] },
  source: {
    layer: (does) =>
      McpServer.list(ListResources, Stream.fromEffect(Effect.map(does, (name) => ({ uri: "memo:x", name })))),
    use: ["resources/list", {}]
  },
  // the resource is tried; a tool that stays reads it
  reading: { layer: (does) => kinds.resource.layer("a", does), use: ["tools/call", { name: "reader" }] }
}

const staying = (door: Deferred.Deferred<void>) =>
  Layer.merge(
    kinds.tool.layer("other", Effect.as(Deferred.await(door), "still here")),
    Reader.toLayer(() =>
      Effect.gen(function* () {
        const request = yield* McpRequest
        return JSON.stringify(yield* request.read("memo:a"))
      })
    )
  )

/** Begins a registration that uses a resource, and gives how to end it. */
const register = ({ server }: Living, layer: Layer.Layer<never, never, McpServer.McpServer>, events: Array<string>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const resource = Effect.acquireRelease(Effect.void, () => Effect.sync(() => void events.push("released")))
    const live = Layer.provide(
      Layer.provide(layer, Layer.effectDiscard(resource)),
      Layer.succeed(McpServer.McpServer, server)
    )
    yield* Layer.buildWithScope(live, scope)
    return Scope.close(scope, Exit.void)
  })

/** What is tried: the first calls answer and leave something behind, the others wait. */
const handler = (leaves: number, events: Array<string>, started: Array<string>): Does =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    // an end that takes its time
    const ended = (what: string) =>
      Effect.andThen(
        Effect.yieldNow,
        Effect.sync(() => void events.push(what))
      )
    started.push("call")
    if (started.filter((what) => what === "call").length > leaves) {
      yield* Effect.addFinalizer(() => ended("call ended"))
      return yield* Effect.never
    }
    const left = Effect.onInterrupt(
      Effect.andThen(
        Effect.sync(() => started.push("background")),
        Effect.never
      ),
      () => ended("background ended")
    )
    yield* Effect.orDie(request.background(left))
    return "left"
  })

const opened = Effect.fnUntraced(function* (server: Living, era: Era, driver: McpTest.Driver) {
  const peer = yield* facing(server.acceptor, { driver, revision: era === "legacy" ? versions.legacy : undefined })
  yield* handshake(peer, era, driver)
  return peer
})

const codeOf = (message: McpTest.Json | undefined) =>
  (message?.["error"] as { readonly code?: unknown } | undefined)?.code

property(
  "law 10: ending a registration ends its calls and what they left behind, and then releases what it used",
  {
    way: Schema.Literals(ways),
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    waits: Schema.Literals([0, 1, 2, 3]),
    leaves: Schema.Literals([0, 1, 2])
  },
  { way: ways, era: eras, driver: drivers, waits: ["none", "some"], leaves: ["none", "some"] },
  ({ driver, era, waits, way, ...input }, seen) =>
    Effect.gen(function* () {
      // a reader's reply is that of its own call
      const leaves = way === "reading" ? 0 : input.leaves
      seen("way", way)
      seen("era", era)
      seen("driver", driver)
      seen("waits", waits === 0 ? "none" : "some")
      seen("leaves", leaves === 0 ? "none" : "some")
      const events: Array<string> = []
      const started: Array<string> = []
      const door = yield* Deferred.make<void>()
      const server = yield* living({}, {}, staying(door))
      const end = yield* register(server, using[way].layer(handler(leaves, events, started)), events)
      const peer = yield* opened(server, era, driver)
      const [method, params] = using[way].use
      yield* peer.send(request(era, "other", ...kinds.tool.use("other")))
      for (let id = 1; id <= leaves + waits; id++) yield* peer.send(request(era, id, method, params))
      assert.isTrue(yield* until(() => started.length === 2 * leaves + waits), "a call does not start")
      assert.deepStrictEqual(events, [], "nothing has ended yet")
      const ending = yield* Effect.forkScoped(end, { startImmediately: true })
      assert.isTrue(yield* until(() => ending.pollUnsafe() !== undefined), "the registration does not end")
      assert.strictEqual(events.at(-1), "released", events.join(", "))
      assert.sameMembers(events.slice(0, -1), [
        ...Array.from({ length: waits }, () => "call ended"),
        ...Array.from({ length: leaves }, () => "background ended")
      ])
      yield* settle
      const replies = new Map(messages(peer).map((message) => [message["id"], message]))
      for (let id = leaves + 1; id <= leaves + waits; id++) assert.strictEqual(codeOf(replies.get(id)), -32603)
      assert.isFalse(replies.has("other"), "another's call goes on")
      yield* Deferred.succeed(door, undefined)
      assert.isTrue(yield* until(() => messages(peer).some(({ id, result }) => id === "other" && result !== undefined)))
      const again = yield* replyTo(peer, request(era, "again", method, params))
      assert.notInclude(JSON.stringify(again), "left")
      assert.strictEqual(started.length, 2 * leaves + waits, "it is used after its end")
    })
)

/** A server on which a tool reads the resource that is tried, and goes on when it has. */
const read = Effect.fnUntraced(function* (does: Does) {
  const events: Array<string> = []
  const door = yield* Deferred.make<void>()
  const reader = Reader.toLayer(() =>
    Effect.gen(function* () {
      const request = yield* McpRequest
      yield* Effect.orDie(request.read("memo:a"))
      events.push("read")
      yield* Deferred.await(door)
      return "read to the end"
    })
  )
  const server = yield* living({}, {}, reader)
  const end = yield* register(server, using.reading.layer(does), events)
  const peer = yield* opened(server, "modern", "run")
  yield* peer.send(request("modern", 1, ...using.reading.use))
  assert.isTrue(yield* until(() => events.includes("read")), "it is not read")
  return { door, end, events, peer }
})

it.effect("law 10: a call that has read something goes on when that is not there any more", () =>
  Effect.gen(function* () {
    const { door, end, peer } = yield* read(Effect.succeed("a"))
    yield* Effect.forkScoped(end, { startImmediately: true })
    yield* settle
    yield* Deferred.succeed(door, undefined)
    assert.isTrue(yield* until(() => peer.received.length === 1))
    assert.include(peer.received.join(), "read to the end")
  }).pipe(Effect.scoped)
)

it.effect("law 10: what a resource left in the background, read by a tool, ends with the resource", () =>
  Effect.gen(function* () {
    const started: Array<string> = []
    const events: Array<string> = []
    const { door, end, events: released, peer } = yield* read(handler(1, events, started))
    yield* Deferred.succeed(door, undefined)
    assert.isTrue(yield* until(() => peer.received.length === 1 && started.includes("background")))
    const ending = yield* Effect.forkScoped(end, { startImmediately: true })
    assert.isTrue(yield* until(() => ending.pollUnsafe() !== undefined))
    assert.deepStrictEqual([events, released], [["background ended"], ["read", "released"]])
  }).pipe(Effect.scoped)
)

/** What has been logged as a warning. */
const warnings = () => {
  const said: Array<string> = []
  const logger = Logger.make<unknown, void>(({ logLevel, message }) => {
    if (logLevel === "Warn") said.push(String(message))
  })
  return { said, layer: Logger.layer([logger]) }
}

const DRAIN = 7_000
const stubborn = ["call", "background", "both"] as const

/** A registration of which something does not end until the door opens. */
const stuck = Effect.fnUntraced(function* (what: (typeof stubborn)[number], door: Deferred.Deferred<void>) {
  const events: Array<string> = []
  const started: Array<string> = []
  const server = yield* living({}, { drain: `${DRAIN} millis` })
  const peer = yield* opened(server, "modern", "run")
  // whatever fails, the server does not wait for its bound when the test is over
  yield* Effect.addFinalizer(() => Deferred.succeed(door, undefined))
  const resists = Effect.uninterruptible(Deferred.await(door))
  const does = Effect.gen(function* () {
    const request = yield* McpRequest
    const { leaves } = request.params["arguments"] as { readonly leaves: boolean }
    started.push("call")
    if (!leaves) yield* resists
    else yield* Effect.orDie(request.background(resists))
    return "at last"
  })
  const end = yield* register(server, kinds.tool.layer("a", does), events)
  const calls = what === "both" ? [true, false] : [what === "background"]
  for (const [id, leaves] of calls.entries()) {
    yield* peer.send(request("modern", id, "tools/call", { name: "a", arguments: { leaves } }))
  }
  assert.isTrue(yield* until(() => started.length === calls.length))
  yield* settle
  yield* Effect.forkScoped(end, { startImmediately: true })
  // before the ending is waited for, at the end of a test that fails
  yield* Effect.addFinalizer(() => Deferred.succeed(door, undefined))
  yield* Effect.repeat(settle, { times: 5 })
  return { events, peer }
})

for (const what of stubborn) {
  it.effect(`law 10: what cannot be interrupted is waited for: ${what}`, () =>
    Effect.gen(function* () {
      const door = yield* Deferred.make<void>()
      const { events } = yield* stuck(what, door)
      yield* TestClock.adjust(DRAIN - 1)
      yield* settle
      assert.deepStrictEqual(events, [], "it is waited for")
      yield* Deferred.succeed(door, undefined)
      yield* Effect.repeat(settle, { times: 5 })
      assert.deepStrictEqual(events, ["released"], "no longer than it runs")
    }).pipe(Effect.scoped)
  )

  it.effect(`law 10: what cannot be interrupted is waited for no longer than the bound, and reported: ${what}`, () => {
    const { layer, said } = warnings()
    return Effect.gen(function* () {
      const door = yield* Deferred.make<void>()
      const { events } = yield* stuck(what, door)
      yield* TestClock.adjust(DRAIN - 1)
      yield* settle
      assert.deepStrictEqual(events, [])
      yield* TestClock.adjust(1)
      yield* Effect.repeat(settle, { times: 5 })
      assert.deepStrictEqual(events, ["released"])
      const reported = said.filter((line) => line.includes("does not end although it was interrupted"))
      assert.lengthOf(reported, what === "both" ? 2 : 1, said.join("\n"))
    }).pipe(Effect.scoped, Effect.provide(layer))
  })
}
