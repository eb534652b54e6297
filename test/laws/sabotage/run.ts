/**
 * Tries the laws' tests on saboteurs: `npm run sabotage [filter]`.
 *
 * Each `NN-slug.patch` beside this file breaks one sentence of law `NN`. It is applied to a copy of the tree; the copy
 * must type-check, the test file of that law must fail by an assertion of its own, and the other laws' must pass. A patch
 * that no longer applies is a failure. First the tree itself must pass. `LAW_RUNS` (60) and `LAW_SEED` are those of the
 * tests; `VERBOSE=1` names the tests that caught a saboteur; `ANYWAY=1` goes on when the tree does not pass, and leaves
 * out what failed there, but fails in the end.
 */
import { spawn } from "node:child_process"
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { caughtBy, complaints, judge, lawOf, type Outcome, read, without } from "./verdict.ts"

const PARALLEL = 2
/** One command may take this long, in milliseconds. */
const LIMIT = 5 * 60_000

const here = import.meta.dirname
const root = join(here, "..", "..", "..")
const work = mkdtempSync(join(tmpdir(), "mcp-effect-sabotage-"))
const runs = process.env["LAW_RUNS"] ?? "60"
const seed = process.env["LAW_SEED"] ?? String(Math.floor(Math.random() * 2 ** 31))
const verbose = process.env["VERBOSE"] === "1"
const anyway = process.env["ANYWAY"] === "1"
const filter = process.argv[2] ?? ""
/** What the tree comes to before anything is patched. */
let untouched: Outcome | string = { files: [], unhandled: false }

interface Saboteur {
  readonly name: string
  readonly law: number
  readonly breaks: string
}

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly late: boolean
}

/** The groups of commands that run. */
const running = new Set<number>()
const kill = (group: number): void => {
  try {
    process.kill(-group, "SIGKILL")
  } catch {
    // it has ended already
  }
}
process.on("exit", () => {
  for (const group of running) kill(group)
  rmSync(work, { recursive: true, force: true })
})
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130))

const run = (cwd: string, command: string, ...args: ReadonlyArray<string>): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, LAW_RUNS: runs, LAW_SEED: seed, NO_COLOR: "1", GIT_CEILING_DIRECTORIES: work }
    const child = spawn(command, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] })
    const group = child.pid
    let output = ""
    let late = false
    const timer = setTimeout(() => {
      late = true
      if (group !== undefined) kill(group)
    }, LIMIT)
    if (group !== undefined) running.add(group)
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
    }
    child.on("error", reject)
    child.on("close", (code) => {
      clearTimeout(timer)
      if (group !== undefined) {
        // whatever it left behind ends with it
        kill(group)
        running.delete(group)
      }
      resolve({ code, output, late })
    })
  })

const tool = (...path: ReadonlyArray<string>): string => join(root, "node_modules", ...path)
const lastLines = (text: string): string => text.trim().split("\n").slice(-6).join("\n      ")

const configuration = ["package.json", "tsconfig.json", "vitest.config.ts", "README.md", "ARCHITECTURE.md"]

const copyOf = (name: string): string => {
  const copy = join(work, name)
  for (const part of ["src", "test", "examples", "bench", ...configuration]) {
    if (existsSync(join(root, part))) cpSync(join(root, part), join(copy, part), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir")
  return copy
}

/** Runs all law tests of a copy. */
const test = async (copy: string): Promise<Outcome | string> => {
  const report = join(copy, "report.json")
  const options = ["--project", "unit", "--maxWorkers=1", "--reporter=dot", "--reporter=json"]
  const vitest = [tool("vitest", "vitest.mjs"), "run", "test/laws/", ...options, `--outputFile.json=${report}`]
  const { late, output } = await run(copy, process.execPath, ...vitest)
  if (late) return `the tests did not end within ${LIMIT / 1000} s`
  return existsSync(report) ? read(readFileSync(report, "utf8"), output) : `no report: ${lastLines(output)}`
}

/** Gives the complaints about a saboteur, and who caught it. */
const tryOut = async ({ law, name }: Saboteur): Promise<readonly [ReadonlyArray<string>, ReadonlyArray<string>]> => {
  const copy = copyOf(name)
  try {
    const applied = await run(copy, "git", "apply", join(here, name))
    if (applied.code !== 0) return [[`it does not apply: ${lastLines(applied.output)}`], []]
    const typed = await run(copy, process.execPath, tool("typescript", "bin", "tsc"), "-p", "src", "--noEmit")
    if (typed.code !== 0) return [[`it does not type-check: ${lastLines(typed.output)}`], []]
    const tested = await test(copy)
    if (typeof tested === "string" || typeof untouched === "string") return [[String(tested)], []]
    const outcome = without(untouched, tested)
    return [judge(law, outcome), caughtBy(law, outcome).map((failed) => `${failed.test}: ${failed.message}`)]
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

const saboteurOf = (name: string): Saboteur => {
  const text = readFileSync(join(here, name), "utf8")
  const law = Number(/^Law: (\d+)$/m.exec(text)?.[1])
  const breaks = /^Breaks: (.+)$/m.exec(text)?.[1]
  if (law !== lawOf(name) || breaks === undefined) {
    throw new Error(`${name} begins with the lines "Law: ${lawOf(name)}" and "Breaks: <the sentence of the law>"`)
  }
  return { name, law, breaks }
}

const seconds = (from: number): string => `${((performance.now() - from) / 1000).toFixed(0)} s`.padStart(5)
const indented = (lines: ReadonlyArray<string>): string => lines.map((line) => `\n    - ${line}`).join("")

const everyone = readdirSync(here)
  .filter((name) => name.endsWith(".patch"))
  .toSorted()
  .map(saboteurOf)
const laws = [
  ...new Set(
    readdirSync(join(here, ".."))
      .filter((name) => name.endsWith(".test.ts"))
      .map(lawOf)
  )
].toSorted((a, b) => a - b)
const chosen = everyone.filter(({ name }) => name.includes(filter))
const start = performance.now()
console.log(`${chosen.length} saboteurs of ${laws.length} laws, LAW_RUNS=${runs} LAW_SEED=${seed}`)

untouched = await test(copyOf("untouched"))
const faults = typeof untouched === "string" ? [untouched] : complaints(untouched)
console.log(`${faults.length === 0 ? "ok " : "BAD"} ${seconds(start)}  the tree as it is${indented(faults)}`)

let bad = faults.length > 0 ? 1 : 0
const queue = bad === 0 || (anyway && typeof untouched !== "string") ? [...chosen] : []
const worker = async (): Promise<void> => {
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const from = performance.now()
    const [wrong, caught] = await tryOut(next)
    if (wrong.length > 0) bad += 1
    const shown = [...wrong, ...(verbose ? caught.map((line) => `caught by ${line}`) : [])]
    const verdict = wrong.length === 0 ? "ok " : "BAD"
    console.log(`${verdict} ${seconds(from)}  ${next.name}: ${next.breaks}${indented(shown)}`)
  }
}
await Promise.all(Array.from({ length: PARALLEL }, worker))

const unwatched = laws.filter((law) => everyone.every((saboteur) => saboteur.law !== law))
if (unwatched.length > 0) console.log(`Laws without a saboteur: ${unwatched.join(", ")}`)
if (chosen.length === 0) console.log(`No saboteur's name contains ${JSON.stringify(filter)}`)
console.log(bad === 0 ? `All ${chosen.length} caught, in${seconds(start)}` : `${bad} bad, in${seconds(start)}`)
process.exitCode = bad === 0 && chosen.length > 0 ? 0 : 1
