/**
 * Sessions in memory: the contract of every store, and what is this one's own: its bound, and that it never waits.
 *
 * That a session is data is held by its schema: through JSON and back nothing is lost, known or not.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { McpLimits, SessionStore } from "mcp-effect"
import { all } from "../laws/support/limits.ts"
import { property } from "../laws/support/law.ts"
import { contract, session } from "./support/session-store-contract.ts"

contract("in memory", SessionStore.layerMemory)

const sizeOf = (kept: SessionStore.Session) => JSON.stringify(kept).length

/** Runs with a store that may hold so many characters. */
const bounded = <A, E>(
  sessionBytes: number,
  body: (store: SessionStore.Service) => Effect.Effect<A, E>
): Effect.Effect<A, E> =>
  Effect.flatMap(SessionStore.SessionStore, body).pipe(
    Effect.provide(
      SessionStore.layerMemory.pipe(Layer.provide(Layer.succeed(McpLimits.McpLimits, all({ sessionBytes }))))
    )
  )

const left = (store: SessionStore.Service, ids: ReadonlyArray<string>) =>
  Effect.filter(ids, (id) => Effect.map(store.get(id), (kept) => kept !== undefined))

describe("sessions in memory", () => {
  it.effect("beyond the bound the one that was used least recently leaves", () =>
    bounded(3 * sizeOf(session("a")), (store) =>
      Effect.gen(function* () {
        for (const id of ["a", "b", "c"]) yield* store.set(session(id))
        yield* store.get("a")
        yield* store.touch("b", 1_700_000_000_001)
        yield* store.set(session("d"))
        assert.isUndefined(yield* store.get("c"))
        yield* store.set(session("b"))
        yield* store.set(session("e"))
        assert.deepStrictEqual(yield* left(store, ["a", "b", "c", "d", "e"]), ["b", "d", "e"])
      })
    )
  )

  it.effect("what is replaced or removed makes room", () =>
    bounded(3 * sizeOf(session("a")), (store) =>
      Effect.gen(function* () {
        for (const id of ["a", "b", "c"]) yield* store.set(session(id))
        for (let times = 0; times < 9; times++) yield* store.set(session("b"))
        yield* store.remove("c")
        yield* store.set(session("d"))
        assert.deepStrictEqual(yield* left(store, ["a", "b", "c", "d"]), ["a", "b", "d"])
      })
    )
  )

  it.effect("one that is larger than the bound is refused, and nothing else leaves for it", () =>
    bounded(2 * sizeOf(session("a")), (store) =>
      Effect.gen(function* () {
        yield* store.set(session("a"))
        yield* store.set(session("b"))
        const error = yield* Effect.flip(store.set(session("b", { watched: ["x".repeat(10_000)] })))
        assert.instanceOf(error, SessionStore.StoreError)
        assert.include(error.message, "McpLimits.sessionBytes")
        assert.deepStrictEqual(yield* store.get("a"), session("a"))
        assert.deepStrictEqual(yield* store.get("b"), session("b"))
      })
    )
  )

  it.effect("nothing waits: every operation has ended when it has begun", () =>
    bounded(10_000, (store) =>
      Effect.sync(() => {
        const operations = [store.set(session("a")), store.touch("a", 2), store.get("a"), store.remove("a")]
        for (const operation of operations) {
          const exit = Effect.runFork<unknown, unknown>(operation).pollUnsafe()
          assert.isTrue(exit !== undefined && Exit.isSuccess(exit))
        }
      })
    )
  )

  it.effect("a full store takes as long for a session as an empty one", () =>
    bounded(20_000 * sizeOf(session("100000")), (store) =>
      Effect.gen(function* () {
        for (let n = 100_000; n < 300_000; n++) yield* store.set(session(`${n}`))
        assert.deepStrictEqual(yield* left(store, ["279999", "280000", "299999"]), ["280000", "299999"])
      })
    )
  )

  property(
    "are those that were used last, as many as fit",
    { steps: Schema.Array(Schema.Struct({ id: Schema.Literals(["a", "b", "c", "d"]), long: Schema.Boolean })) },
    { forgotten: ["some", "none"] },
    ({ steps }, seen) =>
      bounded(3 * sizeOf(session("a")), (store) =>
        Effect.gen(function* () {
          let expected: ReadonlyArray<SessionStore.Session> = []
          let forgotten = false
          for (const { id, long } of steps) {
            const next = session(id, long ? { watched: ["x".repeat(sizeOf(session("a")))] } : {})
            expected = [...expected.filter((other) => other.id !== id), next]
            while (expected.reduce((sum, kept) => sum + sizeOf(kept), 0) > 3 * sizeOf(session("a"))) {
              expected = expected.slice(1)
              forgotten = true
            }
            yield* store.set(next)
          }
          seen("forgotten", forgotten ? "some" : "none")
          const ids = expected.map((kept) => kept.id)
          assert.sameMembers(yield* left(store, ["a", "b", "c", "d"]), ids)
        })
      )
  )
})

describe("the schema of a session", () => {
  const Text = Schema.fromJsonString(SessionStore.Session)

  it.effect("is its JSON: nothing is lost on the way through text, whether the specification knows it or not", () =>
    Effect.gen(function* () {
      const text = yield* Schema.encodeEffect(Text)(session("a"))
      assert.deepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(session("a"))))
      assert.deepStrictEqual(yield* Schema.decodeUnknownEffect(Text)(text), session("a"))
    })
  )

  it.effect("refuses what is no session", () =>
    Effect.gen(function* () {
      for (const wrong of [{ ready: "yes" }, { lastActivity: null }, { logLevel: "loud" }, { clientInfo: {} }]) {
        const text = JSON.stringify({ ...session("a"), ...wrong })
        assert.isTrue(Exit.isFailure(yield* Effect.exit(Schema.decodeUnknownEffect(Text)(text))), text)
      }
    })
  )
})
