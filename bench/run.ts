/**
 * `npm run bench`: ours, the official SDKs v2 and v1 and the raw responder, interleaved; prints the tables of
 * `report.ts`, keeps them in `bench/results.md` and the raw rows in `bench/results/latest.jsonl`.
 *
 *     npm run bench -- [part of a case's name …] [--rounds 9] [--ms 500] [--quick] [--case add/x64,cold]
 *         [--peers ours,v2,v1,bare] [--place apart|same|free] [--out results.md]
 *
 * Cases are chosen by parts of their names, given as words or by `--case`: `stdio/legacy/add/x64`, `cold/modern`,
 * `client/…`, `memory/…`, `rss/…`, `large/legacy`, `http/stateful/sse/add/x128`, `http/sessions/heap`,
 * `vocabulary/check/list`. `--out` names another file for the report.
 * A floor that is missed is shown, not asserted: the exit code is 1 only when an answer was wrong or a peer broke.
 */
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { cpus, loadavg } from "node:os"
import { flag, option, rest } from "./args.ts"
import { prepare } from "./build.ts"
import { http } from "./http.ts"
import { large } from "./large.ts"
import { type PeerName, PEERS } from "./peers.ts"
import { place } from "./place.ts"
import { problems, tables } from "./report.ts"
import { sessions } from "./sessions.ts"
import * as suites from "./suites.ts"
import { vocabulary } from "./vocabulary.ts"

const quick = flag("quick")
const rounds = Number(option("rounds", quick ? "3" : "9"))
const ms = Number(option("ms", quick ? "150" : "500"))
const parts = [...rest("quick"), ...option("case", "").split(",")].filter((part) => part !== "")
const chosen = option("peers", PEERS.join()).split(",")
const peers: ReadonlyArray<PeerName> = PEERS.filter((peer) => chosen.includes(peer))

const path = (relative: string): URL => new URL(relative, import.meta.url)
const version = (name: string): string =>
  `${name} ${JSON.parse(readFileSync(path(`../node_modules/${name}/package.json`), "utf8")).version}`
const note = (text: string) => process.stderr.write(`${text}\n`)

const raw = path("results/latest.jsonl")
mkdirSync(path("results/"), { recursive: true })
writeFileSync(raw, "")

const rows: Array<suites.Row> = []
const found: Array<suites.Problem> = []
const plan: suites.Plan = {
  rounds,
  ms,
  peers,
  wanted: (key) => parts.length === 0 || parts.some((part) => key.includes(part)),
  emit: (row) => {
    rows.push(row)
    appendFileSync(raw, JSON.stringify(row) + "\n")
  },
  problem: (problem) => {
    found.push(problem)
    note(`${problem.peer}, ${problem.key}: ${problem.message}`)
  }
}

const load = loadavg()[0]!.toFixed(1)
const unbundled = await prepare(["cold/legacy", "cold/modern"].some(plan.wanted))
for (const [program, message] of unbundled) plan.problem({ key: "bundling", peer: program, message })

const { client, cold, memory, rss, stdio } = suites
for (const [name, suite] of Object.entries({ stdio, cold, client, memory, rss, large, http, sessions, vocabulary })) {
  const started = performance.now()
  await suite(plan)
  note(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`)
}

const sdks = ["server", "node", "client", "core", "sdk"].map((name) => `@modelcontextprotocol/${name}`)
const packages = ["effect", ...sdks]
const command = ["npm run bench --", ...process.argv.slice(2)].join(" ")
const date = new Date().toISOString().slice(0, 16).replace("T", " ")
const machine = `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load ${load}`
const report = `# Measured against the official SDKs

Written by \`${command}\` on ${date} UTC: Node ${process.version}, ${machine} at the start; ${packages
  .map(version)
  .join(", ")}.

Medians of ${rounds} interleaved rounds of ${ms} ms, after a warm-up. "v2" and "v1" are the official TypeScript SDKs,
"bare" is a raw responder without any SDK: what pipes, JSON and the driver allow here. v1 has no modern era: in modern
rows its legacy figure stands in. Every answer was checked. Only ratios mean anything on another machine. Where a row
has no floor, "ahead" is 1.15 or more against the better of v2 and v1, "equal" down to the inverse of it. Driver and
server are placed \`${place}\` (see \`place.ts\`).

${tables(rows)}
${problems(found)}`

writeFileSync(path(option("out", "results.md")), report)
process.stdout.write(report)
process.exitCode = found.length > 0 ? 1 : 0
