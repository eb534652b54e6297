/**
 * Notices: what nobody waits for leaves once per key, in order, only while there is room, and never after the end.
 *
 * The outlet is in the hands of the test. "This turn" is a real turn of the loop; nothing waits for time.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { later } from "../../src/transport/McpTransport.ts"
import { Notices } from "../../src/peer/internal/notices.ts"
import { property } from "../laws/support/law.ts"
import { Hand } from "../laws/support/peers.ts"

/** The end of this turn of the loop: what was to leave in it has left. */
const turn = Effect.callback<void>((resume) => later(() => resume(Effect.void)))

/** An outlet that knows whether each frame had room, and who waits for some. */
class Watched extends Hand {
  readonly crowded: Array<string> = []
  readonly pushed: Array<string> = []
  waiters = 0

  override push(frame: Parameters<Hand["push"]>[0]): void {
    if (!this.hasRoom()) this.crowded.push(frame.text)
    this.pushed.push(frame.text)
    super.push(frame)
  }

  override whenRoom(callback: () => void): () => void {
    this.waiters += 1
    let waiting = true
    const left = () => {
      if (waiting) this.waiters -= 1
      waiting = false
    }
    const withdraw = super.whenRoom(() => {
      left()
      callback()
    })
    return () => {
      left()
      withdraw()
    }
  }
}

const made = (options: { readonly soft?: number; readonly limit?: number } = {}) => {
  const outlet = new Watched(options.soft)
  return { outlet, notices: new Notices(outlet, undefined, options.limit ?? 100) }
}

describe("what is said", () => {
  it.effect("leaves at the end of the turn, in the order of first saying", () =>
    Effect.gen(function* () {
      const { notices, outlet } = made()
      notices.say("a", "a1")
      notices.say("b", "b1")
      assert.deepStrictEqual(outlet.pushed, [])
      yield* turn
      assert.deepStrictEqual(outlet.pushed, ["a1", "b1"])
    })
  )

  it.effect("leaves once in a turn under one key, as it was said last", () =>
    Effect.gen(function* () {
      const { notices, outlet } = made()
      for (let index = 0; index < 1000; index++) {
        notices.say("a", `a${index}`)
        notices.say("b", `b${index}`)
      }
      yield* turn
      assert.deepStrictEqual(outlet.pushed, ["a999", "b999"])
      notices.say("a", "again")
      yield* turn
      assert.deepStrictEqual(outlet.pushed, ["a999", "b999", "again"])
    })
  )
})

describe("what is told", () => {
  it.effect("leaves at once, behind what waits already", () =>
    Effect.gen(function* () {
      const { notices, outlet } = made()
      notices.hold("held", "held")
      notices.say("said", "said")
      notices.tell("told")
      assert.deepStrictEqual(outlet.pushed, ["said", "told"])
      yield* turn
      assert.deepStrictEqual(outlet.pushed, ["said", "told"])
      notices.release()
      assert.deepStrictEqual(outlet.pushed, ["said", "told", "held"])
    })
  )

  it("is never taken for something else that was told", () => {
    const { notices, outlet } = made()
    notices.tell("same")
    notices.tell("same")
    assert.deepStrictEqual(outlet.pushed, ["same", "same"])
  })

  it("waits up to the limit; then the oldest is dropped", () => {
    const { notices, outlet } = made({ soft: 1, limit: 3 })
    for (const text of ["0", "1", "2", "3", "4", "5"]) notices.tell(text)
    assert.deepStrictEqual(outlet.pushed, ["0"])
    for (let handed = 0; handed < 5; handed++) outlet.hand()
    assert.deepStrictEqual(outlet.pushed, ["0", "3", "4", "5"])
  })
})

describe("what is held", () => {
  it.effect("leaves when it is released, the latest of its key alone", () =>
    Effect.gen(function* () {
      const { notices, outlet } = made()
      notices.hold("progress", "1")
      notices.hold("progress", "2")
      yield* turn
      assert.deepStrictEqual(outlet.pushed, [])
      notices.release()
      assert.deepStrictEqual(outlet.pushed, ["2"])
      notices.release()
      assert.deepStrictEqual(outlet.pushed, ["2"])
    })
  )
})

describe("without room", () => {
  it.effect("everything waits for some, and the rest follows as there is more", () =>
    Effect.gen(function* () {
      const { notices, outlet } = made({ soft: 2 })
      for (const key of ["a", "b", "c", "d", "e"]) notices.say(key, key)
      yield* turn
      assert.deepStrictEqual(outlet.pushed, ["a", "b"])
      // what is said meanwhile still takes the place of what waits
      notices.say("d", "D")
      yield* turn
      outlet.hand()
      assert.deepStrictEqual(outlet.pushed, ["a", "b", "c", "D"])
      outlet.hand(1)
      assert.deepStrictEqual(outlet.pushed, ["a", "b", "c", "D", "e"])
      assert.strictEqual(outlet.waiters, 0)
    })
  )

  it.effect("room is asked for once, however much waits", () =>
    Effect.gen(function* () {
      const { notices, outlet } = made({ soft: 1 })
      notices.tell("first")
      for (let index = 0; index < 10; index++) {
        notices.say(index, String(index))
        notices.release()
        yield* turn
      }
      assert.strictEqual(outlet.waiters, 1)
    })
  )
})

