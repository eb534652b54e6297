/**
 * Law 3: cancelled means silent, and cancelling works.
 *
 * Proven at the server: the handler's finalizer is observed, and nothing with the id of the cancelled request is among
 * the frames that left. Proven at the client: what it writes when a caller goes away, and what it never writes. Single
 * exchanges stand for HTTP: losing one is a cancel only where its features say so.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Schema, Scope } from "effect"
import { McpClient, McpRequest, McpServer, McpTool } from "mcp-effect"
import * as McpLimits from "mcp-effect/McpLimits"
import * as McpTransport from "mcp-effect/McpTransport"
import * as Peer from "mcp-effect/Peer"
import { McpTest } from "mcp-effect/testing"
import { TestClock } from "effect/testing"
import {
  app,
  callTool,
  cancel,
  drivers,
  type Era,
  eras,
  handshake,
  Record,
  request,
  versions,
  Wait
} from "./support/app.ts"
import { exchanged, exchangeOf, inbound, session } from "./support/exchanges.ts"
import { property, settle } from "./support/law.ts"
import { Hand, peer as barePeer } from "./support/peers.ts"
import { bounded, calls, cancels, messages, scriptedClient, textReply, until } from "./support/scripted.ts"

property(
  "law 3: after a cancel has been processed no reply to that request leaves, and its finalizer has run",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    tool: Schema.Literals(["wait", "stubborn", "report"]),
    cancelled: Schema.Array(Schema.Boolean).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6))),
    stringIds: Schema.Boolean
  },
  {
    era: eras,
    driver: drivers,
    tool: ["wait", "stubborn", "report"],
    cancelled: ["some", "all", "none"],
    id: ["string", "number"]
  },
  ({ cancelled, driver, era, stringIds, tool }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      seen("tool", tool)
      seen("cancelled", cancelled.every(Boolean) ? "all" : cancelled.some(Boolean) ? "some" : "none")
      seen("id", stringIds ? "string" : "number")
      const record = new Record()
      const peer = yield* McpTest.raw(app(record), { driver, revision: era === "legacy" ? versions.legacy : undefined })
      yield* handshake(peer, era, driver)
      const ids = cancelled.map((_, index) => (stringIds ? `id ${index}` : index))
      for (const id of ids) yield* peer.send(callTool(era, id, tool, { name: String(id), steps: 1000 }))
      if (driver !== "open") yield* settle
      for (const [index, id] of ids.entries()) if (cancelled[index]) yield* peer.send(cancel(id))
      yield* settle
      for (const id of ids) yield* record.open(String(id))
      yield* Effect.repeat(settle, { until: () => record.finalized.length === ids.length })

      const answered = new Set(
        peer.received.flatMap((text) => (JSON.parse(text).id === undefined ? [] : [JSON.parse(text).id]))
      )
      for (const [index, id] of ids.entries()) {
        assert.strictEqual(answered.has(id), !cancelled[index], `id ${id} of ${peer.received.join("\n")}`)
      }
    })
)

property(
  "law 3: an interrupted call is cancelled by its id, at once; one that was not written never is",
  {
    era: Schema.Literals(eras),
    window: Schema.Literals([1, 2, 512]),
    stalled: Schema.Boolean,
    interrupted: Schema.Array(Schema.Boolean).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6)))
  },
  {
    era: eras,
    stalled: ["true", "false"],
    call: ["written", "written, interrupted", "waiting", "waiting, interrupted"]
  },
  ({ era, interrupted, stalled, window }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("stalled", String(stalled))
      const { client, faulty, peer } = yield* scriptedClient(era, { window, unsentSoft: stalled ? 1 : 1024 })
      yield* Effect.addFinalizer(() => faulty.release)
      const names = interrupted.map((_, index) => `call ${index}`)
      const fibers = yield* Effect.forEach(names, (name) =>
        Effect.forkChild(client.callTool("echo", { name }), { startImmediately: true })
      )
      yield* settle
      const written = new Map(calls(peer))
      if (stalled) yield* faulty.stall
      // those that wait first: else the window would open for them
      for (const [index, name] of [...names.entries()].toReversed()) {
        const what = written.has(name) ? "written" : "waiting"
        seen("call", interrupted[index] ? `${what}, interrupted` : what)
        if (interrupted[index]) yield* bounded("interrupting a call", Fiber.interrupt(fibers[index]!))
      }
      yield* faulty.release
      yield* settle
      const gone = names.filter((name, index) => interrupted[index] && written.has(name))
      assert.sameOrderedMembers(
        [...cancels(peer)],
        gone.map((name) => written.get(name)).toReversed(),
        "the ids that were cancelled"
      )

      const answered = new Set<string>()
      const kept = names.filter((_, index) => !interrupted[index])
      for (const _ of names) {
        for (const [name, id] of calls(peer)) {
          if (answered.has(name) || !kept.includes(name)) continue
          answered.add(name)
          yield* peer.send(textReply(id, "late"))
        }
        yield* settle
      }
      for (const fiber of fibers) assert.isDefined(fiber.pollUnsafe(), "a call that was kept is not answered")
      const wanted = names.filter((name, index) => written.has(name) || !interrupted[index])
      assert.sameMembers([...calls(peer).keys()], wanted, "what was written in the end")
    })
)

/** A client and a server over the loopback, with a tap at the client's end. */
const tapped = (era: Era, record: Record) =>
  Effect.gen(function* () {
    const acceptor = yield* McpTest.acceptor(app(record))
    const [clientEnd, serverEnd] = yield* McpTransport.loopback
    yield* Effect.forkScoped(acceptor.run(serverEnd))
    const { entries, transport } = McpTest.transcript(clientEnd)
    const client = yield* McpClient.connect(transport, { revision: versions[era] })
    yield* Effect.addFinalizer(() => record.open("a"))
    return { client, entries }
  })

