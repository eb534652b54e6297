/**
 * Each feature of a server as the official clients use it, on the server of `fixtures/whole.ts`: a table feature × client.
 *
 * `not` names the clients that cannot, with the reason and what shows it: no cell of the table is empty.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import {
  structured,
  content,
  toolErrors,
  progress,
  notice,
  loud,
  talk,
  levels,
  logLevel,
  levelOfRequest,
  cancels
} from "./wholeCalling.ts"
import type { Peer, PeerName, Refused } from "./wholePeers.ts"
import {
  ready,
  pages,
  itself,
  described,
  reads,
  subscribes,
  listens,
  changes,
  getsPrompts,
  completes
} from "./wholeReading.ts"
import { type Body, refusal, readme } from "./wholeSteps.ts"

export interface Feature {
  readonly body: Body
  readonly not?: { readonly [Name in PeerName]?: { readonly since: string; readonly shown: Body } }
}

/** The client refuses by itself: nothing of it is sent. */
const neverSent =
  (method: string, ask: (peer: Peer) => Effect.Effect<unknown, Refused>): Body =>
  (peer, { rig }) =>
    Effect.gen(function* () {
      const refused = yield* refusal(ask(peer))
      assert.match(String(refused.code), /METHOD_NOT_SUPPORTED|MethodNotSupported/i)
      assert.isUndefined(rig.sent("client").find((message) => message.method === method))
    })

const withoutMethod = (revision: string, method: string) => `revision ${revision} has no "${method}"`
const noListen = "it is a client of revisions before 2026-07-28"

const noMethod = (method: string, ask: (peer: Peer) => Effect.Effect<unknown, Refused>) => ({
  "v2, modern": { since: withoutMethod("2026-07-28", method), shown: neverSent(method, ask) }
})

export const features: { readonly [name: string]: Feature } = {
  "learns who the server is, what it offers and how to use it": { body: ready },
  "lists everything page by page": { body: pages },
  "lists everything without cursors": {
    body: itself,
    not: {
      v1: {
        since: "it gives one page at a time",
        shown: (peer) =>
          Effect.gen(function* () {
            assert.isUndefined(peer.all)
            assert.isString((yield* peer.page("tools", undefined)).nextCursor)
          })
      }
    }
  },
  "sees titles, icons, annotations, sizes and schemas": { body: described },
  "calls tools whose structured content it validates": { body: structured },
  "gets content of every kind": { body: content },
  "is told of failures, refusals and defects of tools": { body: toolErrors },
  "hears progress": { body: progress },
  "sets a level and hears log messages": {
    body: levels,
    not: noMethod("logging/setLevel", (peer) => peer.setLevel("error"))
  },
  "hears log messages of one request": {
    body: levelOfRequest,
    not: Object.fromEntries(
      (["v2, legacy", "v1"] as const).map((name) => [
        name,
        {
          since: "revision 2025-11-25 has one level for a whole conversation",
          shown: ((peer) => talk(peer, [notice, loud], logLevel("debug"))) satisfies Body
        }
      ])
    )
  },
  "cancels a call": { body: cancels },
  "reads bytes, several contents and templated resources": { body: reads },
  "subscribes to a resource": {
    body: subscribes,
    not: noMethod("resources/subscribe", (peer) => peer.subscribe(readme))
  },
  "listens to what it chooses": {
    body: listens,
    not: {
      "v2, legacy": {
        since: withoutMethod("2025-11-25", "subscriptions/listen"),
        shown: neverSent("subscriptions/listen", (peer) => peer.listen!({ toolsListChanged: true }))
      },
      v1: { since: noListen, shown: (peer) => Effect.sync(() => assert.isUndefined(peer.listen)) }
    }
  },
  "hears of lists that change": { body: changes },
  "gets prompts": { body: getsPrompts },
  "completes arguments and variables, given others": { body: completes },
  pings: {
    body: (peer) => Effect.asVoid(peer.ping),
    not: noMethod("ping", (peer) => peer.ping)
  }
}
