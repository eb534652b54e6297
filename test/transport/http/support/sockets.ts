/**
 * A server on a real socket of this process, and connections that are written to byte by byte.
 *
 * `onSocket` serves an application by `McpNode.layerHttp` until it is closed, at the latest with the scope. `raw` is a
 * connection that sends what the test says and keeps what comes back; `posted` is one request of Node's own client.
 */
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import { McpLimits, McpServer, type McpTransport } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import type { McpTest } from "mcp-effect/testing"
import { connect, type Socket } from "node:net"
import { request, type RequestOptions } from "node:http"
import type { App } from "./endpoint.ts"

export interface OnSocket {
  /** Where it says that it listens. Waits for that; dies when the application cannot be built. */
  readonly url: Effect.Effect<string>
  readonly isListening: Effect.Effect<boolean>
  /** Ends once the application is built. */
  readonly built: Effect.Effect<void, McpTransport.TransportError>
  readonly close: Effect.Effect<void>
}

/** Begins to serve an application; does not wait until it is built. */
export const onSocket = (
  app: App,
  options: McpNode.HttpServerOptions = {},
  limits: Partial<McpLimits.Limits> = {}
): Effect.Effect<OnSocket, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const url = yield* Deferred.make<string>()
    const onListening = (at: string) => Effect.asVoid(Deferred.succeed(url, at))
    const served = McpServer.serve(app).pipe(
      Layer.provide(McpNode.layerHttp({ onListening, ...options })),
      Layer.provide(Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, ...limits }))
    )
    const building = yield* Effect.forkIn(Layer.buildWithScope(served, scope), scope)
    const built = Effect.asVoid(Fiber.join(building))
    return {
      url: Effect.raceFirst(Deferred.await(url), Effect.andThen(Effect.orDie(built), Effect.never)),
      isListening: Deferred.isDone(url),
      built,
      close: Effect.suspend(() => Scope.close(scope, Exit.void))
    }
  })

/** Serves an application that is built at once; gives where. */
export const listening = (
  app: App,
  options: McpNode.HttpServerOptions = {},
  limits: Partial<McpLimits.Limits> = {}
): Effect.Effect<OnSocket & { readonly at: URL }, never, Scope.Scope> =>
  Effect.flatMap(onSocket(app, options, limits), (server) =>
    Effect.map(server.url, (url) => ({ ...server, at: new URL(url) }))
  )

/** A connection in the hands of a test. */
export class Raw {
  received = ""
  closed = false
  readonly #socket: Socket

  constructor(socket: Socket) {
    socket.setEncoding("utf8").on("data", (text: string) => (this.received += text))
    socket.on("close", () => (this.closed = true))
    socket.on("error", () => {})
    this.#socket = socket
  }

  send(text: string): void {
    this.#socket.write(text)
  }

  drop(): void {
    this.#socket.destroy()
  }
}

/** Connects; fails with the code of the error where nobody listens. */
export const raw = (
  at: { readonly port: number } | { readonly path: string }
): Effect.Effect<Raw, string, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Raw, string>((resume) => {
      const socket = connect({ host: "127.0.0.1", ...at })
      socket.once("connect", () => resume(Effect.succeed(new Raw(socket))))
      socket.once("error", (error: NodeJS.ErrnoException) => resume(Effect.fail(error.code ?? error.message)))
    }),
    (raw) => Effect.sync(() => raw.drop())
  )

export interface Posted {
  readonly status: number
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  readonly body: string
}

/** Sends one request by Node's own client, without a pool; gives all of the response. */
export const sent = (options: RequestOptions, body?: McpTest.Json): Effect.Effect<Posted, Cause.UnknownError> =>
  Effect.callback((resume) => {
    const asking = request({ agent: false, ...options }, (response) => {
      let text = ""
      response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk))
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      )
    })
    asking.on("error", (error) => resume(Effect.fail(new Cause.UnknownError(error, error.message))))
    asking.end(body === undefined ? undefined : JSON.stringify(body))
    return Effect.sync(() => void asking.destroy())
  })
