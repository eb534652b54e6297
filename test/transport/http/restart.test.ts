/**
 * One server after another, with the same stores: a session goes on in the second as if nothing had been, and what ran
 * in the first ends with an error that its caller gets to read.
 */
import { assert, describe, it } from "@effect/vitest"
import { type Context, Deferred, Effect, Fiber, Layer } from "effect"
import { EventStore, type McpServer, SessionStore } from "mcp-effect"
import { TestClock } from "effect/testing"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "../../laws/support/app.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { type Client, clientOf, INITIALIZED, opened, type Opening, serve } from "./support/endpoint.ts"
import { asking, limited } from "./support/people.ts"
import { turns } from "./support/turns.ts"

const URI = "docs://a"
const UPDATED = "notifications/resources/updated"
const result = (message: McpTest.Json) => message["result"] as McpTest.Json
const ping = (id: number) => request("legacy", id, "ping")

type Stores = Context.Context<SessionStore.SessionStore | EventStore.EventStore>
const stores = Layer.build(Layer.merge(SessionStore.layerMemory, EventStore.layerMemory))

/** A server with these stores. */
const server = (kept: Stores, options: Partial<McpServer.Options> = {}) =>
  Effect.gen(function* () {
    const made = served(options)
    const endpoint = yield* serve(Layer.provide(made.app, Layer.succeedContext(kept)))
    return { ...made, endpoint }
  })

/** The same client at another server, a second later. */
const moved = (client: Client, { endpoint }: Effect.Success<ReturnType<typeof server>>) =>
  Effect.as(TestClock.adjust("1 second"), clientOf(endpoint, client.session, client.headers))

/** A session of a first server. */
const first = (opening: Opening = {}) =>
  Effect.gen(function* () {
    const kept = yield* stores
    const before = yield* server(kept)
    return { kept, before, client: yield* opened(before.endpoint, opening) }
  })

