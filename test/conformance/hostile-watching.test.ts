/**
 * A client whose server is hostile to those who watch: `updates` and `changes`, in either era.
 *
 * A watch that cannot begin is a typed error and leaves nothing open at the server; one that has begun hears what is its
 * own, ends when the server ends it, and fails when the connection is lost.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, type McpError } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { eras, versions } from "../laws/support/app.ts"
import { fibersLeft, settle } from "../laws/support/law.ts"
import { failureOf, fork } from "../laws/support/limits.ts"
import { bounded, cancels, until } from "../laws/support/scripted.ts"
import { type Asked, asked, hostile, playing, result, rpc, type Script, told, failed } from "./support/hostile.ts"
import { ACKNOWLEDGED, SUBSCRIPTION, UPDATED } from "./support/subscriptions.ts"

const URI = "docs://a"

const reasonOf = <A>(what: string, effect: Effect.Effect<A, McpError.McpError>): Effect.Effect<McpError.Reason> =>
  Effect.gen(function* () {
    const exit = yield* bounded(what, effect)
    assert.isTrue(Exit.isFailure(exit), "it succeeds")
    return (yield* Effect.orDie(Effect.flip(exit))).reason
  })

/** What a watch that should not begin fails with. Its scope stays open. */
const begins = <A>(watch: Effect.Effect<A, McpError.McpError, Scope.Scope>) =>
  Effect.flatMap(Effect.scope, (scope) => reasonOf("the watch", Scope.provide(watch, scope)))

const acknowledged = (id: unknown, notifications: unknown): McpTest.Json =>
  told(ACKNOWLEDGED, { _meta: { [SUBSCRIPTION]: id }, notifications })
const updated = (id: unknown, uri: unknown): McpTest.Json => told(UPDATED, { _meta: { [SUBSCRIPTION]: id }, uri })

/** Begins every watch well. */
const watched: Script = (one) => {
  if (one.method === "subscriptions/listen") return [acknowledged(one.id, one.params["notifications"])]
  return one.method === "resources/subscribe" || one.method === "resources/unsubscribe" ? [result(one, {})] : undefined
}

/** A watch that has begun, what it has heard, and how it ends. */
const watching = (client: McpClient.Service) =>
  Effect.gen(function* () {
    const heard: Array<string> = []
    const stream = yield* client.updates(URI)
    const end = yield* fork(Stream.runForEach(stream, (uri) => Effect.sync(() => heard.push(uri))))
    return { heard, end }
  })

const MODERN = versions.modern
const listens = (peer: McpTest.RawPeer) => asked(peer, "subscriptions/listen") as unknown as ReadonlyArray<Asked>

describe("a modern server that answers a listen", () => {
  it.effect.each([
    { what: "of nothing", notifications: {} },
    { what: "of null", notifications: null },
    { what: "of a number", notifications: 7 },
    { what: "of a text", notifications: "resourceSubscriptions" },
    { what: "of a list", notifications: [URI] },
    { what: "of what is false", notifications: { resourceSubscriptions: [] } },
    { what: "of other URIs", notifications: { resourceSubscriptions: ["docs://b"] } },
    { what: "of lists only", notifications: { toolsListChanged: true } }
  ])("with an acknowledgement $what: Unsupported, and it is cancelled", ({ notifications }) =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(MODERN, (one) =>
        one.method === "subscriptions/listen" ? [acknowledged(one.id, notifications)] : undefined
      )
      const reason = yield* begins(client.updates(URI))
      assert.strictEqual(reason._tag, "Unsupported", reason.message)
      yield* settle
      assert.deepStrictEqual(cancels(peer), [listens(peer)[0]!.id])
    }).pipe(Effect.scoped)
  )

  it.effect("with acknowledgements of wrong ids only: Timeout after the idle limit, and it is cancelled", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(MODERN, (one) =>
        one.method === "subscriptions/listen"
          ? [
              acknowledged(String(one.id), one.params["notifications"]),
              acknowledged(one.id + 1, one.params["notifications"]),
              acknowledged(undefined, one.params["notifications"]),
              rpc({ method: ACKNOWLEDGED }),
              updated(one.id, URI)
            ]
          : undefined
      )
      const watch = yield* fork(client.updates(URI))
      yield* settle
      assert.isUndefined(watch.pollUnsafe())
      yield* TestClock.adjust("60 seconds")
      yield* settle
      assert.deepInclude(failed(watch), {
        _tag: "Timeout",
        method: "subscriptions/listen",
        limit: "idle"
      })
      assert.deepStrictEqual(cancels(peer), [listens(peer)[0]!.id])
    }).pipe(Effect.scoped)
  )

  it.effect("with an error, or with what no listen ends with, at once: a typed error", () =>
    Effect.gen(function* () {
      const answers: ReadonlyArray<readonly [object, McpError.Reason["_tag"]]> = [
        [{ error: { code: 7, message: "no" } }, "Remote"],
        [{ error: { code: "7", message: "no" } }, "Undecodable"],
        [{ result: {} }, "Unsupported"]
      ]
      for (const [answer, tag] of answers) {
        const { client } = yield* hostile(MODERN, ({ id, method }) =>
          method === "subscriptions/listen" ? [rpc({ id, ...answer })] : undefined
        )
        assert.strictEqual((yield* begins(client.updates(URI)))._tag, tag)
        assert.strictEqual((yield* begins(client.changes))._tag, tag)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("and then tells of what was not asked for, by wrong ids and in wrong shapes: none of it is heard", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(MODERN, watched)
      const { heard } = yield* watching(client)
      const { id } = listens(peer)[0]!
      for (const wrong of [String(id), id + 1, undefined, null]) yield* peer.send(updated(wrong, URI))
      for (const wrong of ["docs://b", "docs://ab", "docs:", "", 7, null, [URI], undefined])
        yield* peer.send(updated(id, wrong))
      yield* peer.send(rpc({ method: UPDATED }))
      yield* peer.send(told(UPDATED, [URI]))
      yield* peer.send(told("notifications/tools/list_changed", { _meta: { [SUBSCRIPTION]: id } }))
      yield* peer.send(acknowledged(id, {}))
      yield* peer.send(updated(id, `${URI}/part`))
      yield* peer.send(updated(id, URI))
      yield* until(() => heard.length >= 2)
      yield* settle
      assert.deepStrictEqual(heard, [`${URI}/part`, URI])
    }).pipe(Effect.scoped)
  )

  it.effect("and ends it well: the Stream ends, behind what was told before", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(MODERN, watched)
      const { end, heard } = yield* watching(client)
      const [one] = listens(peer)
      yield* peer.send(updated(one!.id, URI))
      yield* peer.send(result(one!, { _meta: { [SUBSCRIPTION]: one!.id } }))
      yield* bounded("the stream", Fiber.join(end))
      assert.deepStrictEqual(heard, [URI])
    }).pipe(Effect.scoped)
  )

  it.effect("and ends it with an error: the Stream fails with it", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(MODERN, watched)
      const { end } = yield* watching(client)
      yield* peer.send(rpc({ id: listens(peer)[0]!.id, error: { code: 7, message: "no more" } }))
      assert.deepInclude(yield* reasonOf("the stream", Fiber.join(end)), { _tag: "Remote", code: 7 })
    }).pipe(Effect.scoped)
  )
})

