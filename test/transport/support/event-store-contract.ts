/**
 * What every `EventStore` must do, whoever wrote it: a function that makes the tests of one Layer.
 *
 * A stream is given as it was written, in pages of any size, or not at all: `ResumeLost`. Each test uses sessions of its
 * own, so that a store may be shared and need not be empty. Bounds are not part of the contract: nothing here is large.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, type Layer, Schema } from "effect"
import { EventStore } from "mcp-effect"
import { property } from "../../laws/support/law.ts"
import { fresh, strange } from "./session-store-contract.ts"

type Store = EventStore.Service

export const event = (seq: number, text = `text ${seq}`): EventStore.Event => ({ seq, text })

/** The events from one number to another. */
export const events = (from: number, to: number): Array<EventStore.Event> =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => event(from + index))

/** Appends events, in their order. */
export const write = (store: Store, key: EventStore.StreamKey, written: ReadonlyArray<EventStore.Event>) =>
  Effect.forEach(written, (next) => store.append(key, next, false), { discard: true })

/** What a reader of pages gets: all that follows, or the tag of what it fails with. */
export const readAll = (store: Store, key: EventStore.StreamKey, after = 0, max = 1_000_000) =>
  Effect.gen(function* () {
    const read: Array<EventStore.Event> = []
    for (;;) {
      const page = yield* store.read(key, read.at(-1)?.seq ?? after, max)
      read.push(...page.events)
      if (page.ended || page.events.length === 0) return { events: read, ended: page.ended, requests: page.requests }
    }
  }).pipe(Effect.catchTag("ResumeLost", ({ _tag }) => Effect.succeed(_tag)))

