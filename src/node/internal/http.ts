/**
 * Node's HTTP server under an endpoint: the socket, its time-outs, and the order in which all of it ends.
 *
 * The socket is open before the application is built, and what comes meanwhile waits. At the end the server has been
 * drained when the socket closes, and the application is released after it. Beyond this machine nobody is let in by
 * default: that takes somebody who asks who is calling, or an option named for the risk.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Http from "node:http"
import * as Https from "node:https"
import * as McpHttp from "../../transport/McpHttp.ts"
import { type Limits, McpLimits } from "../../transport/McpLimits.ts"
import { type Acceptor, Authenticate, McpListenerSource, TransportError } from "../../transport/McpTransport.ts"

export interface HttpServerOptions extends McpHttp.ServerOptions {
  /** The port; 0 takes one that is free. */
  readonly port?: number | undefined
  /** The address to listen on. Default: `127.0.0.1`, which only this machine can reach. */
  readonly host?: string | undefined
  /** The path of a Unix socket to listen on, in place of an address. */
  readonly socket?: string | undefined
  /** Serves HTTPS with this key and certificate; every option of Node's `https.createServer`. */
  readonly tls?: Https.ServerOptions | undefined
  /** Where a GET tells that the server is there. Default: `/health`. */
  readonly health?: `/${string}` | false | undefined
  /** Lets everybody on the network use the server without saying who they are. Default: false. */
  readonly allowAnonymousFromNetwork?: boolean | undefined
  /** Runs once the server can answer. Default: it is logged. */
  readonly onListening?: ((url: string) => Effect.Effect<void>) | undefined
}

const isLoopback = (host: string): boolean => host === "localhost" || host === "::1" || host.startsWith("127.")

const isAny = (host: string): boolean => host === "0.0.0.0" || host === "::"

const refuse = (detail: string) => Effect.fail(new TransportError({ detail }))

/** The names that this server is called by, or why they have to be said. */
const namedHosts = (options: HttpServerOptions, host: string): Effect.Effect<HttpServerOptions, TransportError> => {
  const { allowDnsRebinding, hosts, publicUrl, socket } = options
  if (socket !== undefined || isLoopback(host) || hosts !== undefined || allowDnsRebinding === true) {
    return Effect.succeed(options)
  }
  if (!isAny(host)) return Effect.succeed({ ...options, hosts: [host.includes(":") ? `[${host}]` : host] })
  return publicUrl === undefined
    ? refuse(`Listening on ${host} takes the names by which the server is reached: the option "hosts" or "publicUrl"`)
    : Effect.succeed({ ...options, hosts: [] })
}

/** Node's server, with a bound for whoever sends slowly. */
const serverOf = ({ tls }: HttpServerOptions, limits: Limits): Http.Server => {
  const headers = Duration.toMillis(limits.headers)
  const options = {
    headersTimeout: headers,
    requestTimeout: headers + Duration.toMillis(limits.body),
    keepAliveTimeout: Duration.toMillis(limits.keepOpen),
    connectionsCheckingInterval: 1000
  }
  return tls === undefined ? Http.createServer(options) : Https.createServer({ ...options, ...tls })
}

const failed = (cause: unknown): TransportError => {
  const reason = (cause as { readonly cause?: { readonly message?: string } }).cause?.message ?? String(cause)
  return new TransportError({ detail: `The server cannot listen: ${reason}`, cause })
}

const urlOf = (options: HttpServerOptions, host: string, address: { readonly port?: number }): string => {
  if (options.publicUrl !== undefined) return String(options.publicUrl)
  const path = options.path ?? "/mcp"
  if (options.socket !== undefined) return `${options.socket} (${path})`
  const name = host.includes(":") ? `[${host}]` : host
  return `${options.tls === undefined ? "http" : "https"}://${name}:${address.port}${path}`
}

const make = Effect.fnUntraced(function* (given: HttpServerOptions) {
  const { host = "127.0.0.1" } = given
  const options = yield* namedHosts(given, host)
  const limits = yield* McpLimits
  const router = yield* HttpRouter.HttpRouter
  const source = yield* Layer.build(McpHttp.layer(options))
  const listener = Context.get(source, McpListenerSource)
  let isReady = false
  const health = options.health ?? "/health"
  if (health !== false) {
    const told = () =>
      HttpServerResponse.jsonUnsafe({ status: isReady ? "ok" : "starting" }, { status: isReady ? 200 : 503 })
    yield* router.add("GET", health, Effect.sync(told))
  }

  const socket = yield* Scope.fork(yield* Effect.scope)
  const where = options.socket === undefined ? { port: options.port ?? 0, host } : { path: options.socket }
  const node = serverOf(options, limits)
  const server = yield* NodeHttpServer.make(() => node, {
    ...where,
    gracefulShutdownTimeout: limits.drain
  }).pipe(Scope.provide(socket), Effect.mapError(failed))
  yield* Scope.provide(server.serve(router.asHttpEffect()), socket)
  const onListening = options.onListening ?? ((url: string) => Effect.logInfo(`The MCP server listens at ${url}`))

  const listen = Effect.fnUntraced(function* (acceptor: Acceptor) {
    const isOpen = options.socket !== undefined || isLoopback(host) || options.allowAnonymousFromNetwork === true
    if (!isOpen && (yield* Authenticate) === undefined) {
      yield* release
      return yield* refuse(
        `Listening on ${host} lets in everybody on the network: provide Authenticate, or say allowAnonymousFromNetwork`
      )
    }
    const ready = Effect.andThen(
      acceptor.ready,
      Effect.suspend(() => {
        isReady = true
        return onListening(urlOf(options, host, server.address as { readonly port?: number }))
      })
    )
    yield* Effect.forkScoped(ready)
    return yield* listener.listen(acceptor)
  })
  // everything has been answered: who has asked nothing, or does not read, is not waited for
  const cutOff = Effect.forkScoped(
    Effect.delay(
      Effect.sync(() => node.closeAllConnections()),
      limits.lastWords
    )
  )
  // a connection whose stream has just ended is idle only now
  const letGo = Effect.forkScoped(
    Effect.forever(
      Effect.andThen(
        Effect.sync(() => node.closeIdleConnections()),
        Effect.sleep(20)
      )
    )
  )
  const release = Effect.suspend(() => {
    isReady = false
    const closed = Effect.scoped(Effect.andThen(Effect.andThen(cutOff, letGo), Scope.close(socket, Exit.void)))
    return Effect.andThen(listener.release ?? Effect.void, closed)
  })
  // what waits for an application that could not be built
  yield* Effect.addFinalizer(() => release)
  return McpListenerSource.of({ listen, release })
})

export const layerHttp = (options: HttpServerOptions): Layer.Layer<McpListenerSource, TransportError> =>
  Layer.provide(Layer.effect(McpListenerSource, make(options)), HttpRouter.layer)
