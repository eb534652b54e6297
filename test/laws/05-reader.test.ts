/**
 * Law 5: the reader never waits on us.
 *
 * Replies, cancels and answers are always read; requests beyond the credits are parked; what we send waits for room in
 * the fiber that sends it. While something is parked the reader goes on, so that cancels are read; it pauses when the
 * park is full, or, when calls of our own wait for answers, goes on and refuses.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import * as McpLimits from "mcp-effect/McpLimits"
import * as Peer from "mcp-effect/Peer"
import { McpTest } from "mcp-effect/testing"
import { cancel } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import {
  codes,
  doors,
  errorsOf,
  Hand,
  idsOf,
  inbound,
  pad,
  pair,
  peer,
  request,
  run,
  silent,
  until
} from "./support/peers.ts"

const Step = Schema.Literals(["now", "silent", "later", "later", "later", "hand", "finish", "cancel", "cancel"])

property(
  "law 5: no more than `credits` requests run or wait to be written, the others start in order, a cancelled one never",
  { credits: Schema.Literals([1, 2, 3]), steps: Schema.Array(Step).pipe(Schema.check(Schema.isMaxLength(40))) },
  { step: ["now", "silent", "later", "hand", "finish", "cancel"], cancelled: ["running", "parked"] },
  ({ credits, steps }, seen) =>
    Effect.gen(function* () {
      const hand = new Hand()
      const { handle: wait, open, started } = doors()
      const arrived: Array<number> = []
      const cancelled = new Set<unknown>()
      const ended = new Set<unknown>()
      let most = 0
      const occupied = () => started.filter((id) => !ended.has(id) && !idsOf(Hand.messages(hand.sent)).includes(id))
      const core = yield* peer(
        (call) => {
          const work =
            call.method === "now" ? Effect.void : call.method === "silent" ? Effect.succeed(silent) : undefined
          const effect = work === undefined ? wait(call) : (started.push(call.id), work)
          most = Math.max(most, occupied().length)
          return call.method === "now"
            ? effect
            : Effect.ensuring(
                effect,
                Effect.sync(() => unheard(call))
              )
        },
        { credits }
      )
      /** A call whose reply is never written gives its credit back when its handler ends. */
      const unheard = ({ id, method }: Peer.Call) => {
        if (method === "silent" || cancelled.has(id)) ended.add(id)
      }
      const conversation = Peer.open(core, hand, McpTest.features)
      const parked = () => arrived.filter((id) => !started.includes(id) && !cancelled.has(id))
      for (const step of steps) {
        seen("step", step)
        if (step === "hand") hand.hand(1)
        else if (step === "finish") yield* open(started.find((id) => occupied().includes(id)))
        else if (step === "cancel") {
          const id = parked().at(0) ?? occupied().findLast((id) => !idsOf(Hand.messages(hand.waiting)).includes(id))
          if (id === undefined) continue
          seen("cancelled", started.includes(id) ? "running" : "parked")
          cancelled.add(id)
          conversation.receive(inbound(cancel(id as number)))
        } else {
          arrived.push(arrived.length)
          conversation.receive(inbound(request(arrived.length - 1, step)))
        }
        yield* settle
        assert.isAtMost(most, credits, "more than the credits at once")
      }
      const waited = parked()
      for (const id of arrived) yield* open(id)
      for (let turn = 0; turn <= steps.length; turn++) {
        hand.hand()
        yield* settle
      }
      const expected = arrived.filter((id) => started.indexOf(id) >= 0)
      assert.deepStrictEqual(started, expected, "started in the order of their arrival")
      assert.includeMembers(started, waited, "whatever was parked starts")
      const answered = arrived.filter((id) => !cancelled.has(id) && steps.filter(isRequest)[id] !== "silent")
      assert.sameMembers(idsOf(Hand.messages(hand.sent)) as Array<number>, answered, "each answered once")
      assert.isAtMost(most, credits, "more than the credits at once")
    })
)

const isRequest = (step: string) => step === "now" || step === "silent" || step === "later"

