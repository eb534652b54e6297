/**
 * Law 1: every call settles exactly once: a result, a typed error, or interruption.
 *
 * Twice as a property over orders of events, against a model that says what each call must come to: for requests of our
 * own (the test plays the server: replies, duplicates, strangers, garbage, progress, cancels, time, the end), and for
 * requests of the other side, through all three drivers. Unhurried cases are compared with the model; in hurried ones,
 * where events overtake each other, what must hold in every order is checked.
 */
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Fiber, Layer, Schema } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import * as McpContent from "mcp-effect/McpContent"
import { McpError } from "mcp-effect/McpError"
import { McpTest } from "mcp-effect/testing"
import { TestClock } from "effect/testing"
import { app, callTool, cancel, drivers, eras, handshake, Record, request, versions } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import { calls, messages, scriptedClient, textReply, until } from "./support/scripted.ts"

const paces = ["unhurried", "hurried"] as const

/** A whole number below `count`. */
const upTo = (count: number) => Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: count - 1 })))

/** What a call came to, in one word. */
const outcome = (exit: Exit.Exit<McpContent.Result, unknown>): string => {
  if (Exit.isSuccess(exit)) return `result ${McpContent.textOf(exit.value)}`
  if (Cause.hasInterruptsOnly(exit.cause)) return "interrupted"
  const error = Cause.squash(exit.cause)
  if (!(error instanceof McpError)) return `untyped ${String(error)}`
  return error.reason._tag === "Timeout" ? `Timeout ${error.reason.limit}` : error.reason._tag
}

const ownEvents = ["reply", "error", "broken", "stranger", "progress", "cancel", "time", "end"] as const
/** How often each is drawn. */
const ownWeights = { reply: 3, error: 2, broken: 2, stranger: 2, progress: 4, cancel: 2, time: 7, end: 1 }
const ownDraws = ownEvents.flatMap((what) => Array<typeof what>(ownWeights[what]).fill(what))
const outcomes = ["result", "Remote", "Undecodable", "Timeout idle", "Timeout total", "Closed", "interrupted"]

/** Seconds. Of two calls one has the shorter idle limit, the other the shorter total. */
const idleOf = (index: number) => (index % 2 === 0 ? 10 : 20)
const TOTAL = 12
const STEP = 7

/** What is expected of one call of our own. */
class Expected {
  outcome: string | undefined
  readonly name: string
  readonly idle: number
  idleAt: number

  constructor(index: number) {
    this.name = `call ${index}`
    this.idle = idleOf(index)
    this.idleAt = this.idle
  }

  heard(now: number): void {
    if (this.outcome === undefined) this.idleAt = now + this.idle
  }

  settle(outcome: string): void {
    this.outcome ??= outcome
  }

  passed(now: number): void {
    if (now >= Math.min(this.idleAt, TOTAL)) this.settle(this.idleAt < TOTAL ? "Timeout idle" : "Timeout total")
  }
}

property(
  "law 1: a request of our own settles once, with what came first",
  {
    era: Schema.Literals(eras),
    pace: Schema.Literals(paces),
    others: upTo(5),
    window: Schema.Literals([2, 512]),
    events: Schema.Array(
      Schema.Struct({
        draw: upTo(ownDraws.length),
        call: upTo(5)
      })
    ).pipe(Schema.check(Schema.isMinLength(3), Schema.isMaxLength(12)))
  },
  { era: eras, pace: paces, window: ["2", "512"], event: ownEvents, outcome: outcomes },
  ({ era, events: drawn, others, pace, window }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("pace", pace)
      seen("window", String(window))
      const count = others + 1
      const events = drawn.map(({ call, draw }) => ({ what: ownDraws[draw]!, call }))
      const { client, peer } = yield* scriptedClient(era, { window })
      const settledAs = new Map<string, Array<string>>()
      const expected = Array.from({ length: count }, (_, index) => new Expected(index))
      const fibers = yield* Effect.forEach(expected, ({ idle, name }) => {
        settledAs.set(name, [])
        const options = { idleTimeout: `${idle} seconds`, timeout: `${TOTAL} seconds` } as const
        return client.callTool("echo", { name }, options).pipe(
          Effect.onExit((exit) => Effect.sync(() => settledAs.get(name)!.push(outcome(exit)))),
          Effect.forkChild({ startImmediately: true })
        )
      })
      yield* settle
      let now = 0
      for (const { call, what } of events) {
        seen("event", what)
        const target = expected[call % count]!
        const id = calls(peer).get(target.name)
        if (what === "cancel") {
          target.settle("interrupted")
          yield* Effect.forkChild(Fiber.interrupt(fibers[call % count]!), { startImmediately: true })
        } else if (what === "time") {
          now += STEP
          for (const one of expected) one.passed(now)
          yield* TestClock.adjust(`${STEP} seconds`)
        } else if (what === "end") {
          for (const one of expected) one.settle("Closed")
          yield* peer.end
        } else if (id !== undefined) {
          yield* peer.send(said(what, id, target.name))
          if (what === "reply") target.settle(`result ${target.name}`)
          if (what === "error") target.settle("Remote")
          if (what === "broken") target.settle("Undecodable")
          if (what === "progress") target.heard(now)
        }
        if (pace === "unhurried") yield* settle
      }
      yield* settle
      yield* peer.end
      for (const one of expected) one.settle("Closed")

      assert.isTrue(
        yield* until(() => [...settledAs.values()].every((ends) => ends.length > 0)),
        "a call never settles"
      )
      for (const { name, outcome } of expected) {
        const ends = settledAs.get(name)!
        assert.strictEqual(ends.length, 1, `${name} settled as ${ends.join(", ")}`)
        const [end] = ends as [string]
        seen("outcome", end.startsWith("result") ? "result" : end)
        if (pace === "unhurried") assert.strictEqual(end, outcome, `${name} of ${JSON.stringify(events)}`)
        else assert.isTrue(end === `result ${name}` || (outcomes.includes(end) && end !== "result"), `${name}: ${end}`)
      }
    })
)

