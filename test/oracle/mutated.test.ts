/**
 * What is wrong, or odd, is accepted or refused by us exactly as by the specification's schemas.
 *
 * A case is a message as this or another revision makes it, with up to two changes at places that we or the schema know.
 * Where the two differ on purpose is listed in `differences.ts`, and each entry must be met.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { differences } from "./differences.ts"
import { everywhereOf, type RowOf } from "./support/chapters.ts"
import { drawn, wire } from "./support/draw.ts"
import { versions } from "./support/files.ts"
import { judgeOf } from "./support/judge.ts"
import { kinds, mutate, mutations, of } from "./support/mutate.ts"
import { placesIn } from "./support/placesIn.ts"
import { property, RUNS } from "./support/property.ts"

const met = new Map(differences.map(({ name }) => [name, 0]))

/** Whose form of a payload is drawn: what another revision says may be wrong here, or odd. */
const sources = ["this revision", "another revision", "all revisions"] as const

const forms: ReadonlyArray<readonly [source: (typeof sources)[number], formOf: (row: RowOf) => Schema.Constraint]> = [
  ["this revision", (row) => row.own],
  ["all revisions", (row) => row.schema],
  ...[...versions.keys()].map(
    (index) => ["another revision", (row: RowOf) => of(everywhereOf(row), index).own] as const
  )
]

/** The form of this revision mostly, then those of others, then the one with all fields. */
const weighted = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 3, 4, 5, 6]
const upTo = (maximum: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum }))

property("what is wrong is refused as the schema refuses it", {
  draws: (rows) => {
    const drawnBy = forms.map(([source, formOf]) => ({ source, all: drawn(rows, formOf) }))
    return Arbitrary.flatMap(Arbitrary.schema(upTo(weighted.length - 1)), (index) => {
      const { all, source } = drawnBy[weighted[index]!]!
      return Arbitrary.map(Arbitrary.all({ one: all, changes: mutations }), ({ changes, one }) => ({
        ...one,
        changes,
        source
      }))
    })
  },
  expected: { mutation: [...kinds, "nothing"], verdict: ["accepted", "refused"], source: sources },
  body: (row, { changes, id, payload, source }, tally, made) => {
    const box = { message: wire(row.message(payload, id)) }
    const before = JSON.stringify(box.message)
    const { elsewhere, here } = placesIn(row, box)
    made.walk(row.own, row, row.payload(box.message))
    for (const change of changes) mutate(change, here, elsewhere)
    const verdict = judgeOf(row.revision.version).judge(row.by, box.message)
    const refusal = row.refusal(row.revision, box.message)
    tally.seen("source", source)
    for (const { kind } of changes) tally.seen("mutation", kind)
    if (changes.length === 0) tally.seen("mutation", "nothing")
    tally.seen("verdict", refusal === undefined ? "accepted" : "refused")
    const said = `we say ${refusal ?? "yes"}, the schema ${verdict.problem === "" ? "yes" : verdict.problem}`
    assert.strictEqual(
      refusal === undefined,
      verdict.listed,
      `${said} to ${JSON.stringify(box.message)}, from ${before}`
    )
    if (verdict.strict === verdict.listed) return
    for (const name of verdict.differences) {
      met.set(name, met.get(name)! + 1)
      tally.count("differences", name)
    }
  }
})

describe("the listed differences", () => {
  it("are all met", () => {
    console.log(`differences met: ${[...met].map(([name, times]) => `${name} ${times}`).join(", ")}`)
    const unused = [...met].flatMap(([name, times]) => (times === 0 ? [name] : []))
    if (RUNS >= 1000) assert.deepStrictEqual(unused, [], "unused differences")
  })
})
