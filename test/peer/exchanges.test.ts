/**
 * Requests that come alone: how many of one caller run at once, and what becomes of those that wait.
 *
 * A server is asked through its acceptor. Where it matters when a reply has been handed on, the outlet is in the hands of
 * the test; elsewhere an exchange is an Effect, as it is for a listener. Nothing waits for time.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, type Scope, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import * as McpTransport from "mcp-effect/McpTransport"
import { McpTest } from "mcp-effect/testing"
import { app, callTool, Record, request, versions } from "../laws/support/app.ts"
import { exchangeOf, inbound } from "../laws/support/exchanges.ts"
import { property, settle } from "../laws/support/law.ts"
import { codeOf, fork, type Limits, within } from "../laws/support/limits.ts"
import { Hand, pad } from "../laws/support/peers.ts"

const viaOf = (caller: string): McpTransport.Exchange => ({
  ...exchangeOf(),
  revision: versions.modern,
  principal: { ...McpTransport.anonymous, id: caller }
})

const wait = (id: number, name: string, padding = 0) =>
  callTool("modern", id, "wait", { name }, padding === 0 ? {} : { padding: pad(padding) })

/** An outlet that knows whether its exchange has ended without a reply. */
class Exchange extends Hand {
  silent = false

  override none(): void {
    this.silent = true
  }

  get replies(): ReadonlyArray<McpTest.Json> {
    return Hand.messages(this.waiting.concat(this.sent).filter(({ kind }) => kind === "reply"))
  }
}

/** A server within limits, and how to ask it. */
const serving = (limits: Limits) =>
  Effect.gen(function* () {
    const record = new Record()
    const acceptor = yield* within(limits, McpTest.acceptor(app(record)))
    /** Asks; what comes stays in the outlet until it is handed on. */
    const ask = (message: McpTest.Json, caller = "one") => {
      const outlet = new Exchange()
      const cancel = acceptor.answer(inbound(message, { ...viaOf(caller), outlet }))
      return { outlet, cancel }
    }
    /** Asks, and takes what comes at once; tells what the exchange came to. */
    const asked = (message: McpTest.Json, caller = "one") =>
      fork(
        Effect.flatMap(McpTransport.exchanged(acceptor, inbound(message, viaOf(caller))), (answer) =>
          answer._tag === "None"
            ? Effect.succeed([])
            : answer._tag === "Reply"
              ? Effect.succeed([JSON.parse(answer.frame.text) as McpTest.Json])
              : Stream.runCollect(Stream.map(answer.frames, ({ text }) => JSON.parse(text) as McpTest.Json))
        )
      )
    /** Lets the handler of a name go on. */
    const open = (name: string) => Effect.andThen(record.open(name), settle)
    return { acceptor, record, ask, asked, open }
  })

/** What an exchange has come to, if it has. */
const messagesOf = <A, E>(fiber: Fiber.Fiber<A, E>): A | undefined => {
  const exit = fiber.pollUnsafe()
  return exit?._tag === "Success" ? exit.value : undefined
}

const BUSY = 503

