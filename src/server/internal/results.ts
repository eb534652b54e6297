/**
 * Results that are kept for some time, by what was asked.
 *
 * Two calls ask the same when their method and parameters are the same JSON, whatever the order of the members. `_meta`
 * does not count: it says how a request is made, not what it asks.
 */
import * as Result from "effect/Result"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import type { McpRequest } from "../McpRequest.ts"
import { canonical } from "./canonical.ts"
import { Counts } from "./counts.ts"

/** Requests that do something for a conversation, or stay open: their answers are nobody else's. */
const notQuestions = new Set([
  "initialize",
  "ping",
  "logging/setLevel",
  "resources/subscribe",
  "resources/unsubscribe",
  "subscriptions/listen"
])

/** What a call asks, as text; nothing when its answer must not be kept: it is no question, or one of several rounds. */
export const cacheKey = (call: McpRequest.Service, per: string): string | undefined => {
  if (notQuestions.has(call.method)) return undefined
  const { _meta, ...params } = call.params
  if ("inputResponses" in params || "requestState" in params) return undefined
  return Result.getOrUndefined(Result.try(() => JSON.stringify([call.method, canonical(params), per])))
}

interface Kept {
  readonly result: JsonObject
  readonly until: number
}

export class Results {
  readonly #ttl: number
  readonly #kept: Counts<Kept>

  constructor(capacity: number, ttl: number) {
    this.#ttl = ttl
    this.#kept = new Counts(capacity)
  }

  get(key: string, now: number): JsonObject | undefined {
    const kept = this.#kept.get(key)
    if (kept === undefined) return undefined
    if (kept.until <= now) {
      this.#kept.delete(key)
      return undefined
    }
    this.#kept.set(key, kept)
    return kept.result
  }

  set(key: string, result: JsonObject, now: number): void {
    this.#kept.set(key, { result, until: now + this.#ttl })
  }
}
