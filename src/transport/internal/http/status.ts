/**
 * The HTTP status of a refusal, by era and fault. Everything else is 200: it is said inside the message.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
import type { Era } from "../../../protocol/McpRevision.ts"

const both: { readonly [fault: string]: number } = {
  Parse: 400,
  Envelope: 400,
  NotInitialized: 400,
  UnsupportedVersion: 400,
  Forbidden: 403,
  RateLimited: 429,
  Busy: 503
}

const tables: { readonly [E in Era]: { readonly [fault: string]: number } } = {
  legacy: both,
  modern: {
    ...both,
    MethodNotFound: 404,
    InvalidMeta: 400,
    HeaderMismatch: 400,
    MissingCapability: 400,
    Duplicate: 400
  }
}

export const statusOf = (era: Era, fault: string | undefined): number =>
  fault === undefined ? 200 : (tables[era][fault] ?? 200)
