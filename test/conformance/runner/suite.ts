/**
 * The suite as a program: run with this runtime, its results read back from the directory that it writes.
 *
 * It is left alone: no option of it forgives anything, and its exit code is only believed where nothing else tells.
 */
import { Schema } from "effect"
import { spawn } from "node:child_process"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { dirname, join } from "node:path"
import type { Check } from "./verdict.ts"

export const root = join(import.meta.dirname, "../../..")
export const suite = join(root, "node_modules/@modelcontextprotocol/conformance")

export const version = Schema.decodeUnknownSync(Schema.Struct({ version: Schema.String }))(
  JSON.parse(readFileSync(join(suite, "package.json"), "utf8"))
).version

const Checks = Schema.Array(
  Schema.Struct({ id: Schema.String, status: Schema.String, errorMessage: Schema.optional(Schema.String) })
)
const decodeChecks = Schema.decodeUnknownSync(Checks)

export interface Ran {
  readonly code: number | null
  /** Whether it had to be ended, since something that it had started did not end. */
  readonly late: boolean
  readonly output: string
  /** The checks that were written, by scenario. */
  readonly checks: ReadonlyMap<string, ReadonlyArray<Check>>
}

/** The directory of a scenario ends with when it began; that of a server's begins with the role. */
const scenarioOf = (directory: string, role: string): string => {
  const name = directory.replace(/-\d{4}-\d\d-\d\dT[\d-]+Z$/, "")
  return role === "server" ? name.replace(/^server-/, "") : name
}

const readResults = (place: string, role: string): ReadonlyMap<string, ReadonlyArray<Check>> =>
  new Map(
    readdirSync(place, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith("checks.json"))
      .map((file) => [
        scenarioOf(dirname(file), role),
        decodeChecks(JSON.parse(readFileSync(join(place, file), "utf8")))
      ])
  )

/** The process groups of what runs; they end with this process. */
const running = new Set<number>()
process.on("exit", () => {
  for (const group of running) endGroup(group)
})

/** Ends a program and all that it has started. */
const endGroup = (group: number | undefined): void => {
  try {
    if (group !== undefined) process.kill(-group, "SIGKILL")
  } catch {
    // it has ended already
  }
}

/** Runs the suite in one role, in a process group that nothing outlives; after a limit, in milliseconds, it is ended. */
export const run = (role: string, args: ReadonlyArray<string>, limit: number): Promise<Ran> =>
  new Promise((resolve, reject) => {
    const place = mkdtempSync(join(tmpdir(), "mcp-effect-conformance-"))
    const child = spawn(process.execPath, [join(suite, "dist/index.js"), role, ...args, "-o", place], {
      cwd: root,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"]
    })
    if (child.pid !== undefined) running.add(child.pid)
    let output = ""
    let late = false
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        output += text
      })
    }
    const timer = setTimeout(() => {
      late = true
      endGroup(child.pid)
    }, limit)
    child.on("error", reject)
    child.on("exit", () => {
      endGroup(child.pid)
      if (child.pid !== undefined) running.delete(child.pid)
    })
    child.on("close", (code) => {
      clearTimeout(timer)
      const checks = readResults(place, role)
      rmSync(place, { recursive: true, force: true })
      resolve({ code, late, output, checks })
    })
  })
