/**
 * What the MCP-blind peer must know of MCP: how a request is cancelled, and how progress finds its request.
 *
 * All revisions agree on this, so it is a constant. Server and client hand it to their peers.
 */
import type { Id, Notification } from "../../wire/JsonRpc.ts"
import { isId } from "../../wire/JsonRpc.ts"

const member = (message: Notification, name: string): Id | undefined => {
  const params = message.params
  if (typeof params !== "object" || params === null) return undefined
  const value: unknown = (params as { readonly [key: string]: unknown })[name]
  return isId(value) ? value : undefined
}

export const dialect = {
  cancelOf: (message: Notification): Id | undefined =>
    message.method === "notifications/cancelled" ? member(message, "requestId") : undefined,
  cancel: (id: Id, method: string, reason: string): readonly [method: string, params: string] | undefined =>
    method === "initialize" ? undefined : ["notifications/cancelled", JSON.stringify({ requestId: id, reason })],
  progressOf: (message: Notification): Id | undefined =>
    message.method === "notifications/progress" ? member(message, "progressToken") : undefined,
  uncancellable: (method: string): boolean => method === "initialize",
  unmetered: (method: string): boolean => method === "subscriptions/listen"
}
