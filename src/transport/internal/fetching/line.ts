/**
 * The connection of one client to one URL: what its exchanges share.
 *
 * It knows the session, the headers that everything carries, which exchanges are open, and where what comes in goes. When
 * the session is over, every open exchange is lost and what comes in ends; nothing is sent any more.
 */
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import type * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import type * as JsonRpc from "../../../wire/JsonRpc.ts"
import type { Limits } from "../../McpLimits.ts"
import { type Exchange, type Inbound, type Loss, type Outbound, TransportError } from "../../McpTransport.ts"
import { type Answer, type Headers, type Http, Unanswered } from "./http.ts"

/** The value of a header: as it is, or made for every exchange. */
export type HeaderValue = string | Redacted.Redacted<string> | Effect.Effect<string | Redacted.Redacted<string>>

export interface HeaderValues {
  readonly [name: string]: HeaderValue
}

/** A request of ours on its way. */
export interface Open {
  readonly frame: Outbound
  fiber: Fiber.Fiber<void> | undefined
}

const SESSION = "mcp-session-id"

export class Line {
  readonly http: Http
  readonly limits: Limits
  /** What runs on the connection runs in here. */
  readonly scope: Scope.Scope
  readonly open = new Map<JsonRpc.Id, Open>()
  readonly #incoming: Queue.Enqueue<Inbound, TransportError>
  readonly #via: Exchange
  readonly #own: HeaderValues
  #session: string | undefined
  #standing: Headers | undefined
  #ended = false

  constructor(
    http: Http,
    limits: Limits,
    scope: Scope.Scope,
    incoming: Queue.Enqueue<Inbound, TransportError>,
    via: Exchange,
    own: HeaderValues
  ) {
    this.http = http
    this.limits = limits
    this.scope = scope
    this.#incoming = incoming
    this.#via = via
    this.#own = own
  }

  get session(): string | undefined {
    return this.#session
  }

  get ended(): boolean {
    return this.#ended
  }

  /** What is sent unasked for carries what the end of the handshake carried; nothing before. */
  get standing(): Headers | undefined {
    return this.#standing
  }

  opened(headers: Headers | undefined): void {
    this.#standing = headers ?? {}
  }

  /** Keeps the session that an answer begins, as long as the handshake is not done. */
  begin({ headers }: Answer): void {
    const session = headers[SESSION]
    if (this.#standing === undefined && session !== undefined && /^[!-~]+$/.test(session)) this.#session = session
  }

  /** Sends one HTTP request with everything that it has to carry; ours goes before what the user has said. */
  send(
    method: "POST" | "GET" | "DELETE",
    headers: Headers | undefined,
    body?: string
  ): Effect.Effect<Answer, Unanswered, Scope.Scope> {
    const session = this.#session
    const ours = {
      ...headers,
      accept: method === "GET" ? "text/event-stream" : "application/json, text/event-stream",
      ...(session === undefined ? {} : { [SESSION]: session })
    }
    return Effect.flatMap(valuesOf(this.#own), (own) => this.http.send(method, { ...own, ...lowerCase(ours) }, body))
  }

  /** Hands a message in. Waits for room. */
  deliver(message: Inbound["message"], size: number): Effect.Effect<void> {
    return Effect.asVoid(Queue.offer(this.#incoming, { message, size, via: this.#via }))
  }

  /** A request of ours gets no reply. */
  lose(id: JsonRpc.Id, loss: Loss, detail: string): Effect.Effect<void> {
    return this.deliver({ _tag: "Lost", id, loss, detail }, 0)
  }

  /** The session is over: what waits is lost, and nothing can be asked any more. */
  endSession(): Effect.Effect<void> {
    const detail = "the server has ended the session"
    const lost = Effect.suspend(() =>
      Effect.forEach([...this.open.keys()], (id) => this.lose(id, "SessionEnded", detail), { discard: true })
    )
    return this.#ending(lost, new TransportError({ detail: "The server has ended the session" }))
  }

  /** Nothing can be asked here at all. */
  end(error: TransportError): Effect.Effect<void> {
    return this.#ending(Effect.void, error)
  }

  #ending(before: Effect.Effect<void>, error: TransportError): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#ended) return Effect.void
      this.#ended = true
      this.#session = undefined
      return Effect.andThen(before, Effect.asVoid(Queue.fail(this.#incoming, error)))
    })
  }
}

const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

const textOf = (value: string | Redacted.Redacted<string>): string =>
  typeof value === "string" ? value : Redacted.value(value)

const valuesOf = (values: HeaderValues): Effect.Effect<Headers, Unanswered> =>
  Effect.catchDefect(
    Effect.map(
      Effect.forEach(Object.entries(values), ([name, value]) =>
        Effect.map(Effect.isEffect(value) ? value : Effect.succeed(value), (made) => [name.toLowerCase(), textOf(made)])
      ),
      Object.fromEntries
    ),
    (defect) => Effect.fail(new Unanswered({ sent: false, detail: `the headers could not be made: ${String(defect)}` }))
  )
