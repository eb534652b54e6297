/**
 * A server that is a pipe in the hands of a test: what it writes arrives in the chunks that the test chose.
 *
 * The transport is the one of stdio. `answer` waits for the next request of a method and replies to it.
 */
import { type Cause, Effect, Queue, Sink, Stream } from "effect"
import type { McpTransport } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { lines } from "../../../src/transport/internal/lines.ts"
import { type Asked, result, welcome } from "./hostile.ts"

export interface Pipe {
  readonly transport: McpTransport.McpTransport
  /** Writes text as it is. */
  write(text: string): Effect.Effect<void>
  /** The next request of that method; what comes before is dropped. */
  request(method: string): Effect.Effect<Asked>
  /** Ends what the server says, wherever it is. */
  readonly exit: Effect.Effect<void>
}

export const pipe = (maxBytes: number): Effect.Effect<Pipe> =>
  Effect.gen(function* () {
    const toClient = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    const arrived = yield* Queue.unbounded<McpTest.Json>()
    const encoder = new TextEncoder()
    const writable = Sink.forEach((text: string) =>
      Queue.offerAll(
        arrived,
        text
          .trimEnd()
          .split("\n")
          .map((line) => JSON.parse(line) as McpTest.Json)
      )
    )
    const request = (method: string): Effect.Effect<Asked> =>
      Effect.flatMap(Queue.take(arrived), (message) =>
        message["method"] === method ? Effect.succeed(message as unknown as Asked) : request(method)
      )
    return {
      transport: lines({ readable: Stream.fromQueue(toClient), writable, maxBytes }),
      write: (text) => Effect.asVoid(Queue.offer(toClient, encoder.encode(text))),
      request,
      exit: Effect.asVoid(Queue.end(toClient))
    }
  })

/** Answers the opening of a legacy or a modern client. */
export const greet = (pipe: Pipe, version: string): Effect.Effect<void> =>
  Effect.flatMap(
    pipe.request(welcome(version)["protocolVersion"] === undefined ? "server/discover" : "initialize"),
    (asked) => pipe.write(`${JSON.stringify(result(asked, welcome(version)))}\n`)
  )
