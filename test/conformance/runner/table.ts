/**
 * The verdicts as text: a line for each case and its failures, and the sums.
 */
import { legOf, legs } from "./cases.ts"
import { type Entry, nameOf, unexpected } from "./expected.ts"
import { passes, type Verdict } from "./verdict.ts"

const shorten = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text

const reasonsFor = (verdict: Verdict, entries: ReadonlyArray<Entry>): ReadonlyArray<string> =>
  entries
    .filter(({ leg, scenario }) => leg === legOf(verdict) && scenario === verdict.scenario)
    .map((entry) => `${entry.check === undefined ? "" : `${nameOf(entry)}: `}${entry.reason}`)

const lineOf = (verdict: Verdict, entries: ReadonlyArray<Entry>): string => {
  const surprises = unexpected(verdict, entries)
  const word = passes(verdict) ? "pass" : surprises.length === 0 ? "open" : "FAIL"
  const name = verdict.scenario.padEnd(46)
  const count = `${verdict.successes} right`.padEnd(9)
  const unscored = verdict.unscored === undefined ? "" : ` (not scored: ${verdict.unscored})`
  const reasons = word === "open" ? reasonsFor(verdict, entries).join("; ") : ""
  const told = surprises.map(({ detail, id }) => `\n         ${id}: ${shorten(detail, 200)}`)
  return `  ${word}  ${name} ${count}${unscored}${reasons === "" ? "" : ` ${reasons}`}${told.join("")}`
}

const sumOf = (verdicts: ReadonlyArray<Verdict>): string => `${verdicts.filter(passes).length} of ${verdicts.length}`

/** The sums of one role and revision. */
export const summary = (leg: string, verdicts: ReadonlyArray<Verdict>): string => {
  const scored = verdicts.filter(({ unscored }) => unscored === undefined)
  const others = verdicts.filter(({ unscored }) => unscored !== undefined)
  return `${leg.padEnd(18)} scored ${sumOf(scored)}, not scored ${sumOf(others)}`
}

/** The table of all verdicts. */
export const table = (verdicts: ReadonlyArray<Verdict>, entries: ReadonlyArray<Entry>): string => {
  const played = legs.flatMap((leg) => {
    const own = verdicts.filter((verdict) => legOf(verdict) === leg)
    return own.length === 0 ? [] : [{ leg, own }]
  })
  const parts = played.map(({ leg, own }) => [leg, ...own.map((verdict) => lineOf(verdict, entries))].join("\n"))
  return [...parts, played.map(({ leg, own }) => summary(leg, own)).join("\n")].join("\n\n")
}
