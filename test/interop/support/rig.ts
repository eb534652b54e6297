/**
 * One server under observation: how to start it behind a tap, its journal, and what went over its pipe.
 */
import { Effect, type Scope } from "effect"
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { eventually } from "../../transport/support/eventually.ts"
import type { Entry } from "../fixtures/tools.ts"

const fixture = (name: string): string => join(import.meta.dirname, "..", "fixtures", name)

/** The command lines of the servers; each is started with this process's own Node. */
export const servers = {
  ours: ["--conditions=mcp-effect-source", fixture("ours.ts")],
  official: ["--conditions=mcp-effect-source", fixture("official.ts")]
} as const

export interface Message {
  readonly id?: string | number
  readonly method?: string
  readonly params?: {
    readonly name?: string
    readonly arguments?: { readonly name?: string }
    readonly requestId?: string | number
  }
}

interface Recorded {
  /** The process id of the tap: one for each start of the server. */
  readonly pid: number
  readonly from: "client" | "server" | "exit"
  readonly line?: string
  readonly code?: number | null
}

export class Rig {
  readonly #place: string
  readonly command: { readonly command: string; readonly args: Array<string>; readonly env: Record<string, string> }

  constructor(place: string, server: ReadonlyArray<string>, deaf: boolean) {
    this.#place = place
    this.command = {
      command: process.execPath,
      args: [fixture("tap.ts"), process.execPath, ...server],
      env: { TAP: join(place, "tap"), JOURNAL: join(place, "journal"), ...(deaf ? { DEAF: "1" } : undefined) }
    }
  }

  /** A file that does not exist until `letGo`. */
  get until(): string {
    return join(this.#place, "until")
  }

  /** Lets a handler answer that waits for `until`. */
  readonly letGo: Effect.Effect<void> = Effect.sync(() => writeFileSync(this.until, ""))

  /** Handlers that wait for `until` wait again. */
  readonly hold: Effect.Effect<void> = Effect.sync(() => rmSync(this.until, { force: true }))

  /** What the server's handlers wrote down. */
  journal(name: string): ReadonlyArray<Entry> {
    return this.#lines<Entry>("journal").filter((entry) => entry.name === name)
  }

  /** Waits until a handler has written this. */
  happened(event: Entry["event"], name: string): Effect.Effect<Entry> {
    return eventually(`the handler "${name}" has ${event}`, () =>
      this.journal(name).find((entry) => entry.event === event)
    )
  }

  /** The messages that one side has written so far. */
  sent(from: "client" | "server"): ReadonlyArray<Message> {
    return this.#lines<Recorded>("tap").flatMap((entry) =>
      entry.from === from && entry.line !== undefined ? [JSON.parse(entry.line) as Message] : []
    )
  }

  /** The call of `slow` with that name, as it went over the pipe. */
  callOf(tool: string): Message {
    return this.sent("client").findLast(({ method, params }) => method === "tools/call" && params?.name === tool) ?? {}
  }

  /** The messages of the server with that id. */
  replies(id: Message["id"]): ReadonlyArray<Message> {
    return this.sent("server").filter((message) => message.id === id)
  }

  /** The ids that the client has cancelled. */
  get cancelled(): ReadonlyArray<Message["id"]> {
    return this.sent("client").flatMap(({ method, params }) =>
      method === "notifications/cancelled" ? [params?.requestId] : []
    )
  }

  /** Waits until the last server that was started has ended, and gives its exit code. */
  get exited(): Effect.Effect<number | null | undefined> {
    return eventually("the server has exited", () => {
      const last = this.#lines<Recorded>("tap").at(-1)
      return last?.from === "exit" ? { code: last.code } : undefined
    }).pipe(Effect.map(({ code }) => code))
  }

  #lines<A>(name: string): ReadonlyArray<A> {
    const file = join(this.#place, name)
    if (!existsSync(file)) return []
    const lines = readFileSync(file, "utf8").split("\n").slice(0, -1)
    return lines.map((line) => JSON.parse(line) as A)
  }
}

/** A rig for one server, with files of its own while the scope is open. */
export const rig = (
  server: ReadonlyArray<string>,
  options: { readonly deaf?: boolean } = {}
): Effect.Effect<Rig, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-effect-interop-"))),
      (place) => Effect.sync(() => rmSync(place, { recursive: true, force: true }))
    ),
    (place) => new Rig(place, server, options.deaf ?? false)
  )
