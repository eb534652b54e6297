/**
 * Law 11: everything is bounded, every bound is one field of `McpLimits`, and reaching one is a typed error.
 *
 * One row for each field, by its name: a field without a row does not type-check. The two bounds of child processes are
 * tried with the processes themselves, under law 2; those of a socket (`headers`, `keepOpen`) with one, in
 * `test/transport/http/sockets.test.ts`.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Duration, Effect, Exit, Fiber, Layer } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, McpError, McpLimits, McpRequest, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { app, callTool, handshake, Record, Report, request, versions, Wait } from "./support/app.ts"
import { askBounds } from "./support/askBounds.ts"
import { exchangeBounds } from "./support/exchangeBounds.ts"
import { httpBounds } from "./support/httpBounds.ts"
import { settle } from "./support/law.ts"
import { all, alone, codeOf, connected, failureOf, fork, modern, overBytes, within } from "./support/limits.ts"
import { idsOf, pad } from "./support/peers.ts"
import { messages, until } from "./support/scripted.ts"
import { hurried, type Row, serverBounds } from "./support/serverBounds.ts"

const bounds: { readonly [F in keyof McpLimits.Limits]: Row | "law 2" | "law 5" | "sockets.test.ts" } = {
  messageIn: [
    "a longer line is answered with an error and skipped",
    () =>
      Effect.gen(function* () {
        const { lines, send } = yield* overBytes({ messageIn: 500 }, new Record())
        const room = 550 - modern(1, "sync", "").length
        yield* send(modern(1, "sync", pad(room)))
        yield* send(modern(2, "sync", "short"))
        assert.deepStrictEqual(lines.map(codeOf), [-32700, undefined])
        assert.deepStrictEqual(idsOf(lines), [undefined, 2])
      })
  ],
  batch: [
    "a longer batch is refused as a whole, and the conversation goes on",
    () =>
      Effect.gen(function* () {
        const record = new Record()
        const peer = yield* within({ batch: 2 }, McpTest.raw(app(record)))
        const clientInfo = { name: "law", version: "1" }
        yield* peer.send(
          request("legacy", 0, "initialize", { protocolVersion: "2025-03-26", capabilities: {}, clientInfo })
        )
        yield* peer.next
        const ping = (id: number) => request("legacy", id, "ping")
        yield* peer.send([ping(1), ping(2), ping(3)])
        assert.deepNestedInclude(yield* peer.next, { "error.code": -32600 })
        yield* peer.send([ping(4), ping(5)])
        assert.deepStrictEqual([(yield* peer.next)["id"], (yield* peer.next)["id"]], [4, 5])
      })
  ],
  messageOut: [
    "a longer result is an internal error, a longer request fails unsent",
    () =>
      Effect.gen(function* () {
        const record = new Record()
        const client = yield* connected({ messageOut: 600 }, versions.modern, record)
        const request = yield* fork(client.callTool("sync", { name: pad(600) }))
        yield* settle
        assert.strictEqual(failureOf(request)._tag, "InvalidInput")
        assert.deepStrictEqual(record.started, [], "it was not sent")
        // the result says the name twice
        const result = yield* fork(client.callTool("sync", { name: pad(250) }))
        yield* settle
        const failure = failureOf(result)
        assert.strictEqual(failure._tag, "Remote")
        assert.strictEqual(failure instanceof McpError.Remote ? failure.code : undefined, -32603)
        const next = yield* fork(client.callTool("sync", { name: "short" }))
        yield* settle
        assert.isTrue(next.pollUnsafe() !== undefined && Exit.isSuccess(next.pollUnsafe()!), "the conversation goes on")
      })
  ],
  credits: "law 5",
  park: "law 5",
  listens: "law 5",
  window: "law 5",
  unsentSoft: "law 5",
  unsentHard: "law 5",
  lastWords: "law 2",
  drain: "law 2",
  startUp: [
    "connecting to a server that says nothing fails with a time-out",
    () =>
      Effect.gen(function* () {
        const { transport } = yield* McpTest.scripted()
        const connecting = yield* fork(within({ startUp: "9 seconds" }, McpClient.connect(transport)))
        yield* TestClock.adjust("8999 millis")
        assert.isUndefined(connecting.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        yield* settle
        assertTimeout(connecting, "start-up", "9 seconds")
      })
  ],
  idle: [
    "a call that hears nothing fails with a time-out",
    () =>
      Effect.gen(function* () {
        const client = yield* connected({ idle: "4 seconds" })
        const call = yield* fork(client.call(Wait, { name: "idle" }))
        yield* TestClock.adjust("3999 millis")
        assert.isUndefined(call.pollUnsafe())
        yield* TestClock.adjust("1 millis")
        assertTimeout(call, "idle", "4 seconds")
      })
  ],
  total: [
    "a call that takes too long in all fails with a time-out, whatever it hears",
    () =>
      Effect.gen(function* () {
        const client = yield* within({ idle: "4 seconds", total: "10 seconds" }, McpTest.client(ticking))
        const call = yield* fork(client.callTool("tick", {}, { onProgress: () => Effect.void }))
        for (let second = 1; second < 10; second++) {
          yield* TestClock.adjust("1 second")
          yield* settle
        }
        assert.isUndefined(call.pollUnsafe(), "progress keeps it alive")
        yield* TestClock.adjust("1 second")
        yield* settle
        assertTimeout(call, "total", "10 seconds")
      })
  ],
  probe: [
    "a server that is silent to the modern question is asked the legacy one as well",
    () =>
      Effect.gen(function* () {
        const { peer, transport } = yield* McpTest.scripted()
        yield* fork(Effect.ignore(within({ probe: "2 seconds" }, McpClient.connect(transport))))
        const methods = () => peer.received.map((text) => (JSON.parse(text) as McpTest.Json)["method"])
        yield* TestClock.adjust("1999 millis")
        yield* settle
        assert.deepStrictEqual(methods(), ["server/discover"])
        yield* TestClock.adjust("1 millis")
        yield* settle
        assert.deepStrictEqual(methods(), ["server/discover", "initialize"])
      })
  ],
  buffer: [
    "of the reports that wait for a slow reader the oldest are dropped",
    () =>
      Effect.gen(function* () {
        const door = yield* Deferred.make<void>()
        const heard: Array<number> = []
        const client = yield* connected({ buffer: 2 })
        const onProgress = ({ progress }: { readonly progress: number }) =>
          Effect.andThen(
            Effect.sync(() => heard.push(progress)),
            Deferred.await(door)
          )
        const call = yield* fork(client.call(Report, { name: "slow", steps: 9 }, { onProgress }))
        yield* Effect.repeat(settle, { times: 20 })
        assert.deepStrictEqual(heard, [1])
        yield* Deferred.succeed(door, undefined)
        yield* Fiber.join(call)
        assert.deepStrictEqual(heard, [1, 8, 9])
      })
  ],
  ...serverBounds,
  ...exchangeBounds,
  ...httpBounds,
  ...askBounds,
  childExit: "law 2",
  childTerm: "law 2"
}

const assertTimeout = <A, E>(fiber: Fiber.Fiber<A, E>, limit: string, after: Duration.Input) => {
  const failure = failureOf(fiber)
  assert.strictEqual(failure._tag, "Timeout")
  if (!(failure instanceof McpError.Timeout)) return
  assert.deepStrictEqual([failure.limit, failure.after], [limit, Duration.toMillis(after)])
}

const Tick = McpTool.make("tick")
/** Says every second that it is there. */
const ticking = Tick.toLayer(() =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    for (let progress = 1; ; progress++) {
      yield* Effect.sleep("1 second")
      yield* request.progress({ progress })
    }
  })
).pipe(Layer.provide(McpServer.layer({ name: "ticking", version: "1.0.0" })))

