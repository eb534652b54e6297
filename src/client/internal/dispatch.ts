/**
 * What a client answers when the server asks, and where the server's notifications go.
 *
 * In legacy revisions it answers `ping` and what its hosts answer. To a modern server a client never sends a response,
 * and to what is not a message at all (a banner on stdout) it does not reply either.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Peer from "../../peer/Peer.ts"
import type { Fault } from "../../protocol/McpRevision.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { latestLegacy } from "../../protocol/revisions/index.ts"
import type { Notification } from "../../wire/JsonRpc.ts"
import { type Hosts, Refused } from "./hosts.ts"
import type { Link } from "./link.ts"

/** Makes the dispatch of a client. `link` is there once the connection is open. */
export const makeDispatch = (
  link: () => Link | undefined,
  hosts: Hosts,
  onNotification: (message: Notification) => void,
  context: Context.Context<never>
): Peer.Dispatch => {
  const error = (fault: Fault, message: string): Peer.Settled | undefined => {
    const { era, errors } = link()?.revision ?? latestLegacy
    return era === "modern" ? undefined : { error: { code: errors[fault], message } }
  }

  const handled = (call: Peer.Call): Effect.Effect<JsonObject, Refused> => {
    const { id, method } = call
    if (method === "ping") return Effect.succeed({})
    const host = hosts.find(method)
    const asked = link()
    const knows = asked?.revision?.server.requests.has(method) === true
    if (host === undefined || asked === undefined || !knows) {
      return Effect.fail(new Refused("MethodNotFound", `This client has no method "${method}"`))
    }
    const params = (call.params ?? {}) as JsonObject
    const problem = asked.check(host.params, params)
    return problem === undefined
      ? Effect.suspend(() => host.answer(asked.asked(id, method, params)))
      : Effect.fail(new Refused("InvalidParams", `The parameters of "${method}" do not fit: ${problem}`))
  }

  return {
    begin: (call) => ({ effect: handled(call), context }),
    settle(call, exit) {
      if (Exit.isSuccess(exit)) {
        return link()?.revision?.era === "modern" ? undefined : { result: JSON.stringify(exit.value) }
      }
      const refused = Cause.squash(exit.cause)
      if (refused instanceof Refused) return error(refused.fault, refused.detail)
      if (!Cause.hasInterruptsOnly(exit.cause)) {
        Effect.runForkWith(context)(Effect.logError(`The host that answers "${call.method}" broke`, exit.cause))
      }
      return error("Internal", `"${call.method}" could not be answered`)
    },
    refuse({ detail, fault }) {
      if (fault === "Parse" || fault === "Envelope") return undefined
      return error(fault === "TooLarge" ? "Internal" : (fault as Fault), detail)
    },
    batches: () => link()?.revision?.policy.batches === true,
    describe: (call) => `"${call.method}"`,
    notification: onNotification
  }
}
