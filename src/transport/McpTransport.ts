/**
 * The seams between whoever carries bytes and whoever understands calls.
 *
 * A transport is a pair: a Stream of what comes in and a Sink for what goes out. A listener is handed an `Acceptor` and
 * feeds it conversations or single exchanges. Everything here is declared once and implemented above or beside, so that
 * no arrow runs back; nothing here knows HTTP, processes or the Model Context Protocol.
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type * as Sink from "effect/Sink"
import type * as Stream from "effect/Stream"
import type { Malformed, Message } from "../wire/JsonRpc.ts"
import { joined } from "./internal/gate.ts"
import { anonymous } from "./internal/pipe.ts"

/** The carrier failed: a pipe broke, a process could not be started, a bound was exceeded. */
export class TransportError extends Data.TaggedError("TransportError")<{
  readonly detail: string
  readonly cause?: unknown
}> {
  override get message(): string {
    return this.detail
  }
}

/** What a conversation or an exchange can deliver, and so what may be advertised to it. */
export interface Features {
  /** Messages come with headers. */
  readonly headers: boolean
  /** Messages can be sent at any time, not only while a request is open. */
  readonly push: boolean
  /** The server can send requests. */
  readonly serverRequests: boolean
  /** A broken stream can be taken up again. */
  readonly resumable: boolean
  /** Losing the connection cancels what runs on it. */
  readonly disconnectCancels: boolean
}

/** Who is calling. `id` is issuer and subject; sessions, states and cached values belong to it. */
export interface Principal {
  readonly id: string
  readonly scopes: ReadonlyArray<string>
  readonly claims: { readonly [name: string]: unknown }
  /** Milliseconds since the epoch, when known. */
  readonly expiresAt?: number | undefined
}

export type Authenticator = (headers: { readonly [name: string]: string }) => Effect.Effect<Principal, TransportError>

/**
 * Who a caller is, by the headers of the exchange; listeners ask it before anything else. Default: everybody is
 * `anonymous`. A failure refuses the exchange.
 */
export const Authenticate: Context.Reference<Authenticator> = /* @__PURE__ */ Context.Reference<Authenticator>(
  "mcp-effect/transport/Authenticate",
  {
    defaultValue: () => () => Effect.succeed(anonymous)
  }
)

/**
 * One logical stream of messages: the whole pipe on stdio, one request and its response on HTTP. Its identity is its
 * address. Plain data, never serialised.
 */
export interface Exchange {
  readonly headers: { readonly [name: string]: string } | undefined
  readonly principal: Principal
  readonly features: Features
  /** The stream carries one request only, so an error about it may carry its id. */
  readonly own: boolean
  readonly session?: string | undefined
  readonly remote?: string | undefined
  /** Set where the envelope says which revision the message follows. */
  readonly revision?: string | undefined
  /** Where frames for this stream go; absent where the conversation has only one. */
  readonly outlet?: Outlet | undefined
}

/** A message that came in, with its size in characters and the stream it came by. */
export interface Inbound {
  readonly message: Message | Malformed
  readonly size: number
  readonly via: Exchange
}

/** What a transport may say besides the message: headers, and the fault that a reply is about. */
export interface Hints {
  readonly headers?: { readonly [name: string]: string } | undefined
  /** A row of the revision's error table. */
  readonly fault?: string | undefined
}

/** Told when a frame has been handed to the sink. */
export interface Receipt {
  handed(): void
}

/** A message on its way out, as text. A `reply` ends the stream of an exchange. */
export interface Outbound {
  readonly kind: "request" | "notification" | "reply"
  readonly text: string
  readonly via: Exchange | undefined
  readonly hints: Hints | undefined
  readonly receipt: Receipt | undefined
}

/** Where frames leave. `push` never waits and never calls back into whoever receives. */
export interface Outlet {
  push(frame: Outbound): void
  /** The exchange ends without a reply. */
  none(): void
  /** Whether less than the soft bound is unsent. */
  hasRoom(): boolean
  /** Calls back once when there is room; gives back how to withdraw. */
  whenRoom(callback: () => void): () => void
}

/** One conversation: both directions, in chunks. */
export interface McpTransport {
  readonly features: Features
  readonly incoming: Stream.Stream<Inbound, TransportError>
  readonly outgoing: Sink.Sink<void, Outbound, never, TransportError>
}

