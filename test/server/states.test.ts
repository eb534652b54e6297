/**
 * The states of interrupted calls: what one holds comes back to the same caller, about the same call, once.
 *
 * Whatever it is about is compared as JSON, so the order of members does not matter and everything else does. Its age and
 * its size are bounded, on the way out and on the way in; each refusal says which it was.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Redacted, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpLimits } from "mcp-effect"
import { MemoryReplays } from "mcp-effect/ReplayStore"
import { Sealing } from "../../src/server/internal/asking/sealing.ts"
import { type About, type State, States } from "../../src/server/internal/asking/state.ts"
import { Secrets } from "../../src/server/internal/secrets.ts"
import { principal } from "../laws/support/chains.ts"
import { property } from "../laws/support/law.ts"

const sealing = new Sealing(new Secrets([Redacted.make("s".repeat(40))]))
const statesOf = (
  limits: Partial<McpLimits.Limits> = {},
  replays: MemoryReplays | undefined = new MemoryReplays(100)
) => new States(sealing, replays, { ...McpLimits.defaults, ...limits })

const about = (
  params: { readonly [name: string]: unknown } = { name: "tool", arguments: {} },
  who = "me",
  method = "tools/call"
): About => ({ principal: principal(who), method, params })

const state: State = { answers: { a: { action: "accept" } }, once: { b: null, c: [1] }, asked: ["d"] }

/** Why a state is not taken; nothing when it is. */
const refusal = (states: States, sealed: string, about: About) =>
  Effect.match(states.read(sealed, about), {
    onSuccess: () => undefined,
    onFailure: ({ data, fault }) => [fault, (data as { readonly state: string } | undefined)?.state]
  })

const Json = Schema.Record(Schema.String, Schema.Json)

property(
  "what a state holds comes back, whatever it is",
  { answers: Json, once: Json, asked: Schema.Array(Schema.String) },
  { asked: ["something", "nothing"] },
  ({ answers, asked, once }, seen) =>
    Effect.gen(function* () {
      seen("asked", asked.length > 0 ? "something" : "nothing")
      const states = statesOf({ state: 10_000_000 })
      const sealed = yield* states.write({ answers, once, asked }, about())
      const read = yield* states.read(sealed, about())
      const json = JSON.parse(JSON.stringify({ answers, once, asked })) as State
      assert.deepStrictEqual({ answers: read.answers, once: read.once, asked: read.asked }, json)
    })
)

it.effect("a member of any name comes back, and is only a member", () =>
  Effect.gen(function* () {
    const once = JSON.parse('{"__proto__":{"polluted":1},"constructor":2,"1":3,"":4}') as State["once"]
    const states = statesOf()
    const read = yield* states.read(yield* states.write({ ...state, once }, about()), about())
    assert.deepStrictEqual(Object.entries(read.once), Object.entries(once))
    assert.notProperty({}, "polluted")
  })
)

const same: ReadonlyArray<readonly [About, About]> = [
  [about(), about({ arguments: {}, name: "tool" })],
  [
    about({ name: "t", arguments: { a: 1, b: { c: [1, 2], d: null } } }),
    about({ name: "t", arguments: { b: { d: null, c: [1, 2] }, a: 1 } })
  ],
  // what comes with a try and not with the call
  [about(), about({ name: "tool", arguments: {}, _meta: { progressToken: 1 }, requestState: "x", inputResponses: {} })]
]

for (const [index, [written, read]] of same.entries()) {
  it.effect(`it is about the same, however that is written: ${index + 1}`, () =>
    Effect.gen(function* () {
      const states = statesOf()
      assert.isUndefined(yield* refusal(states, yield* states.write(state, written), read))
    })
  )
}

const args = (value: unknown) => about({ name: "tool", arguments: { value } })
const others: { readonly [what: string]: readonly [About, About] } = {
  "another caller": [about(), about(undefined, "you")],
  "a caller whose name begins alike": [about(undefined, "me"), about(undefined, "me2")],
  "another method": [about(), about(undefined, "me", "prompts/get")],
  "another tool": [about({ name: "a", arguments: {} }), about({ name: "b", arguments: {} })],
  "another resource": [about({ uri: "a:b" }), about({ uri: "a:c" })],
  "no arguments": [about({ name: "tool", arguments: {} }), about({ name: "tool" })],
  "other arguments": [args(1), args(2)],
  "a number for its text": [args(1), args("1")],
  "null for nothing": [args(null), about({ name: "tool", arguments: {} })],
  "another order of a list": [args([1, 2]), args([2, 1])],
  "a list for an object": [args({ a: 1 }), args([["a", 1]])],
  "an empty list for an empty object": [args({}), args([])],
  "a member more": [args({ a: 1 }), args({ a: 1, b: 2 })],
  "`__proto__` for nothing": [args({}), args(JSON.parse('{"__proto__":{"a":1}}'))],
  "another `__proto__`": [args(JSON.parse('{"__proto__":1}')), args(JSON.parse('{"__proto__":2}'))]
}

