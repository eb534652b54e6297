/**
 * The stream by which a legacy server says something unasked: it is opened after the handshake, and again when it ends.
 *
 * A server need not have one. Where it was there and cannot be reached any more, that is said once, in a warning.
 */
import * as Effect from "effect/Effect"
import { readEvents, start } from "./events.ts"
import type { Line } from "./line.ts"
import { again, type Attempt, done, persisting } from "./patience.ts"
import { delivering } from "./posting.ts"
import { isSuccess, verdictOf } from "./verdict.ts"

const warn = (why: string): Effect.Effect<void> =>
  Effect.logWarning(`The stream for what the server says unasked is given up, notifications are missed: ${why}`)

/** Listens until the server has no such stream, or it cannot be reached. */
export const standing = (line: Line): Effect.Effect<void> =>
  Effect.suspend(() => {
    const position = start()
    let wasOpen = false
    const listened = Effect.gen(function* () {
      const last = position.lastId === undefined ? {} : { "last-event-id": position.lastId }
      const answer = yield* line.send("GET", { ...line.standing, ...last })
      if (isSuccess(answer)) {
        if (answer.type !== "text/event-stream") return done(undefined)
        wasOpen = true
        yield* readEvents(answer, line.limits.messageIn, position, delivering(line))
        return again("the server ends it at once")
      }
      const { detail, loss } = verdictOf(answer, "")
      if (loss === "Unauthorized") return done(yield* warn(detail))
      if (loss === "Unavailable" || (answer.status >= 500 && answer.status !== 501)) return again(detail)
      return yield* refused(answer.status, detail)
    })
    const refused = (status: number, detail: string): Effect.Effect<Attempt<void>> =>
      Effect.gen(function* () {
        if (position.lastId !== undefined && status !== 404) {
          // it may be the id that is refused: begin anew, and say that something may be lost
          position.lastId = undefined
          yield* Effect.logWarning(`Some of what the server said unasked is lost: ${detail}`)
          return again(detail)
        }
        if (wasOpen && status === 404 && line.session !== undefined) return done(yield* line.endSession())
        return done(wasOpen ? yield* warn(detail) : undefined)
      })
    const attempt = Effect.catch(Effect.scoped(listened), (error) => Effect.succeed(again(error.detail)))
    return Effect.catch(persisting(position, attempt, true), warn)
  })
