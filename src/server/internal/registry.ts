/**
 * What a server is made of, as it stands: who answers which method, what it offers, who hears of changes.
 *
 * Methods are answered by chapters (tools, resources, prompts), which come with their first item, by handlers of the
 * user's own, and for the rest by the server itself; all of them register here, and a method has one owner. What is
 * offered follows from what is registered and what was declared.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Peer from "../../peer/Peer.ts"
import type { ResourceContents } from "../../protocol/McpContent.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import type { HeaderParam } from "../../protocol/McpHeader.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import type {
  CacheHints,
  Implementation,
  JsonObject,
  LoggingLevel,
  ServerCapabilities
} from "../../protocol/McpSchema.ts"
import { type Limits, McpLimits } from "../../transport/McpLimits.ts"
import type { Features } from "../../transport/McpTransport.ts"
import { MemoryReplays, ReplayStore } from "../ReplayStore.ts"
import { Sealing } from "./asking/sealing.ts"
import { States } from "./asking/state.ts"
import { Audience } from "./audience.ts"
import { Background } from "./background.ts"
import { Cursors } from "./cursors.ts"
import { isOffered } from "./deprecated/logging.ts"
import type { Facts, ListKind } from "./facts.ts"
import { type Item, NameTaken } from "./items.ts"
import type { Secrets } from "./secrets.ts"
import { inForce, joined, type Run } from "./middlewares.ts"
import { Pages } from "./pages.ts"
import { type Rendered, Rendering } from "./rendering.ts"

export interface ServerInfo {
  readonly info: Implementation
  readonly instructions: string | undefined
  readonly revisions: ReadonlyArray<McpRevision>
  /** What is offered whether something is registered for it or not. */
  readonly declared: ServerCapabilities
  /** Less severe log messages are never sent. */
  readonly logFloor: LoggingLevel
  readonly cache: { readonly [method: string]: CacheHints | undefined }
  /** What seals that comes back from clients. */
  readonly secrets: Secrets
}

const replaysOf = (context: Context.Context<never>, limits: Limits) => {
  const store = Context.get(context, ReplayStore)
  if (store === "none") return undefined
  return store === "memory" ? new MemoryReplays(limits.states) : store
}

const noHeaders: ReadonlyArray<HeaderParam> = []

export type Handler = (call: Peer.Call, facts: Facts) => Peer.Task

/** Who answers a method. */
export interface Entry {
  readonly method: AnyRequest
  readonly handle: Handler
  /** It is no method of the tables: its handler checks its parameters, and every revision has it. */
  readonly ofOnesOwn: boolean
}

/** Takes a notification of a client. */
export type Listener = (params: unknown) => void

/** Reads a resource on behalf of a call. */
export type Reader = (
  uri: string,
  call: Peer.Call,
  facts: Facts
) => Effect.Effect<ReadonlyArray<ResourceContents>, McpFault>

/** What of the server's own messages reaches a client. */
export type Hearing = Pick<Features, "push" | "interim">

/** A modern client listens for changes, and asks for logs with a request. */
export const everything: Hearing = { push: true, interim: true }

export class Registry {
  readonly server: ServerInfo
  readonly context: Context.Context<never>
  readonly limits: Limits
  /** The middleware that the whole server runs in. */
  readonly stack: ReadonlyArray<Run>
  readonly middleware: Run | undefined
  readonly audience = new Audience()
  readonly cursors: Cursors
  readonly background: Background
  readonly rendering: Rendering
  readonly states: States
  /** Whether a URI is one of this server's resources. */
  knows: (uri: string) => boolean = () => false
  /** The arguments of a call that are sent as headers too. Set by the chapter of tools. */
  mirrored: (method: string, name: string) => ReadonlyArray<HeaderParam> = () => noHeaders
  /** Set by the chapter of resources. */
  reader: Reader | undefined
  #core: Peer.Core | undefined
  readonly #owned = new Map<string, Entry>()
  readonly #listeners = new Map<string, Set<Listener>>()
  readonly #default = new Map<string, Entry>()
  readonly #lists = new Map<string, Pages>()
  readonly #chapters = new Map<unknown, unknown>()
  readonly #offers = new Set<() => ServerCapabilities | undefined>()
  readonly #capabilities = new Map<string, ServerCapabilities>()

  constructor(server: ServerInfo, context: Context.Context<never>) {
    this.server = server
    this.context = context
    this.limits = Context.get(context, McpLimits)
    this.stack = inForce(context)
    this.middleware = joined(this.stack)
    this.background = new Background(this.limits.background)
    this.rendering = new Rendering(server.info, server.cache)
    this.cursors = new Cursors(server.secrets)
    this.states = new States(new Sealing(server.secrets), replaysOf(context, this.limits), this.limits)
  }

  /** The core is made with a dispatch that is made of this. */
  attach(core: Peer.Core): void {
    this.#core = core
  }

  describe(call: Peer.Call): string {
    return this.#core!.dispatch.describe(call)
  }

  /** What is not a user's handler runs in the server's own context. */
  task(effect: Effect.Effect<unknown, unknown>): Peer.Task {
    return { effect, context: this.context }
  }

  /** Ends the calls in flight of an item, and what they left in the background. */
  endItem(item: Item): Effect.Effect<void> {
    const ofItem = ({ slot }: Peer.Call) => (slot as Facts | undefined)?.uses(item) === true
    return Effect.all([this.#core!.end(ofItem, "abort"), this.background.endItem(item, this.limits.drain)], {
      concurrency: "unbounded",
      discard: true
    })
  }

  // who answers what

  /** A part of the server that comes with its first item. */
  chapter<A>(Chapter: new (registry: Registry) => A): A {
    let chapter = this.#chapters.get(Chapter) as A | undefined
    if (chapter === undefined) this.#chapters.set(Chapter, (chapter = new Chapter(this)))
    return chapter
  }

