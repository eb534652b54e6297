/**
 * Messages as lines of bytes, on a pipe within this process.
 *
 * The end of what the other side sends is the end of the server, which has drained then. What the server writes is cut
 * into lines here by hand for a raw peer, and by our own transport for our client.
 */
import { type Cause, Effect, Fiber, Layer, Queue, type Scope, Sink, Stdio, Stream } from "effect"
import { McpClient, McpServer, McpStdio, type McpTransport } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { lines } from "../../../../src/transport/internal/lines.ts"
import type { App, Carrier, Served } from "./carrier.ts"

type Bytes = Queue.Queue<Uint8Array, Cause.Done>

const into = (queue: Bytes) =>
  Sink.forEach((chunk: string | Uint8Array) =>
    Queue.offer(queue, typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk)
  )

/** Serves an application, and gives the client's end. */
const piped = <E>(app: App<E>): Effect.Effect<McpTransport.McpTransport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const toServer: Bytes = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    const toClient: Bytes = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    const stdio = Stdio.layerTest({ stdin: Stream.fromQueue(toServer), stdout: () => into(toClient) })
    yield* Effect.forkScoped(
      Effect.ensuring(
        Effect.provide(McpServer.launch(app), Layer.provide(McpStdio.layerServer, stdio)),
        Queue.end(toClient)
      )
    )
    yield* Effect.addFinalizer(() => Queue.end(toServer))
    return lines({ readable: Stream.fromQueue(toClient), writable: into(toServer), maxBytes: 8 * 1024 * 1024 })
  })

/** A raw peer at the client's end. */
const serve = <E>(app: App<E>): Effect.Effect<Served, never, Scope.Scope> =>
  Effect.gen(function* () {
    const toServer: Bytes = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    const arrived = yield* Queue.unbounded<McpTest.Json>()
    const received: Array<string> = []
    let rest = ""
    const stdout = Sink.forEach((chunk: string | Uint8Array) => {
      const texts = (rest + (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk))).split("\n")
      rest = texts.pop() ?? ""
      received.push(...texts)
      return Queue.offerAll(
        arrived,
        texts.map((text) => JSON.parse(text) as McpTest.Json)
      )
    })
    const stdio = Stdio.layerTest({ stdin: Stream.fromQueue(toServer), stdout: () => stdout })
    const serving = yield* Effect.forkScoped(
      Effect.provide(McpServer.launch(app), Layer.provide(McpStdio.layerServer, stdio))
    )
    yield* Effect.addFinalizer(() => Queue.end(toServer))
    const encoder = new TextEncoder()
    return {
      send: (message) =>
        Effect.asVoid(
          Queue.offer(toServer, encoder.encode(`${typeof message === "string" ? message : JSON.stringify(message)}\n`))
        ),
      next: Queue.take(arrived),
      received,
      end: Effect.asVoid(Queue.end(toServer)),
      shutDown: Fiber.interrupt(serving)
    }
  })

export const stdio: Carrier = {
  connect: (app, { version }, options) =>
    Effect.flatMap(piped(app), (pipe) => McpClient.connect(pipe, { ...options, revision: version })),
  serve
}