for (const era of eras) {
  it.effect(`law 3: a client's interruption reaches the handler as interruption (${era})`, () =>
    Effect.gen(function* () {
      const record = new Record()
      const { client, entries } = yield* tapped(era, record)
      const calling = yield* Effect.forkChild(client.call(Wait, { name: "a" }))
      yield* until(() => record.started.length === 1)
      const asked = entries.length
      yield* bounded("interrupting the call", Fiber.interrupt(calling))
      assert.isTrue(yield* until(() => record.finalized.includes("a")), "the handler goes on")
      assert.deepStrictEqual(record.ended, [])
      yield* settle
      assert.deepStrictEqual(
        entries.slice(asked).filter(({ direction }) => direction === "in"),
        [],
        "the server is silent"
      )
    })
  )

  it.effect(`law 3: a call that reaches its limit is cancelled at the server (${era})`, () =>
    Effect.gen(function* () {
      const record = new Record()
      const { client } = yield* tapped(era, record)
      const calling = yield* Effect.forkChild(Effect.exit(client.call(Wait, { name: "a" }, { timeout: "3 seconds" })))
      yield* until(() => record.started.length === 1)
      yield* TestClock.adjust("3 seconds")
      assert.isTrue(Exit.isFailure(yield* Fiber.join(calling)))
      assert.isTrue(yield* until(() => record.finalized.includes("a")), "the handler goes on")
    })
  )
}

