/**
 * One conversation with a server: requests as JSON text with the `_meta` that their revision wants.
 *
 * Every client method goes through `request`: it adds the agreed revision's `_meta`, the limits, the progress token, and
 * turns what the peer reports into `McpError`. It checks nothing about results; that is the caller's.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import type * as Cause from "effect/Cause"
import * as Stream from "effect/Stream"
import type * as Peer from "../../peer/Peer.ts"
import { type McpError, Unsupported } from "../../protocol/McpError.ts"
import type { Payload } from "../../protocol/McpMethod.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import { type Implementation, type JsonObject, metaKeys } from "../../protocol/McpSchema.ts"
import type { ProgressNotificationParams } from "../../protocol/methods/progress.ts"
import { Progress } from "../../protocol/methods/progress.ts"
import type { InputRequiredResult, InputResponses } from "../../protocol/methods/mrtr.ts"
import { latestModern } from "../../protocol/revisions/index.ts"
import type { Limits } from "../../transport/McpLimits.ts"
import type { Hints } from "../../transport/McpTransport.ts"
import { encodeNotification, type Id } from "../../wire/JsonRpc.ts"
import { fromPeer, mcpError } from "./errors.ts"
import { MessageHeaders } from "./headers.ts"
import type { Asked, Hosts } from "./hosts.ts"
import type { Notes } from "./notes.ts"
import type { Policy } from "./policy.ts"

/** How one call differs from the client's defaults. */
export interface CallOptions {
  /** How long the call may take in all. Default: the client's `Timeouts`. */
  readonly timeout?: Duration.Input | undefined
  /** How long the call may hear nothing; progress starts it anew. Default: the client's `Timeouts`. */
  readonly idleTimeout?: Duration.Input | undefined
  /** Runs for each progress report, in order, and has ended for all of them before the call returns. */
  readonly onProgress?: ((progress: ProgressNotificationParams) => Effect.Effect<void>) | undefined
  /**
   * Answers what the server asks back (2026-07-28) in place of the client's hosts: the answers by the keys of the questions.
   * The call is made again with them.
   */
  readonly onInput?: ((required: InputRequiredResult) => Effect.Effect<InputResponses, McpError>) | undefined
  /** Added to the request's `_meta`. */
  readonly meta?: JsonObject | undefined
}

/** Who this client is, and what it answers. */
export interface Identity {
  readonly clientInfo: Implementation
  readonly hosts: Hosts
}

const members = (object: JsonObject): string => JSON.stringify(object).slice(1, -1)

export class Link {
  readonly conversation: Peer.Conversation
  readonly limits: Limits
  readonly notes: Notes
  /** What is said in headers; absent where the transport has none. */
  readonly headers: MessageHeaders | undefined
  readonly #policy: Policy
  readonly #identity: Identity
  /** What the server says of itself, once it has. */
  serverInfo: Implementation | undefined = undefined
  #revision: McpRevision | undefined
  #meta = ""

  constructor(conversation: Peer.Conversation, limits: Limits, notes: Notes, policy: Policy, identity: Identity) {
    this.conversation = conversation
    this.limits = limits
    this.notes = notes
    this.headers = conversation.features.headers ? new MessageHeaders(limits.items) : undefined
    this.#policy = policy
    this.#identity = identity
  }

  /** How long a request may hear nothing, in milliseconds. */
  idleOf(method: string): number {
    return this.#policy.idle(method)
  }

  /** How long a request may take in all, in milliseconds. */
  totalOf(method: string, options: CallOptions | undefined): number {
    return options?.timeout === undefined ? this.#policy.total(method) : Duration.toMillis(options.timeout)
  }

  /** Who answers what the server asks. */
  get hosts(): Hosts {
    return this.#identity.hosts
  }

