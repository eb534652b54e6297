/**
 * A legacy POST without sessions: each message is answered alone, in the revision that its header names.
 *
 * Nothing is said unasked, nothing can be asked of the client, and nothing of one request is known to the next. Losing the
 * connection cancels nothing.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type Malformed, type Message } from "../../../wire/JsonRpc.ts"
import type { Accepts, Arrived } from "./arriving.ts"
import { BatchOutlet, isAnswered, partsOf } from "./batchOutlet.ts"
import { find } from "./ladder.ts"
import { PlainOutlet } from "./responses.ts"
import { aloneFeatures, exchangeOf, refused, type Response, responding, type Serving, streaming } from "./serving.ts"

/** The revision of a client that does not name one. */
const UNNAMED = "2025-03-26"

const alone = aloneFeatures(true, false)
const inOneMessage = aloneFeatures(false, false)

/** The messages that one body holds, or why it is refused. */
const unpacked = (
  { acceptor, limits }: Serving,
  message: Message | Malformed,
  revision: string
): ReadonlyArray<Message | Malformed> | string => {
  if (message._tag !== "Malformed") return [message]
  const batches = find(acceptor.admission.revisions, revision)?.policy.batches === true
  if (message.batch === undefined || !batches) return message.message
  if (message.batch.length > limits.batch) return `A batch has at most ${limits.batch} messages`
  return partsOf(message)
}

/** Serves one body without a session. */
export const serveStateless = (
  serving: Serving,
  arrived: Arrived,
  accepts: Accepts,
  message: Message | Malformed,
  size: number,
  named: string | undefined
): Effect.Effect<Response, never, Scope.Scope> => {
  const { acceptor, limits, settings } = serving
  const revision = named ?? UNNAMED
  const messages = unpacked(serving, message, revision)
  if (typeof messages === "string") {
    const { fault, id } = message as Malformed
    return Effect.succeed(refused(serving, { fault, detail: messages, id }, { revision }))
  }
  const stream = streaming(settings, accepts)
  const plain = new PlainOutlet(limits.unsentSoft, () => {})
  const outlet = message._tag === "Malformed" ? new BatchOutlet(plain, messages.filter(isAnswered).length) : plain
  const via = exchangeOf(serving, arrived, stream.may ? alone : inOneMessage, revision, undefined, outlet)
  const share = Math.ceil(size / messages.length)
  for (const one of messages)
    acceptor.answer({ message: one, size: share, via: isAnswered(one) ? via : { ...via, outlet: undefined } })
  if (!messages.some(isAnswered)) plain.none()
  return responding(serving, outlet, { era: "legacy", events: stream.must }, stream)
}
