/**
 * The request that a handler is answering, as a service.
 *
 * `yield* McpRequest` in a handler tells who is asking and lets the handler report on its way: progress and log messages
 * leave before the reply, on the request's own stream, and never after it. It is the same in every revision and on
 * every transport. It does not hold other users' requests, and is not available outside handlers.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ResourceContents } from "../protocol/McpContent.ts"
import type { McpError, McpFault } from "../protocol/McpError.ts"
import type { Notification, Payload } from "../protocol/McpMethod.ts"
import type { Era } from "../protocol/McpRevision.ts"
import type { ClientCapabilities, Implementation, JsonObject, LoggingLevel } from "../protocol/McpSchema.ts"
import type { Root } from "../protocol/methods/roots.ts"
import type { CreateMessageResult } from "../protocol/methods/sampling.ts"
import type { Principal } from "../transport/McpTransport.ts"
import type { AnswerOf, AnyQuestion, ErrorOf, FormOptions, ServicesOf, Unanswered } from "./Ask.ts"
import type { SampleOptions } from "./internal/deprecated/sampling.ts"
import type { Id } from "../wire/JsonRpc.ts"

/** The request that is being answered. Provided to every handler; it never shows in a Layer's requirements. */
export class McpRequest extends Context.Service<McpRequest, McpRequest.Service>()("mcp-effect/server/McpRequest") {}

export declare namespace McpRequest {
  /** How far a request has come. */
  export interface Progress {
    /** How much is done; larger in every report. A report that is not larger than the last is dropped. */
    readonly progress: number
    /** How much there is to do, in the same unit, when known. */
    readonly total?: number | undefined
    /** What is being done, for people. */
    readonly message?: string | undefined
  }

  export interface Service {
    /** The id of the request, as the client wrote it. */
    readonly id: Id
    readonly method: string
    /** The name of the tool or prompt, or the URI of the resource, that the request is about. */
    readonly name: string | undefined
    /** The tags of the tool, prompt or resource. They stay on the server. */
    readonly tags: ReadonlyArray<string>
    /** The parameters as they came. */
    readonly params: JsonObject
    /** The date of the protocol revision that the request follows. */
    readonly revision: string
    readonly era: Era
    /** Who is asking, as it says of itself (not a proof), and what it can do. */
    readonly client: {
      readonly info: Implementation | undefined
      readonly capabilities: ClientCapabilities
    }
    /** The request's `_meta`. */
    readonly meta: JsonObject
    /** The request's headers, lower-case; empty where the transport has none. */
    readonly headers: { readonly [name: string]: string }
    /** The session it belongs to, where the transport has sessions. */
    readonly session: string | undefined
    /** The address that the request came from, where the transport knows one. */
    readonly remote: string | undefined
    /** Who is calling, as the transport has established. */
    readonly principal: Principal
    /** A place for middleware and handler to keep things for the length of this call. */
    readonly state: Map<unknown, unknown>
    /**
     * Reports progress (`notifications/progress`). Nothing is sent when the client did not ask for it. Waits while the
     * client does not read. Of more than `McpLimits.progress` reports in a second only the latest is sent.
     */
    progress(progress: Progress): Effect.Effect<void>
    /**
     * Sends a log message (`notifications/message`) if the client wants its level: from `info` on in legacy revisions
     * unless it says otherwise, from the level that the request names in modern ones, where silence means none. `data`
     * is any JSON. Waits while the client does not read.
     */
    log(level: LoggingLevel, data: unknown, logger?: string): Effect.Effect<void>
    /** As `log`, but never waits: what finds no room is kept, up to `McpLimits.buffer`, and the oldest is dropped. */
    logUnsafe(level: LoggingLevel, data: unknown, logger?: string): void
    /**
     * Sends a notification on the request's stream: one's own, encoded by its schema, or one of the specification, if the
     * revision has it. Waits while the client does not read.
     */
    notify<Params extends Payload>(
      notification: Notification<string, Params>,
      params: Params["Type"]
    ): Effect.Effect<void>
    /**
     * Lets go of the connection on which this request is answered, where the client can come back for the answer (a legacy
     * session over HTTP whose streams are kept in an `EventStore`); elsewhere it does nothing. The handler goes on.
     */
    readonly detach: Effect.Effect<void>
    /**
     * Asks the user of the client, in every revision that can: `ask({ user: Ask.form(…), page: Ask.url(…) })`. Questions
     * travel together, and the answers come back together, by their keys, which are to be the same in every run of the
     * handler. Fails with what a question fails with, and with `McpError`: `Unsupported` (the client cannot be asked this,
     * or not here), `InvalidAnswer`, `Closed`, `Timeout`.
     *
     * Up to 2025-11-25 the handler waits for the answer. Since 2026-07-28 it is interrupted, its finalizers run, and it runs
     * again from the top when the client brings the answer: what has to happen once stands in `once`.
     */
    ask<const Questions extends { readonly [key: string]: AnyQuestion }>(
      questions: Questions
    ): Effect.Effect<
      { readonly [Key in keyof Questions]: AnswerOf<Questions[Key]> },
      ErrorOf<Questions[keyof Questions]> | McpError,
      ServicesOf<Questions[keyof Questions]>
    >
    /** Asks by one form: `elicit("name", { message: "Who are you?", schema: Schema.String })`. */
    elicit<S extends Schema.Constraint = Schema.Void>(
      key: string,
      form: FormOptions<S>
    ): Effect.Effect<S["Type"], Unanswered | McpError, S["DecodingServices"]>
    /**
     * Runs an effect once along all rounds of a call: on a later round its result is there already, decoded by the schema.
     * It is not interrupted by a question; questions wait for it. One that fails is not recorded. The result travels through
     * the client, sealed: the client cannot read it, change it, or use it twice (see `ReplayStore`).
     */
    once<S extends Schema.Constraint, E, R>(
      key: string,
      schema: S,
      effect: Effect.Effect<S["Type"], E, R>
    ): Effect.Effect<S["Type"], E, R | S["DecodingServices"] | S["EncodingServices"]>
    /** Asks the client's model. Deprecated since 2026-07-28. */
    sample<S extends Schema.Constraint = never>(
      key: string,
      options: SampleOptions<S>
    ): Effect.Effect<[S] extends [never] ? CreateMessageResult : S["Type"], McpError, S["DecodingServices"]>
    /** Asks for the places in the file system that the client lets this server know. Deprecated since 2026-07-28. */
    readonly roots: Effect.Effect<ReadonlyArray<Root>, McpError>
    /**
     * Reads a resource of this server, as this client would. Fails with the fault `ResourceNotFound`, or with what the
     * resource's handler refuses.
     */
    read(uri: string): Effect.Effect<ReadonlyArray<ResourceContents>, McpFault>
    /**
     * Lets an effect run once this request has been answered, in the scope of the server: closing that, or ending the
     * registration of the handler, interrupts it. What it fails with is logged. Fails with `Busy` when
     * `McpLimits.background` of them are running.
     */
    background<A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<void, McpError, Exclude<R, Scope.Scope>>
  }
}
