/**
 * A server: a registry of what it offers, and the step that lets clients in.
 *
 * `layer` makes the registry; tools, resources, prompts and handlers of one's own register on it as they are built; it
 * does no I/O and waits for a listener. `serve` and `launch` build an application, open it to its listener, and at the
 * end drain it before anything is released. Two calls of `layer` are two servers: bind it to a const when several tools
 * are provided apart.
 */
import type * as AiTool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Peer from "../peer/Peer.ts"
import type { McpError, McpFault } from "../protocol/McpError.ts"
import type { Notification, Payload, Request } from "../protocol/McpMethod.ts"
import { extensionIdProblem } from "../protocol/McpName.ts"
import { dialect, type McpRevision } from "../protocol/McpRevision.ts"
import type { CacheHints, Icon, Implementation, LoggingLevel, ServerCapabilities } from "../protocol/McpSchema.ts"
import type { ListPrompts, Prompt } from "../protocol/methods/prompts.ts"
import type { ListResources, ListResourceTemplates, Resource, ResourceTemplate } from "../protocol/methods/resources.ts"
import type { ListTools, Tool } from "../protocol/methods/tools.ts"
import * as revisions from "../protocol/revisions/index.ts"
import {
  type Acceptor,
  Drains,
  gate,
  McpListener,
  McpListenerSource,
  type TransportError
} from "../transport/McpTransport.ts"
import { answerDeclared } from "./internal/declared.ts"
import { makeDispatch } from "./internal/dispatch.ts"
import { Logging } from "./internal/deprecated/logging.ts"
import { Lifecycle } from "./internal/lifecycle.ts"
import { Listening } from "./internal/listening.ts"
import { everything, Registry } from "./internal/registry.ts"
import * as OwnMethods from "./internal/ownMethods.ts"
import { Secrets } from "./internal/secrets.ts"
import { type PageFunction, register as registerSource } from "./internal/sources.ts"
import { register as registerToolkit } from "./internal/toolkit.ts"
import type { McpRequest } from "./McpRequest.ts"

export { type Incident, Incidents } from "./internal/incidents.ts"
export { NameTaken } from "./internal/items.ts"
export type { PageFunction } from "./internal/sources.ts"

export interface Service {
  /** The server's name and version, as clients see them. */
  readonly info: Implementation
  /** How to use the server, for the model. */
  readonly instructions: string | undefined
  /** The dates of the protocol revisions that it speaks, oldest first. */
  readonly revisions: ReadonlyArray<string>
  /** What it offers now. */
  readonly capabilities: Effect.Effect<ServerCapabilities>
  /** Tells those who watch a resource that it has changed. */
  updated(uri: string): Effect.Effect<void>
  /** Tells clients that a list has changed; for lists of one's own, since what registers tells it by itself. */
  listChanged(list: "tools" | "prompts" | "resources"): Effect.Effect<void>
  readonly "~mcp-effect/Registry": Registry
}

/** The server that is being built: tools, resources and prompts register on it, and handlers may read what it is. */
export class McpServer extends Context.Service<McpServer, Service>()("mcp-effect/server/McpServer") {}

/** The methods whose results say how long they may be cached. */
export type Cacheable =
  | "server/discover"
  | "tools/list"
  | "prompts/list"
  | "resources/list"
  | "resources/templates/list"
  | "resources/read"

export interface Options {
  /** The server's name, for programs. */
  readonly name: string
  readonly version: string
  /** The server's name, for people. */
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly websiteUrl?: string | undefined
  readonly icons?: ReadonlyArray<Icon> | undefined
  /** How to use this server, for the model. */
  readonly instructions?: string | undefined
  /**
   * What is offered besides what is registered: for what will be registered later, and for extensions and experimental
   * capabilities, by their ids. `listChanged: false` and `subscribe: false` take away what is there by default.
   */
  readonly capabilities?: ServerCapabilities | undefined
  /** Less severe log messages are never sent, whatever clients ask for. Default: `debug`. */
  readonly logLevel?: LoggingLevel | undefined
  /** How long, and by whom, results may be cached, by method. Default: not at all. */
  readonly cache?: { readonly [Method in Cacheable]?: CacheHints | undefined } | undefined
  /**
   * Secrets, of 32 characters or more, that seal what clients bring back: the state of calls that ask, and cursors of
   * lists. The first seals, all
   * of them open. Nodes that serve the same clients share them. Default: one that is made now and ends with the process, so
   * that open questions and cursors do not survive a restart.
   */
  readonly stateKeys?: ReadonlyArray<Redacted.Redacted<string>> | undefined
  /**
   * The protocol revisions to speak, by date or, for a draft of one's own, as values. Default: all that this library
   * speaks.
   */
  readonly revisions?: ReadonlyArray<string | McpRevision> | undefined
}

const infoOf = ({ description, icons, name, title, version, websiteUrl }: Options): Implementation => ({
  name,
  version,
  ...(title === undefined ? undefined : { title }),
  ...(description === undefined ? undefined : { description }),
  ...(websiteUrl === undefined ? undefined : { websiteUrl }),
  ...(icons === undefined ? undefined : { icons })
})

