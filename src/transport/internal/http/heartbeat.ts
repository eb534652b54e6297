/**
 * The one clock of an endpoint: streams that have been silent say that they are there, bodies that do not come are given
 * up, sessions that are idle end.
 *
 * One fiber for all of them, with a tick of a second; no stream, body or session has a timer of its own.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Limits } from "../../McpLimits.ts"
import type { Patience } from "./body.ts"
import { pulse } from "../outlet.ts"
import type { ResponseOutlet } from "./responses.ts"

const TICK = 1000

export class Heartbeat {
  readonly #bodyTicks: number
  readonly #pulseTicks: number
  readonly #bodies = new Map<() => void, number>()
  readonly #outlets = new Set<ResponseOutlet>()
  #tick = 0

  constructor({ body, keepAlive }: Limits) {
    this.#bodyTicks = Math.max(1, Math.ceil(Duration.toMillis(body) / TICK))
    this.#pulseTicks = Math.max(1, Math.ceil(Duration.toMillis(keepAlive) / TICK))
  }

  /** Gives up a body that has not come in time. */
  readonly patience: Patience = (onImpatient) => {
    this.#bodies.set(onImpatient, this.#tick + this.#bodyTicks)
    return () => void this.#bodies.delete(onImpatient)
  }

  /** Keeps an outlet awake until it has ended. */
  watch(outlet: ResponseOutlet): void {
    this.#outlets.add(outlet)
  }

  unwatch(outlet: ResponseOutlet): void {
    this.#outlets.delete(outlet)
  }

  /** Ticks until it is interrupted. */
  run(onTick: () => void): Effect.Effect<never> {
    return Effect.forever(
      Effect.andThen(
        Effect.sleep(TICK),
        Effect.sync(() => this.#onTick(onTick))
      )
    )
  }

  #onTick(onTick: () => void): void {
    this.#tick += 1
    for (const [onImpatient, due] of this.#bodies) {
      if (due > this.#tick) break
      this.#bodies.delete(onImpatient)
      onImpatient()
    }
    if (this.#tick % this.#pulseTicks === 0) {
      for (const outlet of this.#outlets) {
        if (outlet.isOpen) outlet.push(pulse)
        else this.#outlets.delete(outlet)
      }
    }
    onTick()
  }
}
