/**
 * A revision is a value: a dated version of the protocol as tables.
 *
 * For each direction it has the names of the requests and notifications it knows; for the shapes of the vocabulary,
 * which fields and members it has; one code per fault, and policy. A revision extends the one before it, and what it
 * deletes is absent: nothing above this module compares versions. From its tables it derives, once per schema and on
 * first use, the check of a payload and the projection to what it can express. It holds no methods: whoever handles or
 * calls one brings it. The list of all revisions is `revisions/index.ts`.
 */
import type * as Schema from "effect/Schema"
import { type Check, makeCheck } from "./internal/check.ts"
import { makeProject, type Project } from "./internal/project.ts"
import { type Listing, type Listings, makeRestrict, type Restrict } from "./internal/restrict.ts"
import type { CacheHints, Implementation, JsonObject } from "./McpSchema.ts"
import { projections } from "./revisions/projections.ts"

export { dialect } from "./internal/dialect.ts"
export { inexpressible } from "./internal/project.ts"

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
  | "InvalidCursor"
  | "NotInitialized"
  | "UnknownTool"
  | "UnknownPrompt"
  | "ResourceNotFound"
  | "UrlElicitationRequired"
  | "Rejected"
  | "UnsupportedVersion"
  | "MissingCapability"
  | "HeaderMismatch"
  | "Internal"
  | "Busy"
  | "RateLimited"
  | "Forbidden"

export type Errors = { readonly [F in Fault]: number }

/** The names of what one side may send. */
export interface Direction {
  readonly requests: ReadonlySet<string>
  readonly notifications: ReadonlySet<string>
}

/** What an extension adds, when both sides have it. */
export interface Extension {
  readonly client: Direction
  readonly server: Direction
}

/** What a revision writes around a result needs to know. */
export interface EnvelopeFacts {
  readonly serverInfo: Implementation
  readonly cache: CacheHints
}

export interface Policy {
  readonly era: Era
  /** Whether arguments that do not fit a tool's schema are a tool result (for the model) or a protocol error. */
  readonly argumentErrors: "result" | "protocol"
  /** Whether several messages may come as one array. `initialize` never does. */
  readonly batches: boolean
  /** Whether a stream of events may begin with one that holds no message. */
  readonly priming: boolean
  /** The HTTP headers it uses, by what they carry; a name that ends in `-` is a prefix. */
  readonly headers: {
    readonly version?: string
    readonly session?: string
    readonly method?: string
    readonly name?: string
    readonly param?: string
  }
  /** Methods whose results say how long they may be cached. */
  readonly cacheable: ReadonlySet<string>
  /** Methods that may be answered by a question. */
  readonly interactive: ReadonlySet<string>
  /** Parts of results whose fields it requires, but whose absence a reader forgives. */
  readonly forgiven: ReadonlySet<string>
  /** Members that every complete result of a method carries in this revision, besides its own. */
  readonly envelope: (method: string, facts: EnvelopeFacts) => JsonObject | undefined
}

/** How a shape, part or choice differs from the revision before. */
export interface Change {
  /** All fields or members that it has; `!` marks one that is required. */
  readonly has?: ReadonlyArray<string>
  readonly adds?: ReadonlyArray<string>
  readonly loses?: ReadonlyArray<string>
  /** Fields that the vocabulary does not have, or has otherwise. */
  readonly fields?: Schema.Struct.Fields
}

interface Names {
  readonly adds?: ReadonlyArray<string>
  readonly loses?: ReadonlyArray<string>
}

interface DirectionChange {
  readonly requests?: Names
  readonly notifications?: Names
}

/** How a revision differs from the one before. */
export interface Changes {
  readonly version: string
  readonly client?: DirectionChange
  readonly server?: DirectionChange
  readonly extensions?: { readonly [id: string]: Extension }
  readonly shapes?: { readonly [name: string]: Change }
  readonly errors?: Partial<Errors>
  readonly policy?: Partial<Policy>
}

interface Tables {
  readonly version: string
  readonly client: Direction
  readonly server: Direction
  readonly extensions: { readonly [id: string]: Extension }
  readonly listings: Listings
  readonly errors: Errors
  readonly policy: Policy
}

