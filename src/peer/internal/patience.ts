/**
 * Waiting for something that takes as long as it takes, as long as it moves.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Waits for `done`; gives up when `moved` has not changed for a whole `bound`. */
export const whileMoving = <E>(
  done: Effect.Effect<void, E>,
  bound: Duration.Input,
  moved: () => number
): Effect.Effect<void, E> =>
  Effect.suspend(() => {
    const before = moved()
    return Effect.flatMap(Effect.timeoutOption(done, bound), (result) =>
      Option.isSome(result) || moved() === before ? Effect.void : whileMoving(done, bound, moved)
    )
  })
