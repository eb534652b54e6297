/**
 * Who hears that something has changed: legacy conversations, and the open listens of modern ones.
 *
 * Lists that changed are named once per turn of the loop, however often they did; none before a conversation is ready,
 * none while the server closes. A URI goes to those who watch it. Who does not read delays nobody: each has its own
 * notices, at most one for each list and URI.
 */
import type { Call, Holder } from "../../peer/Peer.ts"
import { metaKeys } from "../../protocol/McpSchema.ts"
import type { SubscriptionFilter } from "../../protocol/methods/subscriptions.ts"
import { encodeNotification } from "../../wire/JsonRpc.ts"
import type { ListKind, Session } from "./facts.ts"

const UPDATED = "notifications/resources/updated"
const listChanged = (kind: ListKind): string => `notifications/${kind}/list_changed`

/** One `subscriptions/listen`. */
export interface Listen {
  readonly call: Call
  /** What of its wish is honoured. */
  readonly honoured: SubscriptionFilter
  /** Ends it with its result. */
  end(): void
}

const wish = { tools: "toolsListChanged", prompts: "promptsListChanged", resources: "resourcesListChanged" } as const

/** Whether a listen has asked for changes of a list. */
export const wants = (filter: SubscriptionFilter, kind: ListKind): boolean => filter[wish[kind]] === true

type Watcher = { updated(uri: string): void }

export class Audience {
  readonly #conversations = new Map<Holder, { readonly session: Session } & Watcher>()
  readonly #listens = new Map<Listen, Watcher>()
  readonly #watchers = new Map<string, Set<Watcher>>()
  #closing = false

  /** A legacy conversation has shaken hands. */
  opened(holder: Holder, session: Session): void {
    const updated = (uri: string): void =>
      holder.notices.say(`${UPDATED} ${uri}`, encodeNotification(UPDATED, JSON.stringify({ uri })))
    this.#conversations.set(holder, { session, updated })
  }

  /** It is ready to hear of changes, and hears of those that it missed. */
  ready(holder: Holder): void {
    const session = this.#conversations.get(holder)?.session
    if (session === undefined || session.ready) return
    session.ready = true
    holder.changed()
    for (const kind of session.missed ?? []) say(holder, kind)
    session.missed = undefined
  }

  ended(holder: Holder): void {
    const conversation = this.#conversations.get(holder)
    if (conversation === undefined) return
    this.#conversations.delete(holder)
    for (const uri of conversation.session.watched ?? []) this.#unwatch(uri, conversation)
  }

  /** A legacy conversation watches a URI, at most `limit` of them. */
  watch(holder: Holder, uri: string, limit: number): boolean {
    const conversation = this.#conversations.get(holder)
    if (conversation === undefined) return false
    const watched = (conversation.session.watched ??= new Set())
    if (watched.size >= limit && !watched.has(uri)) return false
    watched.add(uri)
    this.#watch(uri, conversation)
    holder.changed()
    return true
  }

  unwatch(holder: Holder, uri: string): void {
    const conversation = this.#conversations.get(holder)
    if (conversation?.session.watched?.delete(uri) !== true) return
    this.#unwatch(uri, conversation)
    holder.changed()
  }

  /** A listen hears of what it has been honoured, until it is removed. */
  listen(listen: Listen): () => void {
    const { call, honoured } = listen
    const watcher: Watcher = {
      updated: (uri) => call.notices.say(`${UPDATED} ${uri}`, encodeNotification(UPDATED, tagged(call, { uri })))
    }
    this.#listens.set(listen, watcher)
    for (const uri of honoured.resourceSubscriptions ?? []) this.#watch(uri, watcher)
    return () => {
      this.#listens.delete(listen)
      for (const uri of honoured.resourceSubscriptions ?? []) this.#unwatch(uri, watcher)
    }
  }

  /** A list has changed. */
  changed(kind: ListKind): void {
    if (this.#closing) return
    for (const [holder, { session }] of this.#conversations) {
      if (session.offered[kind]?.listChanged !== true) continue
      if (session.ready) say(holder, kind)
      else (session.missed ??= new Set()).add(kind)
    }
    for (const { call, honoured } of this.#listens.keys()) {
      const method = listChanged(kind)
      if (wants(honoured, kind)) call.notices.say(method, encodeNotification(method, tagged(call, {})))
    }
  }

  /** What is at a URI has changed. */
  updated(uri: string): void {
    if (this.#closing) return
    for (const watcher of this.#watchers.get(uri) ?? []) watcher.updated(uri)
  }

  /** The server goes down: nothing more is told, and every listen ends with its result. */
  close(): void {
    this.#closing = true
    for (const { call, end } of this.#listens.keys()) {
      end()
      // both signs that the specification has of an end, since its pages disagree; on a stream of its own the result is one
      if (!call.via.own) call.holder?.notices.tell(cancelled(call))
    }
  }

  #watch(uri: string, watcher: Watcher): void {
    const watchers = this.#watchers.get(uri)
    if (watchers === undefined) this.#watchers.set(uri, new Set([watcher]))
    else watchers.add(watcher)
  }

  #unwatch(uri: string, watcher: Watcher): void {
    const watchers = this.#watchers.get(uri)
    watchers?.delete(watcher)
    if (watchers?.size === 0) this.#watchers.delete(uri)
  }
}

const say = (holder: Holder, kind: ListKind): void => {
  const method = listChanged(kind)
  holder.notices.say(method, encodeNotification(method, undefined))
}

/** Parameters of a listen's notification: they carry its id. */
export const tagged = (call: Call, params: object): string =>
  JSON.stringify({ ...params, _meta: { [metaKeys.subscriptionId]: call.id } })

const cancelled = (call: Call): string =>
  encodeNotification(
    "notifications/cancelled",
    JSON.stringify({ requestId: call.id, reason: "The server is shutting down" })
  )