const LEGACY = versions.legacy
const subscribes = (peer: McpTest.RawPeer) => asked(peer, "resources/subscribe") as unknown as ReadonlyArray<Asked>

/** Answers nothing to those who want to watch. */
const silent: Script = ({ method }) => (method.startsWith("resources/") ? [] : undefined)

describe("a legacy server", () => {
  it.effect("that refuses a subscription: Remote, and the next watcher asks again", () =>
    Effect.gen(function* () {
      let refusals = 0
      const { client, peer } = yield* hostile(LEGACY, (one) =>
        one.method === "resources/subscribe" && refusals++ === 0
          ? [rpc({ id: one.id, error: { code: 7, message: "no" } })]
          : watched(one)
      )
      assert.deepInclude(yield* reasonOf("the watch", Effect.scoped(client.updates(URI))), { _tag: "Remote", code: 7 })
      assert.isEmpty(asked(peer, "resources/unsubscribe"))
      yield* Effect.scoped(client.updates(URI))
      assert.strictEqual(subscribes(peer).length, 2)
      assert.strictEqual(asked(peer, "resources/unsubscribe").length, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("that has not answered a subscription yet: nobody's watch has begun, and all fail together", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(LEGACY, silent)
      const first = yield* fork(Effect.scoped(client.updates(URI)))
      yield* settle
      const second = yield* fork(Effect.scoped(client.updates(URI)))
      yield* settle
      assert.isUndefined(first.pollUnsafe())
      assert.isUndefined(second.pollUnsafe(), "the second watcher is told that the watch has begun")
      for (const { id } of subscribes(peer)) yield* peer.send(rpc({ id, error: { code: 7, message: "no" } }))
      yield* settle
      for (const { id } of subscribes(peer)) yield* peer.send(rpc({ id, error: { code: 7, message: "no" } }))
      yield* settle
      for (const watch of [first, second]) assert.strictEqual(failureOf(watch)._tag, "Remote")
    }).pipe(Effect.scoped)
  )

  it.effect("that never answers a subscription: it is given up at once by who is interrupted, and cancelled", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(LEGACY, silent)
      const watch = yield* fork(Effect.scoped(client.updates(URI)))
      yield* settle
      const end = yield* fork(Fiber.interrupt(watch))
      yield* until(() => end.pollUnsafe() !== undefined)
      assert.isDefined(end.pollUnsafe(), "the interruption waits for the server")
      yield* settle
      assert.deepStrictEqual(cancels(peer), [subscribes(peer)[0]!.id])
    }).pipe(Effect.scoped)
  )

  it.effect("that has not answered a subscription whose watcher goes: the next one asks again, and ends it", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(LEGACY, silent)
      const first = yield* fork(Effect.scoped(client.updates(URI)))
      yield* settle
      const scope = yield* Scope.make()
      const others = yield* Effect.forEach([1, 2], () => fork(Scope.provide(watching(client), scope)))
      yield* settle
      assert.strictEqual(subscribes(peer).length, 1)
      yield* Fiber.interrupt(first)
      yield* until(() => subscribes(peer).length === 2)
      yield* settle
      assert.strictEqual(subscribes(peer).length, 2)
      yield* peer.send(result(subscribes(peer)[1]!, {}))
      const watches = yield* Effect.forEach(others, Fiber.join)
      yield* peer.send(told(UPDATED, { uri: URI }))
      yield* until(() => watches.every(({ heard }) => heard.length === 1))
      assert.deepStrictEqual(
        watches.map(({ heard }) => heard),
        [[URI], [URI]]
      )
      const closing = yield* fork(Scope.close(scope, Exit.void))
      yield* settle
      assert.strictEqual(asked(peer, "resources/unsubscribe").length, 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
    }).pipe(Effect.scoped)
  )

  it.effect("that is watched by one who goes while another begins: what has begun goes on", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(LEGACY, silent)
      const scope = yield* Scope.make()
      const first = yield* fork(Scope.provide(watching(client), scope))
      yield* settle
      const second = yield* fork(Effect.scoped(client.updates(URI)))
      yield* settle
      yield* Fiber.interrupt(second)
      yield* peer.send(result(subscribes(peer)[0]!, {}))
      yield* Fiber.join(first)
      assert.isEmpty(asked(peer, "resources/unsubscribe"))
      const closing = yield* fork(Scope.close(scope, Exit.void))
      yield* settle
      assert.strictEqual(asked(peer, "resources/unsubscribe").length, 1)
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(closing)
    }).pipe(Effect.scoped)
  )

  it.effect("that never answers the end of a subscription: the scope waits no longer than McpLimits.lastWords", () =>
    Effect.gen(function* () {
      const { client } = yield* hostile(LEGACY, (one) => (one.method === "resources/unsubscribe" ? [] : watched(one)))
      const scope = yield* Scope.make()
      yield* Scope.provide(client.updates(URI), scope)
      const closing = yield* fork(Scope.close(scope, Exit.void))
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.isDefined(closing.pollUnsafe())
    }).pipe(Effect.scoped)
  )

  it.effect("that tells of what was not asked for, and in wrong shapes: none of it is heard", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(LEGACY, watched)
      const { heard } = yield* watching(client)
      for (const wrong of ["docs://b", "docs://ab", "", 7, null, [URI], undefined])
        yield* peer.send(told(UPDATED, { uri: wrong }))
      yield* peer.send(rpc({ method: UPDATED }))
      yield* peer.send(told(UPDATED, { uri: URI }))
      yield* until(() => heard.length > 0)
      yield* settle
      assert.deepStrictEqual(heard, [URI])
    }).pipe(Effect.scoped)
  )
})

