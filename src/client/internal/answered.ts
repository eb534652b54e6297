/**
 * Requests and their complete results: what a server asks back meanwhile is answered, and anything else is no result.
 */
import * as Effect from "effect/Effect"
import { type McpError, Undecodable, Unsupported } from "../../protocol/McpError.ts"
import { mcpError } from "./errors.ts"
import type { CallOptions, Link } from "./link.ts"
import { sent } from "./rounds.ts"

const MAX_SHOWN = 100

/** Why a result is not the complete answer to a request; nothing when it says that it is, or says nothing. */
export const incomplete = (method: string, result: unknown): McpError | undefined => {
  const type = (result as { readonly resultType?: unknown } | null)?.resultType
  if (type === undefined || type === "complete") return undefined
  if (type === "input_required") {
    const detail = "it asks back, where nothing can be asked"
    return mcpError(new Unsupported({ feature: `"${method}"`, detail }))
  }
  const shown = typeof type === "string" ? JSON.stringify(type.slice(0, MAX_SHOWN)) : `(${typeof type})`
  return mcpError(new Undecodable({ method, detail: `unknown resultType ${shown}` }))
}

/** The complete result of a request, checked as far as `check` goes. `what` names what was asked, for people. */
export const answered = (
  link: Link,
  method: string,
  what: string,
  params: string,
  options: CallOptions | undefined,
  check: (value: unknown) => string | undefined
): Effect.Effect<unknown, McpError> =>
  Effect.flatMap(sent(link, method, what, params, options), (result) => {
    const refused = incomplete(method, result)
    if (refused !== undefined) return Effect.fail(refused)
    const problem = check(result)
    return problem === undefined
      ? Effect.succeed(result)
      : Effect.fail(mcpError(new Undecodable({ method, detail: problem })))
  })
