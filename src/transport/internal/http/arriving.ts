/**
 * One HTTP request as the endpoint sees it, and what can be refused before its body is read.
 */
import * as Option from "effect/Option"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { Principal } from "../../McpTransport.ts"
import type { Headers } from "./ladder.ts"

/** A request that has been let in. */
export interface Arrived {
  readonly request: HttpServerRequest
  readonly headers: Headers
  readonly principal: Principal
}

/** The headers, lower-case; from Node's own object, where the request is Node's. */
export const headersOf = (request: HttpServerRequest): Headers => {
  const own = (request.source as { readonly headers?: unknown; readonly httpVersionMajor?: number }) ?? {}
  // `request.headers` is made when it is asked for
  return own.httpVersionMajor === 1 ? (own.headers as Headers) : request.headers
}

/** The host that the caller means. */
export const hostOf = (request: HttpServerRequest, headers: Headers, trustedProxy: boolean): string | undefined => {
  const forwarded = trustedProxy ? headers["x-forwarded-host"]?.split(",")[0]?.trim() : undefined
  if (forwarded !== undefined) return forwarded
  // a Request of the web has its host in its URL
  return headers["host"] ?? /^https?:\/\/([^/?#]+)/i.exec(request.originalUrl)?.[1]
}

/** Who is at the other end of the connection, or, through a proxy, whom it names. */
export const remoteOf = (request: HttpServerRequest, headers: Headers, trustedProxy: boolean): string | undefined => {
  const forwarded = trustedProxy ? headers["x-forwarded-for"]?.split(",")[0]?.trim() : undefined
  return forwarded ?? Option.getOrUndefined(request.remoteAddress)
}

const mediaType = (value: string): string => value.split(";", 1)[0]!.trim().toLowerCase()

/** Whether a body is said to be JSON, in UTF-8. */
export const isJson = (contentType: string | undefined): boolean => {
  if (contentType === "application/json") return true
  if (contentType === undefined || mediaType(contentType) !== "application/json") return false
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(contentType)?.[1]
  return charset === undefined || charset.toLowerCase() === "utf-8" || charset.toLowerCase() === "utf8"
}

/** What a caller takes. */
export interface Accepts {
  readonly json: boolean
  readonly events: boolean
}

const both: Accepts = { json: true, events: true }

const wants = (range: string, type: string): boolean => {
  const accepted = mediaType(range)
  if (/;\s*q\s*=\s*0(\.0*)?\s*(;|$)/i.test(range)) return false
  return accepted === type || accepted === "*/*" || accepted === `${type.split("/")[0]}/*`
}

/** What a caller takes, by its `Accept`; one that says nothing takes everything. */
export const acceptsOf = (accept: string | undefined): Accepts => {
  if (accept === undefined || accept === "application/json, text/event-stream" || accept === "*/*") return both
  const ranges = accept.split(",")
  return {
    json: ranges.some((range) => wants(range, "application/json")),
    events: ranges.some((range) => wants(range, "text/event-stream"))
  }
}
