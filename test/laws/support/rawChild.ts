/**
 * A real child process in the hands of a test: raw lines to its stdin, its stdout and stderr as they come.
 *
 * Waiting is by events and in real time, and bounded: after the bound it simply ends, and the test judges what is there.
 */
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { join } from "node:path"

const BOUND_MS = 10_000

export class RawChild {
  readonly process: ChildProcess
  stdout = ""
  stderr = ""
  exitCode: number | null | undefined = undefined
  readonly #checks = new Set<() => void>()

  constructor(command: string, args: ReadonlyArray<string>) {
    this.process = spawn(command, args, { stdio: "pipe" })
    const changed = () => {
      for (const check of this.#checks) check()
    }
    this.process.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text
      changed()
    })
    this.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text
      changed()
    })
    this.process.on("close", (code) => {
      this.exitCode = code
      changed()
    })
  }

  /** The complete lines of stdout. */
  get lines(): ReadonlyArray<string> {
    return this.stdout.split("\n").slice(0, -1)
  }

  send(message: object): Effect.Effect<void> {
    return Effect.sync(() => void this.process.stdin?.write(`${JSON.stringify(message)}\n`))
  }

  /** Ends its input. */
  readonly end: Effect.Effect<void> = Effect.sync(() => void this.process.stdin?.end())

  /** Waits until something is true of what has come, within the bound. */
  until(holds: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const done = () => {
        clearTimeout(timer)
        this.#checks.delete(check)
        resume(Effect.void)
      }
      const check = () => {
        if (holds()) done()
      }
      const timer = setTimeout(done, BOUND_MS)
      this.#checks.add(check)
      check()
      return Effect.sync(() => {
        clearTimeout(timer)
        this.#checks.delete(check)
      })
    })
  }
}

/** The arguments by which Node runs a module of this folder with the library's source. */
export const moduleArgs = (file: string): ReadonlyArray<string> => [
  "--conditions=mcp-effect-source",
  join(import.meta.dirname, file)
]

/** Starts a module of this folder, for as long as the scope is open. */
export const startModule = (file: string): Effect.Effect<RawChild, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new RawChild(process.execPath, moduleArgs(file))),
    (child) => Effect.sync(() => void child.process.kill("SIGKILL"))
  )