  /** A method that a chapter answers as long as the server lives. */
  own(method: AnyRequest, handle: Handler): void {
    if (this.#owned.has(method.name)) throw this.#taken(method.name)
    this.#owned.set(method.name, { method, handle, ofOnesOwn: false })
  }

  /** The list that a method gives, which answers it. */
  list(method: AnyRequest): Pages {
    let pages = this.#lists.get(method.name)
    if (pages === undefined) this.#lists.set(method.name, (pages = new Pages(this, method)))
    return pages
  }

  /** A method that the server answers unless a user does. */
  byDefault(method: AnyRequest, handle: Handler): void {
    this.#default.set(method.name, { method, handle, ofOnesOwn: false })
  }

  /** A method that a user answers until the scope closes. */
  answer(method: AnyRequest, handle: Handler, item: Item): Effect.Effect<void, NameTaken, Scope.Scope> {
    const { name } = method
    const ofOnesOwn = !this.server.revisions.some(({ client }) => client.requests.has(name))
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.suspend(() => {
          if (this.#owned.has(name)) return Effect.fail(this.#taken(name))
          this.#owned.set(name, { method, handle, ofOnesOwn })
          return Effect.void
        }),
        () => {
          this.#owned.delete(name)
          return this.endItem(item)
        }
      )
    )
  }

  #taken(name: string): NameTaken {
    return new NameTaken({ kind: "method", name, server: this.server.info.name })
  }

  /** Who answers a method in a revision. */
  find(name: string, revision: McpRevision): Entry | undefined {
    const entry = this.#owned.get(name) ?? this.#default.get(name)
    return entry !== undefined && (entry.ofOnesOwn || this.#has(revision, name)) ? entry : undefined
  }

  /** Whether a revision has a method, by itself or by an extension that this server has declared. */
  #has({ client, extensions }: McpRevision, name: string): boolean {
    if (client.requests.has(name)) return true
    return Object.keys(this.server.declared.extensions ?? {}).some(
      (id) => extensions[id]?.client.requests.has(name) === true
    )
  }

  /** Reads a resource on behalf of a call. */
  read(uri: string, call: Peer.Call, facts: Facts): Effect.Effect<ReadonlyArray<ResourceContents>, McpFault> {
    return this.reader === undefined ? Effect.fail(notFound(uri)) : this.reader(uri, call, facts)
  }

  /** Takes notifications of a client until the scope closes. */
  listen(method: string, listener: Listener): Effect.Effect<void, never, Scope.Scope> {
    return Effect.asVoid(
      Effect.acquireRelease(
        Effect.sync(() => {
          const listeners = this.#listeners.get(method) ?? new Set()
          this.#listeners.set(method, listeners.add(listener))
          return listeners
        }),
        (listeners) => Effect.sync(() => void listeners.delete(listener))
      )
    )
  }

  /** A client has sent a notification. */
  notified(method: string, params: unknown): void {
    for (const listener of this.#listeners.get(method) ?? []) listener(params)
  }

  // what is offered

  /** What something contributes to the capabilities, as long as it is there. */
  offer(capabilities: () => ServerCapabilities | undefined): () => void {
    this.#offers.add(capabilities)
    this.#capabilities.clear()
    return () => {
      this.#offers.delete(capabilities)
      this.#capabilities.clear()
    }
  }

  /** A list has changed, and with it perhaps what is offered. */
  changed(kind: ListKind): void {
    this.#capabilities.clear()
    this.audience.changed(kind)
  }

  /** What is offered now, to who can be told of changes, and of logs, or not. */
  capabilities({ interim, push }: Hearing): ServerCapabilities {
    const key = `${push} ${interim}`
    let capabilities = this.#capabilities.get(key)
    if (capabilities === undefined) this.#capabilities.set(key, (capabilities = this.#offered(push, interim)))
    return capabilities
  }

  #offered(push: boolean, interim: boolean): ServerCapabilities {
    const all: { [name: string]: JsonObject } = {}
    const parts = [...[...this.#offers].map((offer) => offer()), this.server.declared]
    for (const [name, settings] of parts.flatMap((part) => Object.entries(part ?? {}))) {
      all[name] = { ...all[name], ...(settings as JsonObject) }
    }
    for (const name of ["tools", "prompts", "resources"]) {
      if (all[name] !== undefined) all[name] = limited(all[name], name === "resources", push)
    }
    if (!isOffered({ push, interim })) delete all["logging"]
    return all
  }

  /** What is offered to a request: what its handshake said, or what is offered now. */
  offered(call: Peer.Call, { revision, session }: Facts): ServerCapabilities {
    return session?.offered ?? this.capabilities(revision.era === "modern" ? everything : call.via.features)
  }

  /** Whether the capability that a method needs is offered to a request. */
  offers({ capability }: AnyRequest, call: Peer.Call, facts: Facts): boolean {
    return capability === undefined || this.offered(call, facts)[capability as keyof ServerCapabilities] !== undefined
  }

  /** The JSON text of what a method answers in a revision. */
  complete(method: AnyRequest, result: JsonObject | Rendered, revision: McpRevision): string {
    return this.rendering.complete(method, result, revision)
  }
}

/** What a handler fails with when there is nothing at a URI. */
export const notFound = (uri: string): McpFault =>
  new McpFault({ fault: "ResourceNotFound", detail: `There is no resource ${JSON.stringify(uri)}`, data: { uri } })

const limited = (settings: JsonObject, watchable: boolean, push: boolean): JsonObject => ({
  ...settings,
  listChanged: push && settings["listChanged"] !== false,
  ...(watchable ? { subscribe: push && settings["subscribe"] !== false } : undefined)
})
