/**
 * From the peer's and the transport's words to the client's one error: the only place that makes the translation.
 */
import type { PeerError } from "../../peer/Peer.ts"
import {
  Busy,
  Closed,
  ConnectFailed,
  Forbidden,
  InvalidInput,
  Lost,
  McpError,
  RateLimited,
  type Reason,
  Remote,
  Timeout,
  Undecodable,
  Unsupported
} from "../../protocol/McpError.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import { latestLegacy } from "../../protocol/revisions/index.ts"
import type { TransportError } from "../../transport/McpTransport.ts"

/** Codes of our own are the same in all revisions. */
const { Busy: BUSY, Forbidden: FORBIDDEN, RateLimited: RATE_LIMITED, Rejected: REJECTED } = latestLegacy.errors

/** Wraps a reason. */
export const mcpError = (reason: Reason): McpError => new McpError({ reason })

/** A refusal by a guard or a limit of a server that is built with this library; nothing when a code says something else. */
export const refusalOf = (code: unknown, detail: string, data: unknown): Reason | undefined => {
  const { guard, retryAfterMs } = (data ?? {}) as { readonly guard?: unknown; readonly retryAfterMs?: unknown }
  switch (code) {
    case BUSY:
      return new Busy({ detail })
    case FORBIDDEN:
      return typeof guard === "string" ? new Forbidden({ guard, detail }) : undefined
    case RATE_LIMITED:
      return new RateLimited(typeof retryAfterMs === "number" ? { detail, retryAfterMs } : { detail })
    default:
      return undefined
  }
}

const reasonOf = ({ reason }: PeerError, method: string): Reason => {
  switch (reason._tag) {
    case "Closed":
      return new Closed({ detail: reason.detail })
    case "Timeout":
      return new Timeout({ limit: reason.limit, method, after: reason.after })
    case "Refused":
      return (
        refusalOf(reason.error.code, reason.error.message, reason.error.data) ??
        new Remote({ method, code: reason.error.code, detail: reason.error.message, data: reason.error.data })
      )
    case "Lost":
      return new Lost({ method, loss: reason.loss, detail: reason.detail })
    case "Malformed":
      return new Undecodable({ method, detail: reason.detail })
    case "TooLarge":
      return new InvalidInput({
        method,
        detail: `the request is ${reason.size} characters long; a message may have ${reason.limit}`
      })
  }
}

/** The user of this client has refused what a call asked back: as a legacy server would have heard it, and told. */
export const rejected = (method: string, key: string, detail: string): McpError =>
  mcpError(new Remote({ method, code: REJECTED, detail, data: { key } }))

/** What went wrong with a request. */
export const fromPeer = (error: PeerError, method: string): McpError => mcpError(reasonOf(error, method))

/** Why a target could not be reached. */
export const fromTransport = (error: TransportError, target: string): McpError =>
  mcpError(error.cause instanceof Unsupported ? error.cause : new ConnectFailed({ target, detail: error.detail }))

/** Why connecting to a target has failed: nobody there who takes the handshake, or what else has gone wrong. */
export const fromHandshake = (error: McpError, target: string): McpError => {
  const { reason } = error
  return reason._tag === "Lost" && (reason.loss === "Refused" || reason.loss === "Unavailable")
    ? mcpError(new ConnectFailed({ target, detail: reason.detail }))
    : error
}

/** Whether a server has refused a message because of its headers. */
export const isMismatch = ({ reason }: McpError, revision: McpRevision | undefined): boolean =>
  reason._tag === "Remote" && revision?.era === "modern" && reason.code === revision.errors.HeaderMismatch