const spokenBy = ({ revisions: wanted = revisions.revisions }: Options): ReadonlyArray<McpRevision> => {
  const unknown = wanted.filter((revision) => typeof revision === "string" && revisions.find(revision) === undefined)
  const spoken = wanted
    .flatMap((revision) => (typeof revision === "string" ? (revisions.find(revision) ?? []) : revision))
    .toSorted((a, b) => (a.version < b.version ? -1 : 1))
  if (unknown.length === 0 && spoken.length > 0) return spoken
  const known = revisions.revisions.map(({ version }) => version).join(", ")
  throw new Error(`McpServer.layer: unknown revisions [${unknown.join(", ")}]; this library speaks ${known}`)
}

const SHORTEST_KEY = 32

const requireOptions = ({ cache = {}, capabilities, stateKeys = [] }: Options): void => {
  if (stateKeys.some((key) => Redacted.value(key).length < SHORTEST_KEY)) {
    throw new Error(`McpServer.layer: a key of stateKeys has fewer than ${SHORTEST_KEY} characters`)
  }
  for (const id of Object.keys(capabilities?.extensions ?? {})) {
    const problem = extensionIdProblem(id)
    if (problem !== undefined) throw new Error(`McpServer.layer: "${id}" cannot be an extension's id: ${problem}`)
  }
  for (const [method, hints] of Object.entries(cache)) {
    if (hints !== undefined && !(Number.isSafeInteger(hints.ttlMs) && hints.ttlMs >= 0)) {
      throw new Error(`McpServer.layer: cache["${method}"].ttlMs is a whole number of milliseconds, not ${hints.ttlMs}`)
    }
  }
}

const registryOf = (options: Options, context: Context.Context<never>): Registry => {
  requireOptions(options)
  const declared = options.capabilities ?? {}
  const server = {
    info: infoOf(options),
    instructions: options.instructions,
    revisions: spokenBy(options),
    declared,
    logFloor: options.logLevel ?? "debug",
    cache: options.cache ?? {},
    secrets: new Secrets(options.stateKeys)
  }
  const registry = new Registry(server, context)
  answerDeclared(registry, declared)
  registry.chapter(Lifecycle)
  registry.chapter(Logging)
  registry.chapter(Listening)
  return registry
}

const make = Effect.fnUntraced(function* (options: Options) {
  const listener = yield* McpListener
  const context = yield* Effect.context<never>()
  const registry = registryOf(options, context)
  const core = Peer.make(makeDispatch(registry), dialect, context)
  registry.attach(core)
  const versions = registry.server.revisions.map(({ version }) => version)
  const acceptor: Acceptor = {
    admission: {
      revisions: registry.server.revisions,
      requiredHeaders: (method, name) => registry.mirrored(method, name),
      forgetsAtRestart: registry.server.secrets.areOwn,
      staysOpen: dialect.unmetered,
      maxBody: core.limits.messageIn
    },
    ready: Effect.void,
    run: (transport) => Peer.run(core, transport),
    open: (outlet, features, opening) => Peer.open(core, outlet, features, opening),
    answer: (frame) => Peer.answer(core, frame),
    refuse: (refusal, via) => Peer.refuse(core, refusal, via),
    drain: Effect.all([core.drain, registry.background.close(core.limits.drain)], {
      concurrency: "unbounded",
      discard: true
    })
  }
  yield* Effect.forkScoped(listener.listen(acceptor), { startImmediately: true })
  return McpServer.of({
    info: registry.server.info,
    instructions: registry.server.instructions,
    revisions: versions,
    capabilities: Effect.sync(() => registry.capabilities(everything)),
    updated: (uri) => Effect.sync(() => registry.audience.updated(uri)),
    listChanged: (list) => Effect.sync(() => registry.changed(list)),
    "~mcp-effect/Registry": registry
  })
})

/** A server. It needs a listener, which only `serve`, `launch` and an in-memory `connect` provide. */
export const layer = (options: Options): Layer.Layer<McpServer, never, McpListener> =>
  Layer.effect(McpServer, make(options))

/** Tells those who watch a resource, in either era, that it has changed. */
export const updated = (uri: string): Effect.Effect<void, never, McpServer> =>
  Effect.flatMap(McpServer, (server) => server.updated(uri))

/** Tells of every URI of a stream that it has changed, as long as the Layer lives. What the stream fails with is logged. */
export const updates = <E, R>(uris: Stream.Stream<string, E, R>): Layer.Layer<never, never, McpServer | R> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const server = yield* McpServer
      const told = Stream.runForEach(uris, server.updated)
      yield* Effect.forkScoped(
        Effect.tapCause(told, (cause) =>
          Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("A stream of changed resources broke", cause)
        )
      )
    })
  )

/** What a handler of one's own may fail with: a refusal, with a fault of the revision's table, or the library's error. */
export type HandlerError = McpError | McpFault

