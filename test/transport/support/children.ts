/**
 * Children for the tests of the stdio client: their commands, what they wrote down, and whether they still live.
 */
import { Effect, type Scope } from "effect"
import { McpLimits } from "mcp-effect"
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import type { Behaviour } from "../fixtures/child.ts"
import { eventually } from "./eventually.ts"

export const fixture = (name: string): string => join(import.meta.dirname, "..", "fixtures", name)

/** A directory that is gone with the scope. */
export const directory: Effect.Effect<string, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-effect-child-"))),
  (place) => Effect.sync(() => rmSync(place, { recursive: true, force: true }))
)

/** Whether a process still runs; one that has ended and was not waited for does not. */
export const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  const stat = `/proc/${pid}/stat`
  return !existsSync(stat) || !/\) [ZX] /.test(readFileSync(stat, "utf8"))
}

/** A child to be: its command, and its journal. */
export class Subject {
  readonly #journal: string
  readonly command: { readonly command: string; readonly args: ReadonlyArray<string> }

  constructor(place: string, behaviour: Behaviour) {
    this.#journal = join(place, "journal")
    const orders = JSON.stringify({ ...behaviour, journal: this.#journal } satisfies Behaviour)
    this.command = { command: process.execPath, args: [fixture("child.ts"), orders] }
  }

  /** What it wrote down, in order. */
  get journal(): ReadonlyArray<string> {
    return existsSync(this.#journal) ? readFileSync(this.#journal, "utf8").split("\n").slice(0, -1) : []
  }

  /** What it wrote down, without process ids. */
  get story(): ReadonlyArray<string> {
    return this.journal.map((word) => word.replace(/ \d+$/, ""))
  }

  /** The process ids of all that were started, and of their children. */
  get pids(): ReadonlyArray<number> {
    return this.journal.flatMap((word) => (/ (\d+)$/.exec(word) === null ? [] : [Number(word.split(" ").at(-1))]))
  }

  get starts(): number {
    return this.story.filter((word) => word === "started").length
  }

  /** Waits until it has written a word. */
  wrote(word: string): Effect.Effect<void> {
    return Effect.asVoid(eventually(`the child wrote "${word}"`, () => this.story.find((other) => other === word)))
  }

  /** Waits until none of its processes runs. */
  get gone(): Effect.Effect<true> {
    return eventually(`the processes ${this.pids.join(", ")} are gone`, () =>
      this.pids.some(isAlive) ? undefined : true
    )
  }
}

export const subject = (behaviour: Behaviour = {}): Effect.Effect<Subject, never, Scope.Scope> =>
  Effect.map(directory, (place) => new Subject(place, behaviour))

/** Other limits than the defaults. */
export const limited = <A, E, R>(effect: Effect.Effect<A, E, R>, limits: Partial<McpLimits.Limits>) =>
  Effect.provideService(effect, McpLimits.McpLimits, { ...McpLimits.defaults, ...limits })
