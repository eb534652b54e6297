/**
 * Bodies of the web are read in turns of the event loop, which the test's clock knows nothing of.
 */
import { Effect } from "effect"

const turn = Effect.callback<void>((resume) => {
  const immediate = setImmediate(() => resume(Effect.void))
  return Effect.sync(() => clearImmediate(immediate))
})

/** Lets everything go on that can without time passing. */
export const turns: Effect.Effect<void> = Effect.repeat(turn, { times: 30 }).pipe(Effect.asVoid)
