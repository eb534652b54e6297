/**
 * Node's side of a server: what runs it as this process.
 *
 * `runStdio` is the last step of a server's pipe: it owns the process until stdin ends. Stdout belongs to the protocol
 * meanwhile: whatever else writes there (`console.log`, a dependency) goes to stderr. It loads nothing that only clients
 * need; `McpNode` is this module and the clients' together.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { LogToStderr } from "effect/References"
import type { McpServer } from "../server/McpServer.ts"
import { launch } from "../server/McpServer.ts"
import * as McpStdio from "../transport/McpStdio.ts"
import type { McpListener, McpListenerSource, TransportError } from "../transport/McpTransport.ts"
import type { WebHandler } from "../transport/McpHttp.ts"
import type { IncomingMessage, ServerResponse } from "node:http"
import type { HttpServerOptions } from "./internal/http.ts"
import { requireNode } from "./internal/requireNode.ts"
import { layerReserved } from "./internal/stdio.ts"

export type { HttpServerOptions } from "./internal/http.ts"

/** `unknown` when nothing but the listener is missing; otherwise what to do, as a type error. */
export type Complete<R> = [Exclude<R, McpListener>] extends [never]
  ? unknown
  : [McpServer] extends [R]
    ? NoServer
    : Missing<Exclude<R, McpListener>>
export interface NoServer {
  readonly "No server yet: add Layer.provide(McpServer.layer({ name, version })) before this step": never
}
export interface Missing<Service> {
  readonly "Not provided yet: add Layer.provide(…) before this step for": Service
}

/** This process's standard input and output as a listener, with stdout reserved for the protocol. */
export const layerStdio: Layer.Layer<McpListenerSource> = /* @__PURE__ */ Layer.provide(
  McpStdio.layerServer,
  layerReserved
)

/**
 * An HTTP server on this machine as a listener: a socket, a router with the endpoint, and a route that tells whether it is
 * there. What only HTTP needs is loaded here, not with this module.
 */
export const layerHttp = (options: HttpServerOptions): Layer.Layer<McpListenerSource, TransportError> =>
  Layer.unwrap(Effect.map(loadHttp, (http) => http.layerHttp(options)))

/**
 * Serves an application over HTTP until the scope closes, and gives its URL once it can answer there:
 * `const url = yield* McpNode.serveHttp(app, { port: 0 })`.
 */
export const serveHttp = <ROut, E, R>(
  app: Layer.Layer<ROut, E, R>,
  options: HttpServerOptions
): Effect.Effect<string, E | TransportError, Scope.Scope | Exclude<Exclude<R, McpListener>, McpListenerSource>> =>
  Effect.gen(function* () {
    const url = yield* Deferred.make<string>()
    const onListening = (at: string) =>
      Effect.andThen(options.onListening?.(at) ?? Effect.void, Deferred.succeed(url, at))
    const listener = layerHttp({ ...options, onListening: (at) => Effect.asVoid(onListening(at)) })
    // what the listener refuses fails it too
    const running = yield* Effect.forkScoped(Effect.provide(launch(app), listener))
    return yield* Effect.raceFirst(Deferred.await(url), Effect.andThen(Fiber.join(running), Effect.never))
  })

const loadHttp = Effect.promise(() => import("./internal/http.ts"))

/**
 * Answers one request of Node's own HTTP server with the endpoint of `McpHttp.layerWeb`: for Express, and others that hand
 * over a request and a response. `app.all("/mcp", (request, response) => runtime.runFork(McpNode.handle(request, response)))`,
 * before any parser of bodies. Interrupting it, or losing the connection, is the client going away.
 */
export const handle = (request: IncomingMessage, response: ServerResponse): Effect.Effect<void, never, WebHandler> =>
  Effect.flatMap(loadHandling, (handling) => handling.handle(request, response))

const loadHandling = Effect.promise(() => import("./internal/handling.ts"))

/** How long a process that has nothing left to do may take to end by itself. */
const LINGER_MS = 1000

/** A signal ends a server as the end of stdin does. */
const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  exit._tag === "Success" || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1

/**
 * Runs a server on this process's stdio until stdin ends, SIGINT or SIGTERM, then drains it and ends the process: with
 * code 0, or 1 when the server could not be built. Logs go to stderr.
 */
export const runStdio = <ROut, E, R>(app: Layer.Layer<ROut, E, R> & Complete<R>): void => {
  run(Effect.provide(launch(app as Layer.Layer<ROut, E, McpListener>), layerStdio), true)
}

/**
 * Runs a server over HTTP until SIGINT or SIGTERM: `app.pipe(McpNode.runHttp({ port: 3000 }))` serves it at
 * `http://127.0.0.1:3000/mcp`, and prints that once it can answer. At the end it drains, lets go of the socket, releases
 * the application, and ends the process: with code 0, or 1 when the server could not be built.
 */
export const runHttp =
  (options: HttpServerOptions) =>
  <ROut, E, R>(app: Layer.Layer<ROut, E, R> & Complete<R>): void => {
    const printed = (url: string) => Effect.sync(() => void process.stdout.write(`The MCP server listens at ${url}\n`))
    const listener = layerHttp({ onListening: printed, ...options })
    run(Effect.provide(launch(app as Layer.Layer<ROut, E, McpListener>), listener), false)
  }

const run = <E>(main: Effect.Effect<void, E>, logToStderr: boolean): void => {
  requireNode()
  const reported = Effect.tapCause(main, (cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("The server could not go on", cause)
  )
  NodeRuntime.runMain(
    Effect.onExit(Effect.provideService(reported, LogToStderr, logToStderr), (exit) =>
      Effect.sync(() => {
        // a handler may have left something behind that keeps the loop alive
        setTimeout(() => process.exit(codeOf(exit)), LINGER_MS).unref()
      })
    ),
    { disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) }
  )
}
