/**
 * The bounds of an HTTP endpoint, each reached: sessions and their streams, and how long it waits for whom. A row for each
 * field of `McpLimits`, for the table of law 11. Time is the test's; an endpoint's own clock ticks once in a second, so
 * what is due comes a second later at most.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { TestClock } from "effect/testing"
import { EventStore } from "mcp-effect"
import { serve } from "../../transport/http/support/endpoint.ts"
import { app, request, Record, versions } from "./app.ts"
import { settle } from "./law.ts"
import { codeOf, fork, within } from "./limits.ts"
import type { Row } from "./serverBounds.ts"
import { answered, type Heard, open, type Session, waiting, web, WHO } from "./web.ts"

const ping = request("legacy", 1, "ping")

/** The status of a response, once it has come. */
const statusOf = (heard: Heard) =>
  Effect.map(answered(heard), (isAnswered) => {
    assert.isTrue(isAnswered, "it is not answered")
    return heard.status
  })

/** What a ping comes to: 200, or 404 when there is no such session any more. It counts as use. */
const pinged = (session: Session) => statusOf(session.post(ping))

const initialize = request("legacy", "handshake", "initialize", {
  protocolVersion: versions.legacy,
  capabilities: {},
  clientInfo: { name: "law", version: "1.0.0" }
})

export const httpBounds = {
  sessions: [
    "past it the caller's own session that was idle longest makes room; a caller who has none is refused as busy",
    () =>
      Effect.gen(function* () {
        const server = yield* web(app(new Record()), { limits: { sessions: 2 } })
        const first = yield* open(server, "one")
        const second = yield* open(server, "one")
        const refused = server.post(initialize, { [WHO]: "two" })
        assert.strictEqual(yield* statusOf(refused), 503)
        assert.isTrue(yield* waiting(() => refused.ended))
        assert.deepStrictEqual(refused.messages.map(codeOf), [503])
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* pinged(first), 200)
        const third = yield* open(server, "one")
        const statuses = [yield* pinged(first), yield* pinged(second), yield* pinged(third)]
        assert.deepStrictEqual(statuses, [200, 404, 200])
      })
  ],
  streams: [
    "one stream more is refused as busy, until another has ended",
    () =>
      Effect.gen(function* () {
        const server = yield* web(app(new Record()), { limits: { streams: 2 } })
        const session = yield* open(server)
        const elsewhere = yield* open(server)
        const [first, second] = [session.get(), session.get()]
        assert.deepStrictEqual([yield* statusOf(first), yield* statusOf(second)], [200, 200])
        assert.strictEqual(yield* statusOf(session.get()), 503)
        assert.strictEqual(yield* statusOf(elsewhere.get()), 200, "it is a bound of each session")
        first.drop()
        yield* Effect.repeat(settle, { times: 5 })
        assert.strictEqual(yield* statusOf(session.get()), 200)
      })
  ],
  sessionIdle: [
    "a session that was idle for so long is gone; use, and an open stream, hold it",
    () =>
      Effect.gen(function* () {
        const server = yield* web(app(new Record()), { limits: { sessionIdle: "5 minutes" } })
        const [idle, used, held] = [yield* open(server), yield* open(server), yield* open(server)]
        assert.strictEqual(yield* statusOf(held.get()), 200)
        yield* TestClock.adjust("299 seconds")
        assert.strictEqual(yield* pinged(used), 200)
        yield* TestClock.adjust("2 seconds")
        const statuses = [yield* pinged(idle), yield* pinged(used), yield* pinged(held)]
        assert.deepStrictEqual(statuses, [404, 200, 200])
      })
  ],
  handshake: [
    "a session whose client says nothing after its handshake is gone much sooner",
    () =>
      Effect.gen(function* () {
        const server = yield* web(app(new Record()), { limits: { handshake: "5 seconds", sessionIdle: "1 hour" } })
        const half = Effect.gen(function* () {
          const opened = server.post(initialize)
          assert.strictEqual(yield* statusOf(opened), 200)
          return { "mcp-session-id": opened.headers?.get("mcp-session-id") ?? "" }
        })
        const [slow, silent] = [yield* half, yield* half]
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(yield* statusOf(server.post(ping, slow)), 200)
        yield* TestClock.adjust("2 seconds")
        const statuses = [yield* statusOf(server.post(ping, slow)), yield* statusOf(server.post(ping, silent))]
        assert.deepStrictEqual(statuses, [200, 404])
      })
  ],
  headers: "sockets.test.ts",
  keepOpen: "sockets.test.ts",
  body: [
    "a body that has not come completely by then is answered with 408, whatever has come",
    () =>
      Effect.gen(function* () {
        const endpoint = yield* within({ body: "5 seconds" }, serve(app(new Record())))
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode('{"jsonrpc":"2.0",'))
        })
        const headers = { "content-type": "application/json" }
        const posted = yield* fork(endpoint.send({ body, headers }))
        yield* Effect.repeat(settle, { times: 5 })
        yield* TestClock.adjust("4 seconds")
        yield* settle
        assert.isUndefined(posted.pollUnsafe(), "it is waited for")
        yield* TestClock.adjust("2 seconds")
        assert.isTrue(yield* waiting(() => posted.pollUnsafe() !== undefined), "it is waited for in vain")
        const exit = posted.pollUnsafe()
        assert.strictEqual(exit?._tag === "Success" ? exit.value.status : undefined, 408)
      })
  ],
  keepAlive: [
    "a stream that was silent for so long says that it is there",
    () =>
      Effect.gen(function* () {
        const server = yield* web(app(new Record()), { limits: { keepAlive: "5 seconds" } })
        const stream = (yield* open(server)).get()
        assert.isTrue(yield* waiting(() => stream.comments === 1), "headers leave with the first bytes")
        yield* TestClock.adjust("4 seconds")
        yield* Effect.repeat(settle, { times: 5 })
        assert.strictEqual(stream.comments, 1)
        yield* TestClock.adjust("2 seconds")
        assert.isTrue(yield* waiting(() => stream.comments === 2))
      })
  ],
  retry: [
    "a client hears with the first event when it may come back",
    () =>
      Effect.gen(function* () {
        const server = yield* web(app(new Record()), { events: EventStore.layerMemory, limits: { retry: "7 seconds" } })
        const stream = (yield* open(server)).get()
        assert.isTrue(yield* waiting(() => stream.events.length > 0), "there is no first event")
        assert.deepStrictEqual([stream.events[0]?.retry, stream.events[0]?.data], ["7000", ""])
      })
  ]
} as const satisfies { readonly [field: string]: Row | "sockets.test.ts" }
