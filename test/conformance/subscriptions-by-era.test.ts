/**
 * What only one era has of subscriptions, everywhere that it is spoken.
 *
 * Legacy: nothing is told before the client is ready. Modern: `subscriptions/listen`, from its acknowledgement to its end.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import { Acknowledged, Listen } from "mcp-effect/methods/subscriptions"
import { McpTest } from "mcp-effect/testing"
import { within } from "../laws/support/limits.ts"
import { settle } from "../laws/support/law.ts"
import { alone, cancelled, errorOf, heard, held, nextOf, quiet, resultOf, told } from "./support/held.ts"
import { everywhere } from "./support/places.ts"
import {
  ACKNOWLEDGED,
  changed,
  changes,
  everything,
  listen,
  lists,
  prompt,
  SUBSCRIPTION,
  tool,
  untagged,
  UPDATED
} from "./support/subscriptions.ts"

everywhere("subscriptions of one era", (place) => {
  const { era } = place

  if (era === "legacy") {
    it.effect("nothing is told before the client is ready, and then what it missed", () =>
      Effect.gen(function* () {
        const { app, on, server } = held(everything)
        const raw = yield* place.bare(app)
        const clientInfo = { name: "raw", version: "1.0.0" }
        yield* raw.ask(1, "initialize", { protocolVersion: place.revision, capabilities: {}, clientInfo })
        for (const name of ["one", "two"]) yield* on(tool(name))
        yield* (yield* server).updated("docs://a")
        yield* quiet(raw)
        assert.deepStrictEqual(changes(raw), [0, 0, 0])
        for (const _ of [1, 2]) yield* raw.send({ jsonrpc: "2.0", method: "notifications/initialized" })
        yield* quiet(raw)
        assert.deepStrictEqual(changes(raw), [1, 0, 0])
        yield* on(prompt("three"))
        yield* nextOf(raw, changed("prompts"))
      }).pipe(Effect.scoped)
    )
  } else {
    it.effect("what is acknowledged is what is offered of the wish, before anything else is said", () =>
      Effect.gen(function* () {
        const { app, server } = held(everything)
        const raw = yield* place.raw(app)
        const wish = {
          toolsListChanged: true,
          promptsListChanged: false,
          resourceSubscriptions: ["docs://a", "no://a"]
        }
        yield* raw.send(raw.message("x", "subscriptions/listen", { notifications: wish }))
        yield* (yield* server).updated("docs://a")
        const params = yield* nextOf(raw, ACKNOWLEDGED)
        assert.isUndefined(place.spoken.check(Acknowledged.params, params))
        const notifications = { toolsListChanged: true, resourceSubscriptions: ["docs://a"] }
        assert.deepStrictEqual(untagged(params, "x"), { notifications })
        yield* (yield* server).listChanged("prompts")
        yield* (yield* server).listChanged("tools")
        yield* (yield* server).updated("docs://a")
        yield* quiet(raw)
        assert.deepStrictEqual(changes(raw), [1, 0, 0])
      }).pipe(Effect.scoped)
    )

    it.effect.each([{}, { toolsListChanged: false }, { resourceSubscriptions: ["docs://nowhere"] }, { tasks: true }])(
      "a wish of which nothing is left is acknowledged, and ends at once: %j",
      (wish) =>
        Effect.gen(function* () {
          const raw = yield* place.raw(held(everything).app)
          assert.deepStrictEqual(yield* listen(raw, 5, wish), {})
          const { id, result } = yield* raw.next
          assert.strictEqual(id, 5)
          assert.isUndefined(place.spoken.check(Listen.result, result))
          assert.deepNestedInclude(result, { resultType: "complete" })
          assert.strictEqual(subscriptionOf(result), 5)
        }).pipe(Effect.scoped)
    )

    it.effect("several listens are told apart by their ids, the number 1 and the text 1 too", () =>
      Effect.gen(function* () {
        const { app, on, server } = held(everything)
        const raw = yield* place.raw(app)
        yield* listen(raw, 1, { resourceSubscriptions: ["docs://a"] })
        yield* listen(raw, "1", { resourceSubscriptions: ["docs://a", "docs://b"] })
        yield* listen(raw, "lists", lists)
        yield* (yield* server).updated("docs://b")
        assert.deepStrictEqual(untagged(yield* nextOf(raw, UPDATED), "1"), { uri: "docs://b" })
        yield* (yield* server).updated("docs://a")
        const ids = [yield* nextOf(raw, UPDATED), yield* nextOf(raw, UPDATED)].map((params) => subscriptionOf(params))
        assert.deepStrictEqual(new Set(ids), new Set([1, "1"]))
        yield* on(tool("new"))
        assert.deepStrictEqual(untagged(yield* nextOf(raw, changed("tools")), "lists"), {})
        yield* raw.send(cancelled(1))
        yield* quiet(raw)
        yield* (yield* server).updated("docs://a")
        assert.deepStrictEqual(untagged(yield* nextOf(raw, UPDATED), "1"), { uri: "docs://a" })
        yield* quiet(raw)
        assert.strictEqual(told(raw, UPDATED).length, 4)
      }).pipe(Effect.scoped)
    )

    it.effect("the id of an open listen is taken, on its stream", () =>
      Effect.gen(function* () {
        const { app, on } = held(everything)
        const raw = yield* place.raw(app)
        yield* listen(raw, 1, lists)
        yield* raw.send(raw.message(1, "tools/list"))
        const answer = yield* raw.next
        if (place.oneStream) {
          assert.strictEqual(errorOf(answer).code, -32600)
          assert.isUndefined(answer["id"])
        } else {
          assert.isDefined(resultOf(answer)["tools"])
        }
        yield* on(tool("new"))
        assert.deepStrictEqual(untagged(yield* nextOf(raw, changed("tools")), 1), {})
      }).pipe(Effect.scoped)
    )

    it.effect("no deadline ends a listen", () =>
      Effect.gen(function* () {
        const { app, server } = held(everything)
        const raw = yield* place.raw(app)
        yield* listen(raw, 1, { resourceSubscriptions: ["docs://a"] })
        // longer than any deadline; over HTTP a clock ticks every second of it
        yield* TestClock.adjust(place.oneStream ? "30 days" : "2 hours")
        yield* (yield* server).updated("docs://a")
        yield* nextOf(raw, UPDATED)
      }).pipe(Effect.scoped)
    )

    it.effect("a listen holds no credit, and has a bound of its own", () =>
      Effect.gen(function* () {
        const raw = yield* within({ credits: 1, listens: 2 }, place.raw(held(everything).app))
        for (const id of [1, 2]) yield* listen(raw, id, lists)
        assert.isDefined(resultOf(yield* raw.ask(3, "tools/call", { name: "tool" })))
        const refused = yield* raw.ask(4, "subscriptions/listen", { notifications: lists })
        assert.strictEqual(errorOf(refused).code, 503)
        yield* raw.send(cancelled(1))
        yield* quiet(raw)
        assert.deepStrictEqual(yield* listen(raw, 5, lists), lists)
      }).pipe(Effect.scoped)
    )

    it.effect(
      "the server goes down: each listen ends with its result, and `notifications/cancelled` on a stream that does not end",
      () =>
        Effect.gen(function* () {
          const raw = yield* place.raw(held(everything).app)
          for (const id of [1, "two"]) yield* listen(raw, id, lists)
          const before = raw.received.length
          yield* raw.shutDown
          yield* settle
          const said = heard(raw).slice(before)
          for (const id of [1, "two"]) {
            const result = said.findIndex((message) => message["id"] === id)
            assert.isUndefined(place.spoken.check(Listen.result, said[result]?.["result"]))
            assert.strictEqual(subscriptionOf(said[result]?.["result"]), id)
            if (!place.oneStream) continue
            const end = said.findIndex((message) => requestOf(message) === id)
            assert.strictEqual(said[end]?.["method"], "notifications/cancelled")
            assert.isAbove(end, result)
          }
          assert.strictEqual(said.length, place.oneStream ? 4 : 2)
        }).pipe(Effect.scoped)
    )

    it.effect("the server goes down: a listen with a stream of its own ends with its result alone", () =>
      Effect.gen(function* () {
        const { app } = held(everything)
        const acceptor = yield* McpTest.acceptor(app)
        const asked = place.message(1, "subscriptions/listen", { notifications: lists })
        const listening = yield* Effect.forkScoped(alone(acceptor, place, asked))
        yield* settle
        yield* acceptor.drain
        const [first, reply, ...more] = yield* Fiber.join(listening)
        assert.strictEqual(first?.["method"], ACKNOWLEDGED)
        assert.isUndefined(place.spoken.check(Listen.result, reply?.["result"]))
        assert.deepStrictEqual(more, [])
      }).pipe(Effect.scoped)
    )
  }
})

/** The subscription that a message says it belongs to. */
const subscriptionOf = (message: unknown): unknown => (message as { readonly _meta: McpTest.Json })._meta[SUBSCRIPTION]

/** The request that a notification is about. */
const requestOf = ({ params }: McpTest.Json): unknown =>
  (params as { readonly requestId?: unknown } | undefined)?.requestId
