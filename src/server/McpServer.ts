/**
 * A server: a registry of what it offers, and the step that lets clients in.
 *
 * `layer` makes the registry; tools register on it as they are built; it does no I/O and waits for a listener. `serve`
 * and `launch` build an application, open it to its listener, and at the end drain it before anything is released.
 * Two calls of `layer` are two servers: bind it to a const when several tools are provided apart.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Peer from "../peer/Peer.ts"
import { dialect, type McpRevision } from "../protocol/McpRevision.ts"
import type { Implementation } from "../protocol/McpSchema.ts"
import * as revisions from "../protocol/revisions/index.ts"
import { type Acceptor, gate, McpListener, McpListenerSource, type TransportError } from "../transport/McpTransport.ts"
import { makeDispatch } from "./internal/dispatch.ts"
import { type RegisteredTool, Registry } from "./internal/registry.ts"

export interface Service {
  /** The server's name and version, as clients see them. */
  readonly info: Implementation
  /** Adds a compiled tool for as long as the scope is open; `McpTool` does this. */
  registerTool(tool: RegisteredTool): Effect.Effect<void, never, Scope.Scope>
}

/** The server that is being built: tools register on it. */
export class McpServer extends Context.Service<McpServer, Service>()("mcp-effect/server/McpServer") {}

export interface Options {
  /** The server's name, for programs. */
  readonly name: string
  readonly version: string
  /** The server's name, for people. */
  readonly title?: string | undefined
  readonly description?: string | undefined
  readonly websiteUrl?: string | undefined
  /** How to use this server, for the model. */
  readonly instructions?: string | undefined
  /**
   * The protocol revisions to speak, by date or, for a draft of one's own, as values. Default: all that this library
   * speaks.
   */
  readonly revisions?: ReadonlyArray<string | McpRevision> | undefined
}

const infoOf = ({ description, name, title, version, websiteUrl }: Options): Implementation => ({
  name,
  version,
  ...(title === undefined ? undefined : { title }),
  ...(description === undefined ? undefined : { description }),
  ...(websiteUrl === undefined ? undefined : { websiteUrl })
})

const make = Effect.fnUntraced(function* (options: Options) {
  const listener = yield* McpListener
  const context = yield* Effect.context<never>()
  const wanted = options.revisions ?? revisions.revisions
  const unknown = wanted.filter((revision) => typeof revision === "string" && revisions.find(revision) === undefined)
  const spoken = wanted
    .flatMap((revision) => (typeof revision === "string" ? (revisions.find(revision) ?? []) : revision))
    .toSorted((a, b) => (a.version < b.version ? -1 : 1))
  if (unknown.length > 0 || spoken.length === 0) {
    const known = revisions.revisions.map(({ version }) => version).join(", ")
    return yield* Effect.die(
      new Error(`McpServer.layer: unknown revisions [${unknown.join(", ")}]; this library speaks ${known}`)
    )
  }
  const registry = new Registry({ info: infoOf(options), instructions: options.instructions, revisions: spoken })
  const core = Peer.make(makeDispatch(registry, context), dialect, context)
  const acceptor: Acceptor = {
    admission: {
      revisions: spoken.map(({ version }) => version),
      requiredHeaders: () => [],
      maxBody: core.limits.messageIn
    },
    ready: Effect.void,
    run: (transport) => Peer.run(core, transport),
    open: (outlet, features) => Peer.open(core, outlet, features),
    answer: (frame, exchange) => Peer.answer(core, frame, exchange),
    drain: core.drain
  }
  yield* Effect.forkScoped(listener.listen(acceptor), { startImmediately: true })
  return McpServer.of({ info: registry.server.info, registerTool: (tool) => registry.addTool(tool, core) })
})

/** A server. It needs a listener, which only `serve`, `launch` and an in-memory `connect` provide. */
export const layer = (options: Options): Layer.Layer<McpServer, never, McpListener> =>
  Layer.effect(McpServer, make(options))

const build = Effect.fnUntraced(function* <ROut, E, R>(app: Layer.Layer<ROut, E, R>) {
  const gated = yield* gate(yield* McpListenerSource)
  const context = yield* Layer.build(Layer.provide(app, Layer.succeed(McpListener, gated.listener)))
  yield* Effect.addFinalizer(() => gated.drain)
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
