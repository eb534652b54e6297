/**
 * What stays open says that it is there: a comment when nothing else is said, and a call that says nothing for long
 * becomes a stream, so that nobody between gives it up.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { EventStore } from "mcp-effect"
import { callTool, eras, request } from "../../laws/support/app.ts"
import type { Answer } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { type Endpoint, modern, opened, serve } from "./support/endpoint.ts"
import { limited } from "./support/people.ts"
import { turns } from "./support/turns.ts"

const PULSE = "16 seconds"
const COMMENT = { comment: "" }

/** Posts a call in an era. */
const post = (endpoint: Endpoint, era: (typeof eras)[number], name: string, headers = {}): Effect.Effect<Answer> =>
  era === "modern"
    ? modern(endpoint, callTool(era, 1, "wait", { name }), headers)
    : Effect.flatMap(opened(endpoint), (client) => client.post(callTool(era, 1, "wait", { name }), headers))

describe("a call that is silent", () => {
  it.effect.each(eras)("becomes a stream at the first tick, %s", (era) =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const waiting = yield* Effect.forkChild(post(endpoint, era, "a"))
      yield* turns
      yield* TestClock.adjust("14 seconds")
      yield* turns
      assert.isUndefined(waiting.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      const answer = yield* Fiber.join(waiting)
      assert.deepStrictEqual([answer.status, answer.type], [200, "text/event-stream"])
      assert.strictEqual(answer.header("x-accel-buffering"), "no")
      assert.match(answer.header("cache-control") ?? "", /no-transform/)
      assert.deepStrictEqual(yield* answer.events.nextRaw, COMMENT)
      yield* TestClock.adjust(PULSE)
      assert.deepStrictEqual(yield* answer.events.nextRaw, COMMENT)
      yield* record.open("a")
      assert.deepStrictEqual(
        (yield* answer.events.messages).map(({ id }) => id),
        [1]
      )
    })
  )

  it.effect("that is kept says so as well, and its comments are no events", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(Layer.provide(app, EventStore.layerMemory))
      const { events } = yield* post(endpoint, "legacy", "a")
      const primed = yield* events.nextRaw
      for (let tick = 0; tick < 3; tick++) {
        yield* TestClock.adjust(PULSE)
        assert.deepStrictEqual(yield* events.nextRaw, COMMENT)
      }
      yield* record.open("a")
      const reply = yield* events.next
      const number = (id: string | undefined) => Number(id?.split(".")[1])
      assert.strictEqual(number(reply.id), number(primed?.id) + 1)
    })
  )

  it.effect.each(eras)("stays one message for a caller that takes no stream, %s", (era) =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const waiting = yield* Effect.forkChild(post(endpoint, era, "a", { accept: "application/json" }))
      yield* turns
      yield* TestClock.adjust("5 minutes")
      yield* turns
      assert.isUndefined(waiting.pollUnsafe())
      yield* record.open("a")
      const answer = yield* Fiber.join(waiting)
      assert.strictEqual((yield* answer.message)["id"], 1)
    })
  )

  it.effect.each(eras)("and where nothing ever streams, %s", (era) =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app, { response: "json" })
      const waiting = yield* Effect.forkChild(post(endpoint, era, "a"))
      yield* turns
      yield* TestClock.adjust("5 minutes")
      yield* record.open("a")
      const answer = yield* Fiber.join(waiting)
      assert.strictEqual((yield* answer.message)["id"], 1)
    })
  )
})

describe("a stream", () => {
  it.effect("that is one in any case says so at once, so that its headers leave", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app, { response: "sse" })
      const answer = yield* modern(endpoint, callTool("modern", 1, "wait", { name: "a" }))
      assert.strictEqual(answer.type, "text/event-stream")
      assert.deepStrictEqual(yield* answer.events.nextRaw, COMMENT)
      yield* record.open("a")
      assert.strictEqual((yield* answer.events.messages).length, 1)
    })
  )

  it.effect("of a subscription and of a GET says that it is there for as long as it is open", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const listen = yield* modern(
        endpoint,
        request("modern", 1, "subscriptions/listen", { notifications: { toolsListChanged: true } })
      )
      yield* listen.events.next
      const get = yield* (yield* opened(endpoint)).get()
      assert.deepStrictEqual(yield* get.events.nextRaw, COMMENT)
      for (let tick = 0; tick < 20; tick++) {
        yield* TestClock.adjust("15 seconds")
        for (const { events } of [listen, get]) assert.deepStrictEqual(yield* events.nextRaw, COMMENT)
      }
      for (const { events } of [listen, get]) yield* events.drop
    })
  )

  it.effect("says so as often as McpLimits.keepAlive says", () =>
    Effect.gen(function* () {
      const endpoint = yield* limited(serve(served().app), { keepAlive: "3 seconds" })
      const { events } = yield* (yield* opened(endpoint)).get()
      assert.deepStrictEqual(yield* events.nextRaw, COMMENT)
      const next = yield* Effect.forkChild(events.nextRaw)
      yield* TestClock.adjust("2 seconds")
      yield* turns
      assert.isUndefined(next.pollUnsafe())
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(next), COMMENT)
      yield* events.drop
    })
  )

  it.effect("nobody reads for an hour keeps one comment, not two hundred", () =>
    Effect.gen(function* () {
      const endpoint = yield* serve(served().app)
      const { events } = yield* (yield* opened(endpoint)).get()
      for (let tick = 0; tick < 240; tick++) yield* TestClock.adjust("15 seconds")
      yield* turns
      let comments = 0
      const reading = yield* Effect.forkChild(Effect.forever(Effect.map(events.nextRaw, () => void comments++)))
      yield* turns
      yield* Fiber.interrupt(reading)
      assert.isBelow(comments, 10)
      yield* events.drop
    })
  )
})
