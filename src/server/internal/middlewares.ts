/**
 * Middleware that is in force where something is built: the stack that `McpMiddleware.layer` adds to.
 *
 * What is built with a stack in its context runs inside it, the one added first outermost. A server takes the stack it is
 * built with for all its methods; an item takes what its own has more. Without any, nothing is wrapped.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { McpFault } from "../../protocol/McpError.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import type { McpRequest } from "../McpRequest.ts"

/** Wraps what answers a request. */
export type Run = (
  call: McpRequest.Service,
  next: Effect.Effect<JsonObject, McpFault>
) => Effect.Effect<JsonObject, unknown>

/** The middleware in force, the outermost first. */
export const Stack: Context.Reference<ReadonlyArray<Run>> = /* @__PURE__ */ Context.Reference<ReadonlyArray<Run>>(
  "mcp-effect/server/McpMiddleware/Stack",
  { defaultValue: () => [] }
)

/** One out of many, or nothing out of none. */
export const joined = (stack: ReadonlyArray<Run>): Run | undefined =>
  stack.length === 0
    ? undefined
    : stack.reduceRight<Run | undefined>(
        (inner, run) =>
          inner === undefined
            ? run
            : (call, next) => run(call, inner(call, next) as Effect.Effect<JsonObject, McpFault>),
        undefined
      )

/** The middleware of an item: what is in force where it is built, without what its whole server runs in anyway. */
export const own = (context: Context.Context<never>, ofServer: ReadonlyArray<Run>): Run | undefined =>
  joined(Context.get(context, Stack).filter((run) => !ofServer.includes(run)))
