/**
 * How long a handler waits for answers, and not for itself: its time limit stands still meanwhile.
 */
import * as Effect from "effect/Effect"

export class Waits {
  #count = 0
  #listeners = new Set<() => void>()

  /** Somebody is asked. */
  get any(): boolean {
    return this.#count > 0
  }

  /** Waits until somebody is asked, or nobody any longer. */
  readonly changed: Effect.Effect<void> = Effect.callback((resume) => {
    const listener = () => {
      this.#listeners.delete(listener)
      resume(Effect.void)
    }
    this.#listeners.add(listener)
    return Effect.sync(() => void this.#listeners.delete(listener))
  })

  /** Counts as waiting while an effect runs. */
  during<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.suspend(() => {
      this.#add(1)
      return Effect.ensuring(
        effect,
        Effect.sync(() => this.#add(-1))
      )
    })
  }

  #add(one: 1 | -1): void {
    const before = this.any
    this.#count += one
    if (before === this.any) return
    // who is told may listen again at once
    const listeners = this.#listeners
    this.#listeners = new Set()
    for (const listener of listeners) listener()
  }
}