/** A conversation that is fed by hand: a legacy HTTP session, a test. */
export interface Conversation {
  /** Takes one message. Never waits. */
  receive(frame: Inbound): void
  /** The stream is gone; what runs on it is cancelled where the features say so. */
  hangUp(via: Exchange): void
  /** Ends everything that runs, and answers nothing more. */
  close(detail: string): Effect.Effect<void>
}

/** What a single exchange came to. */
export type Answer =
  | { readonly _tag: "Reply"; readonly frame: Outbound }
  | { readonly _tag: "Stream"; readonly frames: Stream.Stream<Outbound> }
  | { readonly _tag: "None" }

/** What a listener must know of the server before it takes a request. */
export interface Admission {
  /** The versions spoken, oldest first. */
  readonly revisions: ReadonlyArray<string>
  /** Headers that a call must mirror from its arguments, with the path of each argument. */
  requiredHeaders(
    method: string,
    name: string,
    principal: Principal
  ): ReadonlyArray<{ readonly header: string; readonly path: ReadonlyArray<string> }>
  /** Bytes of one request body. */
  readonly maxBody: number
}

/** What a server offers to a listener. */
export interface Acceptor {
  readonly admission: Admission
  /** Waits until the whole application is built. */
  readonly ready: Effect.Effect<void>
  /** Serves one conversation until it ends. */
  run(transport: McpTransport): Effect.Effect<void, TransportError>
  /** Opens a conversation that the listener feeds by hand. */
  open(outlet: Outlet, features: Features): Conversation
  /** Serves one exchange. */
  answer(frame: Inbound, exchange: Exchange): Effect.Effect<Answer>
  /** Refuses new calls, ends what runs, within one bound. */
  readonly drain: Effect.Effect<void>
}

export interface Listener {
  /** Hands every conversation to the acceptor; ends when there will be no more. */
  listen(acceptor: Acceptor): Effect.Effect<void, TransportError, Scope.Scope>
}

/** What a transport provides. `McpServer.serve` and `McpServer.launch` turn it into the `McpListener` of a server. */
export class McpListenerSource extends Context.Service<McpListenerSource, Listener>()(
  "mcp-effect/transport/McpListenerSource"
) {}

/**
 * What a server needs. Only `McpServer.serve`, `McpServer.launch` and `McpClient.connect` provide it: a server must be
 * served before it can listen.
 */
export class McpListener extends Context.Service<McpListener, Listener>()("mcp-effect/transport/McpListener") {
  /**
   * Several listeners as one: give it to `serve` or `launch` in place of one. Merging their Layers would keep only the
   * last, since all of them provide the same service.
   */
  static all<E, R>(
    ...sources: ReadonlyArray<Layer.Layer<McpListenerSource, E, R>>
  ): Layer.Layer<McpListenerSource, E, R> {
    const built = Effect.forEach(sources, (source) => Effect.map(Layer.build(source), Context.get(McpListenerSource)))
    return Layer.effect(McpListenerSource, Effect.map(built, joined))
  }
}

/** A server to be started as a child process. */
export interface Command {
  readonly command: string
  readonly args?: ReadonlyArray<string> | undefined
  /** Added to the variables that a child inherits. */
  readonly env?: { readonly [name: string]: string } | undefined
  readonly cwd?: string | undefined
}

/** What a client can be asked to reach: a command line, a URL, or a command. */
export type Target = string | URL | Command

/** A way to a server. */
export interface Route {
  /** The target as people should see it in an error. */
  readonly name: string
  /** What is known of the server from earlier connections: the era of its protocol. */
  readonly verdict: { readonly read: Effect.Effect<string | undefined>; write(era: string): Effect.Effect<void> }
  /** Opens a conversation; a second call opens another. */
  readonly open: Effect.Effect<McpTransport, TransportError, Scope.Scope>
  /** Partitions caches by whose credentials are used. */
  readonly authContext: string
}

/** How `McpClient.connect` reaches a target. `McpNode.layer` provides it. */
export class McpConnector extends Context.Service<
  McpConnector,
  {
    route(target: Target): Effect.Effect<Route, TransportError>
  }
>()("mcp-effect/transport/McpConnector") {}

export { gate, type Gate } from "./internal/gate.ts"
export { loopback } from "./internal/loopback.ts"
export { anonymous } from "./internal/pipe.ts"
export { redacted, written } from "./internal/redact.ts"
export { tap, type Entry } from "./internal/tap.ts"
export { later } from "./internal/later.ts"
export { ExchangeOutlet, Outbox } from "./internal/outlet.ts"
