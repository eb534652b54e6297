/**
 * The time limit of a handler: when it is over the handler is interrupted, and what it was for is told so.
 *
 * Time in which somebody is asked, and the handler waits for the answer, does not count.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { McpFault } from "../../protocol/McpError.ts"
import { McpRequest } from "../McpRequest.ts"
import type { Waits } from "./asking/waits.ts"
import { RequestView } from "./requestView.ts"

/** A handler did not end in its time. */
export class TimedOut {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

/** Ends when that much time has passed in which nobody was asked. */
const elapsed = (left: number, waits: Waits): Effect.Effect<void> => {
  if (waits.any) return Effect.flatMap(waits.changed, () => elapsed(left, waits))
  return Effect.flatMap(Clock.currentTimeMillis, (begun) =>
    Effect.flatMap(Effect.raceFirst(Effect.as(Effect.sleep(left), true), Effect.as(waits.changed, false)), (over) =>
      over ? Effect.void : Effect.flatMap(Clock.currentTimeMillis, (now) => elapsed(left - (now - begun), waits))
    )
  )
}

export const limited = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  what: string,
  timeout: Duration.Input
): Effect.Effect<A, E | TimedOut, R> =>
  Effect.flatMap(Effect.serviceOption(McpRequest), (request) => {
    const late = new TimedOut(`${what} did not end within ${Duration.format(Duration.fromInputUnsafe(timeout))}`)
    const view = request._tag === "Some" && request.value instanceof RequestView ? request.value : undefined
    const over = view === undefined ? Effect.sleep(timeout) : elapsed(Duration.toMillis(timeout), view.waits)
    return Effect.raceFirst(effect, Effect.andThen(over, Effect.fail(late)))
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