for (const [how, revision, pause] of [
  ["pinned", versions.legacy, "0 seconds"],
  ["after a silent probe", "auto", "5 seconds"]
] as const) {
  it.effect(`law 3: \`initialize\` is never cancelled by its client (${how})`, () =>
    Effect.gen(function* () {
      const { peer, transport } = yield* McpTest.scripted()
      const scope = yield* Scope.make()
      const connecting = yield* McpClient.connect(transport, { revision }).pipe(Scope.provide(scope), Effect.forkChild)
      yield* settle
      yield* TestClock.adjust(pause)
      yield* settle
      const handshake = messages(peer).find(({ method }) => method === "initialize")
      assert.isDefined(handshake, "initialize was sent")
      yield* bounded("interrupting connect", Fiber.interrupt(connecting))
      yield* bounded("closing its scope", Scope.close(scope, Exit.void))
      yield* settle
      assert.notInclude(cancels(peer), handshake["id"])
      const others = messages(peer).filter(({ id, method }) => id !== undefined && method !== "initialize")
      assert.deepStrictEqual(
        cancels(peer),
        others.map(({ id }) => id)
      )
    })
  )
}

it.effect("law 3: `initialize` cannot be cancelled by the other side; what came by the same hand can", () =>
  Effect.gen(function* () {
    const record = new Record()
    const core = yield* barePeer(({ method }) =>
      Effect.scoped(record.watch(method, Deferred.await(record.door(method))))
    )
    const hand = new Hand()
    const conversation = Peer.open(core, hand, McpTest.features)
    const via = exchangeOf()
    const say = (message: McpTest.Json) => conversation.receive(inbound({ jsonrpc: "2.0", ...message }, via))
    say({ id: 1, method: "initialize" })
    say({ id: 2, method: "other" })
    say(cancel(1))
    say(cancel(2))
    yield* settle
    assert.deepStrictEqual(record.finalized, ["other"])
    yield* record.open("initialize")
    yield* settle
    hand.hand()
    assert.deepStrictEqual(
      Hand.messages(hand.sent).map(({ id }) => id),
      [1]
    )
  })
)

/** Says something, if asked to, and waits for its door. */
const Announce = McpTool.make("announce", { parameters: { name: Schema.String, aloud: Schema.Boolean } })

const announcing = (record: Record, credits: number) =>
  Announce.toLayer(({ aloud, name }) =>
    record.watch(
      name,
      Effect.gen(function* () {
        if (aloud) yield* (yield* McpRequest).log("info", name)
        yield* Deferred.await(record.door(name))
        return "done"
      })
    )
  ).pipe(
    Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })),
    Layer.provide(Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, credits }))
  )

const fates = ["dropped", "cancelled", "answered"] as const

property(
  "law 3: losing an exchange is a cancel only where its features say so; elsewhere the reply is dropped",
  {
    era: Schema.Literals(eras),
    disconnectCancels: Schema.Boolean,
    streaming: Schema.Boolean,
    tool: Schema.Literals(["wait", "stubborn"])
  },
  { era: eras, disconnectCancels: ["true", "false"], streaming: ["true", "false"], tool: ["wait", "stubborn"] },
  ({ disconnectCancels, era, streaming, tool }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("disconnectCancels", String(disconnectCancels))
      seen("streaming", String(streaming))
      seen("tool", tool)
      const record = new Record()
      const acceptor = yield* McpTest.acceptor(app(record))
      const features = { disconnectCancels }
      const meta = { progressToken: "t" }
      const message = streaming
        ? callTool(era, 1, "report", { name: "a", steps: 1000 }, meta)
        : callTool(era, 1, tool, { name: "a" }, meta)
      const lost = yield* exchanged(acceptor, message, features)
      const other = yield* exchanged(acceptor, callTool(era, 1, "wait", { name: "b" }), features)
      yield* until(() => record.started.length === 2)
      yield* lost.drop
      yield* settle
      const interrupted = disconnectCancels && (streaming || tool === "wait")
      assert.strictEqual(record.finalized.includes("a"), interrupted, "the handler of the lost exchange")
      yield* record.open("a")
      yield* record.open("b")
      assert.isTrue(yield* until(() => record.finalized.length === 2), "a handler hangs")
      assert.strictEqual(record.ended.includes("a"), !disconnectCancels)
      yield* settle
      assert.isUndefined(lost.end)
      assert.deepStrictEqual([other.end, other.messages.length], ["reply", 1], "the other exchange")
    }),
  { runs: 200 }
)