/** What the test says about a request, as its server. */
const said = (what: (typeof ownEvents)[number], id: number, name: string): McpTest.Json => {
  switch (what) {
    case "reply":
      return textReply(id, name)
    case "error":
      return { jsonrpc: "2.0", id, error: { code: -32000, message: "no" } }
    case "broken":
      return { jsonrpc: "2.0", id, result: {}, error: { code: 1, message: "both" } }
    case "progress":
      return { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: id, progress: 1 } }
    default:
      return textReply(id % 2 === 0 ? String(id) : id + 1000, "a stranger's")
  }
}

const inboundEvents = ["request", "cancel", "cancel twice", "open", "stranger"] as const
const tools = ["stubborn", "wait", "sync", "stubborn", "report", "wait", "decline", "stubborn", "die", "wrong"] as const
const pool = [7, "7"] as const
/** How often each is drawn. */
const inboundWeights = { request: 4, cancel: 1, "cancel twice": 2, open: 2, stranger: 1 }
const inboundDraws = inboundEvents.flatMap((what) => Array<typeof what>(inboundWeights[what]).fill(what))

/** A request that was sent, and what the model knows of it. */
interface Sent {
  readonly id: string | number
  readonly name: string
  running: boolean
  silent: boolean
}

property(
  "law 1: a request of the other side gets one reply, or silence when it was cancelled or the conversation ended",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    pace: Schema.Literals(paces),
    ends: Schema.Boolean,
    events: Schema.Array(
      Schema.Struct({
        draw: upTo(inboundDraws.length),
        tool: upTo(tools.length),
        id: Schema.Literals(pool)
      })
    ).pipe(Schema.check(Schema.isMinLength(3), Schema.isMaxLength(14)))
  },
  {
    era: eras,
    driver: drivers,
    pace: paces,
    ends: ["true", "false"],
    event: inboundEvents,
    outcome: ["reply", "refused", "cancelled", "ended"]
  },
  ({ driver, ends, era, events: drawn, pace }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      seen("pace", pace)
      seen("ends", String(ends))
      const record = new Record()
      const peer = yield* McpTest.raw(app(record), { driver, revision: era === "legacy" ? versions.legacy : undefined })
      yield* handshake(peer, era, driver)
      const before = peer.received.length
      const sent: Array<Sent> = []
      const replies = new Map<string | number | undefined, number>()
      const expect = (id: string | number | undefined) => replies.set(id, (replies.get(id) ?? 0) + 1)
      const running = (id: string | number) => sent.find((one) => one.running && one.id === id)
      const end = (one: Sent) => {
        one.running = false
        if (!one.silent) expect(one.id)
      }
      const events = drawn.map(({ draw, id, tool }) => ({ what: inboundDraws[draw]!, tool: tools[tool]!, id }))
      for (const { id, tool, what } of events) {
        seen("event", what)
        const current = running(id)
        if (what === "request" && !(driver === "answer" && current !== undefined)) {
          const name = `request ${sent.length}`
          yield* peer.send(callTool(era, id, tool, { name, steps: 2 }))
          const suspends = tool === "wait" || tool === "stubborn"
          const one: Sent = { id, name, running: current === undefined && suspends, silent: false }
          sent.push(one)
          if (current !== undefined) expect(undefined)
          else if (!suspends) expect(id)
        } else if (what === "cancel" || what === "cancel twice") {
          const times = what === "cancel" ? 1 : 2
          const cancelling = Effect.repeat(peer.send(cancel(id)), { times: times - 1 })
          yield* Effect.forkChild(cancelling, { startImmediately: true })
          if (current !== undefined) current.silent = true
        } else if (what === "stranger") {
          yield* peer.send(textReply(id, "nobody asked"))
        } else if (what === "open" && current !== undefined) {
          yield* record.open(current.name)
          end(current)
        }
        // a cancelled handler that can be interrupted has ended
        if (pace === "unhurried") yield* settle
        for (const one of sent) if (one.running && record.finalized.includes(one.name)) end(one)
      }
      yield* settle
      if (ends) {
        yield* Effect.forkChild(peer.end, { startImmediately: true })
        yield* settle
        yield* TestClock.adjust("1 second")
        yield* settle
        for (const one of sent) if (one.running) one.silent = true
      }
      for (const { name } of sent) yield* record.open(name)
      for (const one of sent) if (one.running) end(one)
      assert.isTrue(yield* until(() => unended(record).length === 0), `${unended(record)} hang`)
      yield* settle
      if (!ends) {
        yield* peer.send(request(era, "barrier", "tools/list"))
        yield* until(() => messages(peer).at(-1)?.["id"] === "barrier")
        assert.strictEqual(messages(peer).at(-1)?.["id"], "barrier")
      }

      const received = messages(peer).slice(before, ends ? undefined : -1)
      const told = `${JSON.stringify(events)} gave ${peer.received.join("\n")}`
      const count = (id: string | number | undefined) => received.filter((message) => message["id"] === id).length
      const refused = received.filter((message) => message["id"] === undefined && "error" in message).length
      for (let left = refused; left > 0; left--) seen("outcome", "refused")
      for (const { silent } of sent) seen("outcome", silent ? (ends ? "ended" : "cancelled") : "reply")
      for (const id of pool) {
        const requests = sent.filter((one) => one.id === id).length
        if (pace === "unhurried") assert.strictEqual(count(id), replies.get(id) ?? 0, `replies to ${id}: ${told}`)
        else assert.isAtMost(count(id), requests, `replies to ${id}: ${told}`)
      }
      if (pace === "unhurried") assert.strictEqual(refused, replies.get(undefined) ?? 0, told)
      const answered = pool.reduce((sum, id) => sum + count(id), 0) + refused
      const silences = ends ? sent.length : events.filter(({ what }) => what.startsWith("cancel")).length
      assert.isAtMost(answered, sent.length, told)
      assert.isAtLeast(answered, sent.length - silences, told)
      for (const { name } of sent) {
        const named = received.filter(({ result }) => JSON.stringify(result ?? {}).includes(`"${name}"`))
        assert.isAtMost(named.length, 1, `${name}: ${told}`)
      }
    })
)