describe("credits", () => {
  it.effect("of one caller so many run at once; the others wait, in order", () =>
    Effect.gen(function* () {
      const { asked, open, record } = yield* serving({ exchanges: 2 })
      const names = ["a", "b", "c", "d", "e"]
      for (const [id, name] of names.entries()) yield* asked(wait(id, name))
      assert.deepStrictEqual(record.started, ["a", "b"])
      yield* open("b")
      assert.deepStrictEqual(record.started, ["a", "b", "c"])
      yield* open("c")
      assert.deepStrictEqual(record.started, ["a", "b", "c", "d"])
      yield* asked(wait(9, "f"))
      yield* open("a")
      yield* open("d")
      assert.deepStrictEqual(record.started, [...names, "f"])
    })
  )

  it.effect("a credit comes back when the reply has been handed on, and not before", () =>
    Effect.gen(function* () {
      const { ask, open, record } = yield* serving({ exchanges: 1 })
      const first = ask(wait(1, "a"))
      ask(wait(2, "b"))
      yield* open("a")
      assert.lengthOf(first.outlet.replies, 1)
      assert.deepStrictEqual(record.started, ["a"], "its reply is not handed on")
      first.outlet.hand()
      assert.deepStrictEqual(record.started, ["a", "b"])
    })
  )

  it.effect("another caller is not delayed, and has as many", () =>
    Effect.gen(function* () {
      const { asked, open, record } = yield* serving({ exchanges: 2 })
      for (const [id, name] of ["a1", "a2", "a3", "a4"].entries()) yield* asked(wait(id, name), "a")
      for (const [id, name] of ["b1", "b2", "b3"].entries()) yield* asked(wait(id, name), "b")
      assert.deepStrictEqual(record.started, ["a1", "a2", "b1", "b2"])
      yield* open("b1")
      assert.deepStrictEqual(record.started, ["a1", "a2", "b1", "b2", "b3"])
      yield* open("a2")
      assert.deepStrictEqual(record.started, ["a1", "a2", "b1", "b2", "b3", "a3"])
    })
  )

  it.effect("a caller of whom nothing ran for a while has all of them again", () =>
    Effect.gen(function* () {
      const { asked, open, record } = yield* serving({ exchanges: 2 })
      for (const round of ["x", "y", "z"]) {
        const names = ["1", "2", "3"].map((name) => `${round}${name}`)
        for (const [id, name] of names.entries()) yield* asked(wait(id, name))
        assert.deepStrictEqual(record.started.slice(-2), names.slice(0, 2))
        yield* Effect.forEach(names, open)
        assert.sameMembers(record.ended.slice(-3), names)
      }
    })
  )

  it.effect("a long row of waiting requests that are answered at once is answered, in order", () =>
    Effect.gen(function* () {
      const { ask, asked, open, record } = yield* serving({ exchanges: 1 })
      const first = ask(wait(0, "first"))
      const names = Array.from({ length: 5_000 }, (_, index) => `${index}`)
      const row = yield* Effect.forEach(names, (name, id) => asked(callTool("modern", id, "sync", { name })))
      yield* open("first")
      first.outlet.hand()
      yield* settle
      assert.deepStrictEqual(record.started, ["first", ...names])
      assert.isTrue(row.every((fiber) => messagesOf(fiber)?.length === 1))
    })
  )

  it.effect("a stream that is dropped before its reply has left gives back the credit", () =>
    Effect.gen(function* () {
      const { acceptor, asked, open, record } = yield* serving({ exchanges: 1 })
      const token = callTool("modern", 1, "report", { name: "a", steps: 1 }, { progressToken: 1 })
      const answer = yield* McpTransport.exchanged(acceptor, inbound(token, viaOf("one")))
      assert.strictEqual(answer._tag, "Stream")
      if (answer._tag !== "Stream") return
      // the receiver takes the first frame, and does not go on
      const stuck = yield* fork(Stream.runForEach(answer.frames, () => Effect.never))
      yield* settle
      assert.deepStrictEqual(record.ended, ["a"], "the reply waits to be taken")
      const next = yield* asked(wait(2, "b"))
      assert.deepStrictEqual(record.started, ["a"])
      yield* Fiber.interrupt(stuck)
      yield* settle
      assert.deepStrictEqual(record.started, ["a", "b"])
      yield* open("b")
      assert.lengthOf(messagesOf(next) ?? [], 1)
    })
  )
})

describe("cancelling", () => {
  it.effect("one that waits never starts; its exchange ends without a reply, and the next is before it", () =>
    Effect.gen(function* () {
      const { ask, open, record } = yield* serving({ exchanges: 1 })
      const [first, second, third] = ["a", "b", "c"].map((name, id) => ask(wait(id, name)))
      second!.cancel()
      assert.isTrue(second!.outlet.silent)
      yield* open("a")
      first!.outlet.hand()
      second!.cancel()
      assert.deepStrictEqual(record.started, ["a", "c"])
      assert.deepStrictEqual(second!.outlet.replies, [])
      yield* open("c")
      assert.lengthOf(third!.outlet.replies, 1)
    })
  )

  it.effect("one that runs is interrupted, and gives back its credit once it has ended", () =>
    Effect.gen(function* () {
      const { ask, record, open } = yield* serving({ exchanges: 1 })
      const stubborn = ask(callTool("modern", 1, "stubborn", { name: "a" }))
      ask(wait(2, "b"))
      stubborn.cancel()
      yield* settle
      assert.deepStrictEqual(record.started, ["a"], "it still runs")
      yield* open("a")
      assert.deepStrictEqual(record.finalized, ["a"])
      assert.deepStrictEqual(stubborn.outlet.replies, [])
      assert.isTrue(stubborn.outlet.silent)
      assert.deepStrictEqual(record.started, ["a", "b"])
    })
  )

  it.effect("one that has been answered changes nothing", () =>
    Effect.gen(function* () {
      const { ask, open, record } = yield* serving({ exchanges: 1 })
      const first = ask(wait(1, "a"))
      ask(wait(2, "b"))
      ask(wait(3, "c"))
      yield* open("a")
      first.cancel()
      first.outlet.hand()
      first.cancel()
      assert.lengthOf(first.outlet.replies, 1)
      assert.deepStrictEqual(record.started, ["a", "b"], "one credit has come back")
    })
  )

  it.effect("the receiver going away is a cancel, for one that waits and for one that runs", () =>
    Effect.gen(function* () {
      const { asked, record } = yield* serving({ exchanges: 1 })
      const [first, second] = [yield* asked(wait(1, "a")), yield* asked(wait(2, "b"))]
      yield* asked(wait(3, "c"))
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(first)
      yield* settle
      assert.deepStrictEqual(record.started, ["a", "c"])
      assert.deepStrictEqual([record.finalized, record.ended], [["a"], []])
    })
  )
})

