/**
 * What handlers have left to be done after their replies, in the scope of the server.
 *
 * Each effect runs in a fiber of its own, in the context of who left it. Ending a registration interrupts what its
 * handlers left, ending the server everything; either waits within a bound. A failure is logged, nothing else.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type { Item } from "./items.ts"

interface Left {
  readonly fiber: Fiber.Fiber<unknown, unknown>
  readonly item: Item | undefined
}

export class Background {
  readonly #limit: number
  readonly #running = new Set<Left>()
  readonly #ended = new WeakSet<Item>()
  #promised = 0
  #closed = false

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Keeps a place for an effect that will be started; gives nothing when there is none. */
  promise(): boolean {
    if (this.#running.size + this.#promised >= this.#limit) return false
    this.#promised += 1
    return true
  }

  /** Starts an effect for which there is a place. */
  start(
    what: string,
    item: Item | undefined,
    effect: Effect.Effect<unknown, unknown>,
    context: Context.Context<never>
  ) {
    this.#promised -= 1
    if (this.#closed || (item !== undefined && this.#ended.has(item))) return
    const logged = Effect.tapCause(effect, (cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.void
        : Effect.logError(`What ${what} left in the background failed`, cause)
    )
    const fiber = Effect.runForkWith(context)(logged)
    if (fiber.pollUnsafe() !== undefined) return
    const left = { fiber, item }
    this.#running.add(left)
    fiber.addObserver(() => this.#running.delete(left))
  }

  /** Interrupts what one item has left, and waits for it within the bound. It starts nothing any more. */
  endItem(item: Item, bound: Duration.Input): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#ended.add(item)
      return interrupt(
        [...this.#running].filter((left) => left.item === item),
        bound
      )
    })
  }

  /** Interrupts everything, and waits for it within the bound. Nothing can be started any more. */
  close(bound: Duration.Input): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#closed = true
      return interrupt([...this.#running], bound)
    })
  }
}

const interrupt = (all: ReadonlyArray<Left>, bound: Duration.Input): Effect.Effect<void> =>
  all.length === 0
    ? Effect.void
    : Effect.flatMap(Effect.timeoutOption(Fiber.interruptAll(all.map(({ fiber }) => fiber)), bound), (ended) =>
        ended._tag === "Some"
          ? Effect.void
          : Effect.logWarning("What a handler left in the background does not end although it was interrupted")
      )