export const contract = <E>(name: string, layer: Layer.Layer<EventStore.EventStore, E>): void => {
  const check = (said: string, test: (store: Store) => Effect.Effect<void, unknown>): void =>
    void it.effect(said, () => Effect.flatMap(EventStore.EventStore, test).pipe(Effect.provide(layer)))

  /** A stream that is open. */
  const opened = (store: Store, requests: ReadonlyArray<string | number> = [1]) =>
    Effect.gen(function* () {
      const key = { session: fresh(), stream: "s" }
      yield* store.open(key, requests)
      return key
    })

  describe(`an event store: ${name}`, () => {
    check("does not know a stream that was not opened", (store) =>
      Effect.gen(function* () {
        const key = yield* opened(store)
        const error = yield* Effect.flip(store.read({ ...key, stream: "another" }, 0, 100))
        assert.instanceOf(error, EventStore.ResumeLost)
        assert.isNotEmpty(error.message)
        for (const other of [
          { session: key.session, stream: "other" },
          { session: fresh(), stream: "s" }
        ]) {
          yield* store.append(other, event(1), false)
          yield* store.end(other)
          assert.strictEqual(yield* readAll(store, other), "ResumeLost")
        }
        assert.deepStrictEqual(yield* readAll(store, key), { events: [], ended: false, requests: [1] })
      })
    )

    check("gives the events after any number, and nothing after the last", (store) =>
      Effect.gen(function* () {
        const key = yield* opened(store)
        yield* write(store, key, events(1, 5))
        for (let after = 0; after <= 5; after++) {
          const expected = { events: events(after + 1, 5), ended: false, requests: [1] }
          assert.deepStrictEqual(yield* store.read(key, after, 1_000), expected)
        }
      })
    )

    check("does not go on from an event that never was", (store) =>
      Effect.gen(function* () {
        const key = yield* opened(store)
        assert.strictEqual(yield* readAll(store, key, 1), "ResumeLost")
        yield* write(store, key, events(1, 2))
        assert.strictEqual(yield* readAll(store, key, 3), "ResumeLost")
        yield* store.append(key, event(3), true)
        assert.deepStrictEqual(yield* readAll(store, key, 3), { events: [], ended: true, requests: [1] })
        assert.strictEqual(yield* readAll(store, key, 4), "ResumeLost")
      })
    )

    check("gives back texts and request ids verbatim", (store) =>
      Effect.gen(function* () {
        const texts = ["", "\n", "a\r\nb", "\u0000", "ü💥", '{"a":"\\ud800"}', "x".repeat(20_000), " ", "null"]
        const requests = [1, "1", "", 0, -7, "ä", "a b", Number.MAX_SAFE_INTEGER]
        const key = yield* opened(store, requests)
        const written = texts.map((text, index) => event(index + 1, text))
        yield* write(store, key, written)
        assert.deepStrictEqual(yield* readAll(store, key), { events: written, ended: false, requests })
      })
    )

    check("gives pages of about the size that was asked for, and at least one event", (store) =>
      Effect.gen(function* () {
        const key = yield* opened(store)
        const text = "x".repeat(10)
        for (let seq = 1; seq <= 4; seq++) yield* store.append(key, event(seq, text), seq === 4)
        const page = (after: number, max: number) =>
          Effect.map(store.read(key, after, max), (kept) => [kept.events.map(({ seq }) => seq), kept.ended])
        assert.deepStrictEqual(yield* page(0, 20), [[1, 2], false])
        assert.deepStrictEqual(yield* page(2, 20), [[3, 4], true])
        assert.deepStrictEqual(yield* page(0, 1), [[1], false])
        assert.deepStrictEqual(yield* page(3, 1), [[4], true])
        assert.deepStrictEqual(yield* page(0, 100), [[1, 2, 3, 4], true])
      })
    )

    check("says that a stream has ended only with its last event", (store) =>
      Effect.gen(function* () {
        const [withText, without, empty] = [yield* opened(store), yield* opened(store), yield* opened(store)]
        yield* store.append(withText, event(1), true)
        yield* store.append(without, event(1), false)
        assert.deepStrictEqual(yield* readAll(store, without), { events: events(1, 1), ended: false, requests: [1] })
        yield* store.end(without)
        yield* store.end(empty)
        for (const key of [withText, without]) {
          assert.deepStrictEqual(yield* readAll(store, key), { events: events(1, 1), ended: true, requests: [1] })
          assert.deepStrictEqual(yield* readAll(store, key, 1), { events: [], ended: true, requests: [1] })
        }
        assert.deepStrictEqual(yield* readAll(store, empty), { events: [], ended: true, requests: [1] })
      })
    )

    check("takes nothing after the end, and no number twice", (store) =>
      Effect.gen(function* () {
        const key = yield* opened(store)
        yield* write(store, key, events(1, 3))
        yield* store.append(key, event(2, "again"), true)
        yield* store.append(key, event(3, "again"), false)
        assert.deepStrictEqual(yield* readAll(store, key), { events: events(1, 3), ended: false, requests: [1] })
        yield* store.end(key)
        yield* store.append(key, event(4), false)
        yield* store.end(key)
        assert.deepStrictEqual(yield* readAll(store, key), { events: events(1, 3), ended: true, requests: [1] })
      })
    )

    check("does not hide a gap", (store) =>
      Effect.gen(function* () {
        const key = yield* opened(store)
        yield* write(store, key, [...events(1, 2), ...events(5, 6)])
        for (const after of [0, 1, 2, 3]) assert.strictEqual(yield* readAll(store, key, after), "ResumeLost")
        assert.deepStrictEqual(yield* readAll(store, key, 4), { events: events(5, 6), ended: false, requests: [1] })
      })
    )

    check("begins anew what is opened again", (store) =>
      Effect.gen(function* () {
        const key = yield* opened(store)
        yield* write(store, key, events(1, 2))
        yield* store.end(key)
        yield* store.open(key, ["new"])
        assert.deepStrictEqual(yield* readAll(store, key), { events: [], ended: false, requests: ["new"] })
        yield* store.append(key, event(1, "new"), true)
        assert.deepStrictEqual(yield* readAll(store, key), {
          events: [event(1, "new")],
          ended: true,
          requests: ["new"]
        })
      })
    )

    check("forgets a session, and no other", (store) =>
      Effect.gen(function* () {
        const [first, other] = [yield* opened(store), yield* opened(store)]
        const second = { ...first, stream: "t" }
        yield* store.open(second, [])
        for (const key of [first, second, other]) yield* write(store, key, events(1, 2))
        yield* store.remove(first.session)
        yield* store.remove(fresh())
        yield* store.append(first, event(3), false)
        assert.strictEqual(yield* readAll(store, first), "ResumeLost")
        assert.strictEqual(yield* readAll(store, second), "ResumeLost")
        assert.deepStrictEqual(yield* readAll(store, other), { events: events(1, 2), ended: false, requests: [1] })
        yield* store.open(first, [])
        assert.deepStrictEqual(yield* readAll(store, first), { events: [], ended: false, requests: [] })
      })
    )

    check("never takes one stream for another, whatever the keys are made of", (store) =>
      Effect.gen(function* () {
        const prefix = fresh()
        const keys = strange.flatMap((left) =>
          strange.map((stream): EventStore.StreamKey => ({ session: `${prefix}${left}`, stream }))
        )
        const own = (key: EventStore.StreamKey) => event(1, JSON.stringify(key))
        yield* Effect.forEach(keys, (key) => store.open(key, [key.stream]), { concurrency: "unbounded" })
        yield* Effect.forEach(keys, (key) => store.append(key, own(key), false), { concurrency: "unbounded" })
        for (const key of keys) {
          const expected = { events: [own(key)], ended: false, requests: [key.stream] }
          assert.deepStrictEqual(yield* readAll(store, key), expected)
        }
        yield* store.remove(`${prefix}a`)
        const left = yield* Effect.filter(keys, (key) =>
          Effect.map(readAll(store, key), (read) => read !== "ResumeLost")
        )
        assert.deepStrictEqual(
          left,
          keys.filter(({ session }) => session !== `${prefix}a`)
        )
      })
    )

    isMapOfLogs(layer)
  })
}

