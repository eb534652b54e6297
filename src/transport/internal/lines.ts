/**
 * A transport of lines: one JSON-RPC message per line, over any pair of a byte Stream and a byte Sink.
 *
 * Used by stdio on both sides. A line that cannot be read is a malformed message, not the end; the lines of a chunk
 * leave as one write.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { PlatformError } from "effect/PlatformError"
import type * as Pull from "effect/Pull"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import { type Line, makeSplitter } from "../../wire/Framing.ts"
import * as JsonRpc from "../../wire/JsonRpc.ts"
import {
  type Exchange,
  type Features,
  type Inbound,
  type McpTransport,
  type Outbound,
  TransportError
} from "../McpTransport.ts"
import { pipeExchange, pipeFeatures } from "./pipe.ts"

export interface Pipe {
  readonly readable: Stream.Stream<Uint8Array, PlatformError>
  readonly writable: Sink.Sink<void, string, never, PlatformError>
  /** Bytes of one incoming line. */
  readonly maxBytes: number
}

/** The transport of a pipe. */
export const lines = (pipe: Pipe, features: Features = pipeFeatures): McpTransport => ({
  features,
  incoming: incoming(pipe, pipeExchange(features)),
  outgoing: Sink.mapError(
    Sink.mapInputArray(pipe.writable, joined),
    failed("The other side does not take what is written")
  )
})

const failed = (what: string) => (cause: PlatformError) =>
  new TransportError({ detail: `${what}: ${cause.message}`, cause })

const joined = (frames: Arr.NonEmptyReadonlyArray<Outbound>): Arr.NonEmptyReadonlyArray<string> => {
  let text = ""
  for (const frame of frames) text += frame.text + "\n"
  return [text]
}

const message = (line: Line, via: Exchange): Inbound =>
  typeof line === "string"
    ? { message: JsonRpc.decode(line), size: line.length, via }
    : { message: JsonRpc.malformed("Parse", line.message), size: 0, via }

const incoming = (pipe: Pipe, via: Exchange): Stream.Stream<Inbound, TransportError> =>
  Stream.transformPull(Stream.mapError(pipe.readable, failed("The connection cannot be read")), (pull) =>
    Effect.sync(() => {
      const splitter = makeSplitter(pipe.maxBytes)
      let ended = false
      const next: Pull.Pull<Arr.NonEmptyReadonlyArray<Inbound>, TransportError> = Effect.suspend(() => {
        if (ended) return pull as Pull.Pull<never, TransportError>
        return Effect.matchCauseEffect(pull, {
          onSuccess: (chunk) => emit((out) => chunk.forEach((bytes) => splitter.push(bytes, out)), next),
          onFailure: (cause) => {
            ended = true
            return emit((out) => splitter.end(out), Effect.failCause(cause))
          }
        })
      })
      const emit = <E>(
        fill: (out: Array<Line>) => void,
        otherwise: Pull.Pull<Arr.NonEmptyReadonlyArray<Inbound>, E>
      ): Pull.Pull<Arr.NonEmptyReadonlyArray<Inbound>, E> => {
        const out: Array<Line> = []
        fill(out)
        return Arr.isArrayNonEmpty(out) ? Effect.succeed(Arr.map(out, (line) => message(line, via))) : otherwise
      }
      return next
    })
  )
