/**
 * Servers as child processes: the client's side of stdio.
 *
 * `child` starts a server and owns it: closing the scope closes its stdin, then sends TERM, then KILL, to its whole
 * process group, each after a stated time (`McpLimits.childExit`, `McpLimits.childTerm`). Stderr is never a protocol
 * channel: it is a Stream, and its tail explains an early exit. `layer` lets `McpClient.connect` take command lines.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import { inheritedVariables, spawn } from "./internal/child.ts"
import { layerRoutes } from "./internal/routes.ts"
import type { Command, McpConnector, McpTransport, TransportError } from "./McpTransport.ts"

/** A running server process and the conversation with it. */
export interface Child {
  readonly transport: McpTransport
  readonly pid: number
  /** The lines of its stderr, the last few and those to come. A reader that does not keep up loses the oldest. */
  readonly stderr: Stream.Stream<string>
}

export interface Options {
  /**
   * The variables of this process. Of these a child inherits only `inherited`; `env` of the command is added. Default:
   * none are known, and the child gets only `env`.
   */
  readonly environment?: { readonly [name: string]: string | undefined } | undefined
}

export interface ConnectorOptions extends Options {
  /** Who reaches URLs; asked when the first one is to be reached. Default: nobody. */
  readonly urls?: Effect.Effect<McpConnector["Service"], TransportError> | undefined
}

/** The names of the variables that a child inherits: what programs need to run at all, and no secrets. */
export const inherited: ReadonlyArray<string> = inheritedVariables

/** Starts a server as a child process, in a process group of its own, for as long as the scope is open. */
export const child: (
  command: Command,
  options?: Options
) => Effect.Effect<Child, TransportError, Scope.Scope | ChildProcessSpawner> = (command, options) =>
  spawn(command, options?.environment ?? {})

/** How `McpClient.connect` reaches command lines. `McpNode.layer` includes it, with this process's variables. */
export const layer: (options?: ConnectorOptions) => Layer.Layer<McpConnector, never, ChildProcessSpawner> = (options) =>
  layerRoutes(options?.environment ?? {}, options?.urls)
