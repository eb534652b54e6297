/**
 * Chapter `basic/utilities/progress`, everywhere.
 *
 * A request with a token hears how far it has come: ever larger, not too often, never after the reply. One without hears
 * nothing. Time is the test's own clock.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Stream } from "effect"
import { TestClock } from "effect/testing"
import { McpPrompt, McpRequest, McpResource, McpTool } from "mcp-effect"
import { Progress } from "mcp-effect/methods/progress"
import type { McpTest } from "mcp-effect/testing"
import { settle } from "../laws/support/law.ts"
import { within } from "../laws/support/limits.ts"
import { heard, held, quiet, resultOf, told } from "./support/held.ts"
import { everywhere, type Place } from "./support/places.ts"

const PROGRESS = "notifications/progress"

const report = (...steps: ReadonlyArray<number>) =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    for (const progress of steps) yield* request.progress({ progress, total: 10, message: `step ${progress}` })
  })
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)

const Two = McpTool.make("two").toLayer(() => Effect.as(report(1, 2), "done"))
const TwoPrompt = McpPrompt.make("two").toLayer(() => Effect.as(report(1, 2), "done"))
const TwoResource = McpResource.make("steps://two", { name: "two" }).toLayer(Effect.as(report(1, 2), "done"))
const Odd = McpTool.make("odd").toLayer(() => Effect.as(report(2, 2, 1, NaN, 3, -1, Infinity, 4), "done"))
const items = Layer.mergeAll(Two, TwoPrompt, TwoResource, Odd)

/** A tool that reports so many steps, and ends when the door is opened. */
const many = (steps: number, door: Deferred.Deferred<void>) =>
  McpTool.make("many").toLayer(() => Effect.as(Effect.andThen(report(...upTo(steps)), Deferred.await(door)), "done"))

type Report = { readonly progressToken: unknown; readonly progress: number; readonly message?: string }

/** What was reported; all of it fits the revision. */
const reports = (place: Place, raw: McpTest.RawPeer): ReadonlyArray<Report> =>
  told(raw, PROGRESS).map(({ params }) => {
    assert.isUndefined(place.spoken.check(Progress.params, params))
    return params as Report
  })
const stepsOf = (all: ReadonlyArray<Report>) => all.map(({ progress }) => progress)

