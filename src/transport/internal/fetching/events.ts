/**
 * A stream of server-sent events, read to its end or to the reply that it carries.
 *
 * What an event says goes to the listener, in order, and the next bytes are read when that has taken it. The position
 * remembers where the stream could be taken up again, and when. Comments, events without data and events of other kinds
 * than were asked for are no messages.
 */
import * as Effect from "effect/Effect"
import * as Sse from "effect/encoding/Sse"
import * as Duration from "effect/Duration"
import * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import { type Answer, Unanswered } from "./http.ts"

/** How long a stream may go on after the last event that is wanted, so that its connection can be used again. */
const AFTER_LAST = "1 second"

const END: ReadonlySet<string> = new Set(["end"])
const ENDS: ReadonlySet<string> = new Set(["end", "last"])

/** Where a stream is. */
export interface Position {
  lastId: string | undefined
  /** How long the server wants to be left alone before the stream is taken up again, in milliseconds. */
  retry: number | undefined
  /** How many events have come. */
  events: number
}

export const start = (): Position => ({ lastId: undefined, retry: undefined, events: 0 })

export interface SseEvent {
  readonly kind: string
  readonly data: string
}

/** Takes an event; `true` when nothing more has to come. */
export type OnEvent = (event: SseEvent) => Effect.Effect<boolean>

/** Reads a stream. Gives whether it has come to where nothing more had to come; the `rest` may be cut off. */
export const readEvents = (
  answer: Answer,
  max: number,
  position: Position,
  onEvent: OnEvent,
  rest: "read" | "cut" = "read"
): Effect.Effect<boolean, Unanswered> =>
  Effect.scoped(
    Effect.gen(function* () {
      const events: Array<SseEvent> = []
      const parser = Sse.makeParser((event) => note(event, position, events), { maxEventSize: max })
      const decoder = new TextDecoder()
      const pull = yield* Stream.toPull(answer.body)
      const told = (said: ReadonlyArray<SseEvent>): Effect.Effect<boolean> =>
        Effect.map(Effect.forEach(said, onEvent), (lasts) => lasts.includes(true))
      const fed = (chunks: ReadonlyArray<Uint8Array>): Effect.Effect<boolean, Unanswered> =>
        Effect.suspend(() => {
          const problem = parser.feed(chunks.map((bytes) => decoder.decode(bytes, { stream: true })).join(""))
          const all = events.splice(0)
          // the parser measures what is not complete yet
          const said = all.filter(({ data }) => data.length <= max)
          if (problem === undefined && said.length === all.length) return told(said)
          // it would come again
          position.lastId = undefined
          return Effect.andThen(told(said), Effect.fail(tooLarge(max)))
        })
      const next: Effect.Effect<"more" | "last" | "end", Unanswered> = Pull.matchEffect(pull, {
        onSuccess: (chunks) => Effect.map(fed(chunks), (last) => (last ? "last" : "more")),
        onFailure: Effect.failCause,
        onDone: () => Effect.succeed("end")
      })
      const until = (ends: ReadonlySet<string>) => Effect.repeat(next, { until: (step) => ends.has(step) })
      if ((yield* until(ENDS)) === "end") return false
      // what follows is of no consequence, however it ends
      if (rest === "read") yield* Effect.timeoutOption(Effect.ignore(until(END)), AFTER_LAST)
      return true
    })
  )

const tooLarge = (max: number): Unanswered =>
  new Unanswered({ sent: true, detail: `an event has more than ${max} characters; see McpLimits.messageIn` })

const note = (event: Sse.AnyEvent, position: Position, events: Array<SseEvent>): void => {
  if (event._tag === "Retry") {
    position.retry = Duration.toMillis(event.duration)
    position.lastId = event.lastEventId ?? position.lastId
    return
  }
  position.events += 1
  position.lastId = event.id ?? position.lastId
  if (event.data !== "") events.push({ kind: event.event, data: event.data })
}