export class McpRevision {
  /** The date that names it on the wire. */
  readonly version: string
  readonly policy: Policy
  /** What a client may send. */
  readonly client: Direction
  /** What a server may send. */
  readonly server: Direction
  /** What extensions add, by their ids. */
  readonly extensions: { readonly [id: string]: Extension }
  readonly errors: Errors
  /** Which fields and members it has, of the shapes that have not been the same in all revisions. */
  readonly listings: Listings
  readonly #checks = new Map<Schema.Constraint, Check>()
  readonly #restrict: Restrict
  readonly #read: Restrict
  readonly #project: (schema: Schema.Constraint) => Project | undefined

  constructor({ client, errors, extensions, listings, policy, server, version }: Tables) {
    this.version = version
    this.policy = policy
    this.client = client
    this.server = server
    this.extensions = extensions
    this.errors = errors
    this.listings = listings
    this.#restrict = makeRestrict(listings)
    this.#read = policy.forgiven.size === 0 ? this.#restrict : makeRestrict(listings, policy.forgiven)
    this.#project = makeProject(listings, this.#restrict, projections)
  }

  get era(): Era {
    return this.policy.era
  }

  /** A schema of the vocabulary as this revision has it. */
  schema(schema: Schema.Constraint): Schema.Constraint {
    return this.#restrict(schema)
  }

  /** Why a value is not what this revision's form of a schema says: a sentence, or nothing when it is. */
  check(schema: Schema.Constraint, value: unknown): string | undefined {
    let check = this.#checks.get(schema)
    if (check === undefined) this.#checks.set(schema, (check = makeCheck(this.#read(schema))))
    return check(value)
  }

  /** A value without what this revision cannot express, or `inexpressible`. The value itself, if nothing changes. */
  project(schema: Schema.Constraint, value: unknown): unknown {
    const project = this.#project(schema)
    return project === undefined ? value : project(value)
  }

  /** The revision that follows this one. */
  extend(changes: Changes): McpRevision {
    return new McpRevision({
      version: changes.version,
      client: direction(this.client, changes.client),
      server: direction(this.server, changes.server),
      extensions: changes.extensions ?? this.extensions,
      listings: listings(this.listings, changes.shapes ?? {}),
      errors: { ...this.errors, ...changes.errors },
      policy: { ...this.policy, ...changes.policy }
    })
  }
}

const names = (before: ReadonlySet<string>, { adds = [], loses = [] }: Names = {}): ReadonlySet<string> =>
  new Set([...before, ...adds].filter((name) => !loses.includes(name)))

const direction = (before: Direction, change: DirectionChange = {}): Direction => ({
  requests: names(before.requests, change.requests),
  notifications: names(before.notifications, change.notifications)
})

const member = (text: string): readonly [name: string, required: boolean] =>
  text.endsWith("!") ? [text.slice(0, -1), true] : [text, false]

const listing = (
  name: string,
  before: Listing | undefined,
  { adds = [], fields = {}, has, loses = [] }: Change
): Listing => {
  if (has === undefined && before?.members === undefined && adds.length + loses.length > 0) {
    throw new Error(`"${name}" changes here, but no revision before says what it has`)
  }
  const members = new Map(has?.map(member) ?? before?.members)
  for (const text of [...adds, ...Object.keys(fields)]) members.set(...member(text))
  for (const name of loses) members.delete(name)
  return {
    members: has === undefined && before?.members === undefined ? undefined : members,
    fields: { ...before?.fields, ...fields }
  }
}

const listings = (before: Listings, changes: { readonly [name: string]: Change }): Listings => {
  const all = new Map(before)
  for (const [name, change] of Object.entries(changes)) all.set(name, listing(name, before.get(name), change))
  return all
}

const nothing: Direction = { requests: new Set(), notifications: new Set() }

/** The first revision: it extends nothing. */
export const first = (changes: Changes & { readonly errors: Errors; readonly policy: Policy }): McpRevision =>
  new McpRevision({
    version: "",
    client: nothing,
    server: nothing,
    extensions: {},
    listings: new Map(),
    errors: changes.errors,
    policy: changes.policy
  }).extend(changes)