describe("the end", () => {
  it.effect("lets go all that waits, room or not, and takes nothing more", () =>
    Effect.gen(function* () {
      const { notices, outlet } = made({ soft: 1 })
      notices.tell("a")
      notices.hold("b", "b")
      notices.say("c", "c")
      notices.end()
      assert.deepStrictEqual(outlet.pushed, ["a", "c", "b"])
      notices.say("d", "d")
      notices.hold("e", "e")
      notices.tell("f")
      notices.release()
      notices.end()
      outlet.hand()
      yield* turn
      assert.deepStrictEqual(outlet.pushed, ["a", "c", "b"])
      assert.strictEqual(outlet.waiters, 0)
    })
  )

  it.effect("by dropping lets go nothing, not even what was said in this turn", () =>
    Effect.gen(function* () {
      const { notices, outlet } = made({ soft: 1 })
      notices.tell("a")
      notices.tell("b")
      notices.say("c", "c")
      notices.drop()
      notices.end()
      notices.tell("d")
      outlet.hand()
      yield* turn
      assert.deepStrictEqual(outlet.pushed, ["a"])
      assert.strictEqual(outlet.waiters, 0)
    })
  )
})

const kinds = ["say", "tell", "hold", "release", "hand", "turn", "end", "drop"] as const
const Step = Schema.Struct({
  // the end is rare, so that something comes before it
  kind: Schema.Literals([
    "say",
    "say",
    "tell",
    "tell",
    "hold",
    "hold",
    "release",
    "hand",
    "turn",
    "turn",
    "end",
    "drop"
  ]),
  key: Schema.Literals(["a", "b", "c"])
})

property(
  "whatever happens: in order, the latest of each key, only with room until the end, nothing after it",
  { soft: Schema.Literals([1, 3, 8]), limit: Schema.Literals([1, 2, 5]), steps: Schema.Array(Step) },
  { step: kinds, left: ["before the end", "with the end"] },
  ({ limit, soft, steps }, seen) =>
    Effect.gen(function* () {
      const { notices, outlet } = made({ soft, limit })
      // the model: what waits, oldest first; what was told has a key of its own
      let waiting: ReadonlyArray<readonly [key: string, text: string]> = []
      // what is held waits for nothing but its release
      const held = new Map<string, string>()
      let ended = false
      let due = false
      const expected: Array<string> = []
      const put = (key: string, text: string) => {
        const known = waiting.some(([other]) => other === key)
        waiting = known
          ? waiting.map((entry) => (entry[0] === key ? [key, text] : entry))
          : [...waiting, [key, text] as const]
      }
      const unhold = () => {
        for (const [key, text] of held) put(key, text)
        held.clear()
      }
      /** What has left since the last look was the oldest that waited. */
      const look = () => {
        while (expected.length < outlet.pushed.length) {
          const [oldest, ...rest] = waiting
          assert.isDefined(oldest, "more has left than was waiting")
          expected.push(oldest[1])
          waiting = rest
        }
        assert.deepStrictEqual(outlet.pushed, expected)
      }
      for (const [at, { key, kind }] of steps.entries()) {
        seen("step", kind)
        const text = `${key}${at}`
        if (kind === "say") {
          if (!ended) put(key, text)
          notices.say(key, text)
        } else if (kind === "hold") {
          if (!ended) held.set(key, text)
          notices.hold(key, text)
        } else if (kind === "tell") {
          if (!ended) waiting = [...waiting.slice(waiting.length >= limit ? 1 : 0), [text, text] as const]
          notices.tell(text)
        } else if (kind === "release") {
          unhold()
          notices.release()
        } else if (kind === "hand") outlet.hand(1)
        else if (kind === "turn") yield* turn
        else {
          const crowded = outlet.crowded.length
          if (kind === "end") unhold()
          else held.clear()
          if (!ended && kind === "end") seen("left", waiting.length > 0 ? "with the end" : "before the end")
          notices[kind]()
          look()
          if (kind === "end") assert.deepStrictEqual(waiting, [], "something stayed behind")
          else assert.strictEqual(outlet.crowded.length, crowded)
          waiting = []
          ended = true
        }
        look()
        // what waits leaves with a turn in which something was said, with what is told, or with what is released
        if ((kind === "turn" && due) || kind === "tell" || kind === "release") {
          assert.isTrue(waiting.length === 0 || !outlet.hasRoom(), "something waits although there is room")
        }
        due = kind === "say" || (due && kind !== "turn")
        if (!ended) assert.deepStrictEqual(outlet.crowded, [], "something left without room")
      }
    })
)
