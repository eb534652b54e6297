/**
 * Every feature of a server as each official client uses it, on our server over stdio: one test for each cell of the
 * table feature × client. What a client cannot do is a cell too: it has the reason in its name, and shows it.
 *
 * A client keeps its connection, and so its server, through all of its cells.
 */
import { layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { join } from "node:path"
import { rig } from "./support/rig.ts"
import { features } from "./support/wholeFeatures.ts"
import { type Peer, peers } from "./support/wholePeers.ts"
import type { Place } from "./support/wholeSteps.ts"

const whole = ["--conditions=mcp-effect-source", join(import.meta.dirname, "fixtures", "whole.ts")]

class Connected extends Context.Service<Connected, { readonly peer: Peer; readonly place: Place }>()(
  "whole-server/Connected"
) {}

for (const { codes, connect, era, name, revision } of peers) {
  const connected = Layer.effect(
    Connected,
    Effect.gen(function* () {
      const server = yield* rig(whole)
      const place = { codes, era, revision, rig: server, has: { push: true, levels: true, clientInfo: true } }
      return { peer: yield* connect(server), place }
    })
  )
  layer(connected, { excludeTestServices: true })(`the official client (${name}) and the whole server`, (it) => {
    for (const [feature, { body, not }] of Object.entries(features)) {
      const cannot = not?.[name]
      it.effect(cannot === undefined ? feature : `does not do this: ${feature}, since ${cannot.since}`, () =>
        Effect.gen(function* () {
          const { peer, place } = yield* Connected
          peer.heard.length = 0
          yield* (cannot?.shown ?? body)(peer, place)
        })
      )
    }
  })
}
