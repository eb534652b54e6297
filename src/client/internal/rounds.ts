/**
 * The rounds of one call: where the answer is that something is asked, it is answered, and the call is made again.
 *
 * Each round is a request of its own, with a fresh id, the same parameters, the state as it came, and the answers to what was
 * asked last. Who answers are the client's hosts, or the caller. How many rounds there may be `McpLimits.rounds` says; the
 * limit of time is that of the call, for all of them together.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/mrtr
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type McpError, Timeout, Undecodable, Unsupported } from "../../protocol/McpError.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { InputRequiredResult } from "../../protocol/methods/mrtr.ts"
import { mcpError, rejected } from "./errors.ts"
import type { Refused } from "./hosts.ts"
import type { CallOptions, Link } from "./link.ts"

/** Before a round in which nothing is asked: the server wants to be left alone for a while. */
const PACE = "1 second"

const isAsking = (result: unknown): boolean =>
  (result as { readonly resultType?: unknown } | null)?.resultType === "input_required"

const undecodable = (method: string, detail: string) => Effect.fail(mcpError(new Undecodable({ method, detail })))

/** What was not answered: the user's word, or that nobody could. */
const unanswered = (method: string, what: string, key: string, { detail, fault }: Refused): McpError =>
  fault === "Rejected"
    ? rejected(method, key, detail)
    : mcpError(new Unsupported({ feature: what, detail: `it asks back ("${key}"): ${detail}` }))

/** The answers of this client's hosts. */
const byHosts = (
  link: Link,
  method: string,
  what: string,
  required: InputRequiredResult
): Effect.Effect<JsonObject, McpError> =>
  Effect.map(
    Effect.forEach(
      Object.entries(required.inputRequests ?? {}),
      ([key, { method: asked, params = {} }]) =>
        Effect.matchEffect(link.hosts.answer(link.asked(key, asked, params as JsonObject)), {
          onFailure: (refused) => Effect.fail(unanswered(method, what, key, refused)),
          onSuccess: (answer) => Effect.succeed([key, answer] as const)
        }),
      { concurrency: "unbounded" }
    ),
    Object.fromEntries
  )

const answersTo = (
  link: Link,
  method: string,
  what: string,
  required: InputRequiredResult,
  options: CallOptions | undefined
) =>
  options?.onInput === undefined
    ? byHosts(link, method, what, required)
    : (options.onInput(required) as Effect.Effect<JsonObject, McpError>)

/** The members of the next round that are not those of the first. */
const following = (
  link: Link,
  method: string,
  what: string,
  result: unknown,
  options: CallOptions | undefined
): Effect.Effect<string, McpError> => {
  const problem = link.check(InputRequiredResult, result)
  if (problem !== undefined) return undecodable(method, problem)
  const required = result as InputRequiredResult
  const { inputRequests, requestState } = required
  const state = requestState === undefined ? "" : `"requestState":${JSON.stringify(requestState)}`
  if (inputRequests === undefined || Object.keys(inputRequests).length === 0) {
    return requestState === undefined
      ? undecodable(method, "it asks for input, and for none")
      : Effect.as(Effect.sleep(PACE), state)
  }
  return Effect.map(answersTo(link, method, what, required, options), (answers) => {
    const responses = `"inputResponses":${JSON.stringify(answers)}`
    return state === "" ? responses : `${responses},${state}`
  })
}

const joined = (params: string, more: string): string =>
  params === "" || more === "" ? params + more : `${params},${more}`

/** Sends a request, and goes on as long as the server asks back. `what` names what is asked for, for people. */
export const sent = (
  link: Link,
  method: string,
  what: string,
  params: string,
  options: CallOptions | undefined,
  known = true
): Effect.Effect<unknown, McpError> =>
  Effect.suspend(() => {
    const begun = link.now()
    const round = (number: number, more: string): Effect.Effect<unknown, McpError> =>
      Effect.flatMap(link.request(method, joined(params, more), options, known), (result) => {
        if (!isAsking(result) || link.revision?.policy.interactive.has(method) !== true) return Effect.succeed(result)
        if (number >= link.limits.rounds) {
          const detail = `the server has asked back ${number} times; see McpLimits.rounds`
          return Effect.fail(mcpError(new Unsupported({ feature: what, detail })))
        }
        const next = Effect.flatMap(following(link, method, what, result, options), (more) => round(number + 1, more))
        return number > 0 ? next : inAll(link, method, options, begun, next)
      })
    return round(0, "")
  })

/** All rounds together have the time of the call. */
const inAll = (
  link: Link,
  method: string,
  options: CallOptions | undefined,
  begun: number,
  rest: Effect.Effect<unknown, McpError>
): Effect.Effect<unknown, McpError> => {
  const after = link.totalOf(method, options)
  return Effect.timeoutOrElse(rest, {
    duration: Duration.millis(Math.max(0, after - (link.now() - begun))),
    orElse: () => Effect.fail(mcpError(new Timeout({ limit: "total", method, after })))
  })
}
