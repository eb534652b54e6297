/**
 * Single exchanges, each with what came of it: the seam under HTTP, without HTTP.
 *
 * `exchanged` runs one message through an acceptor's `answer`. `session` is a conversation whose requests come by
 * exchanges of their own, as those of a legacy session do. Both collect what each exchange carried and how it ended, and
 * let the test drop it.
 */
import { Effect, Fiber, type Scope, Stream } from "effect"
import * as JsonRpc from "mcp-effect/JsonRpc"
import * as McpTransport from "mcp-effect/McpTransport"
import { McpTest } from "mcp-effect/testing"
import { request, versions } from "./app.ts"

/** What an exchange has carried. */
export interface Collected {
  readonly messages: ReadonlyArray<McpTest.Json>
  /** How it has ended, if it has. */
  readonly end: "reply" | "stream" | "silence" | undefined
  /** The receiver goes away. */
  readonly drop: Effect.Effect<void>
}

const collect = (answer: Effect.Effect<McpTransport.Answer>): Effect.Effect<Collected, never, Scope.Scope> =>
  Effect.gen(function* () {
    const messages: Array<McpTest.Json> = []
    let end: Collected["end"]
    const take = (frame: McpTransport.Outbound) =>
      Effect.sync(() => void messages.push(JSON.parse(frame.text) as McpTest.Json))
    const fiber = yield* Effect.flatMap(answer, (answer) => {
      const taking =
        answer._tag === "Reply"
          ? Effect.as(take(answer.frame), "reply" as const)
          : answer._tag === "Stream"
            ? Effect.as(Stream.runForEach(answer.frames, take), "stream" as const)
            : Effect.succeed("silence" as const)
      return Effect.map(taking, (how) => {
        end = how
      })
    }).pipe(Effect.forkScoped({ startImmediately: true }))
    return {
      messages,
      get end() {
        return end
      },
      drop: Fiber.interrupt(fiber)
    }
  })

export const inbound = (message: McpTest.Json, via: McpTransport.Exchange): McpTransport.Inbound => {
  const text = JSON.stringify(message)
  return { message: JsonRpc.decode(text), size: text.length, via }
}

export const exchangeOf = (features: Partial<McpTransport.Features> = {}): McpTransport.Exchange => ({
  headers: undefined,
  principal: McpTransport.anonymous,
  features: { ...McpTest.features, ...features },
  own: true,
  revision: versions.legacy
})

/** One message on an exchange of its own, without a conversation. */
export const exchanged = (
  acceptor: McpTransport.Acceptor,
  message: McpTest.Json,
  features?: Partial<McpTransport.Features>
): Effect.Effect<Collected, never, Scope.Scope> => {
  const via = exchangeOf(features)
  return collect(McpTransport.exchanged(acceptor, inbound(message, via)))
}

export interface Session {
  /** Sends a message on an exchange of its own, or on the stream that all share. */
  exchange(message: McpTest.Json, options?: { readonly shared: boolean }): Effect.Effect<Collected, never, Scope.Scope>
  /** What left beside the exchanges. */
  readonly beside: ReadonlyArray<string>
  /** Ends the conversation. */
  readonly close: Effect.Effect<void>
}

/** A legacy conversation whose messages come by exchanges. */
export const session = (
  acceptor: McpTransport.Acceptor,
  features: Partial<McpTransport.Features> = {}
): Effect.Effect<Session, never, Scope.Scope> =>
  Effect.gen(function* () {
    const beside: Array<string> = []
    const conversation = acceptor.open(
      {
        push: (frame) => {
          beside.push(frame.text)
          frame.receipt?.handed()
        },
        none: () => {},
        hasRoom: () => true,
        whenRoom: () => () => {}
      },
      { ...McpTest.features, ...features }
    )
    yield* Effect.addFinalizer(() => conversation.close("The test is over"))
    const exchange = (message: McpTest.Json, options?: { readonly shared: boolean }) =>
      Effect.suspend(() => {
        const outlet = new McpTransport.ExchangeOutlet(1024 * 1024, () => conversation.hangUp(via))
        const via: McpTransport.Exchange = {
          ...exchangeOf(features),
          ...(options?.shared === true ? undefined : { outlet })
        }
        conversation.receive(inbound(message, via))
        return collect(outlet.answer)
      })
    const params = {
      protocolVersion: versions.legacy,
      capabilities: {},
      clientInfo: { name: "laws", version: "1.0.0" }
    }
    yield* exchange(request("legacy", "handshake", "initialize", params))
    yield* exchange({ jsonrpc: "2.0", method: "notifications/initialized" })
    return { exchange, beside, close: conversation.close("The session has ended") }
  })