it.effect("law 5: while something is parked, cancels and answers to our own calls are read", () =>
  Effect.gen(function* () {
    const { handle, interrupted, open, started } = doors()
    const core = yield* peer(handle, { credits: 1 })
    const { conversation, give, sent } = yield* run(core)
    yield* give(request(1), request(2))
    const asked = yield* Effect.forkChild(conversation.request("ask", () => "{}"))
    yield* settle
    yield* give({ id: sent[0]!["id"], result: { fine: true } })
    assert.deepStrictEqual(asked.pollUnsafe(), Exit.succeed({ fine: true }))
    yield* give(request(3), request(4))
    yield* give(cancel(3))
    yield* give(cancel(1))
    assert.deepStrictEqual(interrupted, [1])
    assert.deepStrictEqual(started, [1, 2], "2 was parked and has the credit of 1")
    yield* open(2)
    yield* open(4)
    yield* settle
    assert.deepStrictEqual(started, [1, 2, 4], "3 was cancelled while it was parked")
    assert.deepStrictEqual(idsOf(sent.slice(1)), [2, 4])
  })
)

const big = (id: number) => request(id, "work", { pad: pad(100) })
const size = inbound(big(1)).size

it.effect("law 5: a full park pauses the reader until something starts; nothing is refused", () =>
  Effect.gen(function* () {
    const { handle, open } = doors()
    const core = yield* peer(handle, { credits: 1, park: 3 * size })
    const { give, read, sent } = yield* run(core)
    for (let id = 1; id <= 9; id++) yield* give(big(id))
    // 1 runs, 2 to 4 fill the park, 5 makes it overflow; a chunk may be on its way
    const paused = read.length
    assert.isAtMost(paused, 6, "the reader pauses")
    assert.isAtLeast(paused, 5, "the reader goes on until the park is full")
    for (let id = 1; id <= 9; id++) {
      yield* open(id)
      yield* settle
    }
    assert.strictEqual(read.length, 9, "the reader goes on")
    assert.deepStrictEqual(idsOf(sent), [1, 2, 3, 4, 5, 6, 7, 8, 9])
    assert.deepStrictEqual(errorsOf(sent), [])
  })
)

it.effect("law 5: a request of our own makes a paused reader go on, and its answer is read", () =>
  Effect.gen(function* () {
    const core = yield* peer(doors().handle, { credits: 1, park: size })
    const { conversation, give, read, sent } = yield* run(core)
    for (let id = 1; id <= 5; id++) yield* give(big(id))
    assert.isBelow(read.length, 5, "the reader pauses")
    const asked = yield* Effect.forkChild(conversation.request("ask", () => "{}"))
    yield* settle
    const question = sent.find(({ method }) => method === "ask")
    yield* give({ id: question?.["id"], result: { fine: true } })
    assert.deepStrictEqual(asked.pollUnsafe(), Exit.succeed({ fine: true }))
  })
)

it.effect("law 5: while calls of our own wait, a request past the park's bound is refused, and only then", () =>
  Effect.gen(function* () {
    const { handle, interrupted, open } = doors()
    const core = yield* peer(handle, { credits: 1, park: 2 * size })
    const { conversation, give, sent } = yield* run(core)
    const asked = yield* Effect.forkChild(conversation.request("ask", () => "{}"))
    yield* settle
    const question = sent[0]!["id"]
    for (let id = 1; id <= 3; id++) yield* give(big(id))
    assert.deepStrictEqual(errorsOf(sent), [], "one runs, two are parked")
    yield* give(big(4))
    assert.deepStrictEqual(
      errorsOf(sent).map(({ error, id }) => [id, (error as { code: number }).code]),
      [[4, codes.Busy]]
    )
    yield* give(cancel(3))
    yield* give(big(5))
    assert.deepStrictEqual(idsOf(errorsOf(sent)), [4], "a cancel made room for another")
    yield* give(cancel(1))
    assert.deepStrictEqual(interrupted, [1], "cancels are read")
    yield* give({ id: question, result: {} })
    assert.deepStrictEqual(asked.pollUnsafe(), Exit.succeed({}), "answers are read")
    for (const id of [2, 5]) yield* open(id)
    yield* settle
    assert.deepStrictEqual(idsOf(sent.slice(1)), [4, 2, 5])
  })
)