property(
  "law 3: a cancelled exchange of a session ends without a JSON-RPC message; the reply of a lost one goes nowhere else",
  {
    credits: Schema.Literals([1, 2, 8]),
    streaming: Schema.Boolean,
    disconnectCancels: Schema.Boolean,
    fates: Schema.Array(Schema.Literals(fates)).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(5)))
  },
  {
    streaming: ["true", "false"],
    disconnectCancels: ["true", "false"],
    fate: fates,
    place: ["running", "parked"]
  },
  ({ credits, disconnectCancels, fates, streaming }, seen) =>
    Effect.gen(function* () {
      seen("disconnectCancels", String(disconnectCancels))
      seen("streaming", String(streaming))
      const record = new Record()
      const { beside, exchange } = yield* session(yield* McpTest.acceptor(announcing(record, credits)), {
        disconnectCancels
      })
      const names = fates.map((_, index) => `request ${index}`)
      const exchanges = yield* Effect.forEach(names, (name, id) =>
        exchange(callTool("legacy", id, "announce", { name, aloud: streaming }))
      )
      yield* settle
      assert.deepStrictEqual(record.started, names.slice(0, credits))
      for (const [id, fate] of fates.entries()) {
        seen("fate", fate)
        seen("place", record.started.includes(names[id]!) ? "running" : "parked")
      }
      const running = new Set(record.started)
      // those that are parked first: else a credit would come back and start them
      for (const [id, fate] of [...fates.entries()].toReversed()) {
        if (fate === "cancelled") assert.strictEqual((yield* exchange(cancel(id))).messages.length, 0)
        if (fate === "dropped") yield* exchanges[id]!.drop
      }
      for (const name of names) yield* record.open(name)
      yield* settle
      const kept = names.filter((_, id) => fates[id] === "answered" || (fates[id] === "dropped" && !disconnectCancels))
      assert.sameMembers(record.ended, kept)
      assert.deepStrictEqual(
        record.started.filter((name) => !running.has(name)),
        kept.filter((name) => !running.has(name)),
        "what was parked started in order, unless it was cancelled"
      )
      for (const [id, fate] of fates.entries()) {
        const { end, messages } = exchanges[id]!
        const replies = messages.filter((message) => message["id"] === id).length
        assert.strictEqual(replies, fate === "answered" ? 1 : 0, `replies to ${id}`)
        if (fate === "dropped") assert.isUndefined(end)
        else if (streaming) assert.isDefined(end, `the exchange of ${id} hangs`)
        else assert.strictEqual(end, fate === "answered" ? "reply" : "silence")
      }
      assert.deepStrictEqual(beside, [])
    })
)

for (const driver of drivers) {
  it.effect(`law 3: a cancel for an id that is unknown, finished or of another type is ignored (${driver})`, () =>
    Effect.gen(function* () {
      const record = new Record()
      const peer = yield* McpTest.raw(app(record), { driver })
      const call = (id: string | number, tool: string) => peer.send(callTool("modern", id, tool, { name: `${id}` }))
      yield* call(1, "sync")
      yield* call(2, "wait")
      yield* settle
      const strange = { jsonrpc: "2.0", method: "notifications/cancelled" }
      for (const id of [1, 3, "2", "1"]) yield* peer.send(cancel(id))
      for (const params of [{}, { requestId: null }, { requestId: 2.5 }]) yield* peer.send({ ...strange, params })
      yield* settle
      assert.deepStrictEqual(record.finalized, [])
      yield* record.open("2")
      yield* peer.send(request("modern", 4, "tools/list"))
      assert.isTrue(yield* until(() => peer.received.length === 3), peer.received.join("\n"))
      assert.sameMembers(
        messages(peer).map(({ id, result }) => (result === undefined ? "error" : id)),
        [1, 2, 4]
      )
    })
  )
}
