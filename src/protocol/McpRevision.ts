/**
 * A revision is a value: a dated version of the protocol as tables.
 *
 * For each direction it has one table of requests and one of notifications, the projections of shapes that it cannot
 * express, one code per fault, and policy. A revision extends the one before it, and what it deletes is absent: nothing
 * above this module compares versions. The list of all revisions is `revisions/index.ts`.
 */
import type { AnyNotification, AnyRequest } from "./McpMethod.ts"
import type { CacheHints, Implementation, JsonObject } from "./McpSchema.ts"

/** `legacy` opens with `initialize`; `modern` is stateless, with `_meta` on every request. */
export type Era = "legacy" | "modern"

/** What can be refused. Each revision has one code for each. */
export type Fault =
  | "Parse"
  | "Envelope"
  | "Duplicate"
  | "MethodNotFound"
  | "InvalidParams"
  | "InvalidMeta"
  | "NotInitialized"
  | "UnknownTool"
  | "UnsupportedVersion"
  | "MissingCapability"
  | "HeaderMismatch"
  | "Internal"
  | "Busy"
  | "RateLimited"
  | "Forbidden"

export interface Table<A> {
  readonly [name: string]: A
}

/** What one side may send. */
export interface Direction {
  readonly requests: Table<AnyRequest>
  readonly notifications: Table<AnyNotification>
}

/** What a revision writes around a result needs to know. */
export interface EnvelopeFacts {
  readonly serverInfo: Implementation
  readonly cache: CacheHints
}

export interface McpRevision {
  /** The date that names it on the wire. */
  readonly version: string
  readonly era: Era
  /** What a client may send. */
  readonly client: Direction
  /** What a server may send. */
  readonly server: Direction
  readonly errors: { readonly [F in Fault]: number }
  /** Down-projections: per method, how a result loses (or keeps elsewhere) what this revision cannot express. */
  readonly project: Table<(result: JsonObject) => JsonObject>
  /** Members that every complete result of a method carries in this revision, besides its own. */
  readonly envelope: (method: string, facts: EnvelopeFacts) => JsonObject | undefined
  readonly policy: {
    /** Whether arguments that do not fit a tool's schema are a tool result (for the model) or a protocol error. */
    readonly argumentErrors: "result" | "protocol"
  }
}

export { dialect } from "./internal/dialect.ts"

/** A table from method values, keyed by their names. */
export const table = <A extends { readonly name: string }>(...methods: ReadonlyArray<A>): Table<A> => {
  const rows: { [name: string]: A } = Object.create(null)
  for (const method of methods) rows[method.name] = method
  return rows
}

/** A table with rows added or replaced, and rows left out. */
export const extend = <A extends { readonly name: string }>(
  base: Table<A>,
  changes: { readonly add?: ReadonlyArray<A>; readonly omit?: ReadonlyArray<string> }
): Table<A> => {
  const kept = Object.values(base).filter((method) => !(changes.omit ?? []).includes(method.name))
  return table(...kept, ...(changes.add ?? []))
}
