/**
 * Servers behind a URL: the client's side of Streamable HTTP, in every revision.
 *
 * `make` is the transport of one connection, over any `HttpClient`; `layer` lets `McpClient.connect` take URLs. `McpNode.layer`
 * has it already, with proxies and private certificates; elsewhere provide `FetchHttpClient.layer`. What is sent goes to the
 * origin of the URL only: a redirect to another is an error that names it.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { HttpClient } from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type { HeaderValue } from "./internal/fetching/line.ts"
import { overHttp } from "./internal/fetching/transport.ts"
import { Verdicts } from "./internal/verdicts.ts"
import { McpConnector, type McpTransport, type Route, type Target, TransportError } from "./McpTransport.ts"

export type { HeaderValue } from "./internal/fetching/line.ts"

export interface Options {
  /**
   * Sent with every HTTP request: `{ authorization: Redacted.make("Bearer …") }`. An Effect is run for each of them. What
   * the protocol says itself cannot be said otherwise here.
   */
  readonly headers?: { readonly [name: string]: HeaderValue } | undefined
}

const parse = (url: string | URL): Result.Result<URL, TransportError> => {
  const parsed = Result.mapError(
    Result.try(() => new URL(url)),
    () => new TransportError({ detail: `${JSON.stringify(String(url))} is not a URL` })
  )
  return Result.flatMap(parsed, (parsed) => {
    if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
      return Result.fail(
        new TransportError({ detail: `A server is reached by http: or https:, not by ${parsed.protocol}` })
      )
    }
    const detail = "The URL of a server has no user and password; give the option `headers` with `authorization`"
    return parsed.username + parsed.password === ""
      ? Result.succeed(parsed)
      : Result.fail(new TransportError({ detail }))
  })
}

/**
 * A conversation with the server at a URL, for as long as the scope is open. Nothing is sent before the first message is;
 * closing the scope ends every request, and gives a session back.
 */
export const make = (
  url: string | URL,
  options?: Options
): Effect.Effect<McpTransport, TransportError, HttpClient | Scope.Scope> =>
  Effect.flatMap(Effect.fromResult(parse(url)), ({ href }) => overHttp(href, options?.headers ?? {}))

/** The URL as people should see it: what follows the path may be secret. */
const nameOf = ({ origin, pathname }: URL): string => origin + pathname

type Opens = Effect.Effect<HttpClient, never, Scope.Scope>

const connector = (client: Opens, options: Options | undefined): McpConnector["Service"] => {
  const verdicts = new Verdicts()
  const routeOf = (url: URL): Route => ({
    name: nameOf(url),
    authContext: url.origin,
    open: Effect.flatMap(client, (client) => Effect.provideService(make(url, options), HttpClient, client)),
    verdict: verdicts.of(url.origin)
  })
  return McpConnector.of({
    route: (target: Target) =>
      typeof target === "string" || target instanceof URL
        ? Effect.fromResult(Result.map(parse(target), routeOf))
        : Effect.fail(new TransportError({ detail: `"${target.command}" is a command; only URLs are reached here` }))
  })
}

/** How `McpClient.connect` reaches URLs: all of them by one `HttpClient`, which lives as long as this Layer. */
export const layer = (options?: Options): Layer.Layer<McpConnector, never, HttpClient> =>
  Layer.effect(
    McpConnector,
    Effect.map(HttpClient, (client) => connector(Effect.succeed(client), options))
  )

/** As `layer`, with an `HttpClient` for each connection: it lives as long as that. */
export const layerEach = (client: Layer.Layer<HttpClient>, options?: Options): Layer.Layer<McpConnector> =>
  Layer.sync(McpConnector, () =>
    connector(Effect.map(Layer.build(Layer.fresh(client)), Context.get(HttpClient)), options)
  )
