/**
 * Where a client meets a server: what the checks of `calls.ts` and `endings.ts` are given.
 */
import type { Effect, Scope } from "effect"
import type { McpClient, McpError } from "mcp-effect"
import type { Era } from "mcp-effect/McpRevision"
import type { World } from "./world.ts"

export interface Place {
  readonly revision: string
  readonly era: Era
  /** Our client, speaking the revision to that world. */
  connect(world: World): Effect.Effect<McpClient.Service, McpError.McpError, Scope.Scope>
}
