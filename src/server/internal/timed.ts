/**
 * The time limit of a handler: when it is over the handler is interrupted, and what it was for is told so.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { McpFault } from "../../protocol/McpError.ts"

/** A handler did not end in its time. */
export class TimedOut {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export const limited = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  what: string,
  timeout: Duration.Input
): Effect.Effect<A, E | TimedOut, R> =>
  Effect.timeoutOrElse(effect, {
    duration: timeout,
    orElse: () =>
      Effect.fail(new TimedOut(`${what} did not end within ${Duration.format(Duration.fromInputUnsafe(timeout))}`))
  })

/** As `limited`, where being late is a refusal. Without a limit the effect stays as it is. */
export const inTime = <A, R>(
  effect: Effect.Effect<A, unknown, R>,
  what: string,
  timeout: Duration.Input | undefined
): Effect.Effect<A, unknown, R> =>
  timeout === undefined
    ? effect
    : Effect.mapError(limited(effect, what, timeout), (error) =>
        error instanceof TimedOut ? new McpFault({ fault: "Internal", detail: error.message }) : error
      )