const often = <const A extends string>(what: A, times: number): Array<A> => Array.from({ length: times }, () => what)

const Step = Schema.Struct({
  what: Schema.Literals(["open", "end", "remove", ...often("append", 12), ...often("read", 6)]),
  session: Schema.Literals([0, 1]),
  stream: Schema.Literals(["s", "t"]),
  last: Schema.Literals([false, false, false, false, false, true]),
  skip: Schema.Literals([0, 0, 0, 0, 0, 0, 0, 1]),
  after: Schema.Literals([0, 1, 2, 3]),
  max: Schema.Literals([0, 10, 1_000])
})

/** A stream as a plain list, for a property to compare with. */
interface Log {
  readonly events: ReadonlyArray<EventStore.Event>
  readonly last: number
  readonly ended: boolean
}

const isMapOfLogs = <E>(layer: Layer.Layer<EventStore.EventStore, E>): void =>
  property(
    "is what was written to each stream, or lost",
    { steps: Schema.Array(Step).check(Schema.isMinLength(20)) },
    { read: ["events", "nothing new", "lost"] },
    ({ steps }, seen) =>
      Effect.gen(function* () {
        const store = yield* EventStore.EventStore
        const sessions = [fresh(), fresh()]
        const logs = new Map<string, Log>()
        for (const session of sessions) {
          for (const stream of ["s", "t"]) {
            yield* store.open({ session, stream }, [])
            logs.set(JSON.stringify({ session, stream }), { events: [], last: 0, ended: false })
          }
        }
        for (const { after, last, max, skip, what, ...step } of steps) {
          const key = { session: sessions[step.session]!, stream: step.stream }
          const name = JSON.stringify(key)
          const log = logs.get(name)
          if (what === "open") {
            yield* store.open(key, [])
            logs.set(name, { events: [], last: 0, ended: false })
          } else if (what === "append") {
            const next = event((log?.last ?? 0) + 1 + skip)
            yield* store.append(key, next, last)
            if (log !== undefined && !log.ended) {
              logs.set(name, { events: [...log.events, next], last: next.seq, ended: last })
            }
          } else if (what === "end") {
            yield* store.end(key)
            if (log !== undefined) logs.set(name, { ...log, ended: true })
          } else if (what === "remove") {
            yield* store.remove(key.session)
            for (const stream of ["s", "t"]) logs.delete(JSON.stringify({ ...key, stream }))
          } else {
            const expected = follows(log, after)
            const read = yield* readAll(store, key, after, max)
            assert.deepStrictEqual(read === "ResumeLost" ? read : { events: read.events, ended: read.ended }, expected)
            seen("read", expected === "ResumeLost" ? "lost" : expected.events.length > 0 ? "events" : "nothing new")
          }
        }
      }).pipe(Effect.provide(layer)),
    { runs: 200 }
  )

/** What follows a number in a list, if nothing is missing there. */
const follows = (log: Log | undefined, after: number) => {
  if (log === undefined || after > log.last) return "ResumeLost"
  const events = log.events.filter(({ seq }) => seq > after)
  return events.length < log.last - after ? "ResumeLost" : { events, ended: log.ended }
}