describe("what waits", () => {
  it.effect("is bounded in characters of one caller; past that a request is refused as busy", () =>
    Effect.gen(function* () {
      const size = (message: McpTest.Json) => JSON.stringify(message).length
      const { ask, open, record } = yield* serving({ exchanges: 1, park: 2 * size(wait(1, "a", 1_000)) })
      const first = ask(wait(1, "a", 5_000))
      const waiting = ["b", "c"].map((name, index) => ask(wait(2 + index, name, 1_000)))
      const refused = ask(wait(4, "d"))
      const [reply, ...more] = refused.outlet.replies
      assert.deepStrictEqual([reply?.["id"], codeOf(reply), more.length], [4, BUSY, 0])
      ask(wait(1, "other"), "two")
      assert.lengthOf(ask(wait(2, "another"), "two").outlet.replies, 0, "another caller has a place")
      waiting[1]!.cancel()
      assert.lengthOf(ask(wait(5, "e")).outlet.replies, 0, "one that was cancelled leaves a place")
      yield* open("a")
      first.outlet.hand()
      assert.lengthOf(ask(wait(6, "f", 500)).outlet.replies, 0, "one that has started, too")
      assert.deepStrictEqual(record.started, ["a", "other", "b"])
    })
  )

  it.effect("is refused as busy when the server shuts down, as is what comes then", () =>
    Effect.gen(function* () {
      const { acceptor, asked, record } = yield* serving({ exchanges: 1 })
      const [first, second, third] = yield* Effect.forEach(["a", "b", "c"], (name, id) => asked(wait(id, name)))
      const draining = yield* fork(acceptor.drain)
      const late = yield* asked(wait(4, "d"))
      yield* settle
      assert.deepStrictEqual(
        [second!, third!, late].map(messagesOf).map((said) => said?.map(codeOf)),
        [[BUSY], [BUSY], [BUSY]]
      )
      assert.lengthOf(messagesOf(first!) ?? [], 1, "what ran is answered")
      assert.deepStrictEqual([record.started, record.finalized], [["a"], ["a"]])
      assert.isDefined(draining.pollUnsafe(), "and nothing is waited for")
    })
  )

  it.effect("is refused at once when the server shuts down, though what runs resists", () =>
    Effect.gen(function* () {
      const { acceptor, asked, open, record } = yield* serving({ exchanges: 1, drain: "5 seconds" })
      yield* Effect.addFinalizer(() => record.open("a"))
      yield* asked(callTool("modern", 1, "stubborn", { name: "a" }))
      const waiting = yield* asked(wait(2, "b"))
      const draining = yield* fork(acceptor.drain)
      yield* settle
      assert.deepStrictEqual(messagesOf(waiting)?.map(codeOf), [BUSY])
      yield* TestClock.adjust("5 seconds")
      yield* settle
      assert.isDefined(draining.pollUnsafe())
      yield* open("a")
      assert.deepStrictEqual(record.started, ["a"])
    })
  )
})