describe.each(eras)("whoever watches a server of the %s era", (era) => {
  const version = versions[era]

  /** A watcher, and one of lists, over a transport that may be lost. */
  const lossy = Effect.gen(function* () {
    const { peer, transport } = yield* playing(version, watched)
    const faulty = yield* McpTest.faulty(transport)
    const client = yield* McpClient.connect(faulty.transport, { revision: version })
    const { end } = yield* watching(client)
    const changes = yield* fork(Stream.runDrain(yield* client.changes))
    return { changes, end, faulty, peer }
  })

  it.effect("is told when the connection is lost: Closed, for both", () =>
    Effect.gen(function* () {
      const { changes, end, faulty } = yield* lossy
      yield* faulty.disconnect
      assert.strictEqual((yield* reasonOf("the updates", Fiber.join(end)))._tag, "Closed")
      assert.strictEqual((yield* reasonOf("the changes", Fiber.join(changes)))._tag, "Closed")
    }).pipe(Effect.scoped)
  )

  it.effect("cannot begin to when the connection is lost: Closed", () =>
    Effect.gen(function* () {
      const { peer, transport } = yield* playing(version, watched)
      const faulty = yield* McpTest.faulty(transport)
      const client = yield* McpClient.connect(faulty.transport, { revision: version })
      yield* faulty.disconnect
      yield* settle
      const before = peer.received.length
      const stream = Effect.flatMap(client.changes, (changes) => Stream.runDrain(changes))
      assert.strictEqual((yield* reasonOf("the updates", Effect.scoped(client.updates(URI))))._tag, "Closed")
      assert.strictEqual((yield* reasonOf("the changes", Effect.scoped(stream)))._tag, "Closed")
      assert.strictEqual(peer.received.length, before)
    }).pipe(Effect.scoped)
  )

  it.effect("has nothing to clean up that hangs when the connection is gone", () =>
    Effect.gen(function* () {
      const gone = Effect.gen(function* () {
        const { faulty } = yield* lossy
        yield* faulty.disconnect
        yield* settle
      })
      assert.strictEqual(yield* fibersLeft(gone), 0)
    })
  )
})
