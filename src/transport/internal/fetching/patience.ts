/**
 * A stream that is taken up again and again: how long to wait before, and when to give up.
 *
 * It waits as long as the server has asked for, and longer after each time that nothing came, with jitter, so that clients
 * which lost one server do not come back at once. Only what is heard counts as success; an answer alone does not.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { Position } from "./events.ts"

const FIRST_MS = 1000
const LONGEST_MS = 30_000
/** What a server may ask for at most. */
const LONGEST_RETRY_MS = 60 * 60 * 1000
const MAX_FAILURES = 10

/** What one attempt came to: something final, or the wish for another. */
export type Attempt<A> = { readonly _tag: "Done"; readonly value: A } | { readonly _tag: "Again"; readonly why: string }

export const done = <A>(value: A): Attempt<A> => ({ _tag: "Done", value })
export const again = (why: string): Attempt<never> => ({ _tag: "Again", why })

/** How long to wait after so many failures in a row. */
const pauseOf = (retry: number | undefined, failures: number, random: number): number => {
  const asked = Math.min(retry ?? FIRST_MS, LONGEST_RETRY_MS)
  if (failures === 0) return asked
  return Math.max(asked, Math.min(FIRST_MS * 2 ** failures, LONGEST_MS) * (0.5 + random / 2))
}

/** Attempts until one is final. Gives up after ten failures in a row, with the last of them. */
export const persisting = <A, R>(
  position: Position,
  attempt: Effect.Effect<Attempt<A>, never, R>,
  atOnce = false
): Effect.Effect<A, string, R> =>
  Effect.gen(function* () {
    for (let failures = 0, pause = !atOnce; ; pause = true) {
      if (pause) yield* Effect.sleep(pauseOf(position.retry, failures, yield* Random.next))
      const before = position.events
      const began = yield* Clock.currentTimeMillis
      const outcome = yield* attempt
      if (outcome._tag === "Done") return outcome.value
      // a stream on which nothing happens is cut by others, sooner or later
      const lasted = (yield* Clock.currentTimeMillis) - began >= LONGEST_MS
      failures = position.events > before || lasted ? 0 : failures + 1
      if (failures >= MAX_FAILURES) return yield* Effect.fail(outcome.why)
    }
  })
