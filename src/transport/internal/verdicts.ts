/**
 * What was learned about the era of servers: kept in memory for an hour, since a server may be upgraded meanwhile.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { Route } from "../McpTransport.ts"

const TTL_MS = 60 * 60 * 1000

/** Servers that are remembered; the one that was heard of longest ago is forgotten first. */
const MAX_KNOWN = 1000

export class Verdicts {
  readonly #known = new Map<string, { readonly era: string; readonly until: number }>()

  /** What is known of one server, and what is to be kept of it. */
  of(key: string): Route["verdict"] {
    return {
      read: Effect.map(Clock.currentTimeMillis, (now) => {
        const verdict = this.#known.get(key)
        return verdict !== undefined && verdict.until > now ? verdict.era : undefined
      }),
      write: (era) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          this.#known.delete(key)
          if (this.#known.size >= MAX_KNOWN) this.#known.delete(this.#known.keys().next().value!)
          this.#known.set(key, { era, until: now + TTL_MS })
        })
    }
  }
}
