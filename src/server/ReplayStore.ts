/**
 * Which states of interrupted calls have come back already: each is used once.
 *
 * On by default, in memory: `McpLimits.states` of them, as long as a state may live. Several nodes that share a key share
 * one of these, or a state can be used once at each. `layerNone` turns it off: a client may then go back to an earlier
 * round, and what follows that round runs again.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

export interface Service {
  /** Whether a state is used for the first time. It has to be remembered until then, in milliseconds since the epoch. */
  use(id: string, until: number): Effect.Effect<boolean>
}

/** Which store a server asks. Default: one of its own, in memory. */
export const ReplayStore: Context.Reference<Service | "memory" | "none"> = /* @__PURE__ */ Context.Reference<
  Service | "memory" | "none"
>("mcp-effect/server/ReplayStore", { defaultValue: () => "memory" })

/** A store for several nodes. */
export const layer = (store: Service): Layer.Layer<never> => Layer.succeed(ReplayStore, store)

/** No store: a state can be used again and again as long as it lives. */
export const layerNone: Layer.Layer<never> = /* @__PURE__ */ Layer.succeed(ReplayStore, "none")

/** Remembers the latest `limit`. One that was forgotten for room is taken for used, by its age. */
export class MemoryReplays implements Service {
  readonly #limit: number
  readonly #used = new Map<string, number>()
  /** States that live no longer than this may have been forgotten. */
  #forgotten = -Infinity

  constructor(limit: number) {
    this.#limit = limit
  }

  use(id: string, until: number): Effect.Effect<boolean> {
    return Effect.sync(() => {
      if (this.#used.has(id) || until <= this.#forgotten) return false
      this.#used.set(id, until)
      if (this.#used.size > this.#limit) {
        const [oldest, end] = this.#used.entries().next().value!
        this.#used.delete(oldest)
        this.#forgotten = Math.max(this.#forgotten, end)
      }
      return true
    })
  }
}