for (const [field, row] of Object.entries(bounds)) {
  if (typeof row !== "string") it.effect(`law 11: ${field}: ${row[0]}`, () => Effect.scoped(row[1]()))
}

it.effect("law 11: a server that has no room is a typed error for the caller", () =>
  Effect.gen(function* () {
    const { client, peer: server } = yield* alone({})
    const call = yield* fork(client.callTool("any"))
    yield* settle
    const id = JSON.parse(server.received.at(-1)!).id as number
    yield* server.send({ jsonrpc: "2.0", id, error: { code: 503, message: "full" } })
    yield* settle
    assert.strictEqual(failureOf(call)._tag, "Busy", "what the caller gets")
  })
)

it("law 11: there is a bound for every row, and every bound has a default", () => {
  assert.sameMembers(Object.keys(McpLimits.defaults), Object.keys(bounds))
  for (const value of Object.values(McpLimits.defaults)) {
    const bound = typeof value === "number" ? value : Duration.toMillis(value as Duration.Input)
    assert.isTrue(bound > 0 && Number.isFinite(bound), `${String(value)} bounds something`)
  }
})

it.effect("law 11: messageOut: no progress and no log message is longer either", () =>
  Effect.gen(function* () {
    const server = chatty.pipe(Layer.provide(Layer.succeed(McpLimits.McpLimits, all({ messageOut: 600 }))))
    const peer = yield* McpTest.raw(server)
    yield* handshake(peer, "legacy")
    yield* peer.send(callTool("legacy", 1, "chat", {}, { progressToken: 1 }))
    yield* Effect.repeat(settle, { times: 3 })
    assert.isTrue(
      peer.received.some((text) => (JSON.parse(text) as McpTest.Json)["id"] === 1),
      "the call is answered"
    )
    assert.isAtMost(Math.max(...peer.received.map((text) => text.length)), 600)
  })
)

const Chat = McpTool.make("chat")
/** Says more than fits. */
const chatty = Chat.toLayer(() =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    yield* request.progress({ progress: 1, message: pad(1_000) })
    yield* request.log("error", pad(1_000))
    return "done"
  })
).pipe(Layer.provide(McpServer.layer({ name: "chatty", version: "1.0.0" })))

it.effect(
  "law 11: progress: a log line does not let go of what is held, and the last report leaves with the reply",
  () =>
    Effect.gen(function* () {
      const peer = yield* within({ progress: 2 }, McpTest.raw(hurried))
      yield* handshake(peer, "legacy")
      yield* peer.send(callTool("legacy", 1, "hurry", {}, { progressToken: 1 }))
      yield* until(() => messages(peer).some(({ id }) => id === 1))
      const reported = messages(peer).flatMap(({ method, params }) =>
        method === "notifications/progress" ? [(params as McpTest.Json)["progress"]] : []
      )
      assert.deepStrictEqual(reported, [1, 2, 9])
    })
)
