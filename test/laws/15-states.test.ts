/**
 * Law 15, of the states that travel: one is taken once, from its own caller, for its own call, while it is young.
 *
 * A call of three rounds, in which somebody meddles: goes back, waits, changes a character, cuts, takes the state to
 * another tool, method, argument or caller, or to a server with other keys. What is not taken is refused with its own
 * reason, runs nothing, and uses nothing up: the call itself goes on with the same state. A key in front of the one that
 * has sealed changes nothing.
 */
import { assert } from "@effect/vitest"
import { Effect, Layer, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpLimits, McpPrompt, McpRequest, McpServer, McpTool, ReplayStore } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { request as message } from "./support/app.ts"
import {
  accept,
  askable,
  asks,
  caller,
  type Caller,
  calling,
  refusalOf,
  replied,
  type Round,
  textOf
} from "./support/chains.ts"
import { property } from "./support/law.ts"

const parameters = { who: Schema.String }
const Book = McpTool.make("book", { parameters })
const Other = McpTool.make("other", { parameters })
const Letter = McpPrompt.make("book", { parameters })

/** Holds a seat, asks, pays, asks again: three rounds. */
const booking = (ran: Array<string>) => (who: string) =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    ran.push("begun")
    const seat = yield* request.once(
      "hold",
      Schema.Date,
      Effect.sync(() => (ran.push("hold"), new Date(5)))
    )
    const first = yield* request.elicit("first", { message: who, schema: Schema.String })
    yield* request.once(
      "pay",
      Schema.Void,
      Effect.sync(() => void ran.push("pay"))
    )
    const second = yield* request.elicit("second", { message: who, schema: Schema.String })
    return `${seat.getTime()} ${who} ${first} ${second}`
  })

type Keys = ReadonlyArray<Redacted.Redacted<string>>

const app = (ran: Array<string>, stateKeys: Keys, store: Layer.Layer<never>) => {
  const book = booking(ran)
  return Layer.mergeAll(
    Book.toLayer(({ who }) => Effect.orDie(book(who))),
    Other.toLayer(({ who }) => Effect.orDie(book(who))),
    Letter.toLayer(({ who }) => Effect.map(Effect.orDie(book(who)), McpPrompt.user))
  ).pipe(Layer.provide(McpServer.layer({ name: "states", version: "1.0.0", stateKeys })), Layer.provide(store))
}

const keys = (...names: ReadonlyArray<string>): Keys => names.map((name) => Redacted.make(name.repeat(40)))

/** How a round is spoilt. */
const spoils = [
  "used before",
  "another principal",
  "another tool",
  "another method",
  "other arguments",
  "a character changed",
  "a character added",
  "cut",
  "nothing of it",
  "too long",
  "another server's key",
  "a key that has gone"
] as const
type Spoil = (typeof spoils)[number]

const reasons: { readonly [S in Spoil]: string } = {
  "used before": "Used",
  "another principal": "Altered",
  "another tool": "Altered",
  "another method": "Altered",
  "other arguments": "Altered",
  "a character changed": "Altered",
  "a character added": "Altered",
  cut: "Altered",
  "nothing of it": "Altered",
  "too long": "TooLong",
  "another server's key": "UnknownKey",
  "a key that has gone": "UnknownKey"
}

/** Who can be asked: the server itself, servers with other keys, and as whom. */
interface Places {
  readonly own: Caller
  readonly stranger: Caller
  readonly elsewhere: Caller
  readonly rotatedOut: Caller
}

const ARGS = { who: "me" }
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** The part of a state behind the name of its key: what stands before decides which key is looked for. */
const changed = (state: string, at: number): string => {
  const dot = state.indexOf(".") + 1
  const index = dot + (at % (state.length - dot))
  const other = LETTERS[(LETTERS.indexOf(state[index]!) + 1 + (at % 62)) % 64]!
  return state.slice(0, index) + other + state.slice(index + 1)
}
const cutAt = (state: string, at: number): string => {
  const dot = state.indexOf(".") + 1
  return state.slice(0, dot + (at % (state.length - dot)))
}

/** Sends a round in the wrong way. */
const meddle = (spoil: Spoil, places: Places, round: Round, used: string | undefined, at: number, id: string) => {
  const state = round.requestState!
  const send = (to: Caller, more: Round = {}, args: McpTest.Json = ARGS, tool = "book") =>
    replied(to, calling("modern", id, tool, args, { ...round, ...more }))
  switch (spoil) {
    case "used before":
      return send(places.own, { requestState: used! })
    case "another principal":
      return send(places.stranger)
    case "another tool":
      return send(places.own, {}, ARGS, "other")
    case "another method":
      return replied(
        places.own,
        message("modern", id, "prompts/get", { name: "book", arguments: ARGS, ...round }, askable)
      )
    case "other arguments":
      return send(places.own, {}, { who: "you" })
    case "a character changed":
      return send(places.own, { requestState: changed(state, at) })
    case "a character added":
      return send(places.own, { requestState: state + LETTERS[at % 64]! })
    case "cut":
      return send(places.own, { requestState: cutAt(state, at) })
    case "nothing of it":
      return send(places.own, { requestState: "" })
    case "too long":
      return send(places.own, { requestState: state.padEnd(McpLimits.defaults.state + 1, "A") })
    case "another server's key":
      return send(places.elsewhere)
    case "a key that has gone":
      return send(places.rotatedOut)
  }
}

