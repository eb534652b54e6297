/**
 * Two transports back to back, in memory, with the real encoding and decoding between them.
 *
 * What one side sends is text and arrives at the other as a decoded message, in chunks: handed over directly to a reader
 * that waits, otherwise kept, up to a few chunks; then the sender waits. When one side ends its output, the other's
 * input ends.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as JsonRpc from "../../wire/JsonRpc.ts"
import type { Exchange, Inbound, McpTransport, Outbound } from "../McpTransport.ts"
import { pipeExchange, pipeFeatures } from "./pipe.ts"

/** Chunks that may wait on the way. */
const CAPACITY = 16

type Chunk = Arr.NonEmptyReadonlyArray<Outbound>

/** One direction. */
class Wire {
  readonly #chunks: Array<Chunk> = []
  #reader: ((effect: Pull.Pull<Chunk>) => void) | undefined
  #writer: ((effect: Effect.Effect<void>) => void) | undefined
  #ended = false

  send(chunk: Chunk): Effect.Effect<void> {
    return Effect.suspend(() => {
      const reader = this.#reader
      if (reader !== undefined) {
        this.#reader = undefined
        reader(Effect.succeed(chunk))
        return Effect.void
      }
      this.#chunks.push(chunk)
      return this.#chunks.length < CAPACITY ? Effect.void : this.#untilTaken
    })
  }

  readonly #untilTaken: Effect.Effect<void> = Effect.callback((resume) => {
    this.#writer = resume
    return Effect.sync(() => {
      this.#writer = undefined
    })
  })

  readonly pull: Pull.Pull<Chunk> = Effect.suspend(() => {
    const chunk = this.#chunks.shift()
    if (chunk === undefined) return this.#ended ? Cause.done() : this.#untilSent
    const writer = this.#writer
    this.#writer = undefined
    writer?.(Effect.void)
    return Effect.succeed(chunk)
  })

  readonly #untilSent: Pull.Pull<Chunk> = Effect.callback((resume) => {
    this.#reader = resume
    return Effect.sync(() => {
      this.#reader = undefined
    })
  })

  readonly end: Effect.Effect<void> = Effect.sync(() => {
    this.#ended = true
    const reader = this.#reader
    this.#reader = undefined
    reader?.(Cause.done())
  })
}

const received = (chunk: Chunk, via: Exchange): Arr.NonEmptyReadonlyArray<Inbound> =>
  Arr.map(chunk, ({ text }) => ({ message: JsonRpc.decode(text), size: text.length, via }))

const end = (incoming: Wire, outgoing: Wire): McpTransport => {
  const via = pipeExchange(pipeFeatures)
  return {
    features: pipeFeatures,
    incoming: Stream.fromPull(Effect.succeed(Effect.map(incoming.pull, (chunk) => received(chunk, via)))),
    outgoing: Sink.ensuring(
      Sink.forEachArray((chunk: Chunk) => outgoing.send(chunk)),
      outgoing.end
    )
  }
}

/** Makes both ends. */
export const loopback: Effect.Effect<readonly [client: McpTransport, server: McpTransport]> = Effect.sync(() => {
  const toServer = new Wire()
  const toClient = new Wire()
  return [end(toClient, toServer), end(toServer, toClient)]
})
