/**
 * Two transports back to back, in memory, with the real encoding and decoding between them.
 *
 * What one side sends is text and arrives at the other as a decoded message, in chunks, with back-pressure: a side that
 * does not read stops the other. When one side ends its output the other's input ends.
 */
import * as Arr from "effect/Array"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as JsonRpc from "../../wire/JsonRpc.ts"
import type { Exchange, Inbound, McpTransport, Outbound } from "../McpTransport.ts"
import { pipeExchange, pipeFeatures } from "./pipe.ts"

/** Chunks that may wait on the way. */
const CAPACITY = 16

type Chunk = Arr.NonEmptyReadonlyArray<Outbound>
type Wire = Queue.Queue<Chunk, Cause.Done>

const receiver = (wire: Wire, via: Exchange): Stream.Stream<Inbound> =>
  Stream.flattenArray(
    Stream.map(Stream.fromQueue(wire), (chunk) =>
      Arr.map(chunk, ({ text }): Inbound => ({ message: JsonRpc.decode(text), size: text.length, via }))
    )
  )

const sender = (wire: Wire): Sink.Sink<void, Outbound> =>
  Sink.ensuring(
    Sink.forEachArray((chunk: Chunk) => Queue.offer(wire, chunk)),
    Queue.end(wire)
  )

/** Makes both ends. */
export const loopback: Effect.Effect<readonly [client: McpTransport, server: McpTransport]> = Effect.gen(function* () {
  const toServer: Wire = yield* Queue.bounded<Chunk, Cause.Done>(CAPACITY)
  const toClient: Wire = yield* Queue.bounded<Chunk, Cause.Done>(CAPACITY)
  const end = (incoming: Wire, outgoing: Wire): McpTransport => ({
    features: pipeFeatures,
    incoming: receiver(incoming, pipeExchange(pipeFeatures)),
    outgoing: sender(outgoing)
  })
  return [end(toClient, toServer), end(toServer, toClient)]
})