const Meddling = Schema.Struct({
  spoil: Schema.Literals(spoils),
  round: Schema.Literals([1, 2]),
  at: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 10_000 }))
})

property(
  "law 15: a state that is not its own is refused with its reason, and is not used up by that",
  {
    meddlings: Schema.Array(Meddling).check(Schema.isMinLength(1), Schema.isMaxLength(5)),
    rotates: Schema.Boolean
  },
  { spoil: spoils, key: ["the same", "rotated"] },
  ({ meddlings, rotates }, seen) =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      // one memory for all of them, as several nodes have it
      const store = ReplayStore.layer(new ReplayStore.MemoryReplays(100))
      const serve = (stateKeys: Keys) => McpTest.acceptor(app(ran, stateKeys, store))
      const old = yield* serve(keys("a"))
      const afterwards = rotates ? yield* serve(keys("b", "a")) : old
      const places: Places = {
        own: yield* caller(afterwards),
        stranger: yield* caller(afterwards, "somebody else"),
        elsewhere: yield* caller(yield* serve([])),
        rotatedOut: yield* caller(yield* serve(keys("c", "d")))
      }
      seen("key", rotates ? "rotated" : "the same")

      let used: string | undefined
      let reply = yield* replied(yield* caller(old), calling("modern", "0", "book", ARGS))
      for (const [index, key] of ["first", "second"].entries()) {
        const number = index + 1
        const asked = asks(reply)
        assert.deepStrictEqual(asked?.keys, [key])
        const next = roundOf(asked!.state, key)
        for (const [which, { at, round, spoil }] of meddlings.entries()) {
          if (round !== number || (spoil === "used before" && used === undefined)) continue
          seen("spoil", spoil)
          const before = ran.length
          const refused = yield* meddle(spoil, places, next, used, at, `bad${number}.${which}`)
          assert.deepStrictEqual(refusalOf(refused), [-32602, reasons[spoil]], JSON.stringify(refused))
          assert.strictEqual(ran.length, before, "something has run")
        }
        used = asked!.state
        reply = yield* replied(places.own, calling("modern", String(number), "book", ARGS, next))
      }
      assert.strictEqual(textOf(reply), "5 me first second")
      assert.deepStrictEqual(ran, ["begun", "hold", "begun", "pay", "begun"])
    })
)

const roundOf = (requestState: string, key: string): Round => ({
  requestState,
  inputResponses: { [key]: accept({ value: key }) }
})

property(
  "law 15: a state is taken as long as it may be old, and not a moment longer",
  {
    waits: Schema.Array(Schema.Literals([0, 1_000, 3_599_999, 3_600_000, 3_600_001, 7_200_000])).check(
      Schema.isMinLength(2),
      Schema.isMaxLength(2)
    )
  },
  { age: ["young", "too old"] },
  ({ waits }, seen) =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      const peer = yield* caller(yield* McpTest.acceptor(app(ran, keys("a"), Layer.empty)))
      let reply = yield* replied(peer, calling("modern", "0", "book", ARGS))
      for (const [index, key] of ["first", "second"].entries()) {
        const asked = asks(reply)!
        yield* TestClock.adjust(waits[index]!)
        const before = ran.length
        reply = yield* replied(peer, calling("modern", `${index + 1}`, "book", ARGS, roundOf(asked.state, key)))
        const isOld = waits[index]! > 3_600_000
        seen("age", isOld ? "too old" : "young")
        if (!isOld) continue
        assert.deepStrictEqual(refusalOf(reply), [-32602, "Expired"])
        assert.strictEqual(ran.length, before, "something has run")
        return
      }
      assert.strictEqual(textOf(reply), "5 me first second")
    })
)

property(
  "law 15: where nobody remembers states, one can be gone back to, and what follows it runs again",
  { replays: Schema.Array(Schema.Literals([0, 1])).check(Schema.isMinLength(1), Schema.isMaxLength(4)) },
  { back: ["to the first round", "to the second"] },
  ({ replays }, seen) =>
    Effect.gen(function* () {
      const ran: Array<string> = []
      const peer = yield* caller(yield* McpTest.acceptor(app(ran, keys("a"), ReplayStore.layerNone)))
      const states: Array<string> = []
      let id = 0
      const round = (key?: string, state?: string) =>
        replied(peer, calling("modern", `${(id += 1)}`, "book", ARGS, key === undefined ? {} : roundOf(state!, key)))
      states.push(asks(yield* round())!.state)
      states.push(asks(yield* round("first", states[0]))!.state)
      for (const replay of replays) {
        seen("back", replay === 0 ? "to the first round" : "to the second")
        const reply = yield* round(replay === 0 ? "first" : "second", states[replay])
        if (replay === 0) states[1] = asks(reply)!.state
        else assert.strictEqual(textOf(reply), "5 me first second")
      }
      assert.strictEqual(ran.filter((what) => what === "hold").length, 1, "what the state has does not run again")
      const again = replays.filter((replay) => replay === 0).length
      assert.strictEqual(ran.filter((what) => what === "pay").length, 1 + again)
    })
)
