/**
 * The limits of a conversation, each by its name: what a user meets who reaches it.
 *
 * Those of the engine and of shutting down, whose laws are 5 and 2; the others are under law 11.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Scope } from "effect"
import { TestClock } from "effect/testing"
import { McpError, McpLimits } from "mcp-effect"
import { Record, Stubborn, versions, Wait } from "./laws/support/app.ts"
import { settle } from "./laws/support/law.ts"
import { alone, codeOf, connected, failureOf, fork, modern, overBytes } from "./laws/support/limits.ts"
import { codes, doors, idsOf, pad, pair, peer, request, run, until } from "./laws/support/peers.ts"

it.effect("credits: more requests wait, in order", () =>
  Effect.gen(function* () {
    const record = new Record()
    const client = yield* connected({ credits: 2 }, versions.legacy, record)
    for (const name of ["a", "b", "c"]) yield* fork(client.call(Wait, { name }))
    yield* settle
    assert.deepStrictEqual(record.started, ["a", "b"])
    yield* record.open("a")
    yield* settle
    assert.deepStrictEqual(record.started, ["a", "b", "c"])
  })
)

it.effect("park: where calls of our own wait, a request beyond it is refused as busy", () =>
  Effect.gen(function* () {
    const left = yield* peer(() => Effect.never)
    const [asking, answering] = yield* pair(left, yield* peer(() => Effect.never, { credits: 1, park: 0 }))
    yield* fork(answering.conversation.request("ask", () => "{}"))
    yield* settle
    const calls = [1, 2].map(() => fork(Effect.flip(asking.conversation.request("work", () => "{}"))))
    const [first, second] = [yield* calls[0]!, yield* calls[1]!]
    yield* settle
    assert.strictEqual(first.pollUnsafe(), undefined, "the first has the credit")
    const refused = second.pollUnsafe()
    const reason = refused !== undefined && Exit.isSuccess(refused) ? refused.value.reason : undefined
    assert.strictEqual(reason?._tag === "Refused" ? reason.error.code : reason?._tag, codes.Busy)
  })
)

it.effect("listens: a further long-lived request is refused as busy", () =>
  Effect.gen(function* () {
    const { give, sent } = yield* run(yield* peer(doors().handle, { listens: 1 }))
    yield* give(request(1, "listen"))
    yield* give(request(2, "listen"))
    assert.deepStrictEqual(sent.map(codeOf), [codes.Busy])
    assert.deepStrictEqual(idsOf(sent), [2])
  })
)

it.effect("window: a further request of our own waits unsent, and has the limits of any other", () =>
  Effect.gen(function* () {
    const { client, peer } = yield* alone({ window: 1 })
    const before = peer.received.length
    yield* fork(client.callTool("first", {}, { timeout: "1 hour", idleTimeout: "1 hour" }))
    const second = yield* fork(client.callTool("second", {}, { timeout: "1 second" }))
    yield* settle
    assert.strictEqual(peer.received.length, before + 1)
    yield* TestClock.adjust("1 second")
    assert.strictEqual(failureOf(second)._tag, "Timeout")
    assert.strictEqual(peer.received.length, before + 1, "and nothing is said of it")
  })
)

it.effect(
  "unsentSoft: what the other side does not read makes requests wait, and they have the limits of any other",
  () =>
    Effect.gen(function* () {
      const { client, faulty, peer } = yield* alone({ unsentSoft: 100, unsentHard: 1_000 })
      const before = peer.received.length
      yield* faulty.stall
      const calls = yield* Effect.forEach(Array.from({ length: 20 }), () => fork(client.callTool("any")))
      yield* settle
      yield* TestClock.adjust(McpLimits.defaults.idle)
      assert.deepStrictEqual([...new Set(calls.map((call) => failureOf(call)._tag))], ["Timeout"])
      yield* faulty.release
      yield* settle
      const sent = peer.received.slice(before).filter((text) => text.includes("tools/call"))
      assert.isAtMost(sent.length, 3, "one on its way, and one or two in the outbox")
    })
)

it.effect("unsentHard: the conversation closes with a reason", () =>
  Effect.gen(function* () {
    const { client, faulty } = yield* alone({ unsentHard: 1_000 })
    yield* faulty.stall
    const waiting = yield* fork(client.callTool("waiting"))
    yield* settle
    const call = yield* fork(client.callTool("any", { text: pad(1_000) }))
    yield* settle
    for (const fiber of [waiting, call]) {
      const failure = failureOf(fiber)
      assert.strictEqual(failure._tag, "Closed")
      assert.include(failure instanceof McpError.Closed ? failure.detail : "", "McpLimits.unsentHard")
    }
  })
)

it.effect(
  "lastWords: after the end of input a handler has that long; then it is interrupted, and the server ends",
  () =>
    Effect.gen(function* () {
      const record = new Record()
      const { end, send, served } = yield* overBytes({ lastWords: "3 seconds" }, record)
      yield* send(modern(1, "wait", "last"))
      yield* end
      yield* settle
      yield* TestClock.adjust("2999 millis")
      assert.deepStrictEqual([record.started, record.finalized], [["last"], []])
      yield* TestClock.adjust("1 millis")
      yield* settle
      assert.deepStrictEqual(record.finalized, ["last"])
      yield* until(() => served.pollUnsafe() !== undefined, 200)
      assert.isDefined(served.pollUnsafe(), "the server has ended")
    })
)

it.effect("drain: a shutdown waits that long for a handler that cannot be interrupted", () =>
  Effect.gen(function* () {
    const record = new Record()
    const scope = yield* Scope.make()
    const client = yield* Scope.provide(connected({ drain: "7 seconds" }, versions.legacy, record), scope)
    yield* fork(Effect.ignore(client.call(Stubborn, { name: "stuck" })))
    yield* settle
    const closing = yield* fork(Scope.close(scope, Exit.void))
    yield* Effect.addFinalizer(() => record.open("stuck"))
    yield* settle
    yield* TestClock.adjust("6999 millis")
    assert.isUndefined(closing.pollUnsafe(), "it is waited for")
    yield* TestClock.adjust("1 millis")
    yield* until(() => closing.pollUnsafe() !== undefined, 200)
    assert.isDefined(closing.pollUnsafe(), "no longer than that")
  })
)
