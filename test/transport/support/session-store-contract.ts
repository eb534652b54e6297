/**
 * What every `SessionStore` must do, whoever wrote it: a function that makes the tests of one Layer.
 *
 * Each test uses ids of its own, so that a store may be shared and need not be empty. Bounds are not part of the contract:
 * nothing here is large.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Schema } from "effect"
import { SessionStore } from "mcp-effect"
import { property } from "../../laws/support/law.ts"

/** An id that no store has. */
export const fresh = (): string => crypto.randomUUID()

/** What no specification knows yet. */
const later = { later: [1, null, { b: {} }] }

/** A session with everything that one can have, and with what a later client might say. */
export const session = (id: string, changed: Partial<SessionStore.Session> = {}): SessionStore.Session => ({
  id,
  principal: "issuer subject",
  revision: "2025-11-25",
  clientInfo: { name: "client", version: "1.0.0", icons: [{ src: "data:,", theme: "dark" }], ...later },
  capabilities: { roots: {}, elicitation: { form: {} }, experimental: { own: { a: [{}] } }, ...later },
  logLevel: "warning",
  ready: true,
  watched: ["file:///a b", "ü:💥"],
  lastActivity: 1_700_000_000_000,
  ...changed
})

/** Ids that a careless store would take for one another, or for something else. */
export const strange = ["", "a", "A", " a", "a ", "a:b", "a\nb", "a\u0000b", "ä", "💥", "__proto__", "constructor", "*"]

const Step = Schema.Struct({
  what: Schema.Literals(["set", "touch", "remove", "get"]),
  who: Schema.Literals([0, 1]),
  at: Schema.Int
})

export const contract = <E>(name: string, layer: Layer.Layer<SessionStore.SessionStore, E>): void => {
  const check = (
    said: string,
    test: (store: SessionStore.Service) => Effect.Effect<void, SessionStore.StoreError>
  ): void => void it.effect(said, () => Effect.flatMap(SessionStore.SessionStore, test).pipe(Effect.provide(layer)))

  describe(`a session store: ${name}`, () => {
    check("has nothing that was not set", (store) =>
      Effect.gen(function* () {
        assert.isUndefined(yield* store.get(fresh()))
      })
    )

    check("gives what was set, with what it does not know", (store) =>
      Effect.gen(function* () {
        const full = session(fresh())
        const poor = session(fresh(), { capabilities: {}, watched: [], ready: false, principal: "" })
        yield* store.set(full)
        yield* store.set(poor)
        assert.deepStrictEqual(yield* store.get(full.id), full)
        assert.deepStrictEqual(yield* store.get(poor.id), poor)
      })
    )

    check("replaces the whole of it", (store) =>
      Effect.gen(function* () {
        const id = fresh()
        const next = session(id, { capabilities: {}, watched: ["memo:1"], logLevel: "debug", lastActivity: 1 })
        yield* store.set(session(id))
        yield* store.set(next)
        assert.deepStrictEqual(yield* store.get(id), next)
      })
    )

    check("changes the time of what is touched, and nothing else", (store) =>
      Effect.gen(function* () {
        const [touched, other, unknown] = [fresh(), fresh(), fresh()]
        yield* store.set(session(touched))
        yield* store.set(session(other))
        yield* store.touch(touched, 1_800_000_000_001)
        yield* store.touch(unknown, 1_800_000_000_001)
        assert.deepStrictEqual(yield* store.get(touched), session(touched, { lastActivity: 1_800_000_000_001 }))
        assert.deepStrictEqual(yield* store.get(other), session(other))
        assert.isUndefined(yield* store.get(unknown))
      })
    )

    check("forgets what is removed, and takes it again", (store) =>
      Effect.gen(function* () {
        const [removed, other] = [fresh(), fresh()]
        yield* store.remove(removed)
        yield* store.set(session(removed))
        yield* store.set(session(other))
        yield* store.remove(removed)
        yield* store.touch(removed, 1)
        assert.isUndefined(yield* store.get(removed))
        assert.deepStrictEqual(yield* store.get(other), session(other))
        yield* store.set(session(removed, { ready: false }))
        assert.deepStrictEqual(yield* store.get(removed), session(removed, { ready: false }))
      })
    )

    check("never takes one id for another", (store) =>
      Effect.gen(function* () {
        const ids = strange.map((id) => `${id}${fresh()}${id}`)
        yield* Effect.forEach(ids, (id) => store.set(session(id, { principal: id, watched: [id] })), {
          concurrency: "unbounded"
        })
        for (const id of ids) {
          assert.deepStrictEqual(yield* store.get(id), session(id, { principal: id, watched: [id] }))
        }
        yield* store.remove(ids[1]!)
        const left = yield* Effect.forEach(ids, (id) => store.get(id))
        assert.deepStrictEqual(
          left.map((kept) => kept?.id),
          ids.map((id, index) => (index === 1 ? undefined : id))
        )
      })
    )

    property(
      "is a map",
      { steps: Schema.Array(Step).check(Schema.isMinLength(6)) },
      { what: ["set", "touch", "remove", "get: it is there", "get: it is not"] },
      ({ steps }, seen) =>
        Effect.gen(function* () {
          const store = yield* SessionStore.SessionStore
          const ids = [fresh(), fresh()]
          const expected = new Map<string, SessionStore.Session>()
          for (const { at, what, who } of steps) {
            const id = ids[who]!
            const known = expected.get(id)
            if (what === "set") {
              expected.set(id, session(id, { lastActivity: at }))
              yield* store.set(session(id, { lastActivity: at }))
            } else if (what === "touch") {
              if (known !== undefined) expected.set(id, { ...known, lastActivity: at })
              yield* store.touch(id, at)
            } else if (what === "remove") {
              expected.delete(id)
              yield* store.remove(id)
            } else {
              assert.deepStrictEqual(yield* store.get(id), known)
            }
            seen("what", what === "get" ? `get: it is ${known === undefined ? "not" : "there"}` : what)
          }
        }).pipe(Effect.provide(layer)),
      { runs: 200 }
    )
  })
}
