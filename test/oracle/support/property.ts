/**
 * A property of every chapter: as many cases for each revision that has something of it.
 *
 * What a chapter's cases were made of is shown chapter by chapter; members of choices and fields that may be absent are
 * counted over all of them, since the chapters share their shapes. `ORACLE_RUNS` (or `LAW_RUNS`, 1,000 by default) is the
 * number of cases for each chapter and revision; `LAW_SEED` replays a run.
 */
import { describe, it } from "@effect/vitest"
import type { Arbitrary, Schema } from "effect"
import type { McpRevision } from "../../../src/protocol/McpRevision.ts"
import { RUNS as LAW_RUNS, SEED } from "../../laws/support/law.ts"
import { type Chapter, chapters, revisionsOf, type RowOf, rowsOf } from "./chapters.ts"
import type { Drawn } from "./draw.ts"
import { Made, Tally } from "./tally.ts"

export const RUNS = Number(process.env["ORACLE_RUNS"] ?? LAW_RUNS)

/** How large lists and objects may become, fields included: shapes have up to a dozen. */
const SIZE = 12

export interface Options<A extends Drawn> {
  readonly draws: (rows: ReadonlyArray<RowOf>, revision: McpRevision) => Arbitrary.Arbitrary<A>
  readonly body: (row: RowOf, one: A, tally: Tally, made: Made) => void
  /** Groups besides rows and revisions. */
  readonly expected?: { readonly [group: string]: ReadonlyArray<string> }
  /** The schema whose members and fields are counted. */
  readonly told?: (row: RowOf) => Schema.Constraint
}

const ofChapter = <A extends Drawn>(name: string, chapter: Chapter, options: Options<A>, made: Made): void => {
  const tally = new Tally(options.expected ?? {})
  describe(name, () => {
    for (const revision of revisionsOf(chapter)) {
      const { version } = revision
      const rows = new Map(rowsOf(chapter, revision).map((row) => [row.name, row]))
      tally.expect("revision", [version])
      tally.expect(`rows of ${version}`, rows.keys())
      it.prop(
        version,
        { one: options.draws([...rows.values()], revision) },
        ({ one }) => {
          tally.seen("revision", version)
          tally.seen(`rows of ${version}`, one.name)
          options.body(rows.get(one.name)!, one, tally, made)
        },
        { timeout: 120_000, arbitrary: { runs: RUNS, seed: SEED, size: SIZE } }
      )
    }
    it("was tried on everything", () => tally.check(name, RUNS))
  })
}

export const property = <A extends Drawn>(name: string, options: Options<A>): void => {
  const told = options.told ?? ((row: RowOf) => row.own)
  const made = new Made()
  for (const chapter of chapters) {
    for (const revision of revisionsOf(chapter))
      for (const row of rowsOf(chapter, revision)) made.expect(told(row), row)
    ofChapter(`${chapter}: ${name}`, chapter, options, made)
  }
  describe(name, () => {
    it("was tried on every member of a choice, and with and without every field", () => made.check(name, RUNS))
  })
}
