/**
 * What a client answers when the server asks, and where the server's notifications go.
 *
 * It answers `ping` in legacy revisions and has no other method. To a modern server a client never sends a response,
 * and to what is not a message at all (a banner on stdout) it does not reply either.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Peer from "../../peer/Peer.ts"
import type { Fault, McpRevision } from "../../protocol/McpRevision.ts"
import { latestLegacy } from "../../protocol/revisions/index.ts"
import type { Notification } from "../../wire/JsonRpc.ts"

/** Makes the dispatch of a client. `revision` is what has been agreed, once it has. */
export const makeDispatch = (
  revision: () => McpRevision | undefined,
  onNotification: (message: Notification) => void,
  context: Context.Context<never>
): Peer.Dispatch => {
  const error = (fault: Fault, message: string): Peer.Settled | undefined => {
    const { era, errors } = revision() ?? latestLegacy
    return era === "modern" ? undefined : { error: { code: errors[fault], message } }
  }

  return {
    begin: (call) => ({ effect: call.method === "ping" ? Effect.void : Effect.fail(call.method), context }),
    settle(call, exit) {
      if (Exit.isSuccess(exit) && revision()?.era !== "modern") return { result: "{}" }
      return error("MethodNotFound", `This client has no method "${call.method}"`)
    },
    refuse({ detail, fault }) {
      if (fault === "Parse" || fault === "Envelope") return undefined
      return error(fault === "TooLarge" ? "Internal" : (fault as Fault), detail)
    },
    batches: () => revision()?.policy.batches === true,
    describe: (call) => `"${call.method}"`,
    notification: onNotification
  }
}
