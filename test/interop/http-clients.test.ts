/**
 * Every feature of a server as each official client uses it over HTTP, on sockets, in every mode of our server: a table
 * feature × client × mode, made of the table for stdio and of what only HTTP has.
 *
 * A client keeps its connection, and so its server, through all of its cells.
 */
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import { type Cell, cellsOf, has, type HttpPlace } from "./support/httpFeatures.ts"
import { connectV2, type HttpPeer, httpPeers } from "./support/httpPeers.ts"
import { httpRig, type Mode } from "./support/httpRig.ts"
import { textOf } from "./support/wholeSteps.ts"

const responses = ["auto", "sse", "json"] as const
const modes: ReadonlyArray<Mode> = [
  ...responses.map((response) => ({ sessions: "stateful", response, events: false }) as const),
  ...responses.map((response) => ({ sessions: "stateful", response, events: true }) as const),
  ...responses.map((response) => ({ sessions: "stateless", response, events: false }) as const)
]
const named = ({ events, response, sessions }: Mode): string =>
  `${sessions}, ${response}${events ? ", with an EventStore" : ""}`

class Connected extends Context.Service<Connected, { readonly peer: HttpPeer; readonly place: HttpPlace }>()(
  "http-clients/Connected"
) {}

for (const mode of modes) {
  for (const { codes, connect, era, name, revision } of httpPeers) {
    const cell: Cell = { mode, era, name }
    const connected = Layer.effect(
      Connected,
      Effect.gen(function* () {
        const rig = yield* httpRig(mode)
        const place = { codes, era, revision, rig, mode, has: has(cell), another: connect(rig) }
        return { peer: yield* connect(rig), place }
      })
    )
    layer(connected, { excludeTestServices: true })(
      `the official client (${name}) and a server (${named(mode)})`,
      (it) => {
        for (const [title, body] of cellsOf(cell)) {
          it.effect(title, () =>
            Effect.gen(function* () {
              const { peer, place } = yield* Connected
              peer.heard.length = 0
              yield* place.rig.hold
              yield* body(peer, place)
            })
          )
        }
      }
    )
  }
}

describe("the official client (v2, auto)", () => {
  for (const mode of modes) {
    it.live(`finds the newest revision of a server (${named(mode)}), and the older one of an older server`, () =>
      Effect.gen(function* () {
        for (const [revisions, found] of [
          [undefined, "2026-07-28"],
          [["2025-06-18", "2025-11-25"], "2025-11-25"]
        ] as const) {
          yield* Effect.scoped(
            Effect.gen(function* () {
              const peer = yield* connectV2("auto")(yield* httpRig(mode, revisions))
              assert.strictEqual(peer.info.revision, found)
              assert.strictEqual(textOf(yield* peer.call("add", { a: 1, b: 2 })), '{"sum":3}')
            })
          )
        }
      })
    )
  }
})
