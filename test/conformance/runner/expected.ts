/**
 * The failures that are expected, and what is wrong with them: pure functions.
 *
 * The file has one list for each role and revision, of `scenario` or `scenario:check-id`, each with a reason. A failure
 * that is not in its list is a problem, and so is an entry that nothing fails any more, or whose scenario the suite does
 * not have.
 */
import * as Yaml from "effect/encoding/Yaml"
import { Schema } from "effect"
import { type Case, legOf, legs } from "./cases.ts"
import type { Failure, Verdict } from "./verdict.ts"

const Reason = Schema.NonEmptyString
const Lists = Schema.Struct(
  Object.fromEntries(legs.map((leg) => [leg, Schema.optionalKey(Schema.NullOr(Schema.Record(Schema.String, Reason)))]))
)

/** One expected failure: of a whole scenario, or of one of its checks. */
export interface Entry {
  readonly leg: string
  readonly scenario: string
  readonly check: string | undefined
  readonly reason: string
}

export const parse = (text: string): ReadonlyArray<Entry> => {
  const lists = Schema.decodeUnknownSync(Lists)(Yaml.parse(text), { onExcessProperty: "error" })
  return Object.entries(lists).flatMap(([leg, list]) =>
    Object.entries(list ?? {}).map(([name, reason]): Entry => {
      const colon = name.indexOf(":")
      return colon < 0
        ? { leg, scenario: name, check: undefined, reason }
        : { leg, scenario: name.slice(0, colon), check: name.slice(colon + 1), reason }
    })
  )
}

export const nameOf = ({ check, scenario }: Entry): string => (check === undefined ? scenario : `${scenario}:${check}`)

const isOf = (entry: Entry, one: Case): boolean => entry.leg === legOf(one) && entry.scenario === one.scenario

const covers = (entry: Entry, { id }: Failure): boolean => entry.check === undefined || entry.check === id

/** The failures of a case that are not expected. */
export const unexpected = (verdict: Verdict, entries: ReadonlyArray<Entry>): ReadonlyArray<Failure> => {
  const own = entries.filter((entry) => isOf(entry, verdict))
  return verdict.failures.filter((failure) => !own.some((entry) => covers(entry, failure)))
}

const problemOf = (entry: Entry, cases: ReadonlyArray<Case>, verdicts: ReadonlyArray<Verdict>): string | undefined => {
  if (!cases.some((one) => isOf(entry, one))) return "the suite has no such scenario there"
  const verdict = verdicts.find((one) => isOf(entry, one))
  if (verdict === undefined || verdict.failures.some((failure) => covers(entry, failure))) return undefined
  return "it is expected to fail, and passes: take it out"
}

/** What is wrong with the entries themselves. Those of cases that were not played are right until they are. */
export const stale = (
  entries: ReadonlyArray<Entry>,
  cases: ReadonlyArray<Case>,
  verdicts: ReadonlyArray<Verdict>
): ReadonlyArray<string> =>
  entries.flatMap((entry) => {
    const problem = problemOf(entry, cases, verdicts)
    return problem === undefined ? [] : [`${entry.leg} ${nameOf(entry)}: ${problem}`]
  })
