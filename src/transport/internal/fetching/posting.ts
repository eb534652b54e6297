/**
 * One request of ours over HTTP: it is posted, and what comes back goes in, until it has its reply or is lost.
 *
 * The reply is a JSON body, or an event of a stream that may carry other messages before. A stream of a legacy revision
 * that ends too early is taken up again where events have ids. Whatever happens, whoever waits is told.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { decode, type Failure, type Id, type Message, type Malformed } from "../../../wire/JsonRpc.ts"
import type { Outbound } from "../../McpTransport.ts"
import { type OnEvent, type Position, readEvents, start } from "./events.ts"
import type { Answer, Unanswered } from "./http.ts"
import type { Line } from "./line.ts"
import { oldTransport } from "./older.ts"
import { again, type Attempt, done, persisting } from "./patience.ts"
import { isSuccess, saysResumeLost, type Verdict, verdictOf, verdictOn } from "./verdict.ts"

/** What a request came to: nothing to be said, because it has its reply, or why it is lost. */
type Outcome = Verdict | undefined

/** Whether a message is the reply to a request; one that cannot be read may be, too. */
const answers = (message: Message | Malformed, id: Id): boolean => {
  if (message._tag !== "Malformed") return "result" in message || "error" in message ? message.id === id : false
  if (message.batch === undefined) return message.id === id && message.kind !== "request"
  return message.batch.some((one) => typeof one === "object" && one !== null && "id" in one && one.id === id)
}

/** Hands in what an event says; `true` with the reply to `id`. */
export const delivering =
  (line: Line, id?: Id): OnEvent =>
  ({ data, kind }) => {
    if (kind !== "message") return Effect.succeed(false)
    const message = decode(data)
    return Effect.as(line.deliver(message, data.length), id !== undefined && answers(message, id))
  }

const failureIn = (text: string, id: Id): Failure | undefined => {
  const message = decode(text)
  return message._tag === "Failure" && (message.id === undefined || message.id === id) ? message : undefined
}

/** A JSON body: the reply, or a batch that holds it. */
const takeJson = (line: Line, id: Id, answer: Answer): Effect.Effect<Outcome, Unanswered> =>
  Effect.flatMap(answer.text(line.limits.messageIn), (text) => {
    const message = decode(text)
    if (answers(message, id)) return Effect.as(line.deliver(message, text.length), undefined)
    const detail = "the body of the answer is not the reply to the request"
    return Effect.as(line.deliver(message, text.length), { loss: "Broken", detail } as const)
  })

/** A refusal: what its body says, or else what its status means. */
const takeRefusal = (line: Line, frame: Outbound, id: Id, answer: Answer): Effect.Effect<Outcome, Unanswered> =>
  Effect.gen(function* () {
    if (answer.status === 404 && line.session !== undefined) {
      yield* line.endSession()
      return undefined
    }
    // a body that cannot be read takes nothing away from the status
    const text = yield* Effect.orElseSucceed(answer.text(line.limits.messageIn), () => "")
    const failure = failureIn(text, id)
    const counts = answer.status === 403 ? failure?.id !== undefined : answer.status !== 401
    if (failure !== undefined && counts)
      return yield* Effect.as(line.deliver({ ...failure, id }, text.length), undefined)
    const verdict = verdictOf(answer, failure?.error.message ?? text)
    if (verdict.loss === "Refused" && (yield* oldTransport(line, frame, answer))) return undefined
    return verdict
  })

const isStream = (answer: Answer): boolean => isSuccess(answer) && answer.type === "text/event-stream"

const takeAnswer = (
  line: Line,
  frame: Outbound,
  id: Id,
  position: Position,
  answer: Answer
): Effect.Effect<Outcome, Unanswered> => {
  if (frame.hints?.closeCancels !== true) line.begin(answer)
  if (!isSuccess(answer)) return takeRefusal(line, frame, id, answer)
  if (answer.type === "application/json") return takeJson(line, id, answer)
  if (!isStream(answer)) return Effect.succeed(verdictOf(answer, ""))
  return Effect.map(readEvents(answer, line.limits.messageIn, position, delivering(line, id)), (replied) =>
    replied ? undefined : cut("the stream ended without the reply")
  )
}

const cut = (detail: string): Verdict => ({ loss: "Broken", detail })

/** Takes the stream of a request up again, once. */
const resumed = (line: Line, frame: Outbound, id: Id, position: Position): Effect.Effect<Attempt<Outcome>> => {
  const attempt = Effect.gen(function* () {
    const answer = yield* line.send("GET", { ...frame.hints?.headers, "last-event-id": position.lastId ?? "" })
    if (isStream(answer)) {
      const replied = yield* readEvents(answer, line.limits.messageIn, position, delivering(line, id))
      return replied ? done(undefined) : again("the stream ended without the reply")
    }
    if (answer.status === 404 && line.session !== undefined) return done(yield* Effect.as(line.endSession(), undefined))
    const text = yield* Effect.orElseSucceed(answer.text(line.limits.messageIn), () => "")
    const failure = failureIn(text, id)
    if (saysResumeLost(answer, failure?.error)) {
      return done<Outcome>({ loss: "ResumeLost", detail: "the server no longer has the rest of the stream" })
    }
    const verdict = verdictOf(answer, failure?.error.message ?? text)
    if (verdict.loss === "Unavailable" || answer.status >= 500) return again(verdict.detail)
    return done<Outcome>(
      verdict.loss === "Unauthorized" ? verdict : cut(`the stream cannot be resumed: ${verdict.detail}`)
    )
  })
  return Effect.catch(Effect.scoped(attempt), (error) =>
    Effect.succeed(position.lastId === undefined ? done<Outcome>(verdictOn(error)) : again(error.detail))
  )
}

const resuming = (line: Line, frame: Outbound, id: Id, position: Position): Effect.Effect<Outcome> =>
  Effect.catch(persisting(position, resumed(line, frame, id, position)), (why) =>
    Effect.succeed<Outcome>(cut(`the stream could not be resumed: ${why}`))
  )

const outcomeOf = (line: Line, frame: Outbound, id: Id): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const position = start()
    const posted = Effect.flatMap(line.send("POST", frame.hints?.headers, frame.text), (answer) =>
      takeAnswer(line, frame, id, position, answer)
    )
    const outcome = yield* Effect.catch(Effect.scoped(posted), (error) => Effect.succeed<Outcome>(verdictOn(error)))
    const resumable = position.lastId !== undefined && frame.hints?.closeCancels !== true
    return outcome?.loss === "Broken" && resumable ? yield* resuming(line, frame, id, position) : outcome
  })

/** Sends a request and takes all that belongs to it. Never fails: whoever waits is told what became of it. */
export const exchange = (line: Line, frame: Outbound, id: Id): Effect.Effect<void> =>
  Effect.matchCauseEffect(outcomeOf(line, frame, id), {
    onSuccess: (outcome) => (outcome === undefined ? Effect.void : line.lose(id, outcome.loss, outcome.detail)),
    onFailure: (cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.interrupt
        : line.lose(id, "Broken", `sending it broke: ${String(Cause.squash(cause))}`)
  })
