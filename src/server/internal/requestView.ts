/**
 * The `McpRequest` of a handler: a view over its call that computes nothing before it is asked.
 */
import * as Effect from "effect/Effect"
import type { Call } from "../../peer/Peer.ts"
import type { Era } from "../../protocol/McpRevision.ts"
import { type JsonObject, LoggingLevel } from "../../protocol/McpSchema.ts"
import { LoggingMessage } from "../../protocol/methods/logging.ts"
import { Progress } from "../../protocol/methods/progress.ts"
import type { Principal } from "../../transport/McpTransport.ts"
import type { Id } from "../../wire/JsonRpc.ts"
import type { McpRequest } from "../McpRequest.ts"
import type { Facts } from "./facts.ts"

const empty: JsonObject = {}
const noHeaders: { readonly [name: string]: string } = {}

const severity = (level: LoggingLevel): number => LoggingLevel.literals.indexOf(level)

export class RequestView implements McpRequest.Service {
  readonly #call: Call
  readonly #facts: Facts
  #lastProgress = -Infinity
  #state: Map<unknown, unknown> | undefined

  constructor(call: Call, facts: Facts) {
    this.#call = call
    this.#facts = facts
  }

  get id(): Id {
    return this.#call.id
  }

  get method(): string {
    return this.#call.method
  }

  get tool(): string | undefined {
    return this.#facts.tool?.name
  }

  get revision(): string {
    return this.#facts.revision.version
  }

  get era(): Era {
    return this.#facts.revision.era
  }

  get client(): McpRequest.Service["client"] {
    return { info: this.#facts.clientInfo, capabilities: this.#facts.capabilities }
  }

  get meta(): JsonObject {
    return this.#facts.meta ?? empty
  }

  get headers(): { readonly [name: string]: string } {
    return this.#call.via.headers ?? noHeaders
  }

  get session(): string | undefined {
    return this.#call.via.session
  }

  get principal(): Principal {
    return this.#call.via.principal
  }

  get state(): Map<unknown, unknown> {
    return (this.#state ??= new Map())
  }

  progress({ message, progress, total }: McpRequest.Progress): Effect.Effect<void> {
    return Effect.suspend(() => {
      const progressToken = this.#facts.meta?.["progressToken"]
      const advances = Number.isFinite(progress) && progress > this.#lastProgress
      if (progressToken === undefined || !advances) return Effect.void
      this.#lastProgress = progress
      const known = Number.isFinite(total) ? total : undefined
      const params = this.#facts.revision.project(Progress.params, { progressToken, progress, total: known, message })
      return this.#call.notify(Progress.name, JSON.stringify(params))
    })
  }

  log(level: LoggingLevel, data: unknown, logger?: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      const least = this.#facts.logLevel
      if (least === undefined || severity(level) < severity(least)) return Effect.void
      return this.#call.notify(LoggingMessage.name, JSON.stringify({ level, logger, data }))
    })
  }
}
