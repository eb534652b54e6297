/**
 * Whether what the platforms have said is as it should be: pure, so that a test can tell it every lie.
 *
 * Every check of the first platform, which is Node, is there on each other one: passed, with as many values compared, or
 * skipped with a reason. On Node nothing is skipped.
 */
import { Schema } from "effect"
import { Outcome } from "./suite/harness.ts"

/** What one platform has said. */
export interface Said {
  readonly platform: string
  readonly version: string
  readonly outcomes: ReadonlyArray<Outcome>
  readonly seconds: number
}

const Outcomes = Schema.fromJsonString(Schema.Array(Outcome))

/** Reads the last line that a run has printed. */
export const read = Schema.decodeUnknownEffect(Outcomes)

const named = (outcomes: ReadonlyArray<Outcome>) => new Map(outcomes.map((outcome) => [outcome.name, outcome]))

const compared = (outcome: Outcome): string =>
  outcome.became === "passed" ? `passed with ${outcome.compared} comparisons` : outcome.became

/** How the outcomes of a platform differ from those of the reference. */
const differences = (said: Said, reference: Said): ReadonlyArray<string> => {
  const [ours, theirs] = [named(said.outcomes), named(reference.outcomes)]
  const missing = reference.outcomes.filter(({ name }) => !ours.has(name)).map(({ name }) => `"${name}" was not run`)
  return said.outcomes.reduce<ReadonlyArray<string>>((problems, outcome) => {
    const { name } = outcome
    if (outcome.became === "failed") return [...problems, `"${name}" failed: ${outcome.why}`]
    const other = theirs.get(name)
    if (other === undefined) return [...problems, `"${name}" is not there on ${reference.platform}`]
    if (outcome.became === "skipped" && said !== reference) return problems
    if (outcome.became === "passed" && compared(outcome) === compared(other)) return problems
    return [...problems, `"${name}" ${compared(outcome)}; on ${reference.platform} it ${compared(other)}`]
  }, missing)
}

const repeated = ({ outcomes }: Said): ReadonlyArray<string> =>
  outcomes
    .filter(({ name }, at) => outcomes.findIndex((other) => other.name === name) !== at)
    .map(({ name }) => `"${name}" is there twice`)

/** Everything that is wrong; the first platform is the reference. */
export const problems = (all: ReadonlyArray<Said>): ReadonlyArray<string> => {
  const [reference] = all
  if (reference === undefined || reference.outcomes.length === 0) return ["No check was run"]
  return all.flatMap((said) =>
    [...differences(said, reference), ...repeated(said)].map((what) => `${said.platform}: ${what}`)
  )
}

const count = (said: Said, became: Outcome["became"]) =>
  said.outcomes.filter((outcome) => outcome.became === became).length

const row = (cells: ReadonlyArray<string | number>): string =>
  cells.map((cell, at) => (at < 2 ? String(cell).padEnd(at === 0 ? 9 : 14) : String(cell).padStart(9))).join(" ")

/** The table, and what was skipped, by name. */
export const table = (all: ReadonlyArray<Said>): string => {
  const rows = all.map((said) =>
    row([
      said.platform,
      said.version,
      said.outcomes.length,
      ...(["passed", "skipped", "failed"] as const).map((became) => count(said, became)),
      said.outcomes.reduce((sum, outcome) => sum + (outcome.became === "passed" ? outcome.compared : 0), 0),
      said.seconds.toFixed(1)
    ])
  )
  const skipped = all.flatMap(({ outcomes, platform }) =>
    outcomes.flatMap((outcome) =>
      outcome.became === "skipped" ? [`skipped on ${platform}: ${outcome.name} (${outcome.why})`] : []
    )
  )
  const head = row(["platform", "version", "checks", "passed", "skipped", "failed", "compared", "seconds"])
  return [head, ...rows, "", ...(skipped.length === 0 ? ["nothing was skipped"] : skipped)].join("\n")
}
