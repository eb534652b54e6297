/**
 * `npm run conformance`: the official suite against the everything-server and the everything-client, read strictly.
 *
 *     npm run conformance -- [--role server|client] [--revision R] [--only part-of-a-name]
 *         [--url U] [--command C] [--timeout ms] [--json file]
 *
 * Both roles, both revisions, all scenarios that the suite requires or runs besides. It fails on whatever fails and is
 * not in `expected-failures.yaml`, and on whatever is in there and passes. `--url` and `--command` judge another server
 * or client by the same rules.
 */
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { parseArgs } from "node:util"
import { all, type Case, legOf } from "./runner/cases.ts"
import { parse, stale, unexpected } from "./runner/expected.ts"
import { againstClient, againstServer } from "./runner/playing.ts"
import { everything, mute, type Running } from "./runner/servers.ts"
import { suite, version } from "./runner/suite.ts"
import { table } from "./runner/table.ts"
import { companions, passesLeniently, together, type Verdict } from "./runner/verdict.ts"

const text = { type: "string" } as const
const { values: options } = parseArgs({
  options: {
    role: text,
    revision: text,
    only: text,
    url: text,
    command: text,
    timeout: { ...text, default: "30000" },
    json: text
  }
})
const limit = Number(options.timeout)
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130))

const isChosen = ({ revision, role, scenario }: Case): boolean =>
  (options.role ?? role) === role &&
  (options.revision ?? revision) === revision &&
  scenario.includes(options.only ?? "")

const cases = all(suite)
const chosen = cases.filter(isChosen)
const has = (role: Case["role"]): boolean => chosen.some((one) => one.role === role)
/** Verdicts on a server are given beside each other, so all of them are played; it takes two seconds. */
const ofServers = has("server") ? cases.filter(({ role }) => role === "server") : []

/** Plays against a server, and ends it. */
const against = async (start: () => Promise<Running>, played: ReadonlyArray<Case>): Promise<ReadonlyArray<Verdict>> => {
  const server = await start()
  try {
    return await againstServer(server.url, played, limit)
  } finally {
    await server.stop()
  }
}

/** What a server that refuses everything is not failed for has to be what we hold to mean nothing alone. */
const floorProblems = async (): Promise<ReadonlyArray<string>> => {
  const verdicts = await against(mute, ofServers)
  const floor = verdicts.filter(passesLeniently).map(({ scenario }) => scenario)
  return [
    ...floor.filter((scenario) => !companions.has(scenario)).map((scenario) => `${scenario} has no companion`),
    ...[...companions.keys()]
      .filter((scenario) => !floor.includes(scenario))
      .map((scenario) => `${scenario} needs none`)
  ].map((problem) => `A server that refuses everything: ${problem}`)
}

const given = (url: string): Promise<Running> => Promise.resolve({ url, stop: () => Promise.resolve() })

const playServer = (): Promise<ReadonlyArray<Verdict>> =>
  against(() => (options.url === undefined ? everything() : given(options.url)), ofServers)

const ownClient = [JSON.stringify(process.execPath), ...process.execArgv, "test/conformance/client.ts"].join(" ")

const servers = has("server") ? await playServer() : []
const floor = has("server") ? await floorProblems() : []
const clients = has("client") ? await againstClient(options.command ?? ownClient, chosen, limit) : []
const verdicts = together([...servers, ...clients]).filter(isChosen)

const entries = parse(readFileSync(join(import.meta.dirname, "expected-failures.yaml"), "utf8"))
const problems = [
  ...floor,
  ...stale(entries, cases, verdicts),
  ...verdicts.flatMap((verdict) => {
    const ids = unexpected(verdict, entries).map(({ id }) => id)
    return ids.length === 0 ? [] : [`${legOf(verdict)} ${verdict.scenario}: it fails (${ids.join(", ")})`]
  })
]

if (options.json !== undefined)
  writeFileSync(options.json, JSON.stringify({ suite: version, verdicts, problems }, null, 1))
console.log(`@modelcontextprotocol/conformance ${version}, strictly\n\n${table(verdicts, entries)}\n`)
for (const problem of problems) console.log(problem)
console.log(
  problems.length === 0
    ? `Everything is as expected: ${entries.length} expected failures.`
    : `Not as expected: ${problems.length}.`
)
process.exitCode = problems.length === 0 && chosen.length > 0 ? 0 : 1
