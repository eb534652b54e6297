/**
 * How a world is served to Requests: the one file of the suite that knows how an edge host is given a server.
 */
import { Effect, Layer } from "effect"
import { McpServer } from "mcp-effect"
import * as McpHttp from "mcp-effect/McpHttp"
import type { Serve } from "./http.ts"

export const serve: Serve = ({ app }) =>
  Effect.map(Layer.build(Layer.provideMerge(McpServer.serve(app), McpHttp.layerWeb())), (context) => (request) => {
    // the host aborts a request whose connection is lost
    const lost = new AbortController()
    return McpHttp.handle(new Request(request, { signal: AbortSignal.any([request.signal, lost.signal]) })).pipe(
      Effect.provideContext(context),
      Effect.onInterrupt(() => Effect.sync(() => lost.abort()))
    )
  })
