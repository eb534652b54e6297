/**
 * Standard input and output as transports: the server's own, and those of a child process.
 *
 * `layerServer` listens on this process's stdio, through Effect's `Stdio` service. `child` starts a server as a child
 * process and owns it: closing the scope closes its stdin, then sends TERM, then KILL, to its whole process group, each
 * after a stated time. Stderr is never a protocol channel: it is a Stream, and its tail explains an early exit.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stdio from "effect/Stdio"
import type * as Stream from "effect/Stream"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import { inheritedVariables, spawn } from "./internal/child.ts"
import { lines } from "./internal/lines.ts"
import { layerRoutes } from "./internal/routes.ts"
import { McpLimits } from "./McpLimits.ts"
import {
  type Command,
  type McpConnector,
  McpListenerSource,
  type McpTransport,
  type TransportError
} from "./McpTransport.ts"

/** Listens on this process's standard input and output. It has ended when stdin has. */
export const layerServer: Layer.Layer<McpListenerSource, never, Stdio.Stdio> = Layer.effect(
  McpListenerSource,
  Effect.gen(function* () {
    const stdio = yield* Stdio.Stdio
    const { messageIn } = yield* McpLimits
    return McpListenerSource.of({
      listen: (acceptor) =>
        acceptor.run(lines({ readable: stdio.stdin, writable: stdio.stdout(), maxBytes: messageIn }))
    })
  })
)

/** A running server process and the conversation with it. */
export interface Child {
  readonly transport: McpTransport
  readonly pid: number
  /** The lines of its stderr, from now on. Lines are dropped, oldest first, for a reader that does not keep up. */
  readonly stderr: Stream.Stream<string>
}

export interface ChildOptions {
  /**
   * The variables of this process. Of these a child inherits only `inherited`; `env` of the command is added. Default:
   * none are known, and the child gets only `env`.
   */
  readonly environment?: { readonly [name: string]: string | undefined } | undefined
}

/** The names of the variables that a child inherits: what programs need to run at all, and no secrets. */
export const inherited: ReadonlyArray<string> = inheritedVariables

/** Starts a server as a child process, in a process group of its own, for as long as the scope is open. */
export const child: (
  command: Command,
  options?: ChildOptions
) => Effect.Effect<Child, TransportError, Scope.Scope | ChildProcessSpawner> = (command, options) =>
  spawn(command, options?.environment ?? {})

/** How `McpClient.connect` reaches command lines. `McpNode.layer` includes it, with this process's variables. */
export const layerConnector: (options?: ChildOptions) => Layer.Layer<McpConnector, never, ChildProcessSpawner> = (
  options
) => layerRoutes(options?.environment ?? {})
