/**
 * What every server answers: how a conversation opens, what it offers, whether it is there.
 *
 * In a legacy conversation what the handshake said holds until its end. A modern request is answered from what is
 * offered now.
 */
import * as Effect from "effect/Effect"
import type * as Peer from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import type { JsonObject, ServerCapabilities } from "../../protocol/McpSchema.ts"
import { Discover } from "../../protocol/methods/discover.ts"
import { Initialize, type InitializeRequestParams } from "../../protocol/methods/lifecycle.ts"
import { Ping } from "../../protocol/methods/ping.ts"
import { type Facts, sessionOf } from "./facts.ts"
import { everything, type Registry } from "./registry.ts"

const refused = (detail: string): Effect.Effect<never, McpFault> =>
  Effect.fail(new McpFault({ fault: "Envelope", detail }))

export class Lifecycle {
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
    const on = (answer: (call: Peer.Call, facts: Facts) => Effect.Effect<JsonObject, McpFault>) => {
      // nothing is done before middleware has let the request pass
      return (call: Peer.Call, facts: Facts) => registry.task(Effect.suspend(() => answer(call, facts)))
    }
    registry.own(Initialize, on(this.#initialize))
    registry.byDefault(
      Ping,
      on(() => Effect.succeed({}))
    )
    registry.byDefault(Discover, on(this.#discover))
  }

  readonly #initialize = (call: Peer.Call, { revision }: Facts): Effect.Effect<JsonObject, McpFault> => {
    const { holder } = call
    const { clientInfo, capabilities } = call.params as InitializeRequestParams
    // where there is no conversation, each request says itself which revision it follows
    if (holder === undefined) return this.#opened(revision, this.#registry.capabilities(call.via.features))
    if (holder.state !== undefined) return refused("This conversation has been initialized already")
    const session = sessionOf(revision, this.#registry.capabilities(call.holder!.features), clientInfo, capabilities)
    holder.state = session
    this.#registry.audience.opened(holder, session)
    holder.changed()
    return this.#opened(revision, session.offered)
  }

  #opened(revision: McpRevision, offered: ServerCapabilities): Effect.Effect<JsonObject> {
    const { info } = this.#registry.server
    return Effect.succeed({ protocolVersion: revision.version, serverInfo: info, ...this.#described(offered) })
  }

  readonly #discover = (): Effect.Effect<JsonObject> =>
    Effect.succeed({
      supportedVersions: this.#registry.server.revisions.map(({ version }) => version),
      ...this.#described(this.#registry.capabilities(everything))
    })

  #described(capabilities: ServerCapabilities): JsonObject {
    const { instructions } = this.#registry.server
    return { capabilities, ...(instructions === undefined ? undefined : { instructions }) }
  }
}
