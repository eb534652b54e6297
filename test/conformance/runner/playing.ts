/**
 * Plays cases: a whole requirement set against a server, one scenario after the other against a client.
 *
 * The suite judges how a client ends only when it plays one scenario alone; so each is played alone, a few at a time.
 */
import { type Case, legOf, revisions } from "./cases.ts"
import { type Ran, run } from "./suite.ts"
import { judge, type Played, type Verdict } from "./verdict.ts"

/** Clients that are played at once. */
const AT_ONCE = 2
/** How much longer than its scenario the suite may take, and than all scenarios of a set, in milliseconds. */
const GRACE = 5000
const GRACE_OF_SET = 10 * 60_000

/** Plays the cases of servers against what listens at a URL. One scenario may take so many milliseconds. */
export const againstServer = async (
  url: string,
  cases: ReadonlyArray<Case>,
  limit: number
): Promise<ReadonlyArray<Verdict>> => {
  const verdicts: Array<Verdict> = []
  for (const revision of revisions) {
    const chosen = cases.filter((one) => one.role === "server" && one.revision === revision)
    if (chosen.length === 0) continue
    const which = ["--url", url, "--requirements", revision, "--timeout", String(limit)]
    const { checks, output } = await run("server", which, limit + GRACE_OF_SET)
    if (checks.size === 0) throw new Error(`The suite has written nothing for ${legOf(chosen[0]!)}:\n${output}`)
    verdicts.push(...chosen.map((one) => judge(one, { checks: checks.get(one.scenario) })))
  }
  return verdicts
}

/** How a client ended. Where the suite forgives that it ended with an error, it still writes the code. */
const endingOf = ({ code, late, output }: Ran, failed: boolean): Played["ending"] => {
  const limit = /Client timed out after (\d+)ms/.exec(output)?.[1]
  if (limit !== undefined) return { id: "timeout", detail: `it had not ended after ${limit} ms` }
  if (late) return { id: "timeout", detail: "it had not ended, and did not when it was told to" }
  const ended = /^Client exited with code (-?\d+)$/m.exec(output)?.[1]
  if (ended !== undefined) return { id: "exit", detail: `it ended with code ${ended}` }
  return code === 0 || failed ? undefined : { id: "exit", detail: `the suite ended with code ${code}` }
}

const playClient = async (command: string, one: Case, limit: number): Promise<Verdict> => {
  const { revision, scenario } = one
  const which = ["--scenario", scenario, "--spec-version", revision, "--force", "--timeout", String(limit)]
  const ran = await run("client", ["--command", command, ...which], limit + GRACE)
  const checks = ran.checks.get(scenario)
  const failed = judge(one, { checks }).failures.length > 0
  return judge(one, { checks, ending: endingOf(ran, failed) })
}

/** Plays the cases of clients with a command. One scenario may take so many milliseconds. */
export const againstClient = async (
  command: string,
  cases: ReadonlyArray<Case>,
  limit: number
): Promise<ReadonlyArray<Verdict>> => {
  const waiting = cases.filter(({ role }) => role === "client")
  const verdicts = new Map<Case, Verdict>()
  const next = waiting.values()
  const work = async (): Promise<void> => {
    for (const one of next) verdicts.set(one, await playClient(command, one, limit))
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return waiting.flatMap((one) => verdicts.get(one) ?? [])
}
