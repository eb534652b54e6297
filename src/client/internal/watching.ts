/**
 * Watching a server: what is at a URI, and which lists there are, the same in both eras.
 *
 * In a legacy revision a URI is subscribed to while anybody here watches it, and lists are told unasked; in a modern one
 * each watch is a `subscriptions/listen` of its own. A watch has begun when its Effect has ended; its Stream ends when the
 * server ends it, and fails when the connection is lost.
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type McpError, Timeout, Unsupported } from "../../protocol/McpError.ts"
import { type JsonObject, metaKeys } from "../../protocol/McpSchema.ts"
import { ResourceUpdated, Subscribe, Unsubscribe } from "../../protocol/methods/resources.ts"
import { Acknowledged, Listen, type SubscriptionFilter } from "../../protocol/methods/subscriptions.ts"
import type { Notification } from "../../wire/JsonRpc.ts"
import { mcpError } from "./errors.ts"
import type { Link } from "./link.ts"

export type ListKind = "tools" | "prompts" | "resources"

const paramsOf = (message: Notification): JsonObject => (message.params ?? {}) as JsonObject

const listenOf = (message: Notification): unknown =>
  (paramsOf(message)["_meta"] as JsonObject | undefined)?.[metaKeys.subscriptionId]

/** A server may name a part of what is watched. */
const covers = (watched: string, uri: string): boolean =>
  uri === watched || uri.startsWith(watched.endsWith("/") ? watched : `${watched}/`)

const updateOf =
  (watched: string) =>
  (message: Notification): string | undefined => {
    const { uri } = paramsOf(message)
    return message.method === ResourceUpdated.name && typeof uri === "string" && covers(watched, uri) ? uri : undefined
  }

const changeOf = (message: Notification): ListKind | undefined =>
  /^notifications\/(tools|prompts|resources)\/list_changed$/.exec(message.method)?.[1] as ListKind | undefined

type Watch<A> = Effect.Effect<Stream.Stream<A, McpError>, McpError, Scope.Scope>

export class Watching {
  readonly #link: Link
  /** How many watch a URI in a legacy conversation. */
  readonly #watched = new Map<string, number>()

  constructor(link: Link) {
    this.#link = link
  }

  /** The URIs at or below one that have changed. */
  updates(uri: string): Watch<string> {
    return this.#isModern
      ? this.#listen({ resourceSubscriptions: [uri] }, updateOf(uri), `Watching ${uri}`)
      : Effect.gen({ self: this }, function* () {
          const { stream } = yield* this.#link.notes.subscribe(updateOf(uri))
          yield* Effect.acquireRelease(this.#subscribe(uri), () => this.#unsubscribe(uri))
          return stream
        })
  }

  /** The lists that have changed. */
  get changes(): Watch<ListKind> {
    const filter = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true }
    return this.#isModern
      ? this.#listen(filter, changeOf, "Hearing of changes")
      : Effect.map(this.#link.notes.subscribe(changeOf), ({ stream }) => stream)
  }

  get #isModern(): boolean {
    return this.#link.revision?.era === "modern"
  }

  #subscribe(uri: string): Effect.Effect<void, McpError> {
    return Effect.suspend(() => {
      const count = this.#watched.get(uri) ?? 0
      this.#watched.set(uri, count + 1)
      if (count > 0) return Effect.void
      const subscribed = this.#link.request(Subscribe.name, `"uri":${JSON.stringify(uri)}`)
      return Effect.asVoid(Effect.onError(subscribed, () => Effect.sync(() => this.#leave(uri))))
    })
  }

  #unsubscribe(uri: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#leave(uri) > 0) return Effect.void
      const unsubscribed = this.#link.request(Unsubscribe.name, `"uri":${JSON.stringify(uri)}`)
      return Effect.ignore(Effect.timeoutOption(unsubscribed, this.#link.limits.lastWords))
    })
  }

  /** One watcher less; how many are left. */
  #leave(uri: string): number {
    const left = (this.#watched.get(uri) ?? 1) - 1
    if (left > 0) this.#watched.set(uri, left)
    else this.#watched.delete(uri)
    return left
  }

  #listen<A>(filter: SubscriptionFilter, pick: (message: Notification) => A | undefined, what: string): Watch<A> {
    const link = this.#link
    return Effect.gen(function* () {
      let own: number | undefined
      const begun = yield* Deferred.make<JsonObject, McpError>()
      const mine = (message: Notification): boolean => own !== undefined && listenOf(message) === own
      const remove = link.notes.listen((message) => {
        if (message.method !== Acknowledged.name || !mine(message)) return
        Deferred.doneUnsafe(begun, Effect.succeed((paramsOf(message)["notifications"] ?? {}) as JsonObject))
      })
      yield* Effect.addFinalizer(() => Effect.sync(remove))
      const { queue, stream } = yield* link.notes.subscribe((message) => (mine(message) ? pick(message) : undefined))
      yield* Effect.forkScoped(
        listening(link, filter, (id) => (own = id), begun, queue),
        { startImmediately: true }
      )
      const honoured = yield* limited(link, Deferred.await(begun))
      if (Object.keys(honoured).length > 0) return stream
      return yield* mcpError(new Unsupported({ feature: what, detail: "the server does not tell of it" }))
    })
  }
}

/** The request that stays open; its end is the end of the Stream. */
const listening = <A>(
  link: Link,
  filter: SubscriptionFilter,
  onId: (id: number) => void,
  begun: Deferred.Deferred<JsonObject, McpError>,
  queue: Queue.Queue<A, McpError | Cause.Done>
): Effect.Effect<void> =>
  Effect.matchCauseEffect(link.open(Listen.name, `"notifications":${JSON.stringify(filter)}`, onId), {
    onSuccess: () => Effect.asVoid(Effect.andThen(Deferred.succeed(begun, {}), Queue.end(queue))),
    onFailure: (cause) => Effect.asVoid(Effect.andThen(Deferred.failCause(begun, cause), Queue.failCause(queue, cause)))
  })

/** The acknowledgement is awaited as long as any answer may be. */
const limited = <A>(link: Link, begun: Effect.Effect<A, McpError>): Effect.Effect<A, McpError> => {
  const after = link.totalOf(Listen.name, undefined)
  return Effect.timeoutOrElse(begun, {
    duration: after,
    orElse: () => Effect.fail(mcpError(new Timeout({ limit: "total", method: Listen.name, after })))
  })
}
