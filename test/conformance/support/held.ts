/**
 * A server in the hands of a test, and what was said to whom.
 *
 * `held` makes an application and gives the server that it runs on, so that a test can register things and tell of
 * changes while clients listen. `heard` looks at what has arrived at a raw peer; `quiet` waits until nothing more comes
 * by itself. `alone` asks one thing in an exchange of its own, as somebody.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Layer, Stream } from "effect"
import { McpServer, McpTransport } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import * as JsonRpc from "mcp-effect/JsonRpc"
import { settle } from "../../laws/support/law.ts"
import type { App, Place, Raw } from "./places.ts"

export interface Held<E> {
  readonly app: App<E>
  /** The server, once it is built. */
  readonly server: Effect.Effect<McpServer.Service>
  /** Runs what registers on the server. */
  on<A, E2, R>(effect: Effect.Effect<A, E2, R>): Effect.Effect<A, E2, Exclude<R, McpServer.McpServer>>
}

/** An application of some items. */
export const held = <E = never>(
  items: Layer.Layer<never, E, McpServer.McpServer> = Layer.empty,
  options: Partial<McpServer.Options> = {}
): Held<E> => {
  const handed = Deferred.makeUnsafe<McpServer.Service>()
  const handing = Layer.effectDiscard(Effect.flatMap(McpServer.McpServer, (server) => Deferred.succeed(handed, server)))
  const server = Deferred.await(handed)
  return {
    app: Layer.provide(Layer.merge(items, handing), McpServer.layer({ name: "held", version: "1.0.0", ...options })),
    server,
    on: (effect) => Effect.flatMap(server, (server) => Effect.provideService(effect, McpServer.McpServer, server))
  }
}

/** Everything that has arrived. */
export const heard = (raw: McpTest.RawPeer): ReadonlyArray<McpTest.Json> =>
  raw.received.map((text) => JSON.parse(text) as McpTest.Json)

/** The notifications of a method that have arrived. */
export const told = (raw: McpTest.RawPeer, method: string): ReadonlyArray<McpTest.Json> =>
  heard(raw).filter((message) => message["method"] === method)

/** Lets everything happen that happens by itself, and what was said before now arrive. */
export const quiet = (raw: Raw): Effect.Effect<void> =>
  Effect.gen(function* () {
    yield* settle
    yield* raw.ask(`quiet ${raw.received.length}`, "no/such")
    yield* settle
  })

export const cancelled = (requestId: string | number): McpTest.Json => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId }
})

/** The next message, which is a notification of that method. */
export const nextOf = (raw: McpTest.RawPeer, method: string): Effect.Effect<McpTest.Json> =>
  Effect.map(raw.next, (message) => {
    assert.strictEqual(message["method"], method, JSON.stringify(message))
    return message["params"] as McpTest.Json
  })

interface Refusal {
  readonly code: number
  readonly message: string
  readonly data?: McpTest.Json
}

/** The error of a reply. */
export const errorOf = (reply: McpTest.Json): Refusal => {
  assert.isDefined(reply["error"], JSON.stringify(reply))
  return reply["error"] as Refusal
}

/** The result of a reply. */
export const resultOf = (reply: McpTest.Json): McpTest.Json => {
  assert.isUndefined(reply["error"], JSON.stringify(reply))
  return reply["result"] as McpTest.Json
}

/** A message as a transport hands it over. */
export const inbound = (message: McpTest.Json, via: McpTransport.Exchange): McpTransport.Inbound => {
  const text = JSON.stringify(message)
  return { message: JsonRpc.decode(text), size: text.length, via }
}

/** One request in an exchange of its own, in which nothing can be pushed; what came, the reply last. */
export const alone = (
  acceptor: McpTransport.Acceptor,
  { era, revision }: Place,
  message: McpTest.Json,
  principal: McpTransport.Principal = McpTransport.anonymous
): Effect.Effect<ReadonlyArray<McpTest.Json>> => {
  const exchange: McpTransport.Exchange = {
    headers: undefined,
    principal,
    features: {
      headers: true,
      push: false,
      interim: true,
      serverRequests: false,
      resumable: false,
      disconnectCancels: true
    },
    own: true,
    revision: era === "legacy" ? revision : undefined
  }
  const parsed = (frame: McpTransport.Outbound) => JSON.parse(frame.text) as McpTest.Json
  return Effect.flatMap(
    McpTransport.exchanged(acceptor, inbound(message, exchange)),
    (answer): Effect.Effect<ReadonlyArray<McpTest.Json>> => {
      if (answer._tag === "None") return Effect.succeed([])
      if (answer._tag === "Reply") return Effect.succeed([parsed(answer.frame)])
      return Effect.map(Stream.runCollect(answer.frames), (frames) => frames.map(parsed))
    }
  )
}
