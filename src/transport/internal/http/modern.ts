/**
 * A modern POST: one message, one exchange, no conversation. Losing the connection cancels it.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Message } from "../../../wire/JsonRpc.ts"
import type { Accepts, Arrived } from "./arriving.ts"
import { PlainOutlet } from "./responses.ts"
import { aloneFeatures, exchangeOf, refused, type Response, responding, type Serving, streaming } from "./serving.ts"

const alone = aloneFeatures(true, true)
const inOneMessage = aloneFeatures(false, true)

/** Serves one message in a modern revision. */
export const serveModern = (
  serving: Serving,
  arrived: Arrived,
  accepts: Accepts,
  message: Message,
  size: number,
  revision: string
): Effect.Effect<Response, never, Scope.Scope> => {
  if (message._tag === "Success" || message._tag === "Failure") {
    const detail = `Revision ${revision} has no requests of the server, so there is nothing to answer`
    return Effect.succeed(refused(serving, { fault: "Envelope", detail }, { revision }))
  }
  const { acceptor, limits, settings } = serving
  const staysOpen = message._tag === "Request" && acceptor.admission.staysOpen(message.method)
  const stream = staysOpen ? { may: accepts.events, must: true } : streaming(settings, accepts)
  if (staysOpen && !accepts.events) {
    const detail = `"${message.method}" is answered by a stream; accept text/event-stream`
    return Effect.succeed(refused(serving, { fault: "Envelope", detail, id: message.id }, { revision, status: 406 }))
  }
  let cancel = () => {}
  const outlet = new PlainOutlet(limits.unsentSoft, () => cancel())
  const via = exchangeOf(serving, arrived, stream.may ? alone : inOneMessage, revision, undefined, outlet)
  cancel = acceptor.answer({ message, size, via })
  return responding(serving, outlet, { era: "modern", events: stream.must }, stream)
}
