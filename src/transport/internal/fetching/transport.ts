/**
 * A client's transport over HTTP: each frame that leaves is an exchange of its own, all that comes in is one Stream.
 *
 * A request runs in a fiber of the connection and keeps nothing waiting. A notification has been answered before the next
 * frame leaves, so that the end of a handshake comes before what follows it. A cancel ends the exchange of its request,
 * after it has been said where that is needed. When all is over, the session is given back.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { HttpClient } from "effect/http/HttpClient"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { McpLimits } from "../../McpLimits.ts"
import {
  anonymous,
  type Exchange,
  type Features,
  type Inbound,
  type McpTransport,
  type Outbound,
  type TransportError
} from "../../McpTransport.ts"
import { type Headers, makeHttp } from "./http.ts"
import { type HeaderValues, Line, type Open } from "./line.ts"
import { exchange } from "./posting.ts"
import { standing } from "./standing.ts"
import { isSuccess, verdictOf } from "./verdict.ts"

const features: Features = {
  headers: true,
  push: true,
  interim: true,
  serverRequests: true,
  resumable: false,
  disconnectCancels: false
}

const via: Exchange = { headers: undefined, principal: anonymous, features, own: false }

/** Messages that have come in and wait for the reader. */
const WAITING = 256
/** Bytes of an answer in which nothing is said. */
const EMPTY = 64 * 1024
/** Replies of ours that are on their way at once. */
const REPLIES = 64

const NOTIFYING = "10 seconds"
const CANCELLING = "5 seconds"
const LEAVING = "2 seconds"

/** Posts what has no reply. Gives whether it was taken. */
const posted = (
  line: Line,
  text: string,
  headers: Headers | undefined,
  limit: typeof NOTIFYING | typeof CANCELLING
) => {
  const attempt = Effect.gen(function* () {
    const answer = yield* line.send("POST", headers, text)
    if (answer.status === 404 && line.session !== undefined) return yield* Effect.as(line.endSession(), false)
    // read to its end, so that the connection can be used again
    const body = yield* Effect.orElseSucceed(answer.text(EMPTY), () => "")
    if (!isSuccess(answer)) yield* Effect.logDebug(`A message was not taken: ${verdictOf(answer, body).detail}`)
    return isSuccess(answer)
  })
  return Effect.scoped(attempt).pipe(
    Effect.timeoutOrElse({
      duration: limit,
      orElse: () => Effect.as(Effect.logDebug(`A message was not taken within ${limit}`), false)
    }),
    Effect.catch((error) => Effect.as(Effect.logDebug(`A message was not taken: ${error.detail}`), false))
  )
}

const leave = (line: Line): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (line.session === undefined) return Effect.void
    const left = Effect.flatMap(line.send("DELETE", line.standing), (answer) => answer.text(EMPTY))
    return Effect.ignore(Effect.timeoutOption(Effect.interruptible(Effect.scoped(left)), LEAVING))
  })

class Sender {
  readonly #line: Line
  readonly #replies = Semaphore.makeUnsafe(REPLIES)

  constructor(line: Line) {
    this.#line = line
  }

  readonly send = (frame: Outbound): Effect.Effect<void> => {
    // whoever waits will hear that it has ended
    if (this.#line.ended) return Effect.void
    switch (frame.kind) {
      case "request":
        return this.#request(frame)
      case "notification":
        return this.#notify(frame)
      case "cancel":
        return this.#cancel(frame)
      case "reply":
        return this.#reply(frame)
      case "pulse":
        return Effect.void
    }
  }

  #fork(effect: Effect.Effect<unknown>) {
    return Effect.forkIn(Effect.asVoid(effect), this.#line.scope, { startImmediately: true })
  }

  #request(frame: Outbound): Effect.Effect<void> {
    const line = this.#line
    const id = frame.about
    if (id === undefined) return Effect.die("A request frame says which request it is about")
    const open: Open = { frame, fiber: undefined }
    line.open.set(id, open)
    const run = Effect.ensuring(
      exchange(line, frame, id),
      Effect.sync(() => line.open.delete(id))
    )
    return Effect.map(this.#fork(run), (fiber) => {
      open.fiber = fiber
    })
  }

  #notify({ hints, text }: Outbound): Effect.Effect<void> {
    const line = this.#line
    const said = posted(line, text, hints?.headers, NOTIFYING)
    if (hints?.opens !== true) return Effect.asVoid(said)
    line.opened(hints.headers)
    return Effect.flatMap(said, (taken) => (taken ? Effect.asVoid(this.#fork(standing(line))) : Effect.void))
  }

  #cancel({ about, text }: Outbound): Effect.Effect<void> {
    const open = about === undefined ? undefined : this.#line.open.get(about)
    if (open === undefined) return Effect.void
    const abort = Effect.sync(() => open.fiber?.interruptUnsafe())
    if (open.frame.hints?.closeCancels === true) return abort
    const said = posted(this.#line, text, open.frame.hints?.headers, CANCELLING)
    return Effect.asVoid(this.#fork(Effect.ensuring(said, abort)))
  }

  #reply({ hints, text }: Outbound): Effect.Effect<void> {
    const line = this.#line
    const said = posted(line, text, hints?.headers ?? line.standing, NOTIFYING)
    return Effect.andThen(
      this.#replies.take(1),
      Effect.asVoid(this.#fork(Effect.ensuring(said, this.#replies.release(1))))
    )
  }
}

/** The transport of a client to one URL. */
export const overHttp = (
  url: string,
  headers: HeaderValues
): Effect.Effect<McpTransport, never, HttpClient | Scope.Scope> =>
  Effect.gen(function* () {
    const http = yield* makeHttp(url)
    const limits = yield* McpLimits
    const scope = yield* Effect.scope
    const incoming = yield* Queue.bounded<Inbound, TransportError>(WAITING)
    const left = yield* Effect.acquireRelease(
      Effect.sync((): { line: Line | undefined } => ({ line: undefined })),
      ({ line }) => (line === undefined ? Effect.void : leave(line))
    )
    const work = yield* Scope.fork(scope)
    const line = new Line(http, limits, work, incoming, via, headers)
    left.line = line
    const sender = new Sender(line)
    return {
      features,
      incoming: Stream.fromQueue(incoming),
      outgoing: Sink.ensuring(
        Sink.forEach(sender.send),
        // whoever fed it is gone
        Effect.suspend(() => Scope.close(work, Exit.void))
      )
    }
  })
