/**
 * Law 5, the other direction: what we send waits for room in the fiber that sends it, and long calls hold no credit.
 *
 * The window of requests of our own, the soft and the hard bound of unsent bytes, the limit of long-lived calls; and a
 * flood of calls over bytes, of which none is refused.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema, Sink, Stdio, Stream } from "effect"
import { McpServer } from "mcp-effect"
import * as McpStdio from "mcp-effect/McpStdio"
import * as Peer from "mcp-effect/Peer"
import { McpTest } from "mcp-effect/testing"
import { app, callTool, eras, Record, request as mcpRequest, versions } from "./support/app.ts"
import { property, RUNS, settle } from "./support/law.ts"
import { codes, doors, errorsOf, Hand, idsOf, inbound, pad, pair, peer, request, run, until } from "./support/peers.ts"

property(
  "law 5: never more than `window` requests of our own wait for answers, and all get one",
  {
    window: Schema.Literals([1, 2, 5]),
    answers: Schema.Array(Schema.Literals(["first", "last", "cancel"])).pipe(Schema.check(Schema.isMaxLength(20)))
  },
  { answer: ["first", "last", "cancel"], window: ["full", "not full"] },
  ({ answers, window }, seen) =>
    Effect.gen(function* () {
      const hand = new Hand()
      const conversation = Peer.open(yield* peer(() => Effect.void, { window }), hand, McpTest.features)
      const fibers = new Map<unknown, Fiber.Fiber<unknown, Peer.PeerError>>()
      for (const index of answers.keys()) {
        fibers.set(index, yield* Effect.forkChild(conversation.request("ask", () => JSON.stringify({ index }))))
      }
      seen("window", answers.length >= window ? "full" : "not full")
      const open = new Map<unknown, unknown>()
      for (const answer of answers) {
        seen("answer", answer)
        yield* settle
        for (const { id, method, params } of Hand.messages(hand.waiting)) {
          if (method === "ask") open.set(id, (params as { index: number }).index)
        }
        hand.hand()
        assert.strictEqual(open.size, Math.min(window, fibers.size), "as many as the window lets through, and no more")
        const [id, index] = [...open].at(answer === "first" ? 0 : -1)!
        open.delete(id)
        if (answer === "cancel") yield* Fiber.interrupt(fibers.get(index)!)
        else {
          conversation.receive(inbound({ id: id as number, result: { index } }))
          yield* settle
          assert.deepStrictEqual(fibers.get(index)!.pollUnsafe(), Exit.succeed({ index }))
        }
        fibers.delete(index)
      }
      assert.strictEqual(fibers.size, 0)
    })
)

const SOFT = 1_000
const PADS = [10, 300, 2_000]

property(
  "law 5: requests, notifications and progress, built first and run later in one turn, wait for room; none is lost",
  {
    what: Schema.Array(Schema.Literals(["request", "notification", "progress"])).pipe(
      Schema.check(Schema.isMinLength(1), Schema.isMaxLength(30))
    ),
    length: Schema.Literals(PADS)
  },
  { what: ["request", "notification", "progress"], waited: ["yes", "no"] },
  ({ length, what }, seen) =>
    Effect.gen(function* () {
      const hand = new Hand(SOFT)
      let call: Peer.Call | undefined
      const core = yield* peer((started) => ((call = started), Effect.never))
      const conversation = Peer.open(core, hand, McpTest.features)
      conversation.receive(inbound(request(1)))
      const params = JSON.stringify({ pad: pad(length) })
      const note = `{"jsonrpc":"2.0","method":"note","params":${params}}`
      const built = what.map((kind): Effect.Effect<unknown, Peer.PeerError> => {
        seen("what", kind)
        if (kind === "request") return conversation.request("ask", () => params)
        return kind === "progress" ? call!.notify("note", params) : conversation.notify(note)
      })
      yield* Effect.forkChild(Effect.all(built, { concurrency: "unbounded" }), { startImmediately: true })
      for (let turn = 0; hand.sent.length < what.length && turn <= what.length; turn++) {
        yield* settle
        assert.isAtMost(hand.unsent, SOFT + length + 100, "one message may exceed the bound")
        if (turn === 0) seen("waited", hand.waiting.length < what.length ? "yes" : "no")
        hand.hand()
      }
      assert.strictEqual(hand.sent.length, what.length, "all are sent once there is room")
    })
)

it.effect("law 5: above the hard ceiling the conversation closes with a reason, and what waits fails typed", () =>
  Effect.gen(function* () {
    const { handle, interrupted } = doors()
    const limits = { unsentHard: 5_000, unsentSoft: 1_000 }
    const answer = { pad: pad(1_000) }
    const right = yield* peer((call) => (call.method === "wait" ? handle(call) : Effect.succeed(answer)), limits)
    const [asking, answering] = yield* pair(yield* peer(() => Effect.never), right)
    const pending = yield* Effect.forkChild(Effect.flip(answering.conversation.request("ask", () => "{}")))
    const waiting = yield* Effect.forkChild(asking.conversation.request("wait", () => "{}"))
    yield* settle
    yield* answering.faulty.stall
    for (let calls = 0; calls < 20; calls++) yield* Effect.forkChild(asking.conversation.request("work", () => "{}"))
    yield* until(() => pending.pollUnsafe() !== undefined, 200)
    const failure = pending.pollUnsafe()
    assert.isTrue(failure !== undefined && Exit.isSuccess(failure), "the conversation has closed")
    if (failure === undefined || !Exit.isSuccess(failure)) return
    const { reason } = failure.value
    assert.strictEqual(reason._tag, "Closed")
    assert.include(reason._tag === "Closed" ? reason.detail : "", "McpLimits.unsentHard")
    yield* settle
    assert.deepStrictEqual(interrupted, [0], "handlers are interrupted")
    assert.strictEqual(waiting.pollUnsafe(), undefined, "the other side has not been told yet: nothing is read")
    const later = yield* Effect.flip(answering.conversation.request("ask", () => "{}"))
    assert.strictEqual(later.reason._tag, "Closed", "later calls fail too")
  })
)

it.effect("law 5: long-lived calls hold no credit and have a limit of their own", () =>
  Effect.gen(function* () {
    const { handle, open, started } = doors()
    const { give, sent } = yield* run(yield* peer(handle, { credits: 1, listens: 3 }))
    for (const id of [1, 2, 3]) yield* give(request(id, "listen"))
    assert.deepStrictEqual(started, [1, 2, 3], "more than there are credits")
    yield* give(request(4))
    assert.deepStrictEqual(started, [1, 2, 3, 4], "the credit is free")
    yield* give(request(5))
    assert.deepStrictEqual(started, [1, 2, 3, 4], "the credit is taken")
    yield* give(request(6, "listen"))
    assert.deepStrictEqual(
      errorsOf(sent).map(({ error, id }) => [id, (error as { code: number }).code]),
      [[6, codes.Busy]],
      "a fourth is refused"
    )
    yield* open(1)
    yield* settle
    yield* give(request(7, "listen"))
    assert.deepStrictEqual(started, [1, 2, 3, 4, 7], "one has ended, another may begin")
    yield* open(4)
    yield* settle
    assert.deepStrictEqual(started, [1, 2, 3, 4, 7, 5])
    assert.deepStrictEqual(idsOf(errorsOf(sent)), [6])
  })
)

/** A hundred thousand in the gate; saboteurs are found with fewer. */
const CALLS = RUNS < 1000 ? 5_000 : 100_000
const CHUNK = 64 * 1024

