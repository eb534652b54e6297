/**
 * Streamable HTTP, the side of the server: one endpoint for all revisions at once.
 *
 * `layer` mounts an endpoint on an `HttpRouter`, beside other routes; each is one server, at its path and host names.
 * `layerWeb` is the same without a router, for hosts that hand over a `Request` and take a `Response`: `handle`. Host,
 * origin, size and pace of a request are checked before anything else; each guard that can be turned off is an option
 * named for what that risks. `EventStore` and `SessionStore` are used where they are provided.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import type * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { EventStore } from "./EventStore.ts"
import { Endpoint } from "./internal/http/endpoint.ts"
import { layerMounts, Mounts } from "./internal/http/mounts.ts"
import { isReachedFromOutside, type ServerOptions, type Settings, settingsOf } from "./internal/http/settings.ts"
import { Drains, type Listener, McpListenerSource, TransportError } from "./McpTransport.ts"
import { SessionStore } from "./SessionStore.ts"

export type { ServerOptions } from "./internal/http/settings.ts"

type Serve = (request: HttpServerRequest) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, Scope.Scope>

const FORGETS =
  "This server is reached from outside, and seals what clients bring back (questions that are open, cursors) by a key that " +
  "ends with the process: after a restart, and at another node, it is refused. Give McpServer.layer the option `stateKeys`"

const unavailable = HttpServerResponse.empty({ status: 503 })

/** A listener, and what serves its requests: those that come before the application is built wait for it. */
const make = Effect.fnUntraced(function* (
  settings: Settings
): Effect.fn.Return<{ readonly listener: Listener; readonly serve: Serve }, never, Scope.Scope> {
  const around = yield* Effect.context<never>()
  const opened = yield* Deferred.make<Endpoint | undefined>()
  let endpoint: Endpoint | undefined
  yield* Effect.addFinalizer(() => Deferred.succeed(opened, undefined))

  const listener: Listener = {
    listen: Effect.fnUntraced(function* (acceptor) {
      if (endpoint !== undefined) {
        return yield* new TransportError({
          detail: `Two servers listen at ${settings.path}; give each its own path or host`
        })
      }
      const context = Context.merge(around, yield* Effect.context<never>())
      const stores = {
        sessions: Context.getOrUndefined(context, SessionStore),
        events: Context.getOrUndefined(context, EventStore)
      }
      endpoint = new Endpoint(acceptor, settings, stores, context)
      yield* Effect.addFinalizer(() => endpoint?.close ?? Effect.void)
      yield* Deferred.succeed(opened, endpoint)
      if (acceptor.admission.forgetsAtRestart && isReachedFromOutside(settings)) yield* Effect.logWarning(FORGETS)
      return yield* endpoint.beat
    }),
    release: Effect.andThen(
      Deferred.succeed(opened, undefined),
      Effect.suspend(() => endpoint?.close ?? Effect.void)
    )
  }

  // only waiting is interruptible: what has been started is watched over by the scope of its request
  const serve: Serve = (request) =>
    Effect.uninterruptible(
      endpoint === undefined
        ? Effect.flatMap(
            Effect.interruptible(Deferred.await(opened)),
            (endpoint) => endpoint?.serve(request) ?? Effect.succeed(unavailable)
          )
        : endpoint.serve(request)
    )

  return { listener, serve }
})

/**
 * An endpoint on a router, for the one server that is served with it:
 * `McpServer.serve(app).pipe(Layer.provide(McpHttp.layer({ path: "/mcp" })))` is a Layer that mounts it.
 */
export const layer = (options: ServerOptions = {}): Layer.Layer<McpListenerSource, never, HttpRouter.HttpRouter> => {
  const settings = settingsOf(options)
  return Layer.effect(
    McpListenerSource,
    Effect.gen(function* () {
      const { listener, serve } = yield* make(settings)
      yield* (yield* Mounts).mount(settings, serve)
      return listener
    })
  ).pipe(Layer.provide(layerMounts))
}

/** What answers requests of the web. */
export class WebHandler extends Context.Service<
  WebHandler,
  {
    readonly handle: (request: Request) => Effect.Effect<Response>
    /** The same for hosts that hand over what Effect's own servers do. */
    readonly answered: Effect.Effect<HttpServerResponse.HttpServerResponse, never, HttpServerRequest | Scope.Scope>
  }
>()("mcp-effect/transport/McpHttp/WebHandler") {}

/** An endpoint without a router: `handle` answers its requests. The path is the host's business. */
export const layerWeb = (options: Omit<ServerOptions, "path"> = {}): Layer.Layer<McpListenerSource | WebHandler> => {
  const settings = settingsOf(options)
  return Layer.effectContext(
    Effect.gen(function* () {
      const { listener, serve } = yield* make(settings)
      const answered = Effect.flatMap(HttpServerRequest, serve)
      const answer = HttpEffect.toWebHandlerWith<never, HttpServerRequest | Scope.Scope>(
        yield* Effect.context<never>()
      )(answered)
      const handle = (request: Request) =>
        Effect.promise((signal) => answer(new Request(request, { signal: AbortSignal.any([request.signal, signal]) })))
      return Context.add(Context.make(McpListenerSource, listener), WebHandler, { handle, answered })
    })
  )
}

/** Answers one request. Interrupting this, aborting the request's `signal`, or cancelling the body of the response, is the client going away. */
export const handle = (request: Request): Effect.Effect<Response, never, WebHandler> =>
  Effect.flatMap(WebHandler, (handler) => handler.handle(request))

/**
 * Drains the servers of a Layer before anything of it is released: wrap it around `HttpRouter.serve(routes)`, whose
 * shutdown would otherwise wait for open streams, which end only when their server does.
 */
export const drainFirst = <A, E, R>(served: Layer.Layer<A, E, R>): Layer.Layer<A, E, R> =>
  Layer.effectContext(
    Effect.gen(function* () {
      const drains = new Set<Effect.Effect<void>>()
      const context = yield* Layer.build(Layer.provide(served, Layer.succeed(Drains, drains)))
      yield* Effect.addFinalizer(() =>
        Effect.forEach(drains, (drain) => drain, { concurrency: "unbounded", discard: true })
      )
      return context
    })
  )