describe("a session", () => {
  it.effect.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])("goes on, in its revision: %s", (revision) =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first({ revision })
      const list = yield* client.ask(1, "tools/list")
      yield* before.endpoint.shutDown
      const again = yield* moved(client, yield* server(kept))
      assert.deepStrictEqual(yield* again.ask(1, "tools/list"), list)
      assert.strictEqual((yield* again.delete()).status, 204)
      yield* assertError(yield* again.post(ping(2)), 404, -32602, 2)
    })
  )

  it.effect("goes on when the first server had no time to say goodbye", () =>
    Effect.gen(function* () {
      const { client, kept } = yield* first()
      const again = yield* moved(client, yield* server(kept))
      assert.deepStrictEqual(result(yield* again.ask(1, "ping")), {})
    })
  )

  it.effect("keeps its level", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      yield* client.ask(1, "logging/setLevel", { level: "error" })
      yield* before.endpoint.shutDown
      const again = yield* moved(client, yield* server(kept))
      const { events } = yield* again.post(callTool("legacy", 1, "report", { name: "a", steps: 2 }))
      assert.deepStrictEqual(
        (yield* events.messages).map(({ id }) => id),
        [1]
      )
    })
  )

  it.effect("keeps what it watches, and what it no longer does", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      yield* client.ask(1, "resources/subscribe", { uri: URI })
      yield* before.endpoint.shutDown
      const second = yield* server(kept)
      const again = yield* moved(client, second)
      const standing = (yield* again.get()).events
      yield* (yield* second.server).updated(URI)
      assert.strictEqual((yield* standing.next).message["method"], UPDATED)
      yield* again.ask(2, "resources/unsubscribe", { uri: URI })
      yield* standing.drop
      yield* second.endpoint.shutDown

      const third = yield* server(kept)
      const last = yield* moved(client, third)
      const quiet = (yield* last.get()).events
      yield* (yield* third.server).updated(URI)
      yield* turns
      yield* last.delete()
      assert.deepStrictEqual(yield* quiet.messages, [])
    })
  )

  it.effect("that had not finished its handshake can", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first({ half: true })
      yield* before.endpoint.shutDown
      const again = yield* moved(client, yield* server(kept))
      assert.strictEqual((yield* again.post(INITIALIZED)).status, 202)
      assert.deepStrictEqual(result(yield* again.ask(1, "ping")), {})
    })
  )

  it.effect("stays its principal's", () =>
    asking(
      Effect.gen(function* () {
        const { before, client, kept } = yield* first({ headers: { authorization: "ada" } })
        yield* before.endpoint.shutDown
        const second = yield* server(kept)
        const eve = clientOf(second.endpoint, client.session, { authorization: "eve" })
        yield* assertError(yield* eve.post(ping(1)), 404, -32602, 1)
        yield* assertError(yield* eve.delete(), 404, -32602, undefined)
        const again = yield* moved(client, second)
        // asked at once, by both
        const [own, other] = yield* Effect.all([again.post(ping(2)), eve.post(ping(2))], { concurrency: "unbounded" })
        assert.deepStrictEqual([own.status, other.status], [200, 404])
      })
    )
  )

  it.effect("is found once, however many ask for it at the same time", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      yield* before.endpoint.shutDown
      const second = yield* server(kept)
      const again = yield* moved(client, second)
      const call = again.post(callTool("legacy", 1, "wait", { name: "a" }))
      const both = yield* Effect.forEach([call, call], (post) => Effect.forkChild(post))
      yield* turns
      yield* second.record.open("a")
      const replies = yield* Effect.forEach(both, (fiber) => Effect.flatMap(Fiber.join(fiber), ({ reply }) => reply))
      // one session: the second is refused, since the id is taken
      const codes = replies.map(({ error }) => (error as McpTest.Json | undefined)?.["code"])
      assert.sameMembers(codes, [undefined, -32600])
    })
  )

  it.effect("that had ended does not come back", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      yield* client.delete()
      yield* before.endpoint.shutDown
      yield* assertError(yield* (yield* moved(client, yield* server(kept))).post(ping(1)), 404, -32602, 1)
    })
  )

  it.effect("that was idle for too long meanwhile does not come back; one that was used does", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      const other = yield* opened(before.endpoint)
      yield* TestClock.adjust("25 minutes")
      assert.deepStrictEqual(result(yield* other.ask(1, "ping")), {})
      yield* turns
      yield* before.endpoint.shutDown
      yield* TestClock.adjust("10 minutes")
      const second = yield* server(kept)
      yield* assertError(yield* (yield* moved(client, second)).post(ping(1)), 404, -32602, 1)
      assert.deepStrictEqual(result(yield* (yield* moved(other, second)).ask(1, "ping")), {})
    })
  )

  it.effect("whose revision the second server does not speak does not go on there", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first({ revision: "2025-03-26" })
      yield* before.endpoint.shutDown
      const again = yield* moved(client, yield* server(kept, { revisions: ["2025-11-25", "2026-07-28"] }))
      yield* assertError(yield* again.post(ping(1)), 404, -32602, 1)
    })
  )

  it.effect("takes a place in the second server like any other", () =>
    limited(
      Effect.gen(function* () {
        const { before, client, kept } = yield* first()
        yield* before.endpoint.shutDown
        const second = yield* server(kept)
        const other = yield* opened(second.endpoint)
        const again = yield* moved(client, second)
        assert.deepStrictEqual(result(yield* again.ask(1, "ping")), {})
        yield* assertError(yield* other.post(ping(1)), 404, -32602, 1)
      }),
      { sessions: 1 }
    )
  )

  it.effect("does not go on where no store keeps it", () =>
    Effect.gen(function* () {
      const { client } = yield* first()
      const second = served()
      const endpoint = yield* serve(second.app)
      yield* assertError(yield* clientOf(endpoint, client.session, {}).post(ping(1)), 404, -32602, 1)
    })
  )
})

describe("a call in flight", () => {
  const started = Effect.gen(function* () {
    const { before, client, kept } = yield* first()
    const { events } = yield* client.post(callTool("legacy", "call", "wait", { name: "a" }))
    const primed = yield* events.nextRaw
    yield* turns
    return { before, client, kept, events, id: primed?.id ?? assert.fail("the event has no id") }
  })

  it.effect("is told when the server shuts down, and whoever comes back later reads the same", () =>
    Effect.gen(function* () {
      const { before, client, events, id, kept } = yield* started
      yield* before.endpoint.shutDown
      const told = yield* events.messages
      assert.deepStrictEqual(
        told.map(({ error, id }) => [id, (error as McpTest.Json)["code"]]),
        [["call", -32603]]
      )
      assert.deepStrictEqual(before.record.finalized, ["a"])
      const again = yield* moved(client, yield* server(kept))
      assert.deepStrictEqual(yield* (yield* again.get({ "last-event-id": id })).events.messages, told)
    })
  )

  it.effect("of a server that died ends with an error on the stream that is taken up again", () =>
    Effect.gen(function* () {
      const { client, id, kept } = yield* started
      const again = yield* moved(client, yield* server(kept))
      const read = Effect.flatMap(again.get({ "last-event-id": id }), ({ events }) => events.messages)
      const told = yield* read
      assert.deepStrictEqual(
        told.map(({ error, id }) => [id, (error as McpTest.Json)["code"]]),
        [["call", -32603]]
      )
      assert.deepStrictEqual(yield* read, told)
      // its id is free
      assert.deepStrictEqual(result(yield* again.ask("call", "ping")), {})
    })
  )

  it.effect("that had ended is given to whoever comes back to the second server", () =>
    Effect.gen(function* () {
      const { before, client, events, id, kept } = yield* started
      yield* events.drop
      yield* before.record.open("a")
      yield* turns
      yield* before.endpoint.shutDown
      const again = yield* moved(client, yield* server(kept))
      const [reply, ...more] = yield* (yield* again.get({ "last-event-id": id })).events.messages
      assert.deepStrictEqual(result(reply!)["structuredContent"], { name: "a" })
      assert.deepStrictEqual(more, [])
    })
  )
})

