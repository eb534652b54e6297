/**
 * Golden transcripts: what was said in one chapter of one revision, message by message, as files of JSON lines.
 *
 * The first line of `test/golden/<revision>/<chapter>.jsonl` says who was recorded, each other line is one message and who
 * sent it. What differs from run to run (cursors, incidents) has a name in its place: `Names` is the only one who knows
 * which is which. Nothing else is ever replaced.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { revisions } from "mcp-effect/revisions"
import type { McpTest } from "mcp-effect/testing"

export type Json = McpTest.Json

export interface Said {
  readonly from: "client" | "server"
  readonly message: Json
}

export interface Transcript {
  readonly revision: string
  readonly chapter: string
  /** Who was recorded. */
  readonly recorded: string
  readonly messages: ReadonlyArray<Said>
}

export const chapters = [
  "lifecycle",
  "tools",
  "resources",
  "prompts",
  "completion",
  "pagination",
  "subscriptions",
  "logging",
  "progress"
] as const
export type Chapter = (typeof chapters)[number]

const folder = join(import.meta.dirname, "..")
const fileOf = (revision: string, chapter: string): string => join(folder, revision, `${chapter}.jsonl`)

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`

export const write = ({ chapter, messages, recorded, revision }: Transcript): void => {
  const file = fileOf(revision, chapter)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, [{ recorded }, ...messages].map(lineOf).join(""))
}

export const read = (revision: string, chapter: string): Transcript => {
  const lines = readFileSync(fileOf(revision, chapter), "utf8").split("\n").slice(0, -1)
  const [header, ...messages] = lines.map((line): unknown => JSON.parse(line))
  const { recorded } = header as { readonly recorded: string }
  return { revision, chapter, recorded, messages: messages as ReadonlyArray<Said> }
}

/** The names of the files that are there, as `<revision>/<chapter>`. */
export const files = (): ReadonlyArray<string> =>
  revisions.flatMap(({ version }) =>
    existsSync(join(folder, version))
      ? readdirSync(join(folder, version)).map((file) => `${version}/${file.replace(/\.jsonl$/, "")}`)
      : []
  )

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** The members whose values differ from run to run, and what each is called. */
const kinds: { readonly [member: string]: string } = { nextCursor: "cursor", cursor: "cursor", incident: "incident" }

/** What differs from run to run, by names that do not: those of one conversation. */
export class Names {
  readonly #names = new Map<unknown, string>()
  readonly #values = new Map<string, unknown>()

  /** A message of the server with names in it, new ones where needed. */
  named(message: Json): Json {
    return this.#walk(message, (kind, value) => {
      const known = this.#names.get(value)
      if (known !== undefined) return known
      const name = `${kind}-${[...this.#values.keys()].filter((one) => one.startsWith(kind)).length + 1}`
      this.#names.set(value, name)
      this.#values.set(name, value)
      return name
    })
  }

  /** A message of the client with the names of what the server has said before; what it made up stays. */
  echoed(message: Json): Json {
    return this.#walk(message, (_, value) => this.#names.get(value) ?? value)
  }

  /** A message with the values of this conversation instead of names. */
  restored(message: Json): Json {
    return this.#walk(message, (_, name) => this.#values.get(String(name)) ?? name)
  }

  #walk(message: Json, replaced: (kind: string, value: unknown) => unknown): Json {
    const walk = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(walk)
      if (!isObject(value)) return value
      return Object.fromEntries(
        Object.entries(value).map(([member, inside]) => {
          const kind = Object.hasOwn(kinds, member) ? kinds[member] : undefined
          return [member, kind !== undefined && typeof inside === "string" ? replaced(kind, inside) : walk(inside)]
        })
      )
    }
    return walk(message) as Json
  }
}
