/**
 * Requests of Node's own HTTP server, as Express and others hand them over, for an endpoint without a router.
 *
 * The body is read from the request itself, so nobody may have read it before: an endpoint stands before what parses
 * bodies. Losing the connection is the client going away, and so is interrupting the Effect.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { IncomingMessage, ServerResponse } from "node:http"
import { WebHandler } from "../../transport/McpHttp.ts"

const closed = (response: ServerResponse): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (response.closed) return resume(Effect.void)
    const onClose = () => resume(Effect.void)
    response.once("close", onClose)
    return Effect.sync(() => void response.off("close", onClose))
  })

const READ = "The body of this request has been read already: let the endpoint stand before what parses bodies"

const consumed = Effect.as(Effect.logError(READ), HttpServerResponse.text(READ, { status: 500 }))

export const handle = (request: IncomingMessage, response: ServerResponse): Effect.Effect<void, never, WebHandler> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { answered } = yield* WebHandler
      const isRead = request.method === "POST" && request.readableEnded
      const answer = yield* NodeHttpServer.makeHandler(isRead ? consumed : answered, { scope: yield* Effect.scope })
      answer(request, response)
      yield* closed(response)
    })
  )
