/**
 * A server program as somebody's child: what is written to it, what it wrote, and how it ended.
 */
import { assert } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import { type ChildProcess, spawn } from "node:child_process"
import { fixture } from "./children.ts"
import { eventually } from "./eventually.ts"

export interface Reply {
  readonly id?: string | number
  readonly method?: string
  readonly result?: { readonly content?: ReadonlyArray<{ readonly text: string }> }
  readonly error?: { readonly code: number; readonly message: string }
}

export class Program {
  stdout = ""
  stderr = ""
  #ended: { readonly code: number | null; readonly signal: NodeJS.Signals | null } | undefined
  readonly #child: ChildProcess

  constructor(env: { readonly [name: string]: string }) {
    const child = spawn(process.execPath, ["--conditions=mcp-effect-source", fixture("server.ts")], {
      env: { ...process.env, ...env },
      stdio: "pipe"
    })
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.stdout += text))
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.stderr += text))
    child.stdin.on("error", () => {})
    child.on("close", (code, signal) => (this.#ended = { code, signal }))
    this.#child = child
  }

  /** Writes messages, each as a line. */
  send(...messages: ReadonlyArray<object>): Effect.Effect<void> {
    return Effect.sync(
      () => void this.#child.stdin?.write(messages.map((message) => `${JSON.stringify(message)}\n`).join(""))
    )
  }

  readonly endStdin: Effect.Effect<void> = Effect.sync(() => void this.#child.stdin?.end())

  kill(signal: NodeJS.Signals): Effect.Effect<void> {
    return Effect.sync(() => void this.#child.kill(signal))
  }

  /** Waits until it has said a word on stderr. */
  said(word: string): Effect.Effect<true> {
    return eventually(`the program said "${word}"`, () => (this.stderr.includes(word) ? true : undefined))
  }

  /** What came over stdout: nothing but messages. */
  get replies(): ReadonlyArray<Reply> {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Reply)
  }

  /** The answer to a request. */
  answer(id: string | number): Effect.Effect<Reply> {
    return eventually(`the answer to ${id}`, () => this.replies.find((reply) => reply.id === id))
  }

  /** Waits until it has ended. */
  get ended(): Effect.Effect<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
    return eventually("the program has ended", () => this.#ended)
  }

  /** The words it said on stderr about these, in order. */
  words(...subjects: ReadonlyArray<string>): ReadonlyArray<string> {
    return this.stderr.split("\n").filter((line) => subjects.includes(line.split(" ")[0] ?? ""))
  }

  stop(): void {
    this.#child.kill("SIGKILL")
  }
}

/** A program that runs until the scope closes, at the latest. */
export const program = (env: { readonly [name: string]: string } = {}): Effect.Effect<Program, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => new Program(env)),
    (program) => Effect.sync(() => program.stop())
  )

/** What a program says of its `endless` handler and its resource, when it is drained while the handler runs. */
export const drained = [
  "resource acquired",
  "endless started",
  "endless interrupted",
  "endless finalized",
  "resource released"
] as const

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
  "io.modelcontextprotocol/clientInfo": { name: "test", version: "1.0.0" }
}

/** A tool call that needs no handshake. */
export const call = (id: string | number, name: string, args: object = {}): object => ({
  jsonrpc: "2.0",
  id,
  method: "tools/call",
  params: { name, arguments: args, _meta: meta }
})

/** The text of a successful reply. */
export const textOf = (reply: Reply): string => {
  assert.isUndefined(reply.error)
  return reply.result?.content?.[0]?.text ?? ""
}
