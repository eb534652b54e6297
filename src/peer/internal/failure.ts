/**
 * What can happen to a request of our own, in the peer's own words.
 *
 * Server and client map it to their error in one function each; nothing here is ever written to the wire.
 */
import * as Data from "effect/Data"
import type { Lost } from "../../transport/McpTransport.ts"
import type { ErrorObject } from "../../wire/JsonRpc.ts"

export type Reason =
  /** The conversation has ended. */
  | { readonly _tag: "Closed"; readonly detail: string }
  /** A limit was reached; `after` in milliseconds. */
  | { readonly _tag: "Timeout"; readonly limit: "idle" | "total"; readonly after: number }
  /** The other side answered with an error. */
  | { readonly _tag: "Refused"; readonly error: ErrorObject }
  /** The other side answered with something that is not a response. */
  | { readonly _tag: "Malformed"; readonly detail: string }
  /** The exchange that carried it ended without an answer. */
  | Lost
  /** The request is larger than a message may be; it was not sent. */
  | { readonly _tag: "TooLarge"; readonly size: number; readonly limit: number }

export class PeerError extends Data.TaggedError("PeerError")<{ readonly reason: Reason }> {}
