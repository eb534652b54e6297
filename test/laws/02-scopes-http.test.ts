/**
 * Law 2 over HTTP: nothing outlives the endpoint, the session, or the connection that it belongs to.
 *
 * Closing the server ends every handler and every response, within the bound of the drain, and leaves no fiber. However a
 * session ends, its handlers are interrupted and its streams end, and those of others go on. Of connections that went away
 * nothing stays once their handlers have ended.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Logger, Metric, Schema } from "effect"
import { EventStore } from "mcp-effect"
import { TestClock } from "effect/testing"
import { app, callTool, Record, request } from "./support/app.ts"
import { fibersLeft, property, settle } from "./support/law.ts"
import { bounded } from "./support/scripted.ts"
import { open, type Session, waiting, web, type Web, WHO } from "./support/web.ts"

const listen = (id: number) =>
  request("modern", id, "subscriptions/listen", { notifications: { toolsListChanged: true } })

const exchanges = [
  "modern wait",
  "modern report",
  "modern listen",
  "legacy wait",
  "legacy report",
  "legacy GET"
] as const
type Exchange = (typeof exchanges)[number]
const responses = ["auto", "sse"] as const
const fates = ["kept", "dropped", "unread"] as const

const drawn = {
  response: Schema.Literals(responses),
  resumable: Schema.Boolean,
  drawn: Schema.Array(Schema.Struct({ exchange: Schema.Literals(exchanges), fate: Schema.Literals(fates) })).pipe(
    Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6))
  )
}
const shown = { response: responses, resumable: ["true", "false"], exchange: exchanges, fate: fates }

const start = (server: Web, session: Session, exchange: Exchange, id: number, unread: boolean) => {
  const [era, what] = exchange.split(" ") as ["modern" | "legacy", string]
  if (what === "GET") return session.get({}, { unread })
  if (what === "listen") return server.post(listen(id), {}, { unread })
  const message = callTool(era, id, what, { name: `${id}`, steps: 1000 }, { progressToken: id })
  return era === "modern" ? server.post(message, {}, { unread }) : session.post(message, { unread })
}

const isCall = (exchange: Exchange) => exchange.endsWith("wait") || exchange.endsWith("report")

property(
  "law 2 over HTTP: closing the server interrupts every handler, ends every response and leaves no fiber",
  drawn,
  shown,
  ({ drawn, response, resumable }, seen) =>
    Effect.gen(function* () {
      seen("response", response)
      seen("resumable", String(resumable))
      const record = new Record()
      const heard: Array<ReturnType<typeof start>> = []
      const living = Effect.gen(function* () {
        const server = yield* web(app(record), {
          http: { response },
          ...(resumable ? { events: EventStore.layerMemory } : undefined)
        })
        const session = yield* open(server)
        for (const [id, { exchange, fate }] of drawn.entries()) {
          seen("exchange", exchange)
          seen("fate", fate)
          heard.push(start(server, session, exchange, id, fate === "unread"))
        }
        yield* waiting(() => record.started.length === drawn.filter(({ exchange }) => isCall(exchange)).length)
        yield* settle
        for (const [id, { fate }] of drawn.entries())
          if (fate === "dropped") heard[id]!.drop(id % 2 === 0 ? "request" : "body")
      })
      assert.deepStrictEqual(yield* bounded("closing the server", fibersLeft(living)), Exit.succeed(0))
      assert.sameMembers([...record.finalized], [...record.started], "finalizers have run")
      for (const one of heard) one.read()
      assert.isTrue(yield* waiting(() => heard.every(({ ended, gone }) => ended || gone)), "a response does not end")
    })
)

/** Counts the fibers of what is run with it. */
const counting = () => {
  let live = 0
  const service: Metric.FiberRuntimeMetricsService = {
    recordFiberStart: () => void live++,
    recordFiberEnd: () => void live--
  }
  return { live: () => live, counted: Effect.provideService(Metric.FiberRuntimeMetrics, service) }
}

property(
  "law 2 over HTTP: of connections that went away nothing stays once their handlers have ended",
  drawn,
  { ...shown, fate: fates },
  ({ drawn, response, resumable }, seen) => {
    const { counted, live } = counting()
    return Effect.gen(function* () {
      seen("response", response)
      seen("resumable", String(resumable))
      const record = new Record()
      const server = yield* web(app(record), {
        http: { response },
        ...(resumable ? { events: EventStore.layerMemory } : undefined)
      })
      const session = yield* open(server)
      yield* settle
      const before = live()
      const heard = drawn.map(({ exchange, fate }, id) => {
        seen("exchange", exchange)
        seen("fate", fate)
        return start(server, session, exchange, id, fate === "unread")
      })
      const calls = drawn.filter(({ exchange }) => isCall(exchange)).length
      assert.isTrue(yield* waiting(() => record.started.length === calls), "a request has not started")
      for (const [id, one] of heard.entries()) one.drop(id % 2 === 0 ? "request" : "body")
      yield* settle
      for (const id of drawn.keys()) yield* record.open(`${id}`)
      assert.isTrue(yield* waiting(() => record.finalized.length === calls), "a handler does not end")
      assert.isTrue(yield* waiting(() => live() === before), `${live() - before} fibers stay`)
      const after = session.post(callTool("legacy", 100, "sync", { name: "after" }))
      assert.isTrue(yield* waiting(() => after.ended))
      assert.strictEqual(after.status, 200, "the session goes on")
    }).pipe(counted)
  }
)

const ends = ["DELETE", "idle", "room for another"] as const

