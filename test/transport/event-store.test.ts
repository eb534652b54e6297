/**
 * Streams in memory: the contract of every store, and what is this one's own: its bounds, and that it never waits.
 *
 * Which events leave is held against a model that is nothing but lists: the oldest of all, the oldest of a session that
 * has more than its share, and streams only when there is nothing else.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { EventStore, McpLimits } from "mcp-effect"
import { all } from "../laws/support/limits.ts"
import { property } from "../laws/support/law.ts"
import { contract, event, events, readAll, write } from "./support/event-store-contract.ts"
import { Model, SIZE } from "./support/event-model.ts"

contract("in memory", EventStore.layerMemory)

/** Runs with a store that may hold so many characters. */
const bounded = <A, E>(limit: number, body: (store: EventStore.Service) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
  Effect.flatMap(EventStore.EventStore, body).pipe(
    Effect.provide(
      EventStore.layerMemory.pipe(Layer.provide(Layer.succeed(McpLimits.McpLimits, all({ events: limit }))))
    )
  )

const key = (session: string, stream = "s"): EventStore.StreamKey => ({ session, stream })

/** The number of the first event that is kept of a stream, which is known and not empty. */
const firstOf = (store: EventStore.Service, key: EventStore.StreamKey, last: number) =>
  Effect.gen(function* () {
    for (let after = 0; after < last; after++) {
      const read = yield* readAll(store, key, after)
      if (read === "ResumeLost") continue
      assert.deepStrictEqual(
        read.events.map(({ seq }) => seq),
        events(after + 1, last).map(({ seq }) => seq),
        "all that follow are kept"
      )
      return after + 1
    }
    return "nothing is kept"
  })

const sized = (seq: number) => event(seq, "x".repeat(SIZE))
const series = (from: number, to: number) => events(from, to).map(({ seq }) => sized(seq))

describe("streams in memory", () => {
  it.effect("of all sessions the oldest events leave first", () =>
    // six streams and twelve events
    bounded(6 * SIZE + 12 * 2 * SIZE, (store) =>
      Effect.gen(function* () {
        const names = ["a", "b", "c", "d", "e", "f"]
        for (const name of names) yield* store.open(key(name), [])
        for (const seq of [1, 2]) for (const name of names) yield* store.append(key(name), sized(seq), false)
        for (const name of names) assert.strictEqual(yield* firstOf(store, key(name), 2), 1)
        yield* store.append(key("e"), sized(3), false)
        yield* store.append(key("f"), sized(3), true)
        const first = yield* Effect.forEach(names, (name) => firstOf(store, key(name), name < "e" ? 2 : 3))
        assert.deepStrictEqual(first, [2, 2, 1, 1, 1, 1])
      })
    )
  )

  it.effect("a session has at most a quarter: it forgets its own events, not those of others", () =>
    // a quarter is one stream and four events
    bounded(4 * 9 * SIZE, (store) =>
      Effect.gen(function* () {
        for (const name of ["quiet", "loud"]) yield* store.open(key(name), [])
        yield* write(store, key("quiet"), series(1, 2))
        yield* write(store, key("loud"), series(1, 1_000))
        assert.strictEqual(yield* firstOf(store, key("quiet"), 2), 1)
        assert.strictEqual(yield* firstOf(store, key("loud"), 1_000), 997)
      })
    )
  )

  it.effect("a stream that goes on is known when its events have left; one that has ended is not", () =>
    bounded(4 * 9 * SIZE, (store) =>
      Effect.gen(function* () {
        for (const stream of ["live", "over", "loud"]) yield* store.open(key("a", stream), [stream])
        yield* store.append(key("a", "live"), sized(1), false)
        yield* store.append(key("a", "over"), sized(1), true)
        yield* write(store, key("a", "loud"), series(1, 9))
        assert.strictEqual(yield* readAll(store, key("a", "live")), "ResumeLost")
        assert.deepStrictEqual(yield* readAll(store, key("a", "live"), 1), {
          events: [],
          ended: false,
          requests: ["live"]
        })
        assert.strictEqual(yield* readAll(store, key("a", "over"), 1), "ResumeLost", "it is forgotten")
        yield* store.append(key("a", "live"), sized(2), true)
        assert.deepStrictEqual(yield* readAll(store, key("a", "live"), 1), {
          events: [sized(2)],
          ended: true,
          requests: ["live"]
        })
      })
    )
  )

  it.effect("a reader that is up to date is told of an end that came without text", () =>
    bounded(4 * 9 * SIZE, (store) =>
      Effect.gen(function* () {
        for (const stream of ["live", "loud"]) yield* store.open(key("a", stream), [])
        yield* store.append(key("a", "live"), sized(1), false)
        yield* write(store, key("a", "loud"), series(1, 9))
        yield* store.end(key("a", "live"))
        assert.deepStrictEqual(yield* readAll(store, key("a", "live"), 1), { events: [], ended: true, requests: [] })
      })
    )
  )

  it.effect("of streams without events the oldest leave", () =>
    bounded(4 * 3 * SIZE, (store) =>
      Effect.gen(function* () {
        const names = events(1, 20).map(({ seq }) => `${seq}`)
        const known = (stream: EventStore.StreamKey) =>
          Effect.map(readAll(store, stream), (read) => read !== "ResumeLost")
        for (const name of names) yield* store.open(key("one", name), [])
        assert.deepStrictEqual(yield* Effect.filter(names, (name) => known(key("one", name))), ["18", "19", "20"])
        for (const name of names) yield* store.open(key(name), [])
        assert.deepStrictEqual(yield* Effect.filter(names, (name) => known(key(name))), names.slice(-12))
        assert.isFalse(yield* known(key("one", "20")))
        yield* store.open(key("20", "large"), ["x".repeat(3 * SIZE)])
        assert.isFalse(yield* known(key("20", "large")), "the ids of requests count")
        assert.isTrue(yield* known(key("20")), "and nothing leaves for what does not fit")
      })
    )
  )

  it.effect("an event that is larger than a session's share is not kept, and what came before it no longer", () =>
    bounded(4 * 9 * SIZE, (store) =>
      Effect.gen(function* () {
        for (const stream of ["a", "b"]) yield* store.open(key("one", stream), [])
        for (const stream of ["a", "b"]) yield* store.append(key("one", stream), sized(1), false)
        yield* store.append(key("one", "a"), event(2, "x".repeat(8 * SIZE)), false)
        for (const after of [0, 1]) assert.strictEqual(yield* readAll(store, key("one", "a"), after), "ResumeLost")
        yield* store.append(key("one", "a"), sized(3), false)
        assert.strictEqual(yield* firstOf(store, key("one", "a"), 3), 3)
        assert.strictEqual(yield* firstOf(store, key("one", "b"), 1), 1, "no other leaves for it")
        yield* store.append(key("one", "a"), event(4, "x".repeat(8 * SIZE)), true)
        assert.strictEqual(yield* readAll(store, key("one", "a"), 4), "ResumeLost", "it is forgotten")
      })
    )
  )

  it.effect("events without text are bounded, too", () =>
    bounded(4 * 9 * SIZE, (store) =>
      Effect.gen(function* () {
        yield* store.open(key("a"), [])
        for (let seq = 1; seq <= 100; seq++) yield* store.append(key("a"), event(seq, ""), false)
        assert.strictEqual(yield* firstOf(store, key("a"), 100), 93)
      })
    )
  )

  it.effect("an end that is said again and again takes no place", () =>
    bounded(4 * 9 * SIZE, (store) =>
      Effect.gen(function* () {
        yield* store.open(key("a"), [])
        yield* store.append(key("a"), sized(1), false)
        for (let times = 0; times < 100; times++) yield* store.end(key("a"))
        assert.deepStrictEqual(yield* readAll(store, key("a")), { events: [sized(1)], ended: true, requests: [] })
      })
    )
  )

  it.effect("nothing waits: every operation has ended when it has begun", () =>
    bounded(100_000, (store) =>
      Effect.sync(() => {
        const a = key("a")
        const operations = [store.open(a, []), store.append(a, event(1), false), store.end(a), store.read(a, 0, 1)]
        for (const operation of [...operations, store.remove("a")]) {
          const exit = Effect.runFork<unknown, unknown>(operation).pollUnsafe()
          assert.isTrue(exit !== undefined && Exit.isSuccess(exit))
        }
      })
    )
  )

  it.effect("a full store of many streams takes as long for an event as an empty one", () =>
    bounded(20_000 * 3 * SIZE, (store) =>
      Effect.gen(function* () {
        const names = events(1, 100).map(({ seq }) => `${seq}`)
        for (const name of names) yield* store.open(key(name), [])
        for (let seq = 1; seq <= 3_000; seq++) {
          for (const name of names) yield* store.append(key(name), sized(seq), false)
        }
        // the 100 streams have the place of 50 events; the other 29,950 are the latest
        assert.strictEqual(yield* firstOf(store, key("50"), 3_000), 2_702)
        assert.strictEqual(yield* firstOf(store, key("51"), 3_000), 2_701)
      })
    )
  )

  const Step = Schema.Struct({
    what: Schema.Literals(["open", "append", "append", "append", "append", "append", "append", "end", "remove"]),
    session: Schema.Literals(["a", "b", "c", "d", "e"]),
    stream: Schema.Literals(["s", "t"]),
    length: Schema.Literals([0, 100, 300, 700, 3_000]),
    skip: Schema.Literals([0, 0, 0, 0, 0, 1]),
    last: Schema.Literals([false, false, false, false, true])
  })

  property(
    "are what the rule leaves, after everything that happens",
    { steps: Schema.Array(Step).check(Schema.isMinLength(30)) },
    { left: ["everything", "a part", "nothing"] },
    ({ steps }, seen) =>
      bounded(6_000, (store) =>
        Effect.gen(function* () {
          const model = new Model(6_000)
          for (const { last, length, session, skip, stream, what } of steps) {
            const at = key(session, stream)
            if (what === "open") yield* store.open(at, model.open(at))
            else if (what === "append") yield* store.append(at, ...model.append(at, skip, "x".repeat(length), last))
            else if (what === "end") yield* store.end(model.end(at))
            else yield* store.remove(model.remove(session))
            for (const each of model.seen) {
              const { last, lost } = model.expected(each)
              const read = yield* readAll(store, each, lost ?? last)
              assert.deepStrictEqual(
                read === "ResumeLost" ? read : { events: read.events, ended: read.ended },
                model.after(each, lost ?? last)
              )
              if (lost !== undefined && lost > 0) {
                assert.strictEqual(yield* readAll(store, each, lost - 1), "ResumeLost")
              }
              seen("left", lost === undefined ? "nothing" : lost === 0 ? "everything" : "a part")
            }
          }
        })
      ),
    { runs: 200 }
  )
})