describe("long-lived requests", () => {
  const listen = (id: number) =>
    request("modern", id, "subscriptions/listen", { notifications: { toolsListChanged: true } })
  const acknowledged = ({ outlet }: { readonly outlet: Exchange }) => {
    outlet.hand()
    return Hand.messages(outlet.sent).map((message) => message["method"] ?? codeOf(message) ?? "result")
  }
  const ACKNOWLEDGED = ["notifications/subscriptions/acknowledged"]

  it.effect("need no credit, and hold none", () =>
    Effect.gen(function* () {
      const { ask, open, record } = yield* serving({ exchanges: 1 })
      const before = ask(listen(1))
      const running = ask(wait(2, "a"))
      ask(wait(3, "b"))
      const beside = ask(listen(4))
      yield* settle
      assert.deepStrictEqual([acknowledged(before), acknowledged(beside)], [ACKNOWLEDGED, ACKNOWLEDGED])
      assert.deepStrictEqual(record.started, ["a"])
      before.cancel()
      yield* settle
      assert.deepStrictEqual(record.started, ["a"], "its end brings back no credit")
      yield* open("a")
      running.outlet.hand()
      assert.deepStrictEqual(record.started, ["a", "b"])
    })
  )

  it.effect("have a limit of their own: one more is refused as busy, until one has ended", () =>
    Effect.gen(function* () {
      const { ask } = yield* serving({ listens: 2 })
      const [first, second, third] = [ask(listen(1)), ask(listen(2)), ask(listen(3), "another")]
      yield* settle
      assert.deepStrictEqual([first, second, third].map(acknowledged), [ACKNOWLEDGED, ACKNOWLEDGED, [BUSY]])
      third.cancel()
      assert.deepStrictEqual(acknowledged(ask(listen(4))), [BUSY])
      first.cancel()
      yield* settle
      assert.isTrue(first.outlet.silent)
      const next = ask(listen(5))
      yield* settle
      assert.deepStrictEqual(acknowledged(next), ACKNOWLEDGED)
      assert.deepStrictEqual(acknowledged(ask(listen(6))), [BUSY])
    })
  )
})

const LIMIT = 2
const Step = Schema.Struct({
  what: Schema.Literals(["ask", "ask", "ask", "finish", "finish", "hand", "cancel"]),
  caller: Schema.Literals(["x", "y"]),
  which: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 20 }))
})

property(
  "whatever happens, no caller has more than its credits, nobody overtakes, and everything comes to an end",
  { steps: Schema.Array(Step).check(Schema.isMinLength(15)) },
  { end: ["reply", "silence"], waited: ["some", "none"] },
  ({ steps }, seen) =>
    Effect.gen(function* () {
      const { ask, open, record } = yield* serving({ exchanges: LIMIT })
      const all: Array<{ readonly name: string; readonly caller: string } & ReturnType<typeof ask>> = []
      const cancelled = new Set<string>()
      const of = (caller: string) => all.filter((one) => one.caller === caller)
      /** Holds a credit: it runs, or its reply waits to be handed on. */
      const holds = ({ name, outlet }: (typeof all)[number]) =>
        record.started.includes(name) && !outlet.silent && outlet.sent.length === 0
      const check = Effect.sync(() => {
        for (const caller of ["x", "y"]) {
          const own = of(caller)
          const held = own.filter(holds).length
          const waits = own.filter(({ name }) => !record.started.includes(name) && !cancelled.has(name)).length
          assert.isTrue(waits === 0 ? held <= LIMIT : held === LIMIT, `${held} credits are held, and ${waits} wait`)
          const order = record.started.filter((name) => name.startsWith(caller))
          const started = own.flatMap(({ name }) => (record.started.includes(name) ? [name] : []))
          assert.deepStrictEqual(order, started)
        }
      })
      for (const { caller, what, which } of steps) {
        const one = of(caller)[which % Math.max(1, of(caller).length)]
        if (what === "ask") {
          const name = `${caller}${all.length}`
          all.push({ name, caller, ...ask(wait(all.length, name), caller) })
        } else if (one !== undefined && what === "finish") yield* record.open(one.name)
        else if (one !== undefined && what === "hand") one.outlet.hand()
        else if (one !== undefined && what === "cancel") {
          if (one.outlet.replies.length === 0) cancelled.add(one.name)
          one.cancel()
        }
        yield* settle
        yield* check
      }
      seen("waited", all.some(({ name }) => !record.started.includes(name)) ? "some" : "none")
      yield* finish(all, open)
      for (const { name, outlet } of all) {
        assert.deepStrictEqual([outlet.replies.length, outlet.silent], cancelled.has(name) ? [0, true] : [1, false])
        seen("end", outlet.silent ? "silence" : "reply")
      }
    }),
  { runs: 200 }
)

/** Lets all handlers go on, and takes all replies. */
const finish = (
  all: ReadonlyArray<{ readonly name: string; readonly outlet: Exchange }>,
  open: (name: string) => Effect.Effect<void>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.gen(function* () {
    for (const { name } of all) yield* open(name)
    for (const { outlet } of [...all, ...all]) {
      outlet.hand()
      yield* settle
    }
  })
