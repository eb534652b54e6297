/**
 * The official clients over Streamable HTTP, with the transports that they bring.
 */
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/client"
import { StreamableHTTPClientTransport as StreamableHTTPClientTransportV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { Transport as TransportV1 } from "@modelcontextprotocol/sdk/shared/transport.js"
import { Effect, type Scope } from "effect"
import { eventually } from "../../transport/support/eventually.ts"
import type { HttpRig } from "./httpRig.ts"
import { asked, type Asked, type ModeV2, type Peer, peers, peerV1, peerV2 } from "./wholePeers.ts"

export interface HttpPeer extends Peer {
  /** Ends the session, if there is one. */
  readonly terminate: Asked<void>
  /** The id of the session, if there is one. */
  readonly session: () => string | undefined
}

type Connect = (rig: HttpRig) => Effect.Effect<HttpPeer, never, Scope.Scope>

interface Terminable {
  readonly sessionId: string | undefined
  terminateSession(): Promise<void>
}

const ending = (transport: Terminable) => ({
  terminate: asked(() => transport.terminateSession()),
  session: () => transport.sessionId
})

/** A client of a session asks for a stream by itself, and hears only then whether there is one. */
const standing = ({ wire }: HttpRig) =>
  eventually("the GET is answered", () => wire.exchanges.find((one) => one.method === "GET" && one.response))

export const connectV2 =
  (mode: ModeV2): Connect =>
  (rig) =>
    Effect.gen(function* () {
      const transport = new StreamableHTTPClientTransport(rig.url, { fetch: rig.wire.fetch })
      const peer = yield* peerV2(mode, () => transport)
      if (peer.info.revision !== "2026-07-28") yield* standing(rig)
      return { ...peer, ...ending(transport) }
    })

const connectV1: Connect = (rig) =>
  Effect.gen(function* () {
    const transport = new StreamableHTTPClientTransportV1(rig.url, { fetch: rig.wire.fetch })
    // its class is not what its own interface asks for under exactOptionalPropertyTypes
    const peer = yield* peerV1(() => transport as TransportV1)
    yield* standing(rig)
    return { ...peer, ...ending(transport) }
  })

const connects = {
  "v2, legacy": connectV2("legacy"),
  "v2, modern": connectV2({ pin: "2026-07-28" }),
  v1: connectV1
}

/** Every client, as over stdio. */
export const httpPeers = peers.map((peer) => ({ ...peer, connect: connects[peer.name] }))
