/**
 * A legacy conversation as data, and from data: what a restart of the server must not forget.
 *
 * What was offered is not kept: it follows anew from what the server has now.
 */
import type * as Peer from "../../peer/Peer.ts"
import type { Snapshot } from "../../transport/McpTransport.ts"
import { type Session, sessionOf } from "./facts.ts"
import type { Registry } from "./registry.ts"

/** What a conversation has come to; nothing before its handshake. */
export const snapshot = (holder: Peer.Holder): Snapshot | undefined => {
  const session = holder.state as Session | undefined
  if (session === undefined) return undefined
  const { capabilities, clientInfo, logLevel, ready, revision, watched } = session
  return { revision: revision.version, clientInfo, capabilities, logLevel, ready, watched: [...(watched ?? [])] }
}

/** Goes on with a conversation. One in a revision that is no longer spoken stays unopened. */
export const restore = (registry: Registry, holder: Peer.Holder, kept: Snapshot): void => {
  const revision = registry.server.revisions.find(({ version }) => version === kept.revision)
  if (revision === undefined) return
  const offered = registry.capabilities(holder.features)
  const session = sessionOf(revision, offered, kept.clientInfo, kept.capabilities)
  session.logLevel = kept.logLevel
  session.ready = kept.ready
  holder.state = session
  registry.audience.opened(holder, session)
  for (const uri of kept.watched) registry.audience.watch(holder, uri, registry.limits.subscriptions)
}
