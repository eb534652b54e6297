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
import type { HeaderParam } from "../protocol/McpHeader.ts"
import type { Fault, McpRevision } from "../protocol/McpRevision.ts"
import type { ClientCapabilities, Implementation, LoggingLevel } from "../protocol/McpSchema.ts"
import type { Id, Malformed, Message } from "../wire/JsonRpc.ts"
import { joined } from "./internal/gate.ts"

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
  /** Messages can be sent before the reply of a request, on its stream: progress and logs. */
  readonly interim: boolean
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

/** The caller is not let in. */
export class Unauthenticated extends Data.TaggedError("Unauthenticated")<{
  readonly detail: string
  /** What the caller has to show, as the transport writes it: on HTTP the header `WWW-Authenticate`. */
  readonly challenge?: string | undefined
  /** Who the caller is was shown, but it may not come here. Default: false. */
  readonly forbidden?: boolean | undefined
}> {
  override get message(): string {
    return this.detail
  }
}

/** Who a caller is, by the headers of the exchange, lower-case. */
export type Authenticator = (headers: {
  readonly [name: string]: string | undefined
}) => Effect.Effect<Principal, Unauthenticated>

/** Asked by listeners before anything else. Default: nobody, and everybody is `anonymous`. */
export const Authenticate: Context.Reference<Authenticator | undefined> = /* @__PURE__ */ Context.Reference<
  Authenticator | undefined
>("mcp-effect/transport/Authenticate", { defaultValue: () => undefined })

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

/** Why an exchange that carried a request of ours ended without its reply. */
export type Loss =
  /** The other side did not take the request, and did not say why in a message. */
  | "Refused"
  /** The other side wants to know who is calling. */
  | "Unauthorized"
  /** The other side cannot answer now. */
  | "Unavailable"
  /** The exchange broke; whether the request was executed is not known. */
  | "Broken"
  /** The session is over. */
  | "SessionEnded"
  /** The rest of the stream is no longer kept. */
  | "ResumeLost"

/** A request of ours whose exchange ended without its reply. */
export interface Lost {
  readonly _tag: "Lost"
  readonly id: Id
  readonly loss: Loss
  readonly detail: string
}

/** A message that came in, with its size in characters and the stream it came by. */
export interface Inbound {
  readonly message: Message | Malformed | Lost
  readonly size: number
  readonly via: Exchange
}

/** What a transport may say besides the message: headers, and the fault that a reply is about. */
export interface Hints {
  readonly headers?: { readonly [name: string]: string } | undefined
  /** A row of the revision's error table. */
  readonly fault?: string | undefined
  /** Closing the exchange of this request is what cancels it: nothing else has to be said. */
  readonly closeCancels?: boolean | undefined
  /** With this the handshake is done: from now on the other side may say something unasked. */
  readonly opens?: boolean | undefined
}

/** Told when a frame has been handed to the sink. */
export interface Receipt {
  handed(): void
}

/**
 * A message on its way out, as text. A `reply` ends the stream of an exchange, a `cancel` takes back a request. A `pulse`
 * has no text: it says that this side is still there, where the transport can say so.
 */
export interface Outbound {
  readonly kind: "request" | "notification" | "cancel" | "reply" | "pulse"
  readonly text: string
  /** The request of ours that a `request` or a `cancel` is about. */
  readonly about?: Id | undefined
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
  /** Something that is pushed can still arrive, or be kept for later. Absent where it always can. */
  readonly isOpen?: boolean
  /** Lets go of the connection, where the stream can be taken up again by another. */
  detach?(): void
}

/** One conversation: both directions, in chunks. */
export interface McpTransport {
  readonly features: Features
  readonly incoming: Stream.Stream<Inbound, TransportError>
  readonly outgoing: Sink.Sink<void, Outbound, never, TransportError>
}

/** What a handshake and its conversation have come to, as data: it can be kept, and opened again elsewhere. */
export interface Snapshot {
  readonly revision: string
  readonly clientInfo: Implementation
  readonly capabilities: ClientCapabilities
  readonly logLevel: LoggingLevel
  /** The client has said that it is ready. */
  readonly ready: boolean
  /** The URIs that it watches. */
  readonly watched: ReadonlyArray<string>
}

/** How a conversation that is fed by hand begins, and who hears that it has changed. */
export interface Opening {
  /** What an earlier conversation has come to. */
  readonly restored?: Snapshot | undefined
  /** Called when the snapshot has become another. */
  readonly onChange?: (() => void) | undefined
}

/** A conversation that is fed by hand: a legacy HTTP session, a test. */
export interface Conversation {
  /** What it has come to; nothing before the handshake. */
  readonly snapshot: Snapshot | undefined
  /** A handler is running. */
  readonly busy: boolean
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
  /** The revisions spoken, oldest first. */
  readonly revisions: ReadonlyArray<McpRevision>
  /** The arguments that a call must mirror as headers. */
  requiredHeaders(method: string, name: string, principal: Principal): ReadonlyArray<HeaderParam>
  /** What clients bring back (states of calls, cursors) is sealed by a key that ends with the process. */
  readonly forgetsAtRestart: boolean
  /** Whether a request of that method stays open for long, and speaks meanwhile. */
  staysOpen(method: string): boolean
  /** Bytes of one request body. */
  readonly maxBody: number
}

/** What a listener does not take: a fault of the revision's table, and why. */
export interface Refusal {
  readonly fault: Fault
  readonly detail: string
  /** The request that is refused, where it could be read. */
  readonly id?: Id | undefined
  readonly data?: unknown
}

/** What a server offers to a listener. */
export interface Acceptor {
  readonly admission: Admission
  /** Waits until the whole application is built. */
  readonly ready: Effect.Effect<void>
  /** Serves one conversation until it ends. */
  run(transport: McpTransport): Effect.Effect<void, TransportError>
  /** Opens a conversation that the listener feeds by hand. */
  open(outlet: Outlet, features: Features, opening?: Opening): Conversation
  /**
   * Serves one exchange: one message, whose answer leaves by the outlet of its exchange. Gives back what cancels it.
   * Never waits.
   */
  answer(frame: Inbound): () => void
  /** What a refusal of the listener says. */
  refuse(refusal: Refusal, via: Exchange): Outbound
  /** Refuses new calls, ends what runs, within one bound. */
  readonly drain: Effect.Effect<void>
}

export interface Listener {
  /** Hands every conversation to the acceptor; ends when there will be no more. */
  listen(acceptor: Acceptor): Effect.Effect<void, TransportError, Scope.Scope>
  /** Lets go of what it holds open. Called when everything has been drained, before the application is released. */
  readonly release?: Effect.Effect<void> | undefined
}

/** Where servers say how they are drained, for whoever has to do it before them. */
export const Drains: Context.Reference<Set<Effect.Effect<void>> | undefined> = /* @__PURE__ */ Context.Reference<
  Set<Effect.Effect<void>> | undefined
>("mcp-effect/transport/Drains", { defaultValue: () => undefined })

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

export { exchanged } from "./internal/exchange.ts"
export { gate, type Gate } from "./internal/gate.ts"
export { loopback } from "./internal/loopback.ts"
export { anonymous } from "./internal/pipe.ts"
export { redacted, written } from "./internal/redact.ts"
export { tap, type Entry } from "./internal/tap.ts"
export { later } from "./internal/later.ts"
export { ExchangeOutlet, Outbox } from "./internal/outlet.ts"
