/**
 * Legacy sessions over HTTP: messages that come by POST, what is said unasked on GET, the end by DELETE.
 *
 * `initialize` opens a session and is answered with its id; every other message names it. Losing a connection cancels
 * nothing. Where there is an `EventStore` the streams can be taken up again, see `resuming.ts`.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Policy } from "../../../protocol/McpRevision.ts"
import { type Id, type Malformed, type Message } from "../../../wire/JsonRpc.ts"
import type { Service as EventStore } from "../../EventStore.ts"
import type { Features, Refusal } from "../../McpTransport.ts"
import type { StoreError } from "../../SessionStore.ts"
import type { Accepts, Arrived } from "./arriving.ts"
import { BatchOutlet, isAnswered, partsOf } from "./batchOutlet.ts"
import { find } from "./ladder.ts"
import { Log, type LogOptions } from "./log.ts"
import { pulse } from "../outlet.ts"
import { PlainOutlet, type ResponseOutlet } from "./responses.ts"
import { ResumableOutlet } from "./resumableOutlet.ts"
import { type EventId, parseEventId, resume } from "./resuming.ts"
import { exchangeOf, orphaned, refused, type Response, responding, type Serving, streaming } from "./serving.ts"
import type { Session } from "./session.ts"
import { Sessions } from "./sessions.ts"
import type { Service as SessionStore } from "../../SessionStore.ts"

const SESSION = "mcp-session-id"

export interface Stores {
  readonly sessions: SessionStore | undefined
  readonly events: EventStore | undefined
}

/** How a stream on GET is written. */
const events = { era: "legacy", events: true, stream: { may: true, must: true } } as const

type Served = Effect.Effect<Response, never, Scope.Scope>

export class Stateful {
  readonly sessions: Sessions
  readonly #serving: Serving
  readonly #events: EventStore | undefined
  readonly #features: Features
  readonly #inOneMessage: Features
  readonly #retry: number

