/**
 * The judge of the platforms is told every lie: what is missing, too much, different, silent or blind.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { check, type Outcome, part, run } from "./suite/harness.ts"
import { problems, read, type Said, table } from "./verdict.ts"

const passed = (name: string, compared = 1): Outcome => ({ name, became: "passed", compared })
const failed = (name: string): Outcome => ({ name, became: "failed", why: "it did" })
const skipped = (name: string): Outcome => ({ name, became: "skipped", why: "no sockets" })

const said = (platform: string, outcomes: ReadonlyArray<Outcome>): Said => ({
  platform,
  version: "1.2.3",
  outcomes,
  seconds: 1
})
const node = said("node", [passed("a", 2), passed("b")])

describe("the verdict", () => {
  it("is good when all are the same, or skipped with a reason that is printed", () => {
    const deno = said("deno", [passed("a", 2), skipped("b")])
    assert.deepStrictEqual(problems([node, said("bun", node.outcomes), deno]), [])
    assert.include(table([node, deno]), "skipped on deno: b (no sockets)")
    assert.include(table([node]), "nothing was skipped")
  })

  it.each([
    ["nothing was run", [said("node", [])], "No check was run"],
    ["a check failed", [node, said("bun", [passed("a", 2), failed("b")])], 'bun: "b" failed: it did'],
    ["one is missing", [node, said("bun", [passed("a", 2)])], 'bun: "b" was not run'],
    ["one is too much", [node, said("bun", [...node.outcomes, passed("c")])], 'bun: "c" is not there on node'],
    [
      "fewer values were compared",
      [node, said("bun", [passed("a"), passed("b")])],
      'bun: "a" passed with 1 comparisons; on node it passed with 2 comparisons'
    ],
    ["Node skips", [said("node", [skipped("a")])], 'node: "a" skipped; on node it skipped'],
    ["one is there twice", [said("node", [passed("a"), passed("a")])], 'node: "a" is there twice']
  ])("is bad when %s", (_, all, problem) => {
    assert.include(problems(all), problem)
  })
})

describe("the harness", () => {
  const checks = part("all", [
    check("good", (look) => Effect.sync(() => look.same("one", { a: [1] }, { a: [1] }))),
    check("bad", (look) => Effect.sync(() => look.same("one", { a: [1] }, { a: [2] }))),
    check("idle", () => Effect.void),
    check("broken", (look) => {
      look.that("begins", true)
      return Effect.fail("not so")
    }),
    check("blind", (look) => Effect.ignore(Effect.try(() => look.that("one", true)))),
    check("elsewhere", (look) => Effect.sync(() => look.that("one", true)), { moon: "no air" })
  ])

  it.effect("fails what differs, compares nothing, breaks or is blind, and skips what is said", () =>
    Effect.gen(function* () {
      const outcomes = yield* run(checks, "moon")
      const became = outcomes.map(({ became }) => became)
      assert.deepStrictEqual(became, ["passed", "failed", "failed", "failed", "failed", "skipped"])
    })
  )

  it.effect("gives outcomes that can be read again", () =>
    Effect.gen(function* () {
      const outcomes = yield* run(checks, "earth")
      assert.deepStrictEqual(yield* read(JSON.stringify(outcomes)), outcomes)
      assert.deepStrictEqual(outcomes.at(-1), passed("all: elsewhere"))
    })
  )
})
