/**
 * In memory: our client and our server in one place, in each revision, and a server that is faced with raw text.
 */
import { Effect } from "effect"
import { McpClient } from "mcp-effect"
import { latestModern, revisions } from "mcp-effect/revisions"
import { McpTest } from "mcp-effect/testing"
import { calls } from "./calls.ts"
import { endings } from "./endings.ts"
import { check, type Check, part } from "./harness.ts"
import type { Place } from "./place.ts"
import { world } from "./world.ts"

const places: ReadonlyArray<Place> = revisions.map(({ era, version }) => ({
  revision: version,
  era,
  connect: ({ app }) => McpClient.connect(app, { revision: version })
}))

const raw: ReadonlyArray<Check> = [
  check("garbage is answered with an error, and the conversation goes on", (look) =>
    Effect.gen(function* () {
      const peer = yield* McpTest.raw(world().app)
      const code = Effect.map(peer.next, ({ error }) => (error as { readonly code: number }).code)
      yield* peer.send("{ this is not JSON")
      look.same("not JSON", yield* code, -32700)
      yield* peer.send({ jsonrpc: "1.0", id: 1, method: "ping" })
      look.same("not JSON-RPC", yield* code, -32600)
      yield* peer.send({ jsonrpc: "2.0", id: "äöü", method: "no/such/method", params: {} })
      look.same("its id", (yield* peer.next)["id"], "äöü")
    })
  ),
  check("the client finds out what a server speaks", (look) =>
    Effect.gen(function* () {
      const client = yield* McpClient.connect(world().app)
      look.same("the latest", client.revision, latestModern.version)
    })
  )
]

/** The part: every revision, and raw text. */
export const memory: ReadonlyArray<Check> = part("in memory", [
  ...places.flatMap((place) => part(place.revision, [...calls(place), ...endings(place)])),
  ...raw
])