  constructor(serving: Serving, stores: Stores) {
    this.#serving = serving
    this.#events = stores.events
    this.#retry = Duration.toMillis(serving.limits.retry)
    const streams = serving.settings.response !== "json"
    this.#features = {
      headers: true,
      push: true,
      interim: streams,
      serverRequests: streams,
      resumable: streams && stores.events !== undefined,
      disconnectCancels: false
    }
    this.#inOneMessage = { ...this.#features, push: false, interim: false, serverRequests: false, resumable: false }
    this.sessions = new Sessions({
      acceptor: serving.acceptor,
      features: this.#features,
      store: stores.sessions,
      events: stores.events,
      context: serving.context
    })
  }

  /** A message of a client. */
  post(arrived: Arrived, accepts: Accepts, message: Message | Malformed, size: number): Served {
    if (message._tag === "Request" && message.method === "initialize")
      return this.#open(arrived, accepts, message, size)
    return this.#inSession(arrived, (session) => this.#receive(session, arrived, accepts, message, size), message)
  }

  /** What was meant as an answer, and is none. */
  answerMisread(arrived: Arrived, message: Malformed, size: number, refused: Served): Served {
    if (arrived.headers[SESSION] === undefined) return refused
    return this.#inSession(arrived, (session) => {
      const via = exchangeOf(this.#serving, arrived, this.#inOneMessage, undefined, session.id, undefined)
      session.conversation.receive({ message, size, via })
      return refused
    })
  }

  /** A stream for what is said unasked, or one that is taken up again. */
  get(arrived: Arrived, accepts: Accepts): Served {
    if (!accepts.events) {
      return this.#refused(
        { fault: "Envelope", detail: "A GET is answered by a stream; accept text/event-stream" },
        406
      )
    }
    return this.#inSession(arrived, (session) => {
      if (session.streams >= this.#serving.limits.streams) {
        return this.#refused({ fault: "Busy", detail: `The session has ${session.streams} streams open` })
      }
      const last = arrived.headers["last-event-id"]
      if (this.#events === undefined || last === undefined) return this.#stand(session)
      const id = parseEventId(last)
      if (id === undefined) {
        return this.#refused({ fault: "Envelope", detail: "Last-Event-ID is not an id of this server's events" })
      }
      return this.#resume(session, this.#events, id)
    })
  }

  #resume(session: Session, store: EventStore, id: EventId): Served {
    const resumed = resume(session, store, id, {
      reopen: (stream, tail) => this.#log(session, { stream, ...tail }),
      orphaned: (id) => orphaned(this.#serving, session.conversation.snapshot?.revision, id)
    })
    return Effect.matchEffect(resumed, {
      onFailure: (error) => {
        if (error._tag === "ResumeLost") {
          return this.#refused({ fault: "Envelope", detail: error.message, data: { loss: "ResumeLost" } }, 410)
        }
        const told = this.#refused({ fault: "Busy", detail: "The store of events does not answer" })
        return Effect.andThen(Effect.logWarning(error.message), told)
      },
      onSuccess: (log) => {
        // for a source of events that is: do not come back
        if (log === "Over") return Effect.succeed(HttpServerResponse.empty({ status: 204 }))
        if (log === "StandingOver") return this.#stand(session)
        const outlet = new ResumableOutlet(() => log, id.sequence)
        if (log.standing) return this.#standing(session, outlet)
        outlet.stream()
        session.hold()
        return responding(this.#serving, outlet, events, events.stream, () => this.sessions.release(session))
      }
    })
  }

  /** The end of a session. */
  delete(arrived: Arrived): Served {
    return this.#inSession(arrived, (session) => {
      const ending = this.sessions.end(session, "The client has ended the session")
      Effect.runForkWith(this.#serving.context)(ending)
      return Effect.succeed(HttpServerResponse.empty({ status: 204 }))
    })
  }

  #open(arrived: Arrived, accepts: Accepts, message: Message, size: number): Served {
    const session = this.sessions.open(arrived.principal)
    if (session === undefined) {
      const detail = `${this.#serving.limits.sessions} sessions are open; see McpLimits.sessions`
      const id = message._tag === "Request" ? message.id : undefined
      return this.#refused({ fault: "Busy", detail, id })
    }
    const answered = this.#exchange(session, arrived, accepts, message, size)
    return Effect.flatMap(answered, (response) => {
      // what refused the handshake has said so; there is no session
      if (session.conversation.snapshot === undefined && !session.conversation.busy) {
        return Effect.as(this.sessions.end(session, "The handshake was refused"), response)
      }
      return Effect.as(this.sessions.keep(session), HttpServerResponse.setHeader(response, SESSION, session.id))
    })
  }

  #receive(session: Session, arrived: Arrived, accepts: Accepts, message: Message | Malformed, size: number): Served {
    if (message._tag === "Request") return this.#exchange(session, arrived, accepts, message, size)
    if (message._tag === "Malformed") {
      const refusal = this.#refusalOf(session, message)
      if (refusal !== undefined) {
        return Effect.succeed(refused(this.#serving, refusal, { revision: session.conversation.snapshot?.revision }))
      }
      if (partsOf(message).some(isAnswered)) return this.#exchange(session, arrived, accepts, message, size)
    }
    session.conversation.receive({
      message,
      size,
      via: exchangeOf(this.#serving, arrived, this.#inOneMessage, undefined, session.id, undefined)
    })
    return Effect.succeed(HttpServerResponse.empty({ status: 202 }))
  }

  /** Why a batch is refused: the session does not speak them, or it is too long. */
  #refusalOf(session: Session, { batch, fault, id, message }: Malformed): Refusal | undefined {
    const { limits } = this.#serving
    if (batch === undefined || this.#policyOf(session)?.batches !== true) return { fault, detail: message, id }
    if (batch.length > limits.batch) return { fault, detail: `A batch has at most ${limits.batch} messages` }
    return undefined
  }

  /** What the revision of a session allows. */
  #policyOf({ conversation }: Session): Policy | undefined {
    return find(this.#serving.acceptor.admission.revisions, conversation.snapshot?.revision)?.policy
  }

  /** Requests, and their response. */
  #exchange(session: Session, arrived: Arrived, accepts: Accepts, message: Message | Malformed, size: number): Served {
    const stream = streaming(this.#serving.settings, accepts)
    const parts = partsOf(message)
    const single = this.#outlet(session, stream.may, idsOf(parts))
    const outlet = message._tag === "Malformed" ? new BatchOutlet(single, parts.filter(isAnswered).length) : single
    const features = stream.may ? this.#features : this.#inOneMessage
    const via = exchangeOf(this.#serving, arrived, features, undefined, session.id, outlet)
    session.conversation.receive({ message, size, via })
    const now = outlet.toldNow
    if (now !== undefined && now._tag !== "Events") {
      session.usedAt = this.sessions.now()
      return responding(this.#serving, outlet, { era: "legacy", events: stream.must }, stream)
    }
    session.hold()
    // the client must know an event before it can come back for more
    if (stream.may && features.resumable) outlet.stream()
    return responding(this.#serving, outlet, { era: "legacy", events: stream.must }, stream, () =>
      this.sessions.release(session)
    )
  }

  #outlet(session: Session, streams: boolean, requests: ReadonlyArray<Id>): ResponseOutlet {
    return streams && this.#features.resumable
      ? new ResumableOutlet(() => this.#newLog(session, requests))
      : new PlainOutlet(this.#serving.limits.unsentSoft, () => {})
  }

  #newLog(session: Session, requests: ReadonlyArray<Id> | undefined): Log {
    const log = this.#log(session, { stream: session.nextLog(), standing: requests === undefined })
    log.open(requests ?? [])
    return log
  }

  #log(
    session: Session,
    which: Pick<LogOptions, "standing" | "sequence" | "ended"> & { readonly stream: string }
  ): Log {
    const { context, limits } = this.#serving
    const log = new Log({
      store: this.#events!,
      ...which,
      key: { session: session.id, stream: which.stream },
      context,
      soft: limits.unsentSoft,
      retry: this.#policyOf(session)?.priming === true ? this.#retry : undefined
    })
    session.addLog(log, limits.streams)
    return log
  }

  /** A stream for what belongs to no request. */
  #stand(session: Session): Served {
    return this.#standing(
      session,
      this.#events !== undefined
        ? new ResumableOutlet(() => this.#newLog(session, undefined))
        : new PlainOutlet(this.#serving.limits.unsentSoft, () => {})
    )
  }

  #standing(session: Session, outlet: ResponseOutlet): Served {
    // headers leave with the first bytes
    outlet.push(pulse)
    session.addStream(outlet)
    session.hold()
    return responding(this.#serving, outlet, events, events.stream, () => {
      session.removeStream(outlet)
      this.sessions.release(session)
    })
  }

  /** The session that a request names, if it is the caller's. */
  #inSession(arrived: Arrived, use: (session: Session) => Served, message?: Message | Malformed): Served {
    const id = arrived.headers[SESSION]
    const about = message?._tag === "Request" ? message.id : undefined
    if (id === undefined) {
      const detail = 'The header Mcp-Session-Id is missing; "initialize" opens a session and is answered with it'
      return this.#refused({ fault: "NotInitialized", detail, id: about })
    }
    const found = Effect.map(this.sessions.find(id, arrived.principal), (session): Session | Refusal => {
      return session ?? { fault: "NotInitialized", detail: "There is no such session (any more)", id: about }
    })
    return Effect.matchEffect(found, {
      onFailure: (error: StoreError) => {
        const told = this.#refused({ fault: "Busy", detail: "The store of sessions does not answer", id: about })
        return Effect.andThen(Effect.logWarning(error.message), told)
      },
      onSuccess: (session) => {
        if ("fault" in session) return this.#refused(session, 404)
        this.sessions.use(session)
        return use(session)
      }
    })
  }

  #refused(refusal: Refusal, status?: number): Effect.Effect<Response> {
    return Effect.succeed(refused(this.#serving, refusal, status === undefined ? {} : { status }))
  }
}

const idsOf = (messages: ReadonlyArray<Message | Malformed>): ReadonlyArray<Id> =>
  messages.flatMap((message) => (message._tag === "Request" ? [message.id] : []))
