/**
 * The hook that stands before every tool call.
 *
 * A gate sees the request before its handler starts and lets it pass or refuses it with a fault; limits of rate and
 * concurrency sit here. It is read once, when the server is built; a server without one pays nothing for it.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { McpFault } from "../protocol/McpError.ts"
import type { McpRequest } from "./McpRequest.ts"

export type Gate = (request: McpRequest.Service) => Effect.Effect<void, McpFault>

/** The gate of the servers that are built where it is provided: `Layer.succeed(McpGate, (request) => …)`. */
export const McpGate: Context.Reference<Gate | undefined> = /* @__PURE__ */ Context.Reference<Gate | undefined>(
  "mcp-effect/server/McpGate",
  { defaultValue: () => undefined }
)
