/**
 * The body of a request as text, within a size and a time.
 *
 * Where the request is Node's it is read from Node's own stream, which is several times as fast as any other way; every
 * other is read as a stream of bytes. Text that is not UTF-8 is no text: it is refused, not repaired.
 */
import * as Effect from "effect/Effect"
import type { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as Stream from "effect/Stream"
import type { Headers } from "./ladder.ts"

/** Why there is no text. */
export type Unread = "TooLarge" | "TooSlow" | "NotText" | "Broken"

/** What can run out of patience with a body, and how it is told when the body has come. */
export interface Patience {
  (onImpatient: () => void): () => void
}

/** Node's stream, as far as it is used here. */
interface Source {
  on(event: string, listener: (chunk: never) => void): unknown
  off(event: string, listener: (chunk: never) => void): unknown
  resume(): unknown
}

const isSource = (source: unknown): source is Source =>
  typeof (source as Partial<Source>).on === "function" && typeof (source as Partial<Source>).off === "function"

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const textOf = (bytes: Uint8Array): Effect.Effect<string, Unread> => {
  try {
    return Effect.succeed(decoder.decode(bytes))
  } catch {
    return Effect.fail("NotText")
  }
}

const joined = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  if (chunks.length === 1) return chunks[0]!
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** Reads the whole body. */
export const readBody = (
  request: HttpServerRequest,
  headers: Headers,
  limit: number,
  patience: Patience
): Effect.Effect<string, Unread> =>
  // a caller that waits to be told to go on is told so by the request's own stream
  isSource(request.source) && headers["expect"] === undefined
    ? fromSource(request.source, limit, patience)
    : fromStream(request, limit, patience)

const fromSource = (source: Source, limit: number, patience: Patience): Effect.Effect<string, Unread> =>
  Effect.callback((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const settle = (result: Effect.Effect<string, Unread>) => {
      off()
      resume(result)
    }
    const onData = (chunk: Uint8Array) => {
      size += chunk.length
      if (size > limit) settle(Effect.fail("TooLarge"))
      else chunks.push(chunk)
    }
    const onEnd = () => settle(textOf(joined(chunks, size)))
    const onBroken = () => settle(Effect.fail("Broken"))
    const patient = patience(() => settle(Effect.fail("TooSlow")))
    const off = () => {
      patient()
      source.off("data", onData)
      source.off("end", onEnd)
      source.off("error", onBroken)
      source.off("close", onBroken)
    }
    source.on("data", onData)
    source.on("end", onEnd)
    source.on("error", onBroken)
    source.on("close", onBroken)
    return Effect.sync(off)
  })

const fromStream = (request: HttpServerRequest, limit: number, patience: Patience): Effect.Effect<string, Unread> => {
  const chunks: Array<Uint8Array> = []
  let size = 0
  const read = Stream.runForEach(request.stream, (chunk): Effect.Effect<void, Unread> => {
    size += chunk.length
    if (size > limit) return Effect.fail("TooLarge")
    chunks.push(chunk)
    return Effect.void
  })
  const impatient = Effect.callback<never, Unread>((resume) =>
    Effect.sync(patience(() => resume(Effect.fail("TooSlow"))))
  )
  const all = Effect.mapError(read, (error): Unread => (typeof error === "string" ? error : "Broken"))
  return Effect.flatMap(Effect.raceFirst(all, impatient), () => textOf(joined(chunks, size)))
}
