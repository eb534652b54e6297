/**
 * Requests that a server may answer by asking back: what comes of them when nobody here answers.
 */
import * as Effect from "effect/Effect"
import { type McpError, Undecodable, Unsupported } from "../../protocol/McpError.ts"
import { mcpError } from "./errors.ts"
import type { CallOptions, Link } from "./link.ts"

/** The complete result of a request, checked as far as `check` goes. `what` names what was asked, for people. */
export const answered = (
  link: Link,
  method: string,
  what: string,
  params: string,
  options: CallOptions | undefined,
  check: (value: unknown) => string | undefined
): Effect.Effect<unknown, McpError> =>
  Effect.flatMap(link.request(method, params, options), (result) => {
    const type = (result as { readonly resultType?: unknown } | null)?.resultType
    if (type === "input_required") {
      const detail = "it asks back, and this client has no host that answers"
      return Effect.fail(mcpError(new Unsupported({ feature: what, detail })))
    }
    const unknown = type === undefined || type === "complete" ? undefined : `unknown resultType ${JSON.stringify(type)}`
    const problem = unknown ?? check(result)
    return problem === undefined
      ? Effect.succeed(result)
      : Effect.fail(mcpError(new Undecodable({ method, detail: problem })))
  })
