/**
 * The memory of states that were used: each is used once, as far as it remembers, and what it has forgotten is not used
 * again either.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { MemoryReplays } from "mcp-effect/ReplayStore"
import { property } from "../laws/support/law.ts"

const Use = Schema.Struct({
  id: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 })),
  until: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 20 }))
})

property(
  "none is used twice, whatever is forgotten in between; one that outlives the forgotten ones is used",
  {
    limit: Schema.Literals([1, 2, 3, 5, 20]),
    uses: Schema.Array(Use).check(Schema.isMinLength(1), Schema.isMaxLength(40))
  },
  { use: ["first", "again", "not known any more"] },
  ({ limit, uses }, seen) =>
    Effect.gen(function* () {
      const replays = new MemoryReplays(limit)
      // an id always has the same end, as a state has
      const ends = new Map<number, number>()
      const used: Array<number> = []
      for (const { id, until } of uses) {
        const end = ends.get(id) ?? until
        ends.set(id, end)
        const first = yield* replays.use(`${id}`, end)
        const forgotten = used.slice(0, Math.max(0, used.length - limit))
        const least = Math.max(0, ...forgotten.map((id) => ends.get(id)!))
        const expected = !used.includes(id) && end > least
        assert.strictEqual(first, expected)
        seen("use", expected ? "first" : used.includes(id) ? "again" : "not known any more")
        if (first) used.push(id)
      }
    })
)

it.effect("it holds no more than its limit, and forgets the first that came", () =>
  Effect.gen(function* () {
    const replays = new MemoryReplays(2)
    const use = (id: string, until: number) => replays.use(id, until)
    assert.isTrue(yield* use("a", 10))
    assert.isTrue(yield* use("b", 20))
    assert.isTrue(yield* use("c", 30))
    // "a" was forgotten for "c": whatever ends when it did, or before, is taken for used
    assert.isFalse(yield* use("a", 10))
    assert.isFalse(yield* use("new", 9))
    assert.isTrue(yield* use("newer", 11))
  })
)

it.effect("of uses at the same time one is the first", () =>
  Effect.gen(function* () {
    const replays = new MemoryReplays(2)
    const uses = Array.from({ length: 20 }, () => replays.use("a", 1))
    const all = yield* Effect.all(uses, { concurrency: "unbounded" })
    assert.strictEqual(all.filter(Boolean).length, 1)
  })
)
