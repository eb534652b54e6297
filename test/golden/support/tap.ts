/**
 * A tap between a client and one of the golden servers, in memory: every message that passes is kept, with names in the
 * place of what differs from run to run.
 */
import { Effect, Queue, type Scope, Sink, Stream } from "effect"
import type { McpTransport } from "mcp-effect"
import * as JsonRpc from "mcp-effect/JsonRpc"
import { anonymous } from "mcp-effect/McpTransport"
import { McpTest } from "mcp-effect/testing"
import { eventually } from "../../transport/support/eventually.ts"
import type { App } from "./apps.ts"
import { type Json, Names, type Said } from "./transcript.ts"

export interface Tap {
  readonly messages: ReadonlyArray<Said>
  readonly send: (message: Json) => Effect.Effect<void>
  readonly next: Effect.Effect<Json>
  /** Waits for a message of the server, unless it has come since the client sent its last request. */
  readonly heard: (what: string, is: (message: Json) => boolean) => Effect.Effect<Json>
  /** The result that came last. */
  readonly last: () => Json
}

/** Faces a server through a tap. */
export const tapped = (app: App): Effect.Effect<Tap, never, Scope.Scope> =>
  Effect.map(McpTest.raw(app), (peer) => {
    const names = new Names()
    const messages: Array<Said> = []
    let asked = 0
    return {
      messages,
      send: (message) =>
        Effect.suspend(() => {
          if (message["id"] !== undefined) asked = messages.length
          messages.push({ from: "client", message: names.echoed(message) })
          return peer.send(message)
        }),
      next: Effect.map(peer.next, (message) => {
        messages.push({ from: "server", message: names.named(message) })
        return message
      }),
      heard: (what, is) =>
        eventually(
          what,
          () => messages.slice(asked).find(({ from, message }) => from === "server" && is(message))?.message
        ),
      last: () => {
        const replies = messages.filter(({ from, message }) => from === "server" && message["result"] !== undefined)
        return names.restored((replies.at(-1)?.message["result"] ?? {}) as Json)
      }
    }
  })

/** A tap as a transport of our client. */
export const transportOf = (tap: Tap): Effect.Effect<McpTransport.McpTransport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const arrived = yield* Queue.unbounded<McpTransport.Inbound>()
    const via = { headers: undefined, principal: anonymous, features: McpTest.features, own: false }
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.flatMap(tap.next, (message) => {
          const text = JSON.stringify(message)
          return Queue.offer(arrived, { message: JsonRpc.decode(text), size: text.length, via })
        })
      )
    )
    return {
      features: McpTest.features,
      incoming: Stream.fromQueue(arrived),
      outgoing: Sink.forEach(({ text }: McpTransport.Outbound) => tap.send(JSON.parse(text) as Json))
    }
  })
