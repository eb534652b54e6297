/**
 * Servers and clients under other limits than the default ones, and what a caller gets who reaches one.
 *
 * `connected` is a client and a server in memory, `alone` a client whose server is silent and whose sink can stall,
 * `overBytes` a server over a pipe. Nothing waits for a fiber that might not end: `failureOf` only looks at it.
 */
import { Cause, Effect, Exit, Fiber, Layer, Queue, Sink, Stdio, Stream } from "effect"
import { McpClient, McpError, McpLimits, McpServer, McpStdio } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { app, callTool, Record, versions } from "./app.ts"
import { settle } from "./law.ts"

export type Limits = Partial<McpLimits.Limits>
export const all = (limits: Limits): McpLimits.Limits => ({ ...McpLimits.defaults, ...limits })

/** Other limits for everything in an effect: for a client, and for a server that it builds. */
export const within = <A, E, R>(limits: Limits, effect: Effect.Effect<A, E, R>) =>
  Effect.provideService(effect, McpLimits.McpLimits, all(limits))

/** What a fiber that should have failed failed with; an `McpError` as its reason. It is not waited for. */
export const failureOf = <A, E>(fiber: Fiber.Fiber<A, E>): { readonly _tag: string } => {
  const exit = fiber.pollUnsafe()
  if (exit === undefined) return { _tag: "it still waits" }
  if (Exit.isSuccess(exit)) return { _tag: `it succeeded with ${JSON.stringify(exit.value)}` }
  const error = Cause.squash(exit.cause)
  return error instanceof McpError.McpError ? error.reason : (error as { readonly _tag: string })
}

export const fork = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.forkScoped(effect, { startImmediately: true })

/** A client in memory, within limits that hold for both sides. */
export const connected = (limits: Limits, revision: string = versions.legacy, record = new Record()) =>
  within(limits, McpTest.client(app(record), { revision }))

/** A client of a silent server, within limits; what it sends waits when `stalled`. */
export const alone = Effect.fnUntraced(function* (limits: Limits) {
  const { peer, transport } = yield* McpTest.scripted()
  const faulty = yield* McpTest.faulty(transport)
  const connecting = yield* fork(within(limits, McpClient.connect(faulty.transport, { revision: versions.legacy })))
  const { id } = yield* peer.next
  const serverInfo = { name: "silent", version: "1.0.0" }
  yield* peer.send({ jsonrpc: "2.0", id, result: { protocolVersion: versions.legacy, capabilities: {}, serverInfo } })
  const client = yield* Fiber.join(connecting)
  yield* settle
  yield* Effect.addFinalizer(() => faulty.release)
  return { client, faulty, peer }
})

/** A server over bytes. */
export const overBytes = Effect.fnUntraced(function* (limits: Limits, record: Record) {
  const input = yield* Queue.unbounded<Uint8Array, Cause.Done>()
  const lines: Array<McpTest.Json> = []
  const stdio = Stdio.layerTest({
    stdin: Stream.fromQueue(input),
    stdout: () =>
      Sink.forEach((text: string | Uint8Array) =>
        Effect.sync(() => {
          for (const line of String(text).trimEnd().split("\n")) lines.push(JSON.parse(line) as McpTest.Json)
        })
      )
  })
  const source = McpStdio.layerServer.pipe(Layer.provide(stdio))
  const served = yield* fork(within(limits, Effect.provide(McpServer.launch(app(record)), source)))
  const send = (text: string) =>
    Effect.andThen(Queue.offer(input, new TextEncoder().encode(`${text}\n`)), Effect.repeat(settle, { times: 3 }))
  return { lines, send, end: Queue.end(input), served }
})

export const modern = (id: number, tool: string, name: string, args: McpTest.Json = {}) =>
  JSON.stringify(callTool("modern", id, tool, { name, ...args }))

export const codeOf = (message: McpTest.Json | undefined) =>
  (message?.["error"] as { readonly code: number } | undefined)?.code