for (const [what, [written, read]] of Object.entries(others)) {
  it.effect(`it is about something else: ${what}`, () =>
    Effect.gen(function* () {
      const states = statesOf()
      const sealed = yield* states.write(state, written)
      assert.deepStrictEqual(yield* refusal(states, sealed, read), ["InvalidParams", "Altered"])
      assert.deepStrictEqual(yield* refusal(states, yield* states.write(state, read), written), [
        "InvalidParams",
        "Altered"
      ])
      assert.isUndefined(yield* refusal(states, sealed, written), "nor is it used up")
    })
  )
}

it.effect("it is used once, by whoever comes first", () =>
  Effect.gen(function* () {
    const states = statesOf()
    const sealed = yield* states.write(state, about())
    const all = yield* Effect.all(
      Array.from({ length: 10 }, () => refusal(states, sealed, about())),
      { concurrency: "unbounded" }
    )
    assert.strictEqual(all.filter((refused) => refused === undefined).length, 1)
    assert.deepStrictEqual(
      all.find((refused) => refused !== undefined),
      ["InvalidParams", "Used"]
    )
  })
)

it.effect("where nobody remembers, it is used again and again", () =>
  Effect.gen(function* () {
    const states = new States(sealing, undefined, McpLimits.defaults)
    const sealed = yield* states.write(state, about())
    for (let time = 0; time < 3; time++) assert.isUndefined(yield* refusal(states, sealed, about()))
  })
)

it.effect("servers that share keys and memory take each other's, once", () =>
  Effect.gen(function* () {
    const shared = new MemoryReplays(100)
    const [one, other] = [statesOf({}, shared), statesOf({}, shared)]
    const sealed = yield* one.write(state, about())
    assert.isUndefined(yield* refusal(other, sealed, about()))
    assert.deepStrictEqual(yield* refusal(one, sealed, about()), ["InvalidParams", "Used"])
  })
)

it.effect("it is taken until it is as old as it may get, and counts from when it was written", () =>
  Effect.gen(function* () {
    const states = statesOf({ stateAge: "10 minutes" })
    const [first, second] = [yield* states.write(state, about()), yield* states.write(state, about())]
    yield* TestClock.adjust("5 minutes")
    const third = yield* states.write(state, about())
    yield* TestClock.adjust("5 minutes")
    assert.isUndefined(yield* refusal(states, first, about()))
    yield* TestClock.adjust("1 millis")
    assert.deepStrictEqual(yield* refusal(states, second, about()), ["InvalidParams", "Expired"])
    yield* TestClock.adjust("299999 millis")
    assert.isUndefined(yield* refusal(states, third, about()))
  })
)

it.effect("one that is longer than it may be is neither written nor looked at", () =>
  Effect.gen(function* () {
    const roomy = statesOf()
    const sealed = yield* roomy.write(state, about())
    const narrow = statesOf({ state: sealed.length - 1 })
    const fitting = statesOf({ state: sealed.length })
    const written = yield* Effect.flip(narrow.write(state, about()))
    assert.strictEqual(written.fault, "Internal")
    assert.include(written.detail, String(sealed.length - 1))
    assert.deepStrictEqual(yield* refusal(narrow, sealed, about()), ["InvalidParams", "TooLong"])
    assert.isUndefined(yield* refusal(fitting, yield* fitting.write(state, about()), about()))
  })
)

it.effect("a key that is not there is told apart from a state that was altered", () =>
  Effect.gen(function* () {
    const states = statesOf()
    const elsewhere = new States(new Sealing(new Secrets()), undefined, McpLimits.defaults)
    const sealed = yield* states.write(state, about())
    assert.deepStrictEqual(yield* refusal(elsewhere, sealed, about()), ["InvalidParams", "UnknownKey"])
    assert.deepStrictEqual(yield* refusal(states, sealed.slice(0, -1), about()), ["InvalidParams", "Altered"])
    assert.deepStrictEqual(yield* refusal(states, "", about()), ["InvalidParams", "Altered"])
  })
)