  /** A question of the server. */
  asked(id: Id, method: string, params: JsonObject): Asked {
    const { _meta: meta = {} } = params as { readonly _meta?: JsonObject }
    return { id, method, params, meta, server: this.serverInfo, revision: this.#revision?.version ?? "" }
  }

  /** What the clock of this connection says, in milliseconds. */
  now(): number {
    return this.conversation.core.clock.currentTimeMillisUnsafe()
  }

  /** The revision that requests follow now. */
  get revision(): McpRevision | undefined {
    return this.#revision
  }

  /** Requests follow this revision from now on. */
  speak(revision: McpRevision): void {
    this.#revision = revision
    this.#meta =
      revision.era === "legacy"
        ? ""
        : members({
            [metaKeys.protocolVersion]: revision.version,
            [metaKeys.clientCapabilities]: this.#identity.hosts.capabilities(revision),
            [metaKeys.clientInfo]: this.#identity.clientInfo
          })
  }

  /** Sends a request; `params` is the inside of a JSON object, without `_meta`. `known` says that revisions know it. */
  request(method: string, params: string, options?: CallOptions, known = true): Effect.Effect<unknown, McpError> {
    const { revision } = this
    if (known && revision !== undefined && !revision.client.requests.has(method)) {
      return Effect.fail(
        mcpError(new Unsupported({ feature: `"${method}"`, detail: `revision ${revision.version} has no such method` }))
      )
    }
    return options?.onProgress === undefined
      ? this.#send(method, params, options, undefined)
      : this.#withProgress(method, params, options, options.onProgress)
  }

  /** Why a value is not what the agreed revision says: a sentence, or nothing when it is. */
  check(schema: Payload, value: unknown): string | undefined {
    return (this.#revision ?? latestModern).check(schema, value)
  }

  notify(method: string, params?: string): Effect.Effect<void> {
    const { headers, revision } = this
    const hints = revision === undefined ? undefined : headers?.ofNotification(revision, method)
    return this.conversation.notify(encodeNotification(method, params), hints)
  }

  #hints(method: string, params: string): Hints | undefined {
    return this.#revision === undefined ? undefined : this.headers?.ofRequest(this.#revision, method, params)
  }

  /** What the revision wants, and what a call says besides or instead; the progress token is always ours. */
  #metaWith({ progressToken: _, ...meta }: JsonObject): string {
    return members({ ...(JSON.parse(`{${this.#meta}}`) as JsonObject), ...meta })
  }

  #send(
    method: string,
    params: string,
    options: CallOptions | undefined,
    onProgress: ((progress: ProgressNotificationParams) => void) | undefined
  ): Effect.Effect<unknown, McpError> {
    const meta = options?.meta === undefined ? this.#meta : this.#metaWith(options.meta)
    const sent = this.conversation.request(
      method,
      (id) => `{${params === "" ? "" : params + ","}"_meta":{${joined(meta, `"progressToken":${id}`)}}}`,
      {
        hints: this.#hints(method, params),
        idle: options?.idleTimeout === undefined ? this.#policy.idle(method) : Duration.toMillis(options.idleTimeout),
        total: this.totalOf(method, options),
        onProgress:
          onProgress === undefined
            ? undefined
            : (message) => {
                if (this.check(Progress.params, message.params) === undefined)
                  onProgress(message.params as ProgressNotificationParams)
              }
      }
    )
    return this.#policy.raising(Effect.mapError(sent, (error) => fromPeer(error, method)))
  }

  /**
   * Sends a request that stays open, without limits of time. `onId` is told its id before it leaves.
   */
  open(method: string, params: string, onId: (id: number) => void): Effect.Effect<unknown, McpError> {
    const sent = this.conversation.request(
      method,
      (id) => {
        onId(id)
        return `{${params === "" ? "" : params + ","}"_meta":{${this.#meta}}}`
      },
      { hints: this.#hints(method, params) }
    )
    return Effect.mapError(sent, (error) => fromPeer(error, method))
  }

  #withProgress(
    method: string,
    params: string,
    options: CallOptions,
    onProgress: (progress: ProgressNotificationParams) => Effect.Effect<void>
  ): Effect.Effect<unknown, McpError> {
    const send = (offer: (progress: ProgressNotificationParams) => void) => this.#send(method, params, options, offer)
    const { buffer } = this.limits
    return Effect.gen(function* () {
      const reports = yield* Queue.sliding<ProgressNotificationParams, Cause.Done>(buffer)
      const consumer = yield* Effect.forkChild(Stream.runForEach(Stream.fromQueue(reports), onProgress))
      const sent = send((progress) => void Queue.offerUnsafe(reports, progress))
      const exit = yield* Effect.exit(Effect.onInterrupt(sent, () => Fiber.interrupt(consumer)))
      yield* Queue.end(reports)
      yield* isTimeout(exit) ? Fiber.interrupt(consumer) : Fiber.join(consumer)
      return yield* exit
    })
  }
}

/** A call that has reached a limit does not wait for those who listen to its progress. */
const isTimeout = (exit: Exit.Exit<unknown, McpError>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => reason._tag === "Fail" && reason.error.reason._tag === "Timeout")

const joined = (a: string, b: string): string => (a === "" ? b : b === "" ? a : `${a},${b}`)
