/**
 * Middleware that is in force where something is built: what Layers of `McpMiddleware` have put into its context.
 *
 * What stands further outside comes first; of what is merged side by side, what was made first. A server takes what it is
 * built with for all its methods; an item takes what its own context has more. Without any, nothing is wrapped.
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

interface Entry {
  /** How many stand outside of it. */
  readonly depth: number
  /** Larger for what was made later. */
  readonly sequence: number
  readonly run: Run
}

const PREFIX = "mcp-effect/server/McpMiddleware/"
let count = 0

/** What a Layer of a middleware provides: an entry of its own, so that two that are merged are both there. */
export const added = (context: Context.Context<never>, run: Run): Context.Context<never> => {
  count += 1
  // an identity of its own: the same function may stand around an item and around its server
  const entry: Entry = { depth: inForce(context).length, sequence: count, run: (call, next) => run(call, next) }
  return Context.make(Context.Service<never, Entry>(`${PREFIX}${count}`), entry)
}

/** The middleware in force, the outermost first. */
export const inForce = (context: Context.Context<never>): ReadonlyArray<Run> =>
  [...context.mapUnsafe]
    .flatMap(([key, entry]) => (key.startsWith(PREFIX) ? [entry as Entry] : []))
    .toSorted((a, b) => a.depth - b.depth || a.sequence - b.sequence)
    .map(({ run }) => run)

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
  joined(inForce(context).filter((run) => !ofServer.includes(run)))
