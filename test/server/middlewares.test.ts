/**
 * Middleware in force: one out of many, the first outermost; what a context has of it, and what is an item's own.
 */
import { assert, describe, it } from "@effect/vitest"
import { Context, Effect, Schema } from "effect"
import type { McpRequest } from "mcp-effect"
import { added, inForce, joined, own, type Run } from "../../src/server/internal/middlewares.ts"
import { property } from "../laws/support/law.ts"

/** A request that nobody looks into. */
const call = {} as McpRequest.Service

const traced =
  (trace: Array<string>, name: string): Run =>
  (_, next) =>
    Effect.gen(function* () {
      trace.push(`> ${name}`)
      const result = yield* next
      trace.push(`< ${name}`)
      return { ...result, [name]: true }
    })

const handler = (trace: Array<string>) =>
  Effect.sync(() => {
    trace.push("handler")
    return { handled: true }
  })

describe("joined", () => {
  it("nothing out of none, itself out of one", () => {
    const run = traced([], "a")
    assert.isUndefined(joined([]))
    assert.strictEqual(joined([run]), run)
  })

  property(
    "every one is passed on the way in and on the way out, the first outermost",
    { count: Schema.Literals([1, 2, 3, 7]) },
    { count: ["1", "2", "3", "7"] },
    ({ count }, seen) =>
      Effect.gen(function* () {
        seen("count", String(count))
        const trace: Array<string> = []
        const names = Array.from({ length: count }, (_, index) => `m${index}`)
        const run = joined(names.map((name) => traced(trace, name)))
        assert.isDefined(run)
        const result = yield* run(call, handler(trace))
        assert.deepStrictEqual(trace, [
          ...names.map((name) => `> ${name}`),
          "handler",
          ...names.toReversed().map((name) => `< ${name}`)
        ])
        assert.deepStrictEqual(Object.keys(result), ["handled", ...names.toReversed()])
      })
  )

  it.effect("one that answers by itself keeps the rest from running", () =>
    Effect.gen(function* () {
      const trace: Array<string> = []
      const run = joined([traced(trace, "outer"), () => Effect.succeed({ instead: true }), traced(trace, "inner")])
      assert.isDefined(run)
      assert.deepStrictEqual(yield* run(call, handler(trace)), { instead: true, outer: true })
      assert.deepStrictEqual(trace, ["> outer", "< outer"])
    })
  )

  it.effect("one that runs the rest twice runs all of the rest twice", () =>
    Effect.gen(function* () {
      const trace: Array<string> = []
      const twice: Run = (_, next) => Effect.andThen(next, next)
      const run = joined([twice, traced(trace, "inner")])
      assert.isDefined(run)
      yield* run(call, handler(trace))
      assert.deepStrictEqual(trace, ["> inner", "handler", "< inner", "> inner", "handler", "< inner"])
    })
  )
})

/** A context in which each middleware was made inside the one before. */
const nested = (...runs: ReadonlyArray<Run>): Context.Context<never> =>
  runs.reduce<Context.Context<never>>((context, run) => Context.merge(context, added(context, run)), Context.empty())

/** Runs what is in force around a handler that is traced, and gives the trace. */
const passed = (trace: Array<string>, run: Run | undefined) =>
  Effect.gen(function* () {
    assert.isDefined(run)
    yield* run(call, handler(trace))
    return trace
  })

describe("in force", () => {
  it("nothing where there is no middleware", () => {
    assert.deepStrictEqual(inForce(Context.empty()), [])
  })

  it.effect("what stands further outside comes first", () =>
    Effect.gen(function* () {
      const trace: Array<string> = []
      const context = nested(traced(trace, "a"), traced(trace, "b"), traced(trace, "c"))
      const expected = ["> a", "> b", "> c", "handler", "< c", "< b", "< a"]
      assert.deepStrictEqual(yield* passed(trace, joined(inForce(context))), expected)
    })
  )

  it.effect("what is merged side by side is all there, in the order of its making, inside what both stand in", () =>
    Effect.gen(function* () {
      const trace: Array<string> = []
      const outside = nested(traced(trace, "outer"))
      const [left, right] = [added(outside, traced(trace, "left")), added(outside, traced(trace, "right"))]
      const expected = ["> outer", "> left", "> right", "handler", "< right", "< left", "< outer"]
      for (const merged of [Context.merge(left, right), Context.merge(right, left)]) {
        trace.length = 0
        assert.deepStrictEqual(yield* passed(trace, joined(inForce(Context.merge(merged, outside)))), expected)
      }
    })
  )
})

describe("own", () => {
  it("nothing where there is no middleware, or no more than the server has", () => {
    const server = nested(traced([], "a"), traced([], "b"))
    assert.isUndefined(own(Context.empty(), []))
    assert.isUndefined(own(Context.empty(), inForce(server)))
    assert.isUndefined(own(server, inForce(server)))
  })

  it.effect("what an item has more than its server, in order, and that alone", () =>
    Effect.gen(function* () {
      const trace: Array<string> = []
      const server = nested(traced(trace, "server"))
      const outer = Context.merge(server, added(server, traced(trace, "outer")))
      const item = Context.merge(outer, added(outer, traced(trace, "inner")))
      const expected = ["> outer", "> inner", "handler", "< inner", "< outer"]
      assert.deepStrictEqual(yield* passed(trace, own(item, inForce(server))), expected)
    })
  )

  it.effect("the same function around an item as around its server is there twice", () =>
    Effect.gen(function* () {
      const trace: Array<string> = []
      const run = traced(trace, "both")
      const server = nested(run)
      const item = Context.merge(server, added(server, run))
      assert.deepStrictEqual(yield* passed(trace, own(item, inForce(server))), ["> both", "handler", "< both"])
    })
  )
})
