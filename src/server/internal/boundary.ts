/**
 * The one place where an exit, or a refusal, becomes a wire message.
 *
 * A fault's code is looked up in the request's revision. A defect becomes an internal error with an incident id; its
 * cause goes to the log, its text never to the wire.
 */
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Peer from "../../peer/Peer.ts"
import * as McpContent from "../../protocol/McpContent.ts"
import type { Fault, McpRevision } from "../../protocol/McpRevision.ts"
import { type JsonObject, metaKeys } from "../../protocol/McpSchema.ts"
import { latestLegacy, latestModern } from "../../protocol/revisions/index.ts"
import type { Exchange } from "../../transport/McpTransport.ts"
import type { ErrorObject } from "../../wire/JsonRpc.ts"
import { InputRequired } from "./asking/asking.ts"
import type { Facts, Session } from "./facts.ts"
import { Incidents } from "./incidents.ts"
import { dataOf, faultOf, type Refusal, refusalOf } from "./refusals.ts"
import type { Registry } from "./registry.ts"
import type { Rendered } from "./rendering.ts"

const refusal = (fault: Fault, detail: string, revision: McpRevision, data?: unknown): Peer.Settled => {
  const error: ErrorObject = { code: revision.errors[fault], message: detail }
  return { error: data === undefined ? error : { ...error, data }, hints: { fault } }
}

/** What a finished handler says. */
export const settle = (registry: Registry, call: Peer.Call, exit: Exit.Exit<unknown, unknown>): Peer.Settled => {
  const facts = call.slot as Facts | undefined
  const revision = facts?.revision ?? latestModern
  if (Exit.isSuccess(exit)) return completed(registry, call, exit.value, revision)
  const { cause } = exit
  if (Cause.hasInterruptsOnly(cause)) {
    return refusal("Internal", `"${call.method}" was interrupted on the server before it ended`, revision)
  }
  const error = Cause.squash(cause)
  if (Cause.hasDies(cause)) return incident(call, cause, revision)
  const refused = facts?.item?.kind === "tool" ? refusalOf(error) : undefined
  if (refused !== undefined) return completed(registry, call, asResult(refused, revision), revision)
  const fault = faultOf(error)
  return fault === undefined
    ? incident(call, cause, revision)
    : refusal(fault.fault, fault.detail, revision, fault.data)
}

/** A refusal as the result of a tool: the model that called it reads why, a program finds the data of the error. */
const asResult = (refused: Refusal, revision: McpRevision): McpContent.Result => ({
  content: [McpContent.text(refused.detail)],
  isError: true,
  _meta: {
    [metaKeys.failure]: { tag: "McpError", value: { code: revision.errors[refused._tag], ...dataOf(refused) } }
  }
})

const completed = (registry: Registry, call: Peer.Call, value: unknown, revision: McpRevision): Peer.Settled => {
  if (value instanceof InputRequired) return { result: registry.rendering.around(call.method, value.result, revision) }
  try {
    const method = (call.slot as Facts).method
    if (method === undefined) throw new Error(`"${call.method}" was answered without being known`)
    return { result: registry.complete(method, value as JsonObject | Rendered, revision) }
  } catch (error) {
    return incident(call, Cause.die(error), revision)
  }
}

/** What a call is called, to its caller and in the log. */
export const describe = (call: Peer.Call): string => {
  const item = (call.slot as Facts | undefined)?.item
  if (item === undefined || item.kind === "method") return `"${call.method}"`
  return `${item.kind[0]!.toUpperCase()}${item.kind.slice(1)} "${item.name}"`
}

const incident = (call: Peer.Call, cause: Cause.Cause<unknown>, revision: McpRevision): Peer.Settled => {
  const incident = crypto.randomUUID()
  const what = describe(call)
  Context.get(call.core.context, Incidents)?.(incident, cause)
  Effect.runForkWith(call.core.context)(Effect.logError(`${what} failed, incident ${incident}`, cause))
  return refusal("Internal", `${what} failed inside the server; its log has the incident`, revision, { incident })
}

/** What a refusal of the peer, or of a listener, says: in the revision of the conversation, or of the exchange. */
export const refuse = (
  { server }: Registry,
  { data, detail, fault }: Peer.Refused,
  via: Exchange,
  holder: Peer.Holder | undefined
): Peer.Settled => {
  const revision =
    (holder?.state as Session | undefined)?.revision ??
    server.revisions.find(({ version }) => version === via.revision) ??
    latestLegacy
  return refusal(fault === "TooLarge" ? "Internal" : (fault as Fault), detail, revision, data)
}
