/**
 * Standard input and output as a server's transport.
 *
 * `layerServer` listens on this process's stdio, through Effect's `Stdio` service: one conversation, which has ended when
 * stdin has. What else writes to stdout is not its business: on Node, `McpNode.layerStdio` reserves it.
 * The client's side, servers as child processes, is `McpCommand`.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/transports#stdio
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stdio from "effect/Stdio"
import { lines } from "./internal/lines.ts"
import { McpLimits } from "./McpLimits.ts"
import { McpListenerSource } from "./McpTransport.ts"

/** Listens on this process's standard input and output. It has ended when stdin has. */
export const layerServer: Layer.Layer<McpListenerSource, never, Stdio.Stdio> = /* @__PURE__ */ Layer.effect(
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
