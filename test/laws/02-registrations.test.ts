/**
 * Law 2, of registrations and those who hear of them: nothing is left of either.
 *
 * A storm of registrations, each in a scope of its own, some of them used while they end, leaves no fiber and nothing to
 * tell. Who does not listen any more, or has ended, hears nothing more; others go on hearing.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpLimits } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { cancel, drivers, type Era, eras, handshake, request } from "./support/app.ts"
import { fibersLeft, property, settle } from "./support/law.ts"
import { begin, facing, kindNames, kinds, type Living, living } from "./support/living.ts"
import { messages, until } from "./support/scripted.ts"

const listening = { notifications: { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true } }
const declared = { tools: {}, prompts: {}, resources: {} }

/** A client that hears of every list. */
const hearing = Effect.fnUntraced(function* (server: Living, era: Era) {
  const peer = yield* facing(server.acceptor)
  yield* handshake(peer, era)
  if (era === "modern") yield* peer.send(request(era, "listen", "subscriptions/listen", listening))
  yield* settle
  return peer
})

const STORM = 500

/** Registers and ends everything, and uses some of it while it ends. */
const storm = Effect.fnUntraced(function* (server: Living, peer: McpTest.RawPeer, era: Era) {
  const all = Array.from({ length: STORM }, (_, index) => ({ index, kind: kindNames[index % kindNames.length]! }))
  const registrations = all.map(({ index, kind }) => begin(server, kind, `n${index}`, Effect.never))
  yield* settle
  for (const { index, kind } of all.slice(0, STORM / 2)) {
    yield* peer.send(request(era, index, ...kinds[kind].use(`n${index}`)))
  }
  yield* settle
  const ends = registrations.map(({ end }) => end())
  assert.isTrue(yield* until(() => ends.every((ended) => ended())), "a registration does not end")
  yield* settle
})

for (const era of eras) {
  it.effect(`law 2: nothing is left of a storm of ${STORM} registrations that are used: ${era}`, () =>
    Effect.gen(function* () {
      const left = yield* fibersLeft(
        Effect.gen(function* () {
          const server = yield* living({ capabilities: declared })
          const peer = yield* hearing(server, era)
          yield* storm(server, peer, era)
          const after = peer.received.length
          yield* settle
          assert.strictEqual(peer.received.length, after, "nobody has anything more to tell")
        })
      )
      assert.strictEqual(left, 0)
    })
  )
}

/** Who listens, by which driver, and how that ends. */
const listeners = [
  ...(["run", "open"] as const).flatMap((driver) =>
    (["unsubscribed", "closed"] as const).map((end) => `legacy ${driver} ${end}` as const)
  ),
  ...drivers.flatMap((driver) => (["cancelled", "closed"] as const).map((end) => `modern ${driver} ${end}` as const))
]

const memo = kinds.resource.layer("a", Effect.succeed("a"))
const watching = { notifications: { ...listening.notifications, resourceSubscriptions: ["memo:a"] } }

property(
  "law 2: who does not listen any more hears nothing more, and others go on hearing",
  { who: Schema.Literals(listeners), changes: Schema.Literals([1, 2, 3]) },
  { who: listeners },
  ({ changes, who }, seen) =>
    Effect.gen(function* () {
      seen("who", who)
      const [era, driver, end] = who.split(" ") as [Era, McpTest.Driver, "unsubscribed" | "cancelled" | "closed"]
      const server = yield* living({}, {}, memo)
      const peer = yield* facing(server.acceptor, { driver })
      const other = yield* facing(server.acceptor)
      for (const each of [peer, other]) {
        yield* handshake(each, era)
        if (era === "modern") yield* each.send(request(era, 1, "subscriptions/listen", watching))
        else yield* each.send(request(era, 1, "resources/subscribe", { uri: "memo:a" }))
      }
      const change = Effect.andThen(
        Effect.andThen(server.server.updated("memo:a"), server.server.listChanged("resources")),
        settle
      )
      yield* settle
      const agreed = peer.received.length
      yield* change
      assert.strictEqual(peer.received.length, agreed + 2, "it hears of both")
      if (end === "unsubscribed") yield* peer.send(request(era, 2, "resources/unsubscribe", { uri: "memo:a" }))
      if (end === "cancelled") yield* peer.send(cancel(1))
      if (end === "closed") yield* peer.end
      yield* settle
      yield* TestClock.adjust(McpLimits.defaults.lastWords)
      yield* settle
      const before = [peer.received.length, other.received.length] as const
      yield* Effect.repeat(change, { times: changes })
      const after = messages(peer).slice(before[0])
      // the list is not what it has unsubscribed from
      const allowed = end === "unsubscribed" ? ["notifications/resources/list_changed"] : []
      assert.deepStrictEqual([...new Set(after.map(({ method }) => method))], allowed)
      assert.strictEqual(other.received.length, before[1] + 2 * (changes + 1), "another goes on hearing")
    })
)
