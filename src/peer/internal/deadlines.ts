/**
 * The limits of requests of our own, with one timer for all of them.
 *
 * A wait has an idle limit, started anew by progress, and a total limit. One fiber sleeps until the nearest of them on
 * the Effect clock; answering a request costs nothing, and a limit that moved away is noticed when the fiber wakes.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import type { Core } from "./core.ts"
import type { Pending } from "./requests.ts"

export type Limit = "idle" | "total"

export class Deadlines {
  readonly #core: Core
  readonly #waits: () => Iterable<Pending>
  readonly #expire: (pending: Pending, limit: Limit) => void
  readonly #isHeld: () => boolean
  #timer: Fiber.Fiber<void> | undefined
  #wakesAt = Infinity
  #closed = false

  /** `isHeld` says that the other side waits for us: then nobody can say that it is idle. */
  constructor(
    core: Core,
    waits: () => Iterable<Pending>,
    expire: (pending: Pending, limit: Limit) => void,
    isHeld: () => boolean
  ) {
    this.#core = core
    this.#isHeld = isHeld
    this.#waits = waits
    this.#expire = expire
  }

  start(pending: Pending): void {
    const { idle, total } = pending.options
    if (idle === undefined && total === undefined) return
    const now = this.#core.clock.currentTimeMillisUnsafe()
    if (idle !== undefined) pending.idleAt = now + idle
    if (total !== undefined) pending.totalAt = now + total
    this.#arm(Math.min(pending.idleAt, pending.totalAt), now)
  }

  heard(pending: Pending): void {
    const { idle } = pending.options
    if (idle !== undefined) pending.idleAt = this.#core.clock.currentTimeMillisUnsafe() + idle
  }

  /** For good: the conversation has ended, maybe while limits were being told. */
  close(): void {
    this.#closed = true
    this.#disarm()
  }

  #disarm(): void {
    this.#timer?.interruptUnsafe()
    this.#timer = undefined
    this.#wakesAt = Infinity
  }

  #arm(at: number, now: number): void {
    if (this.#closed || at >= this.#wakesAt) return
    this.#disarm()
    this.#wakesAt = at
    this.#timer = Effect.runForkWith(this.#core.context)(
      Effect.flatMap(Effect.sleep(at - now), () => Effect.sync(() => this.#wake()))
    )
  }

  #wake(): void {
    this.#timer = undefined
    this.#wakesAt = Infinity
    const now = this.#core.clock.currentTimeMillisUnsafe()
    let next = Infinity
    const held = this.#isHeld()
    for (const pending of this.#waits()) {
      if (held) this.heard(pending)
      if (pending.totalAt <= now) this.#expire(pending, "total")
      else if (pending.idleAt <= now) this.#expire(pending, "idle")
      else next = Math.min(next, pending.idleAt, pending.totalAt)
    }
    if (next !== Infinity) this.#arm(next, now)
  }
}
