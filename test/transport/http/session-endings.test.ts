/**
 * How a legacy session ends, whoever ends it, and that an idle one costs nothing that runs.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Metric } from "effect"
import { TestClock } from "effect/testing"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "../../laws/support/app.ts"
import { fibersLeft } from "../../laws/support/law.ts"
import { assertError } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { INITIALIZED, opened, serve } from "./support/endpoint.ts"
import { asking, limited } from "./support/people.ts"
import { turns } from "./support/turns.ts"

const ping = (id: string | number) => request("legacy", id, "ping")
const result = (message: McpTest.Json) => message["result"] as McpTest.Json

describe("the end of a session", () => {
  it.effect("by DELETE interrupts what runs, and ends its streams", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const client = yield* opened(yield* serve(app))
      const waiting = yield* Effect.forkChild(client.post(callTool("legacy", 1, "wait", { name: "a" })))
      yield* turns
      assert.strictEqual((yield* client.delete()).status, 204)
      const answer = yield* Fiber.join(waiting)
      yield* turns
      assert.deepStrictEqual(record.finalized, ["a"])
      // no message, but an end
      assert.strictEqual(answer.status, 202)
      yield* assertError(yield* client.post(ping(2)), 404, -32602, 2)
    })
  )

  it.effect("after it was idle for half an hour, but not while something runs or a stream is open", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const [idle, busy, listening, used] = [
        yield* opened(endpoint),
        yield* opened(endpoint),
        yield* opened(endpoint),
        yield* opened(endpoint)
      ]
      const running = yield* Effect.forkChild(busy.ask(1, "tools/call", { name: "wait", arguments: { name: "a" } }))
      const standing = (yield* listening.get()).events
      yield* turns
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(result(yield* used.ask(1, "ping")), {})
      yield* TestClock.adjust("11 minutes")
      yield* assertError(yield* idle.post(ping(1)), 404, -32602, 1)
      for (const client of [busy, listening, used]) assert.deepStrictEqual(result(yield* client.ask(9, "ping")), {})
      yield* TestClock.adjust("2 hours")
      yield* assertError(yield* used.post(ping(1)), 404, -32602, 1)
      for (const client of [busy, listening]) assert.deepStrictEqual(result(yield* client.ask(9, "ping")), {})
      yield* record.open("a")
      yield* Fiber.join(running)
      yield* standing.drop
      yield* turns
      yield* TestClock.adjust("31 minutes")
      for (const client of [busy, listening]) yield* assertError(yield* client.post(ping(1)), 404, -32602, 1)
    })
  )

  it.effect("where the client does not go on after the handshake: after ten seconds", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const [half, whole] = [yield* opened(endpoint, { half: true }), yield* opened(endpoint)]
      yield* TestClock.adjust("9 seconds")
      const other = yield* opened(endpoint, { half: true })
      yield* TestClock.adjust("3 seconds")
      yield* assertError(yield* half.post(INITIALIZED), 404, -32602, undefined)
      assert.strictEqual((yield* other.post(INITIALIZED)).status, 202)
      assert.deepStrictEqual(result(yield* whole.ask(1, "ping")), {})
    })
  )

  it.effect("makes room for the caller's own next one, not for another's", () =>
    Effect.gen(function* () {
      const endpoint = yield* asking(limited(serve(served().app), { sessions: 3 }))
      const open = (authorization: string) => opened(endpoint, { headers: { authorization } })
      const [eve, ada, adaToo] = [yield* open("eve"), yield* open("ada"), yield* open("ada")]
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(result(yield* ada.ask(1, "ping")), {})
      yield* open("ada")
      yield* assertError(yield* adaToo.post(ping(1)), 404, -32602, 1)
      for (const client of [eve, ada]) assert.deepStrictEqual(result(yield* client.ask(1, "ping")), {})
    })
  )

  it.effect("by the end of the server: what runs is told, streams end, nothing is left", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const left = yield* fibersLeft(
        Effect.gen(function* () {
          const endpoint = yield* serve(app)
          const client = yield* opened(endpoint)
          const standing = (yield* client.get()).events
          const waiting = yield* Effect.forkChild(client.post(callTool("legacy", 1, "wait", { name: "a" })))
          yield* turns
          yield* endpoint.shutDown
          const answer = yield* Fiber.join(waiting)
          assert.strictEqual(((yield* answer.message)["error"] as McpTest.Json)["code"], -32603)
          assert.deepStrictEqual(yield* standing.messages, [])
        })
      )
      assert.deepStrictEqual(record.finalized, ["a"])
      yield* turns
      assert.strictEqual(left, 0)
    })
  )

  it.effect("idle, a session is no fiber", () =>
    Effect.gen(function* () {
      const open = (count: number) =>
        Effect.gen(function* () {
          const endpoint = yield* serve(served().app)
          yield* Effect.forEach(Array.from({ length: count }), () => opened(endpoint))
          yield* turns
        })
      const few = yield* fibersOpen(open(1))
      // a fiber that is about to end may be among them
      assert.isBelow((yield* fibersOpen(open(40))) - few, 3)
    })
  )
})

/** How many fibers an effect has left running while its scope is open. */
const fibersOpen = (effect: Parameters<typeof fibersLeft>[0]) =>
  Effect.gen(function* () {
    let started = 0
    const counting = { recordFiberStart: () => void started++, recordFiberEnd: () => void started-- }
    return yield* Effect.scoped(
      Effect.provideService(
        Effect.map(effect, () => started),
        Metric.FiberRuntimeMetrics,
        counting
      )
    )
  })