/** All of the bytes, in the pieces that a pipe would make of them. */
const pieces = (text: string): Stream.Stream<Uint8Array> => {
  const bytes = new TextEncoder().encode(text)
  const parts: Array<Uint8Array> = []
  for (let from = 0; from < bytes.length; from += CHUNK) parts.push(bytes.subarray(from, from + CHUNK))
  return Stream.fromIterable(parts)
}

for (const [era, end] of eras.flatMap((era) =>
  (["stays open", "ends at once"] as const).map((end) => [era, end] as const)
)) {
  it.effect(
    `law 5: of ${CALLS} calls written to a ${era} server in one go none is refused; its input ${end}, its output is slow`,
    () =>
      Effect.gen(function* () {
        const opening =
          era === "modern"
            ? []
            : [
                mcpRequest(era, "handshake", "initialize", {
                  protocolVersion: versions.legacy,
                  capabilities: {},
                  clientInfo: { name: "laws", version: "1.0.0" }
                }),
                { jsonrpc: "2.0", method: "notifications/initialized" }
              ]
        const calls = Array.from({ length: CALLS }, (_, id) => callTool(era, id, "sync", { name: "n" }))
        const input = pieces([...opening, ...calls].map((message) => JSON.stringify(message) + "\n").join(""))
        let replies = 0
        const refused: Array<string> = []
        const read = (text: string | Uint8Array) =>
          Effect.sync(() => {
            for (const line of String(text).trimEnd().split("\n")) {
              replies++
              if (line.includes('"error"')) refused.push(line)
            }
          })
        const stdout = Sink.forEach((text: string | Uint8Array) => Effect.andThen(settle, read(text)))
        const stdin = end === "stays open" ? Stream.concat(input, Stream.never) : input
        const stdio = Stdio.layerTest({ stdin, stdout: () => stdout })
        const served = McpServer.launch(app(new Record())).pipe(
          Effect.provide(McpStdio.layerServer.pipe(Layer.provide(stdio)))
        )
        const fiber = yield* Effect.forkChild(served)
        const expected = CALLS + (era === "modern" ? 0 : 1)
        yield* until(() => replies >= expected || fiber.pollUnsafe() !== undefined, 100_000)
        assert.deepStrictEqual(refused.slice(0, 3), [], "none is refused")
        assert.strictEqual(replies, expected, "each is answered")
      })
  )
}