everywhere("progress", (place) => {
  it.effect("without a token nothing is reported", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      resultOf(yield* raw.ask(1, "tools/call", { name: "two" }))
      yield* quiet(raw)
      assert.deepStrictEqual(reports(place, raw), [])
    }).pipe(Effect.scoped)
  )

  it.effect.each(["token", "7", 7, 0])(
    "a report carries the token %j, and what the revision has of it",
    (progressToken) =>
      Effect.gen(function* () {
        const raw = yield* place.raw(held(items).app)
        resultOf(yield* raw.ask(1, "tools/call", { name: "two" }, { progressToken }))
        const message = (step: number) => (place.since("2025-03-26") ? { message: `step ${step}` } : {})
        assert.deepStrictEqual(
          told(raw, PROGRESS).map(({ params }) => params),
          [1, 2].map((progress) => ({ progressToken, progress, total: 10, ...message(progress) }))
        )
        // before the reply, and never after it
        assert.strictEqual(
          heard(raw).findLastIndex(({ method }) => method === PROGRESS),
          raw.received.length - 2
        )
      }).pipe(Effect.scoped)
  )

  it.effect.each([{}, [1], 1.5, null])("a token that is none is refused: %j", (progressToken) =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      const refused = yield* raw.ask(1, "tools/call", { name: "two" }, { progressToken })
      assert.deepNestedInclude(refused, { "error.code": -32602 })
      assert.deepStrictEqual(told(raw, PROGRESS), [])
    }).pipe(Effect.scoped)
  )

  it.effect("what is not larger than before, or no number, is dropped", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      resultOf(yield* raw.ask(1, "tools/call", { name: "odd" }, { progressToken: "t" }))
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [2, 3, 4])
    }).pipe(Effect.scoped)
  )

  it.effect("resources and prompts report as tools do, each to its own token", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(items).app)
      resultOf(yield* raw.ask(1, "resources/read", { uri: "steps://two" }, { progressToken: "r" }))
      resultOf(yield* raw.ask(2, "prompts/get", { name: "two" }, { progressToken: "p" }))
      assert.deepStrictEqual(
        reports(place, raw).map(({ progress, progressToken }) => [progressToken, progress]),
        [["r", 1], ["r", 2], ["p", 1], ["p", 2]] // oxfmt-ignore
      )
    }).pipe(Effect.scoped)
  )

  it.effect("what a handler reads reports into the same progress, which still only grows", () =>
    Effect.gen(function* () {
      const Reader = McpTool.make("reader").toLayer(() =>
        Effect.gen(function* () {
          const request = yield* McpRequest
          yield* request.progress({ progress: 1.5 })
          yield* Effect.orDie(request.read("steps://two"))
          yield* request.progress({ progress: 2 })
          yield* request.progress({ progress: 3 })
          return "done"
        })
      )
      const raw = yield* place.raw(held(Layer.merge(items, Reader)).app)
      resultOf(yield* raw.ask(1, "tools/call", { name: "reader" }, { progressToken: "t" }))
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [1.5, 2, 3])
    }).pipe(Effect.scoped)
  )

  it.effect("of more than the limit in a second, the latest comes when the next begins", () =>
    Effect.gen(function* () {
      const door = yield* Deferred.make<void>()
      const raw = yield* within({ progress: 3 }, place.raw(held(many(10, door)).app))
      yield* raw.send(raw.message(1, "tools/call", { name: "many" }, { progressToken: "t" }))
      yield* quiet(raw)
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [1, 2, 3])
      yield* TestClock.adjust("999 millis")
      yield* settle
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [1, 2, 3])
      yield* TestClock.adjust("1 millis")
      yield* settle
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [1, 2, 3, 10])
      yield* Deferred.succeed(door, undefined)
      yield* quiet(raw)
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [1, 2, 3, 10])
    }).pipe(Effect.scoped)
  )

  it.effect("of more than the limit in a second, the latest comes before the reply", () =>
    Effect.gen(function* () {
      const door = yield* Deferred.make<void>()
      yield* Deferred.succeed(door, undefined)
      const raw = yield* within({ progress: 3 }, place.raw(held(many(10, door)).app))
      resultOf(yield* raw.ask(1, "tools/call", { name: "many" }, { progressToken: "t" }))
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [1, 2, 3, 10])
      yield* TestClock.adjust("5 seconds")
      yield* quiet(raw)
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [1, 2, 3, 10])
    }).pipe(Effect.scoped)
  )

  it.effect("in every second there are as many reports as the limit allows", () =>
    Effect.gen(function* () {
      const Ticking = McpTool.make("ticking").toLayer(() =>
        Effect.gen(function* () {
          const request = yield* McpRequest
          for (const progress of upTo(30)) {
            yield* request.progress({ progress })
            yield* Effect.sleep("100 millis")
          }
          return "done"
        })
      )
      const raw = yield* within({ progress: 2 }, place.raw(held(Ticking).app))
      yield* raw.send(raw.message(1, "tools/call", { name: "ticking" }, { progressToken: "t" }))
      yield* settle
      const counts: Array<number> = []
      for (const _ of upTo(3)) {
        yield* TestClock.adjust("999 millis")
        yield* settle
        counts.push(told(raw, PROGRESS).length)
        yield* TestClock.adjust("1 millis")
        yield* settle
      }
      assert.deepStrictEqual(counts, [2, 4, 6])
      const steps = stepsOf(reports(place, raw))
      assert.deepStrictEqual(
        steps,
        steps.toSorted((a, b) => a - b)
      )
      assert.strictEqual(steps.at(-1), 30)
    }).pipe(Effect.scoped)
  )

  it.effect("a cancelled request reports nothing more", () =>
    Effect.gen(function* () {
      const door = yield* Deferred.make<void>()
      const raw = yield* within({ progress: 1 }, place.raw(held(many(5, door)).app))
      yield* raw.send(raw.message(1, "tools/call", { name: "many" }, { progressToken: "t" }))
      yield* quiet(raw)
      yield* raw.send({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 1 } })
      yield* TestClock.adjust("10 seconds")
      yield* quiet(raw)
      assert.deepStrictEqual(stepsOf(reports(place, raw)), [1])
      assert.isEmpty(heard(raw).filter(({ id }) => id === 1))
    }).pipe(Effect.scoped)
  )

  it.effect("the client is told before its call returns; the elements of a stream, too", () =>
    Effect.gen(function* () {
      const Streamed = McpTool.make("streamed")
      const streamed = McpTool.stream(Streamed, () => Stream.make("a", "b"), { total: 2 })
      const client = yield* place.connect(held(Layer.merge(items, streamed)).app)
      const steps: Array<readonly [progress: number, message: string | undefined]> = []
      const onProgress = ({ message, progress }: { readonly progress: number; readonly message?: string }) =>
        Effect.sync(() => void steps.push([progress, message]))
      const { content } = yield* client.call(Streamed, {}, { onProgress })
      assert.deepStrictEqual(content, [{ type: "text", text: "ab" }])
      const message = (text: string) => (place.since("2025-03-26") ? text : undefined)
      assert.deepStrictEqual(steps, [
        [1, message("a")],
        [2, message("b")]
      ])
    }).pipe(Effect.scoped)
  )
})
