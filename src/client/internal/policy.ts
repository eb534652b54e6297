/**
 * How long this client waits, by method; and, in a test of one's own server, what becomes of its defects.
 *
 * What a call says goes before all of it. Durations are resolved once, when the client connects.
 */
import type * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { McpError } from "../../protocol/McpError.ts"
import type { Limits } from "../../transport/McpLimits.ts"

/** Limits of time for one method. */
export interface MethodTimeouts {
  /** How long a call may hear nothing; progress starts it anew. */
  readonly idle?: Duration.Input | undefined
  /** How long a call may take in all. */
  readonly total?: Duration.Input | undefined
}

/** How long a client waits. */
export interface Timeouts extends MethodTimeouts {
  /** How long connecting may take, from start to the agreed revision. */
  readonly startUp?: Duration.Input | undefined
  /** What differs for some methods: `{ "tools/call": { total: "1 hour" } }`. */
  readonly methods?: { readonly [method: string]: MethodTimeouts } | undefined
}

/** The cause of a defect of a server in this process, by the incident that its reply names. */
export type Raise = (incident: string) => Cause.Cause<unknown> | undefined

/**
 * Set in a test of one's own server: an error that names an incident for which it knows a cause dies with that cause.
 * `McpTest.client` does it.
 */
export const Raising: Context.Reference<Raise | undefined> = Context.Reference<Raise | undefined>(
  "mcp-effect/client/Raising",
  { defaultValue: () => undefined }
)

interface Resolved {
  readonly idle: number
  readonly total: number
}

export class Policy {
  readonly #otherwise: Resolved
  readonly #methods = new Map<string, Resolved>()
  readonly #raise: Raise | undefined

  /** Of several sources the first that says something holds. */
  constructor(sources: ReadonlyArray<Timeouts>, limits: Limits, raise: Raise | undefined) {
    const first = <K extends "idle" | "total">(name: K): Duration.Input =>
      sources.find((source) => source[name] !== undefined)?.[name] ?? limits[name]
    this.#otherwise = { idle: Duration.toMillis(first("idle")), total: Duration.toMillis(first("total")) }
    this.#raise = raise
    for (const { methods = {} } of sources.toReversed()) {
      for (const [method, { idle, total }] of Object.entries(methods)) {
        const before = this.#methods.get(method) ?? this.#otherwise
        this.#methods.set(method, {
          idle: idle === undefined ? before.idle : Duration.toMillis(idle),
          total: total === undefined ? before.total : Duration.toMillis(total)
        })
      }
    }
  }

  idle(method: string): number {
    return (this.#methods.get(method) ?? this.#otherwise).idle
  }

  total(method: string): number {
    return (this.#methods.get(method) ?? this.#otherwise).total
  }

  /** Gives a defect of the server back as a defect, where this was asked for. */
  raising<A>(sent: Effect.Effect<A, McpError>): Effect.Effect<A, McpError> {
    const raise = this.#raise
    if (raise === undefined) return sent
    return Effect.catch(sent, (error) => {
      const data = error.reason._tag === "Remote" ? error.reason.data : undefined
      const incident = (data as { readonly incident?: unknown } | null | undefined)?.incident
      const cause = typeof incident === "string" ? raise(incident) : undefined
      return cause === undefined ? Effect.fail(error) : Effect.orDie(Effect.failCause(cause))
    })
  }
}
