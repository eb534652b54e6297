/**
 * What an exchange comes to, as an HTTP response: one message, a stream of events, or nothing but a status.
 *
 * The only place that writes a status or a header of an answer. It knows outlets, not sessions.
 */
import type * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import type { Era } from "../../../protocol/McpRevision.ts"
import type { Answer, Outbound, Outlet } from "../../McpTransport.ts"
import { ExchangeOutlet } from "../outlet.ts"
import { comment, event, EVENT_STREAM, streamHeaders } from "./sse.ts"
import { statusOf } from "./status.ts"

/** What a response is made of. */
export type Told =
  | { readonly _tag: "Reply"; readonly frame: Outbound }
  | { readonly _tag: "Events"; readonly events: Stream.Stream<string> }
  | { readonly _tag: "None" }

/** The outlet of one response. */
export interface ResponseOutlet extends Outlet {
  readonly told: Effect.Effect<Told>
  /** What it has come to so far, if anything. */
  readonly toldNow: Told | undefined
  /** It has not ended. */
  readonly isOpen: boolean
  /** The connection is gone. */
  drop(): void
  /** Becomes a stream before anything has been said. */
  stream(): void
}

const encoder = new TextEncoder()
const bytesOf = (events: Stream.Stream<string>): Stream.Stream<Uint8Array> =>
  Stream.mapArray(events, (texts): Arr.NonEmptyReadonlyArray<Uint8Array> => [encoder.encode(texts.join(""))])

const eventOf = ({ kind, text }: Outbound): string => (kind === "pulse" ? comment : event(text))

const toldOf = (answer: Answer): Told =>
  answer._tag === "Stream" ? { _tag: "Events", events: Stream.map(answer.frames, eventOf) } : answer

/** The outlet of a response whose stream ends with its connection. */
export class PlainOutlet extends ExchangeOutlet implements ResponseOutlet {
  get told(): Effect.Effect<Told> {
    return Effect.map(this.answer, toldOf)
  }

  get toldNow(): Told | undefined {
    return this.now === undefined ? undefined : toldOf(this.now)
  }
}

/** How an answer is to be written. */
export interface Manner {
  readonly era: Era
  /** A single reply is written as a stream of one event. */
  readonly events: boolean
  readonly headers?: { readonly [name: string]: string } | undefined
}

/** Writes an answer. */
export const respond = (told: Told, { era, events, headers }: Manner): HttpServerResponse.HttpServerResponse => {
  if (told._tag === "None") return HttpServerResponse.empty({ status: 202, headers })
  if (told._tag === "Events") return eventStream(told.events, headers)
  const { frame } = told
  const status = statusOf(era, frame.hints?.fault)
  return events && status === 200
    ? HttpServerResponse.text(event(frame.text), {
        status,
        contentType: EVENT_STREAM,
        headers: headers === undefined ? streamHeaders : { ...streamHeaders, ...headers }
      })
    : message(status, frame.text, headers)
}

/** One message. */
export const message = (
  status: number,
  text: string,
  headers?: { readonly [name: string]: string }
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(text, headers === undefined ? json(status) : { ...json(status), headers })

const json = (status: number) => ({ status, contentType: "application/json" })

/** A stream that stays open. */
export const eventStream = (
  events: Stream.Stream<string>,
  headers?: { readonly [name: string]: string }
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.stream(bytesOf(events), {
    contentType: EVENT_STREAM,
    headers: headers === undefined ? streamHeaders : { ...streamHeaders, ...headers }
  })
