/**
 * What every server answers: how a conversation opens, what it offers, whether it is there.
 *
 * In a legacy conversation what the handshake said holds until its end. A modern request is answered from what is
 * offered now.
 */
import * as Effect from "effect/Effect"
import type * as Peer from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { JsonObject, ServerCapabilities } from "../../protocol/McpSchema.ts"
import { Discover } from "../../protocol/methods/discover.ts"
import { Initialize, type InitializeRequestParams } from "../../protocol/methods/lifecycle.ts"
import { SetLevel, type SetLevelRequestParams } from "../../protocol/methods/logging.ts"
import { Ping } from "../../protocol/methods/ping.ts"
import type { Facts, Session } from "./facts.ts"
import type { Registry } from "./registry.ts"

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
    registry.byDefault(SetLevel, on(this.#setLevel))
    registry.offer(() => ({ logging: {} }))
  }

  readonly #initialize = (call: Peer.Call, { revision }: Facts): Effect.Effect<JsonObject, McpFault> => {
    const { holder } = call
    if (holder === undefined) return refused('"initialize" opens a conversation; this exchange cannot hold one')
    if (holder.state !== undefined) return refused("This conversation has been initialized already")
    const params = call.params as InitializeRequestParams
    const session: Session = {
      revision,
      clientInfo: params.clientInfo,
      capabilities: params.capabilities,
      offered: this.#registry.capabilities(call.via.features.push),
      logLevel: "info",
      ready: false,
      watched: undefined,
      missed: undefined
    }
    holder.state = session
    this.#registry.audience.opened(holder, session)
    const { info } = this.#registry.server
    return Effect.succeed({
      protocolVersion: revision.version,
      serverInfo: info,
      ...this.#described(session.offered)
    })
  }

  readonly #discover = (): Effect.Effect<JsonObject> =>
    Effect.succeed({
      supportedVersions: this.#registry.server.revisions.map(({ version }) => version),
      ...this.#described(this.#registry.capabilities(true))
    })

  #described(capabilities: ServerCapabilities): JsonObject {
    const { instructions } = this.#registry.server
    return { capabilities, ...(instructions === undefined ? undefined : { instructions }) }
  }

  readonly #setLevel = (call: Peer.Call, { session }: Facts): Effect.Effect<JsonObject, McpFault> => {
    if (session === undefined) return refused("A level is set for a conversation; this exchange belongs to none")
    session.logLevel = (call.params as SetLevelRequestParams).level
    return Effect.succeed({})
  }
}
