/**
 * A started server process: its pipes, the CPU time it has used, its peak memory, and its end. CPU time comes from the
 * scheduler's account of each thread (nanoseconds) or, where the kernel keeps none, from `/proc/<pid>/stat` (ticks of
 * 10 ms). Both are Linux; elsewhere they are NaN and print as a dash.
 */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { words } from "./args.ts"

const living = new Set<ChildProcessWithoutNullStreams>()
process.on("exit", () => living.forEach((child) => child.kill("SIGKILL")))
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130))

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}

export class Child {
  readonly process: ChildProcessWithoutNullStreams
  readonly command: string
  stderr = ""

  constructor(command: string) {
    this.command = command
    const [file = "", ...args] = words(command)
    this.process = spawn(file === "node" ? process.execPath : file, args, { stdio: "pipe" })
    living.add(this.process)
    this.process.once("exit", () => living.delete(this.process))
    this.process.stderr.on("data", (chunk) => (this.stderr = (this.stderr + chunk).slice(-2000)))
    this.process.stdin.on("error", () => {})
  }

  /** Microseconds of CPU used so far, over all threads. */
  cpu(): number {
    const { pid } = this.process
    let nanoseconds = 0
    try {
      for (const thread of readdirSync(`/proc/${pid}/task`)) {
        nanoseconds += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0])
      }
    } catch {
      return NaN
    }
    if (nanoseconds > 0) return nanoseconds / 1000
    const fields = read(`/proc/${pid}/stat`).split(") ")[1]?.split(" ") ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10_000
  }

  /** The largest resident set so far, in MB. */
  peakMemory(): number {
    const found = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${this.process.pid}/status`))
    return found === null ? NaN : Number(found[1]) / 1024
  }

  /** Kills the process and waits for its end. */
  stop(): Promise<void> {
    const child = this.process
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return Promise.resolve()
    return new Promise((resolve) => {
      child.once("exit", () => resolve())
      child.kill("SIGKILL")
    })
  }
}
