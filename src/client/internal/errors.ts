/**
 * From the peer's and the transport's words to the client's one error: the only place that makes the translation.
 */
import type { PeerError } from "../../peer/Peer.ts"
import {
  Busy,
  Closed,
  ConnectFailed,
  InvalidInput,
  McpError,
  type Reason,
  Remote,
  Timeout,
  Undecodable
} from "../../protocol/McpError.ts"
import { latestLegacy } from "../../protocol/revisions/index.ts"
import type { TransportError } from "../../transport/McpTransport.ts"

/** The code by which a server says that it has no room; the same in all revisions. */
const BUSY = latestLegacy.errors.Busy

/** Wraps a reason. */
export const mcpError = (reason: Reason): McpError => new McpError({ reason })

const reasonOf = ({ reason }: PeerError, method: string): Reason => {
  switch (reason._tag) {
    case "Closed":
      return new Closed({ detail: reason.detail })
    case "Timeout":
      return new Timeout({ limit: reason.limit, method, after: reason.after })
    case "Refused":
      return reason.error.code === BUSY
        ? new Busy({ detail: reason.error.message })
        : new Remote({ method, code: reason.error.code, detail: reason.error.message, data: reason.error.data })
    case "Malformed":
      return new Undecodable({ method, detail: reason.detail })
    case "TooLarge":
      return new InvalidInput({
        method,
        detail: `the request is ${reason.size} characters long; a message may have ${reason.limit}`
      })
  }
}

/** What went wrong with a request. */
export const fromPeer = (error: PeerError, method: string): McpError => mcpError(reasonOf(error, method))

/** Why a target could not be reached. */
export const fromTransport = (error: TransportError, target: string): McpError =>
  mcpError(new ConnectFailed({ target, detail: error.detail }))
