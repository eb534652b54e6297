/**
 * What browsers ask before a page of another origin may use an endpoint, and what they want to hear with the answer.
 *
 * Only pages that the guards have let in come here.
 */
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Headers } from "./ladder.ts"
import type { Response } from "./serving.ts"

const DAY = "86400"

const fallback =
  "content-type, accept, authorization, mcp-protocol-version, mcp-session-id, mcp-method, mcp-name, last-event-id"

const base = (origin: string) => ({ "access-control-allow-origin": origin, vary: "Origin" })

/** The answer to the question before a request. */
export const preflight = (headers: Headers, methods: string): Response =>
  HttpServerResponse.empty({
    status: 204,
    headers: {
      ...base(headers["origin"]!),
      "access-control-allow-methods": methods,
      // parameters are sent as headers of any name
      "access-control-allow-headers": headers["access-control-request-headers"] ?? fallback,
      "access-control-max-age": DAY
    }
  })

/** Lets the page read the answer. */
export const allowing =
  (origin: string) =>
  (response: Response): Response =>
    HttpServerResponse.setHeaders(response, {
      ...base(origin),
      "access-control-expose-headers": "mcp-session-id, www-authenticate"
    })