describe("the stream on GET", () => {
  it.effect("of a server that died is taken up again, and goes on", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      yield* client.ask(1, "resources/subscribe", { uri: URI })
      const standing = (yield* client.get()).events
      const primed = yield* standing.nextRaw
      yield* (yield* before.server).updated(URI)
      yield* turns
      yield* standing.drop
      const second = yield* server(kept)
      const again = yield* moved(client, second)
      const { events } = yield* again.get({ "last-event-id": primed?.id ?? assert.fail("the event has no id") })
      const kept1 = yield* events.next
      yield* (yield* second.server).updated(URI)
      const said = yield* events.next
      assert.deepStrictEqual([kept1.message["method"], said.message["method"]], [UPDATED, UPDATED])
      assert.notStrictEqual(kept1.id, said.id)
      yield* events.drop
    })
  )

  it.effect("opened at the second server has ids of its own", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      const old = yield* (yield* client.get()).events.nextRaw
      yield* before.endpoint.shutDown
      const again = yield* moved(client, yield* server(kept))
      const { events } = yield* again.get()
      const fresh = yield* events.nextRaw
      assert.isDefined(old?.id)
      assert.isDefined(fresh?.id)
      assert.notStrictEqual(fresh?.id, old?.id)
      yield* events.drop
    })
  )
})

describe("a store of sessions", () => {
  const down = new SessionStore.StoreError({ detail: "down" })
  const failing = SessionStore.SessionStore.of({
    get: () => Effect.fail(down),
    set: () => Effect.fail(down),
    touch: () => Effect.fail(down),
    remove: () => Effect.fail(down)
  })

  it.effect("that is down: sessions that are here go on, of others it cannot be said", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(Layer.provide(served().app, Layer.succeed(SessionStore.SessionStore, failing)))
      const client = yield* opened(endpoint)
      assert.deepStrictEqual(result(yield* client.ask(1, "ping")), {})
      const answer = yield* clientOf(endpoint, "another", {}).post(ping(1))
      const error = yield* assertError(answer, 503, 503, 1)
      assert.notInclude(JSON.stringify(error), 'down"')
      assert.strictEqual((yield* client.delete()).status, 204)
    })
  )

  it.effect("that is slow: a caller that goes away takes nobody with it who waits for the same session", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      yield* before.endpoint.shutDown
      const store = yield* Effect.provideContext(SessionStore.SessionStore, kept)
      const asked = yield* Deferred.make<void>()
      const answering = yield* Deferred.make<void>()
      const slow = SessionStore.SessionStore.of({
        get: (id) =>
          Effect.andThen(Deferred.succeed(asked, undefined), Effect.andThen(Deferred.await(answering), store.get(id))),
        set: (session) => store.set(session),
        touch: (id, at) => store.touch(id, at),
        remove: (id) => store.remove(id)
      })
      const endpoint = yield* serve(Layer.provide(served().app, Layer.succeed(SessionStore.SessionStore, slow)))
      const gone = new AbortController()
      yield* Effect.forkChild(endpoint.post(ping(1), client.headers, gone.signal))
      yield* Deferred.await(asked)
      const other = yield* Effect.forkChild(endpoint.post(ping(2), client.headers))
      yield* turns
      gone.abort()
      yield* turns
      yield* Deferred.succeed(answering, undefined)
      assert.strictEqual((yield* Fiber.join(other)).status, 200)
      assert.deepStrictEqual(result(yield* clientOf(endpoint, client.session, client.headers).ask(3, "ping")), {})
    })
  )

  it.effect("forgets a session that has ended, however it did", () =>
    Effect.gen(function* () {
      const { before, client, kept } = yield* first()
      const store = yield* Effect.provideContext(SessionStore.SessionStore, kept)
      const half = yield* opened(before.endpoint, { half: true })
      const idle = yield* opened(before.endpoint)
      for (const { session } of [client, half, idle]) assert.isDefined(yield* store.get(session))
      yield* client.delete()
      yield* turns
      assert.isUndefined(yield* store.get(client.session))
      yield* TestClock.adjust("12 seconds")
      assert.isUndefined(yield* store.get(half.session))
      yield* TestClock.adjust("31 minutes")
      assert.isUndefined(yield* store.get(idle.session))
    })
  )
})
