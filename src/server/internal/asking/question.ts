/**
 * What can be asked of a client: a method of its own, parameters, and how its answer is understood.
 *
 * The same value serves both eras: up to 2025-11-25 it is sent as a request, since 2026-07-28 it travels in a result. Which
 * it is, and when, `asking.ts` knows; a question knows only what it asks.
 */
import type * as Effect from "effect/Effect"
import type { McpError } from "../../../protocol/McpError.ts"
import type { AnyRequest } from "../../../protocol/McpMethod.ts"
import type { McpRevision } from "../../../protocol/McpRevision.ts"
import type { ClientCapabilities, JsonObject } from "../../../protocol/McpSchema.ts"

/** A question that is answered with an `A`. */
export interface Question<out A, out E = never, out R = never> {
  readonly method: AnyRequest
  /** What the client must have said that it can do; what it lacks, as a capability, or nothing. */
  lacks(capabilities: ClientCapabilities): ClientCapabilities | undefined
  /** The parameters, as the revision says them; a sentence where it cannot. */
  params(revision: McpRevision): JsonObject | string
  /** Understands an answer that fits the revision. */
  understand(answer: JsonObject, key: string): Effect.Effect<A, E | McpError, R>
}

/** What every question is assignable to. */
export interface AnyQuestion extends Question<unknown, unknown, unknown> {}

export type AnswerOf<Q> = Q extends Question<infer A, infer _E, infer _R> ? A : never
export type ErrorOf<Q> = Q extends Question<infer _A, infer E, infer _R> ? E : never
export type ServicesOf<Q> = Q extends Question<infer _A, infer _E, infer R> ? R : never