it.effect("law 5: parked requests that are answered at once start one after the other, not inside one another", () =>
  Effect.gen(function* () {
    const { handle, open } = doors()
    const core = yield* peer((call) => (call.method === "now" ? Effect.void : handle(call)), { credits: 1 })
    const sent: Array<string> = []
    let depth = 0
    let deepest = 0
    const push = ({ receipt, text }: { text: string; receipt: { handed(): void } | undefined }) => {
      sent.push(text)
      depth += 1
      deepest = Math.max(deepest, depth)
      receipt?.handed()
      depth -= 1
    }
    const outlet = { push, none: () => {}, hasRoom: () => true, whenRoom: () => () => {} }
    const conversation = Peer.open(core, outlet, McpTest.features)
    conversation.receive(inbound(request(0)))
    for (let id = 1; id <= 100; id++) conversation.receive(inbound(request(id, "now")))
    yield* open(0)
    yield* settle
    assert.strictEqual(sent.length, 101)
    assert.isAtMost(deepest, 2, "the stack does not grow with what is parked")
  })
)

it.effect("law 5: a reply keeps its credit until the sink has taken it", () =>
  Effect.gen(function* () {
    let handled = 0
    const left = yield* peer(() => Effect.void, { window: 500 })
    const right = yield* peer(() => Effect.sync(() => void handled++), { credits: 8 })
    const [asking, answering] = yield* pair(left, right)
    yield* answering.faulty.stall
    const ask = asking.conversation.request("ask", () => "{}")
    const asked = yield* Effect.forkChild(
      Effect.all(
        Array.from({ length: 500 }, () => ask),
        { concurrency: "unbounded" }
      )
    )
    yield* until(() => handled > 16, 200)
    // the sink has taken one chunk before it stalled
    assert.isAtMost(handled, 16, "replies that the sink has not taken hold their credits")
    yield* answering.faulty.release
    yield* until(() => asked.pollUnsafe() !== undefined)
    assert.strictEqual(handled, 500)
    assert.isTrue(asked.pollUnsafe() !== undefined && Exit.isSuccess(asked.pollUnsafe()!), "every call succeeds")
  })
)

it.effect("law 5: 5,000 calls of 20 KB both ways over stalled sinks: unsent bytes stay at the bound, all succeed", () =>
  Effect.gen(function* () {
    const calls = 5_000
    const params = JSON.stringify({ pad: pad(20_000) })
    const { unsentSoft, window } = McpLimits.defaults
    const sides = yield* pair(yield* peer(() => Effect.void), yield* peer(() => Effect.void))
    for (const { faulty } of sides) yield* faulty.stall
    const results = yield* Effect.forEach(sides, ({ conversation }) =>
      Effect.forkChild(
        Effect.forEach(Array.from({ length: calls }), () => Effect.exit(conversation.request("work", () => params)), {
          concurrency: "unbounded"
        })
      )
    )
    yield* settle
    for (const { unsent } of sides) {
      assert.isAtLeast(unsent(), unsentSoft / 2, "they are stalled")
      assert.isAtMost(
        unsent(),
        unsentSoft + 21_000 + window * 100,
        "one message may exceed the bound, replies wait too"
      )
    }
    for (const { faulty } of sides) yield* faulty.release
    const exits = () => results.map((fiber) => fiber.pollUnsafe())
    yield* until(() => exits().every((exit) => exit !== undefined), 50_000)
    for (const exit of exits()) {
      assert.isTrue(exit !== undefined && Exit.isSuccess(exit), "all have settled")
      if (exit === undefined || !Exit.isSuccess(exit)) return
      assert.strictEqual(exit.value.filter(Exit.isSuccess).length, calls)
    }
  })
)
