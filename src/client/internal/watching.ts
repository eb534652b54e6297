/**
 * Watching a server: what is at a URI, and which lists there are, the same in both eras.
 *
 * In a legacy revision a URI is subscribed to while anybody here watches it, and lists are told unasked; in a modern one
 * each watch is a `subscriptions/listen` of its own. A watch has begun when its Effect has ended; its Stream ends when the
 * server ends it, and fails when the connection is lost.
 */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { type McpError, Timeout, Unsupported } from "../../protocol/McpError.ts"
import { type JsonObject, metaKeys } from "../../protocol/McpSchema.ts"
import { ResourceUpdated, Subscribe, Unsubscribe } from "../../protocol/methods/resources.ts"
import { Acknowledged, Listen, type SubscriptionFilter } from "../../protocol/methods/subscriptions.ts"
import type { Notification } from "../../wire/JsonRpc.ts"
import { attempt } from "./attempt.ts"
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

/** A subscription of a legacy conversation: how many watch by it, and whether it has begun. */
interface Subscription {
  count: number
  readonly begun: Deferred.Deferred<void, McpError>
}

/** What a modern watch wishes for, what it picks of what it hears, and whether an acknowledgement grants it. */
interface Wish<A> {
  readonly filter: SubscriptionFilter
  readonly pick: (message: Notification) => A | undefined
  readonly isGranted: (honoured: JsonObject) => boolean
  /** The watch, for people. */
  readonly what: string
}

const lists = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true }

export class Watching {
  readonly #link: Link
  readonly #subscriptions = new Map<string, Subscription>()

  constructor(link: Link) {
    this.#link = link
  }

  /** The URIs at or below one that have changed. */
  updates(uri: string): Watch<string> {
    if (this.#isModern) {
      const isGranted = ({ resourceSubscriptions }: JsonObject) =>
        Array.isArray(resourceSubscriptions) && resourceSubscriptions.includes(uri)
      const filter = { resourceSubscriptions: [uri] }
      return this.#listen({ filter, pick: updateOf(uri), isGranted, what: `Watching ${uri}` })
    }
    return attempt(
      Effect.gen({ self: this }, function* () {
        const { stream } = yield* this.#link.notes.subscribe(updateOf(uri), true)
        yield* Effect.uninterruptibleMask((restore) =>
          Effect.andThen(
            restore(this.#subscribe(uri)),
            Effect.addFinalizer(() => this.#unsubscribe(uri))
          )
        )
        return stream
      })
    )
  }

  /** The lists that have changed. */
  get changes(): Watch<ListKind> {
    if (!this.#isModern) {
      const { closed } = this.#link.notes
      if (closed !== undefined) return Effect.fail(closed)
      return Effect.map(this.#link.notes.subscribe(changeOf, true), ({ stream }) => stream)
    }
    const isGranted = (honoured: JsonObject) => Object.keys(lists).some((list) => honoured[list] === true)
    return this.#listen({ filter: lists, pick: changeOf, isGranted, what: "Hearing of changes" })
  }

  get #isModern(): boolean {
    return this.#link.revision?.era === "modern"
  }

  /** Watches by the subscription that there is, once it has begun, or begins one. */
  #subscribe(uri: string): Effect.Effect<void, McpError> {
    return Effect.suspend(() => {
      const known = this.#subscriptions.get(uri)
      if (known === undefined) return this.#begin(uri)
      known.count += 1
      return Effect.matchCauseEffect(Deferred.await(known.begun), {
        onSuccess: () => Effect.void,
        // whoever began it has gone: it is begun anew
        onFailure: (cause) => (Cause.hasInterruptsOnly(cause) ? this.#subscribe(uri) : Effect.failCause(cause))
      }).pipe(Effect.onInterrupt(() => Effect.sync(() => void (known.count -= 1))))
    })
  }

  #begin(uri: string): Effect.Effect<void, McpError> {
    const subscription: Subscription = { count: 1, begun: Deferred.makeUnsafe<void, McpError>() }
    this.#subscriptions.set(uri, subscription)
    const subscribed = Effect.asVoid(this.#link.request(Subscribe.name, `"uri":${JSON.stringify(uri)}`))
    return Effect.onExit(subscribed, (exit) => {
      if (Exit.isFailure(exit)) this.#subscriptions.delete(uri)
      return Deferred.done(subscription.begun, exit)
    })
  }

  #unsubscribe(uri: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const subscription = this.#subscriptions.get(uri)
      if (subscription === undefined) return Effect.void
      subscription.count -= 1
      if (subscription.count > 0) return Effect.void
      this.#subscriptions.delete(uri)
      const unsubscribed = this.#link.request(Unsubscribe.name, `"uri":${JSON.stringify(uri)}`)
      return Effect.ignore(Effect.timeoutOption(unsubscribed, this.#link.limits.lastWords))
    })
  }

  #listen<A>({ filter, isGranted, pick, what }: Wish<A>): Watch<A> {
    const link = this.#link
    return attempt(
      Effect.gen(function* () {
        let own: number | undefined
        const begun = yield* Deferred.make<unknown, McpError>()
        const mine = (message: Notification): boolean => own !== undefined && listenOf(message) === own
        const remove = link.notes.listen((message) => {
          if (message.method !== Acknowledged.name || !mine(message)) return
          Deferred.doneUnsafe(begun, Effect.succeed(paramsOf(message)["notifications"]))
        })
        yield* Effect.addFinalizer(() => Effect.sync(remove))
        const { queue, stream } = yield* link.notes.subscribe((message) => (mine(message) ? pick(message) : undefined))
        yield* Effect.forkScoped(
          listening(link, filter, (id) => (own = id), begun, queue),
          { startImmediately: true }
        )
        const honoured = yield* limited(link, Deferred.await(begun))
        if (typeof honoured === "object" && honoured !== null && isGranted(honoured as JsonObject)) return stream
        return yield* mcpError(new Unsupported({ feature: what, detail: "the server does not tell of it" }))
      })
    )
  }
}

/** The request that stays open; its end is the end of the Stream. */
const listening = <A>(
  link: Link,
  filter: SubscriptionFilter,
  onId: (id: number) => void,
  begun: Deferred.Deferred<unknown, McpError>,
  queue: Queue.Queue<A, McpError | Cause.Done>
): Effect.Effect<void> =>
  Effect.matchCauseEffect(link.open(Listen.name, `"notifications":${JSON.stringify(filter)}`, onId), {
    onSuccess: () => Effect.asVoid(Effect.andThen(Deferred.succeed(begun, {}), Queue.end(queue))),
    onFailure: (cause) => Effect.asVoid(Effect.andThen(Deferred.failCause(begun, cause), Queue.failCause(queue, cause)))
  })

/** Until it is acknowledged a watch hears nothing, and has the limit that any call has for that. */
const limited = <A>(link: Link, begun: Effect.Effect<A, McpError>): Effect.Effect<A, McpError> => {
  const after = link.idleOf(Listen.name)
  return Effect.timeoutOrElse(begun, {
    duration: after,
    orElse: () => Effect.fail(mcpError(new Timeout({ limit: "idle", method: Listen.name, after })))
  })
}
