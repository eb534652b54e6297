/**
 * What a case comes to, read strictly: pure functions over what the suite has written down.
 *
 * A failure and a warning are failures, and so is a case without any success, a client that ends with an error or does
 * not end, and one of which nothing was written. Some scenarios are passed by a server that answers nothing; such a
 * pass counts only beside another scenario, which shows that there is anything to judge.
 */
import { type Case, legOf } from "./cases.ts"

/** One check of a scenario, as the suite writes it. */
export interface Check {
  readonly id: string
  readonly status: string
  readonly errorMessage?: string | undefined
}

/** What is left of one case. */
export interface Played {
  /** Nothing when the suite has written none. */
  readonly checks: ReadonlyArray<Check> | undefined
  /** How the client ended, if not well. */
  readonly ending?: { readonly id: "exit" | "timeout"; readonly detail: string } | undefined
}

export interface Failure {
  /** The id of a check, or `exit`, `timeout`, `nothing-written`, `no-success`, `means-nothing-alone`. */
  readonly id: string
  /** Whether the suite itself fails nobody for it. */
  readonly forgiven: boolean
  readonly detail: string
}

export interface Verdict extends Case {
  readonly successes: number
  readonly failures: ReadonlyArray<Failure>
}

/**
 * The scenarios for which the suite fails no server that refuses everything, each with the one that has to pass beside
 * it. `run.ts` plays such a server and compares.
 */
export const companions: ReadonlyMap<string, string> = new Map([
  ["sep-2164-resource-not-found", "resources-read-text"],
  ["input-required-result-missing-input-response", "input-required-result-basic-elicitation"],
  ["input-required-result-unsupported-methods", "input-required-result-basic-elicitation"],
  ["input-required-result-ignore-extra-params", "input-required-result-basic-elicitation"],
  ["input-required-result-validate-input", "input-required-result-basic-elicitation"],
  ["tasks-status-notifications", "tasks-lifecycle"]
])

const oneLine = (text: string): string => text.replaceAll(/\s+/g, " ").trim()

const isFailure = ({ status }: Check): boolean => status === "FAILURE" || status === "WARNING"

/** Failures of one id are one. */
const ofChecks = (checks: ReadonlyArray<Check>): ReadonlyArray<Failure> => {
  const found = new Map<string, Failure>()
  for (const { errorMessage = "", id, status } of checks.filter(isFailure)) {
    const forgiven = status === "WARNING"
    if (found.get(id)?.forgiven === false || (found.has(id) && forgiven)) continue
    found.set(id, { id, forgiven, detail: oneLine(`${status.toLowerCase()}: ${errorMessage}`) })
  }
  return [...found.values()]
}

/** What was sent is valid by the schema also when nothing was: that alone is no success. */
const isSuccess = ({ id, status }: Check): boolean => status === "SUCCESS" && id !== "wire-schema-valid"

/** The verdict on one case, not yet beside others. */
export const judge = (one: Case, { checks, ending }: Played): Verdict => {
  const successes = (checks ?? []).filter(isSuccess).length
  const failures = [...ofChecks(checks ?? [])]
  const add = (id: string, forgiven: boolean, detail: string) => failures.push({ id, forgiven, detail })
  if (ending !== undefined) add(ending.id, true, ending.detail)
  if (checks === undefined) add("nothing-written", false, "the suite has written no checks")
  else if (successes === 0) add("no-success", true, "nothing was found right")
  return { ...one, successes, failures }
}

export const passes = ({ failures }: Verdict): boolean => failures.length === 0

/** Whether the suite itself holds it to be a pass. */
export const passesLeniently = ({ failures }: Verdict): boolean => failures.every(({ forgiven }) => forgiven)

/** The verdicts beside each other: a pass that means nothing alone is none where its companion fails. */
export const together = (verdicts: ReadonlyArray<Verdict>): ReadonlyArray<Verdict> => {
  const passed = new Set(verdicts.filter(passes).map((verdict) => `${legOf(verdict)} ${verdict.scenario}`))
  return verdicts.map((verdict) => {
    const companion = verdict.role === "server" ? companions.get(verdict.scenario) : undefined
    if (companion === undefined || !passes(verdict) || passed.has(`${legOf(verdict)} ${companion}`)) return verdict
    const detail = `a server that answers nothing passes it, and ${companion} does not pass`
    return { ...verdict, failures: [{ id: "means-nothing-alone", forgiven: true, detail }] }
  })
}
