/**
 * Waiting for another process: looks again and again, in real time, and fails by an assertion when what is waited for
 * does not come.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"

const PAUSE_MS = 10

/** Waits until `look` gives something, for at most `seconds`. */
export const eventually = <A>(what: string, look: () => A | undefined, seconds = 20): Effect.Effect<A> =>
  Effect.gen(function* () {
    for (let waited = 0; waited < seconds * 1000; waited += PAUSE_MS) {
      const found = look()
      if (found !== undefined) return found
      yield* Effect.sleep(PAUSE_MS)
    }
    return assert.fail(`This did not happen within ${seconds} s: ${what}`)
  })

/** Fails by an assertion, instead of hanging, when an effect does not end. */
export const within = <A, E, R>(what: string, effect: Effect.Effect<A, E, R>, seconds = 20): Effect.Effect<A, E, R> =>
  Effect.timeoutOrElse(effect, {
    duration: seconds * 1000,
    orElse: () => Effect.sync(() => assert.fail(`This did not end within ${seconds} s: ${what}`))
  })
