/**
 * A server behind a pipe of bytes, in memory: what a test writes arrives as stdin, in the chunks the test chose, and
 * every line of stdout is kept.
 */
import { type Cause, Effect, Fiber, Layer, Queue, type Scope, Sink, Stdio, Stream } from "effect"
import { McpLimits, McpServer, McpStdio, type McpTransport } from "mcp-effect"

export interface ByteServer {
  write(chunk: Uint8Array): Effect.Effect<void>
  /** Ends stdin, and waits until the server has ended. */
  readonly end: Effect.Effect<void, unknown>
  /** The lines of stdout so far. */
  lines(): ReadonlyArray<string>
}

export const serveBytes = <E>(
  app: Layer.Layer<McpServer.McpServer, E, McpTransport.McpListener> | Layer.Layer<never, E, McpTransport.McpListener>,
  limits: Partial<McpLimits.Limits> = {}
): Effect.Effect<ByteServer, never, Scope.Scope> =>
  Effect.gen(function* () {
    const stdin = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    let written = ""
    const stdio = Stdio.layerTest({
      stdin: Stream.fromQueue(stdin),
      stdout: () =>
        Sink.forEach((chunk: string | Uint8Array) =>
          Effect.sync(() => {
            written += typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk)
          })
        )
    })
    const running = yield* McpServer.launch(app as Layer.Layer<never, E, McpTransport.McpListener>).pipe(
      Effect.provide(Layer.provide(McpStdio.layerServer, stdio)),
      Effect.provideService(McpLimits.McpLimits, { ...McpLimits.defaults, ...limits }),
      Effect.forkScoped
    )
    return {
      write: (chunk) => Effect.asVoid(Queue.offer(stdin, chunk)),
      end: Effect.andThen(Queue.end(stdin), Fiber.join(running)),
      lines: () => written.split("\n").slice(0, -1)
    }
  })

/** Cuts bytes into chunks of the given sizes; what is left is the last one. */
export const cut = (bytes: Uint8Array, sizes: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const chunks: Array<Uint8Array> = []
  let from = 0
  for (const size of sizes) {
    if (from + size >= bytes.length) break
    chunks.push(bytes.slice(from, from + size))
    from += size
  }
  return [...chunks, bytes.slice(from)]
}

/** Text, or bytes as they are, in one piece. */
export const joinBytes = (parts: ReadonlyArray<string | Uint8Array>): Uint8Array => {
  const encoder = new TextEncoder()
  const encoded = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part))
  const all = new Uint8Array(encoded.reduce((size, { length }) => size + length, 0))
  let at = 0
  for (const part of encoded) {
    all.set(part, at)
    at += part.length
  }
  return all
}
