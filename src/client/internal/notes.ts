/**
 * What a server says unasked, to whoever listens: every notification, those of one kind, those of one subscription.
 *
 * Listeners are called in order and never wait. A Stream of notifications keeps a bounded number for a slow reader and
 * then drops the oldest. It subscribes where it is made, so that nothing is lost between asking and reading.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Closed, type McpError } from "../../protocol/McpError.ts"
import type { Notification } from "../../wire/JsonRpc.ts"
import { mcpError } from "./errors.ts"

export type Listener = (message: Notification) => void

export class Notes {
  readonly #buffer: number
  readonly #listeners = new Set<Listener>()
  #ended: { readonly lost: McpError | undefined } | undefined
  readonly #ends = new Set<(lost: McpError | undefined) => void>()

  /** At most `buffer` notifications wait in one Stream. */
  constructor(buffer: number) {
    this.#buffer = buffer
  }

  readonly publish = (message: Notification): void => {
    for (const listener of this.#listeners) listener(message)
  }

  /** Calls a listener until it is removed. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** The connection has ended, and every Stream with it; those of watches fail, where it was lost. */
  close(lost: McpError | undefined): void {
    this.#ended ??= { lost }
    for (const end of this.#ends) end(lost)
  }

  /** Why nothing can be begun any more: the connection has ended. */
  get closed(): McpError | undefined {
    return this.#ended === undefined
      ? undefined
      : (this.#ended.lost ?? mcpError(new Closed({ detail: "The server ended the connection" })))
  }

  /**
   * A Stream that has begun; what `pick` gives for a notification is in it, nothing where it gives none. A `failing` one
   * fails when the connection is lost.
   */
  subscribe<A>(
    pick: (message: Notification) => A | undefined,
    failing = false
  ): Effect.Effect<
    { readonly stream: Stream.Stream<A, McpError>; readonly queue: Queue.Queue<A, McpError | Cause.Done> },
    never,
    Scope.Scope
  > {
    return Effect.map(
      Effect.acquireRelease(
        Effect.map(Queue.sliding<A, McpError | Cause.Done>(this.#buffer), (queue) => {
          const remove = this.listen((message) => {
            const picked = pick(message)
            if (picked !== undefined) Queue.offerUnsafe(queue, picked)
          })
          const end = (lost: McpError | undefined): void => {
            if (failing && lost !== undefined) Queue.failCauseUnsafe(queue, Cause.fail(lost))
            else Queue.endUnsafe(queue)
          }
          this.#ends.add(end)
          if (this.#ended !== undefined) end(this.#ended.lost)
          return { queue, remove, end }
        }),
        ({ end, queue, remove }) =>
          Effect.suspend(() => {
            remove()
            this.#ends.delete(end)
            return Queue.shutdown(queue)
          })
      ),
      ({ queue }) => ({ queue, stream: Stream.fromQueue(queue) })
    )
  }

  /** As `subscribe`, but beginning when it is run. */
  stream<A>(pick: (message: Notification) => A | undefined): Stream.Stream<A> {
    return Stream.unwrap(Effect.map(this.subscribe(pick), ({ stream }) => Stream.orDie(stream)))
  }
}