/**
 * Answers a method, of the specification or of one's own, as long as the Layer lives.
 *
 * The handler gets the parameters, checked (those of a method of one's own are decoded), and its result is projected to
 * the revision of the request. It runs under the same laws as a tool: in a fiber of its own, with `McpRequest` and a
 * `Scope`, interrupted when the client cancels. A method has one owner: the build fails with `NameTaken` when tools,
 * resources or prompts that are registered answer it already.
 */
export const handle = <Name extends string, Params extends Payload, Result extends Payload, R = never>(
  method: Request<Name, Params, Result>,
  handler: (params: Params["Type"]) => Effect.Effect<Result["Type"], HandlerError, R>
): Layer.Layer<never, never, McpServer | Exclude<R, McpRequest | Scope.Scope>> =>
  Layer.effectDiscard(
    Effect.flatMap(McpServer, (server) => OwnMethods.answer(server["~mcp-effect/Registry"], method, handler))
  )

/** The methods that give lists in pages. */
export type ListMethod = typeof ListTools | typeof ListPrompts | typeof ListResources | typeof ListResourceTemplates

/** What a list is made of. */
export type ItemOf<Method extends ListMethod> = Method extends typeof ListTools
  ? Tool
  : Method extends typeof ListPrompts
    ? Prompt
    : Method extends typeof ListResources
      ? Resource
      : ResourceTemplate

/**
 * Adds to a list what is found when somebody asks for it, behind what is registered: a Stream, which is read from its
 * beginning for every page, or a function from a position to a page. Who answers for the items (calls the tools, reads
 * the resources) is registered beside.
 */
export const list = <Method extends ListMethod, R = never>(
  method: Method,
  source: Stream.Stream<ItemOf<Method>, HandlerError, R> | PageFunction<ItemOf<Method>, R>
): Layer.Layer<never, never, McpServer | Exclude<R, McpRequest | Scope.Scope>> =>
  Layer.effectDiscard(
    Effect.flatMap(McpServer, (server) => registerSource(server["~mcp-effect/Registry"], method, source))
  )

/**
 * Serves the tools of an `effect/ai` Toolkit as they are. Its handlers are provided as for any other use of it:
 * `McpServer.toolkit(kit).pipe(Layer.provide(kit.toLayer({ … })))`. Preliminary results of a tool are told as progress.
 */
export const toolkit = <Tools extends Record<string, AiTool.Any>>(
  toolkit: Toolkit.Toolkit<Tools>
): Layer.Layer<
  never,
  never,
  McpServer | AiTool.HandlersFor<Tools> | Exclude<AiTool.HandlerServices<Tools[keyof Tools]>, McpRequest | Scope.Scope>
> =>
  Layer.effectDiscard(
    Effect.gen(function* () {
      const registry = (yield* McpServer)["~mcp-effect/Registry"]
      const handled = (yield* toolkit) as unknown as Toolkit.WithHandler<{ readonly [name: string]: AiTool.Any }>
      yield* Effect.orDie(registerToolkit(registry, handled))
    })
  )

/** Runs for every notification of that name that a client sends, in the server's scope. What it fails with is logged. */
export const onNotification = <Name extends string, Params extends Payload, E, R = never>(
  notification: Notification<Name, Params>,
  handler: (params: Params["Type"]) => Effect.Effect<void, E, R>
): Layer.Layer<never, never, McpServer | Exclude<R, Scope.Scope>> =>
  Layer.effectDiscard(
    Effect.flatMap(McpServer, (server) => OwnMethods.hear(server["~mcp-effect/Registry"], notification, handler))
  )

const build = Effect.fnUntraced(function* <ROut, E, R>(app: Layer.Layer<ROut, E, R>) {
  const gated = yield* gate(yield* McpListenerSource)
  const context = yield* Layer.build(Layer.provide(app, Layer.succeed(McpListener, gated.listener)))
  yield* Effect.addFinalizer(() => gated.drain)
  const drains = yield* Drains
  drains?.add(gated.drain)
  yield* gated.open
  return { context, ended: gated.ended }
})

/**
 * Serves an application for as long as the Layer lives: builds it, then lets clients in. When the Layer is released it
 * drains first: new calls are refused, running ones are interrupted and waited for within `McpLimits.drain`, and only
 * then are the resources of the application released. A graph that fails to build answers nothing.
 */
export const serve = <ROut, E, R>(
  app: Layer.Layer<ROut, E, R>
): Layer.Layer<ROut, E, Exclude<R, McpListener> | McpListenerSource> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const { context, ended } = yield* build(app)
      yield* Effect.forkScoped(
        Effect.ignore(Effect.tapError(ended, (error) => Effect.logError("A listener broke", error)))
      )
      return context
    })
  )

/** Serves an application until every listener has ended (stdin was closed), then drains it and returns. */
export const launch = <ROut, E, R>(
  app: Layer.Layer<ROut, E, R>
): Effect.Effect<void, E | TransportError, Exclude<R, McpListener> | McpListenerSource> =>
  Effect.scoped(Effect.flatMap(build(app), ({ ended }) => ended))