/** Handlers that have started and neither ended nor been finalized. */
const unended = ({ ended, finalized, started }: Record): ReadonlyArray<string> =>
  started.filter((name) => !ended.includes(name) && !finalized.includes(name))

it.effect("law 1: a handler that interrupts itself has its request answered, once", () =>
  Effect.gen(function* () {
    const Quit = McpTool.make("quit")
    const server = McpServer.layer({ name: "laws", version: "1.0.0" })
    const peer = yield* McpTest.raw(
      Layer.provide(
        Quit.toLayer(() => Effect.interrupt),
        server
      )
    )
    yield* peer.send(callTool("modern", 1, "quit", {}))
    yield* peer.send(request("modern", 2, "tools/list"))
    yield* until(() => peer.received.length === 2)
    assert.deepStrictEqual(
      messages(peer).map(({ error, id }) => [id, error === undefined]),
      [
        [1, false],
        [2, true]
      ]
    )
  })
)

for (const driver of drivers) {
  it.effect(`law 1: a request that is cancelled twice has settled the first time (${driver})`, () =>
    Effect.gen(function* () {
      const record = new Record()
      const peer = yield* McpTest.raw(app(record), { driver })
      yield* Effect.addFinalizer(() => record.open("a"))
      yield* peer.send(callTool("modern", 1, "stubborn", { name: "a" }))
      yield* settle
      const cancelling = Effect.andThen(peer.send(cancel(1)), settle)
      const cancels = yield* Effect.forkChild(Effect.repeat(cancelling, { times: 1 }), { startImmediately: true })
      yield* until(() => cancels.pollUnsafe() !== undefined)
      yield* record.open("a")
      assert.isTrue(yield* until(() => record.finalized.includes("a")), "the handler hangs")
      yield* peer.send(callTool("modern", 1, "sync", { name: "b" }))
      yield* until(() => peer.received.length > 0)
      yield* settle
      assert.deepStrictEqual(
        messages(peer).map(({ error, id }) => [id, error === undefined]),
        [[1, true]]
      )
    })
  )
}