property(
  "law 2 over HTTP: however a session ends, what belongs to it ends, and what belongs to others goes on",
  {
    end: Schema.Literals(ends),
    resumable: Schema.Boolean,
    calls: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 3 }))),
    streams: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 3 })))
  },
  { end: ends, resumable: ["true", "false"], calls: ["none", "some"], streams: ["none", "some"] },
  ({ calls, end, resumable, streams }, seen) => {
    const { counted, live } = counting()
    return Effect.gen(function* () {
      // what runs, or is read, holds a session: only its client can end it then
      const held = end === "DELETE" ? { calls, streams } : { calls: 0, streams: 0 }
      seen("end", end)
      seen("resumable", String(resumable))
      seen("calls", held.calls > 0 ? "some" : "none")
      seen("streams", held.streams > 0 ? "some" : "none")
      const record = new Record()
      const server = yield* web(app(record), {
        limits: { sessions: 2, sessionIdle: "1 minute" },
        ...(resumable ? { events: EventStore.layerMemory } : undefined)
      })
      const other = yield* open(server, "other")
      const others = [other.get(), other.post(callTool("legacy", 1, "wait", { name: "other" }))]
      assert.isTrue(yield* waiting(() => record.started.includes("other")))
      // the first sign of life makes a response of what waits
      yield* TestClock.adjust("16 seconds")
      yield* settle
      const before = live()
      const session = yield* open(server, "owner")
      const heard = [
        ...Array.from({ length: held.calls }, (_, id) =>
          session.post(callTool("legacy", id, "wait", { name: `${id}` }))
        ),
        ...Array.from({ length: held.streams }, () => session.get())
      ]
      assert.isTrue(yield* waiting(() => record.started.length === 1 + held.calls), "a request has not started")
      yield* settle
      if (end === "DELETE") {
        const deleted = session.delete()
        assert.isTrue(yield* waiting(() => deleted.status === 204))
      }
      if (end === "idle") yield* TestClock.adjust("62 seconds")
      if (end === "room for another") {
        const another = yield* open(server, "owner")
        const deleted = another.delete()
        assert.isTrue(yield* waiting(() => deleted.status === 204))
      }
      yield* settle
      assert.isTrue(yield* waiting(() => heard.every(({ ended }) => ended)), "a response outlives its session")
      assert.isTrue(yield* waiting(() => record.finalized.length === held.calls), "a handler outlives its session")
      assert.notInclude(record.finalized, "other")
      assert.isTrue(yield* waiting(() => live() === before), `${live() - before} fibers stay`)
      const late = session.post(request("legacy", 9, "ping"))
      assert.isTrue(yield* waiting(() => late.ended))
      assert.strictEqual(late.status, 404)
      assert.isTrue(
        others.every(({ ended }) => !ended),
        "a response of another has ended"
      )
      yield* record.open("other")
      assert.isTrue(yield* waiting(() => others[1]!.ended))
      assert.isTrue(record.ended.includes("other"))
    }).pipe(counted)
  },
  { runs: 300 }
)

it.effect("law 2 over HTTP: a handshake that is not gone on with ends early, and leaves nothing", () => {
  const { counted, live } = counting()
  return Effect.gen(function* () {
    const server = yield* web(app(new Record()), { limits: { handshake: "5 seconds" } })
    // the test's clock has a fiber of its own from its first sleep to its first step
    yield* TestClock.adjust("2 seconds")
    yield* settle
    const before = live()
    const params = { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "laws", version: "1.0.0" } }
    const hello = server.post(request("legacy", 1, "initialize", params))
    assert.isTrue(yield* waiting(() => hello.ended))
    const id = hello.headers?.get("mcp-session-id") ?? ""
    assert.notStrictEqual(id, "")
    yield* TestClock.adjust("7 seconds")
    assert.isTrue(yield* waiting(() => live() === before), `${live() - before} fibers stay`)
    const late = server.post(request("legacy", 2, "ping"), { "mcp-session-id": id, [WHO]: "somebody" })
    assert.isTrue(yield* waiting(() => late.ended))
    assert.strictEqual(late.status, 404)
  }).pipe(counted)
})

it.effect("law 2 over HTTP: the drain has one bound; who does not end within it is reported, once", () => {
  const logged: Array<string> = []
  const logger = Logger.make(({ message }) => void logged.push(String(message)))
  return Effect.gen(function* () {
    const record = new Record()
    const server = yield* web(app(record), { limits: { drain: "10 seconds" } })
    const session = yield* open(server)
    const heard = [
      session.post(callTool("legacy", 1, "stubborn", { name: "a" })),
      session.post(callTool("legacy", 2, "wait", { name: "b" })),
      server.post(callTool("modern", 3, "stubborn", { name: "c" })),
      session.get()
    ]
    assert.isTrue(yield* waiting(() => record.started.length === 3))
    const closing = yield* Effect.forkChild(server.close)
    yield* settle
    assert.deepStrictEqual([...record.finalized], ["b"])
    yield* TestClock.adjust("9 seconds")
    assert.isUndefined(closing.pollUnsafe(), "it waits for those who do not end")
    yield* TestClock.adjust("1 second")
    assert.isTrue(yield* waiting(() => closing.pollUnsafe() !== undefined), "it waits beyond its bound")
    yield* Fiber.join(closing)
    const reported = logged.filter((text) => text.includes("does not end"))
    assert.deepStrictEqual(reported.map((text) => /\(id (\d)\)/.exec(text)?.[1]).toSorted(), ["1", "3"])
    assert.isTrue(yield* waiting(() => heard[1]!.ended && heard[3]!.ended), "a response outlives the server")
    yield* record.open("a")
    yield* record.open("c")
    assert.isTrue(yield* waiting(() => record.finalized.length === 3))
  }).pipe(Effect.provide(Logger.layer([logger])))
})
