/**
 * A client of an application that takes a `Request` and gives a `Response`: no socket, the requests are handed over.
 */
import { Effect, Layer } from "effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as McpHttpClient from "mcp-effect/McpHttpClient"

type Application = (request: Request) => Response | Promise<Response>

/** What `McpClient.connect` needs to reach it, whatever the URL says. */
export const within = (application: Application) =>
  McpHttpClient.layer().pipe(
    Layer.provide(FetchHttpClient.layer),
    Layer.provide(
      Layer.succeed(FetchHttpClient.Fetch, (input, init) => Promise.resolve(application(new Request(input, init))))
    )
  )

/** Asks it for a page. */
export const asked = (application: Application, url: string, init?: RequestInit): Effect.Effect<Response> =>
  Effect.promise(() => Promise.resolve(application(new Request(url, init))))
