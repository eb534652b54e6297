/**
 * A client whose server is hostile besides its answers: floods, noise, batches, lines that are too long or break off.
 *
 * Whatever nobody reads is kept up to a bound, the newest of it; calls go on meanwhile. What is no message for a client of
 * its revision is dropped, and what can never be answered any more ends by its limit or with the connection.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, McpMethod } from "mcp-effect"
import { LoggingMessage } from "mcp-effect/methods/logging"
import { McpTest } from "mcp-effect/testing"
import { eras, versions } from "../laws/support/app.ts"
import { fibersLeft, settle } from "../laws/support/law.ts"
import { failureOf, fork, within } from "../laws/support/limits.ts"
import { bounded, until } from "../laws/support/scripted.ts"
import {
  type Asked,
  asked,
  deep,
  heard,
  hostile,
  playing,
  rpc,
  type Script,
  text,
  told,
  failed
} from "./support/hostile.ts"
import { greet, pipe } from "./support/hostileBytes.ts"

const FLOOD = 100_000
const good: Script = (one) => (one.method === "tools/call" ? [text(one, "good")] : undefined)

const log = (data: unknown) => told("notifications/message", { level: "info", data })

const isGood = (client: McpClient.Service) =>
  Effect.gen(function* () {
    const exit = yield* bounded("the call", client.callTool("good"))
    assert.deepInclude((yield* exit).content[0], { text: "good" })
  })

const upTo = (count: number) => Array.from({ length: count }, (_, n) => n)

/** Sends many messages, a call in their midst. */
const flood = (client: McpClient.Service, peer: McpTest.RawPeer, message: (n: number) => McpTest.Json) =>
  Effect.gen(function* () {
    yield* Effect.forEach(upTo(FLOOD / 2), (n) => peer.send(message(n)), { discard: true })
    assert.deepInclude((yield* client.callTool("good")).content[0], { text: "good" })
    yield* Effect.forEach(upTo(FLOOD / 2), (n) => peer.send(message(FLOOD / 2 + n)), { discard: true })
    assert.deepInclude((yield* client.callTool("good")).content[0], { text: "good" })
  })

describe.each(eras)("a server of the %s era that floods", (era) => {
  const version = versions[era]
  const buffer = 100
  const limits = { buffer }
  const newest = upTo(buffer).map((n) => FLOOD - buffer + n)

  it.effect(
    "with log messages that nobody reads: the newest are kept for each who began to listen, calls go on",
    () =>
      Effect.gen(function* () {
        const { client, peer } = yield* hostile(version, good, { limits })
        const door = yield* Deferred.make<void>()
        const reading = <A>(stream: Stream.Stream<A>) => {
          const taken: Array<A> = []
          const slow = Stream.runForEach(stream, (one) =>
            Effect.andThen(
              Deferred.await(door),
              Effect.sync(() => taken.push(one))
            )
          )
          return Effect.as(fork(slow), taken)
        }
        const logs = yield* reading(Stream.rechunk(client.logs, 1))
        const raw = yield* reading(client.notifications)
        const all = yield* reading(client.messages)
        const handled: Array<unknown> = []
        yield* client.on(LoggingMessage, ({ data }) =>
          Effect.andThen(
            Deferred.await(door),
            Effect.sync(() => handled.push(data))
          )
        )
        yield* settle
        yield* flood(client, peer, log)
        yield* Deferred.succeed(door, undefined)
        yield* until(() => handled.at(-1) === FLOOD - 1 && logs.length > 0 && logs.at(-1)!.data === FLOOD - 1)
        yield* settle
        for (const taken of [
          logs.map(({ data }) => data),
          raw.map(({ params }) => (params as McpTest.Json)["data"]),
          handled
        ]) {
          // besides the newest, what had been taken before the flood
          assert.deepStrictEqual(taken.slice(-buffer), newest)
          assert.isAtMost(taken.length, 3 * buffer)
          assert.deepStrictEqual(
            taken,
            taken.toSorted((a, b) => Number(a) - Number(b))
          )
        }
        assert.isAtMost(all.length, 3 * buffer)
      }).pipe(Effect.scoped),
    60_000
  )

  it.effect(
    "with progress of a call whose listener is slow: the newest are kept, and all of those are told before it returns",
    () =>
      Effect.gen(function* () {
        const { client, peer } = yield* hostile(version, (one) => (one.params["name"] === "slow" ? [] : good(one)), {
          limits
        })
        const door = yield* Deferred.make<void>()
        const reports: Array<number> = []
        const onProgress = ({ progress }: { readonly progress: number }) =>
          Effect.andThen(
            Deferred.await(door),
            Effect.sync(() => void reports.push(progress))
          )
        const calling = yield* fork(client.callTool("slow", {}, { onProgress }))
        yield* settle
        const { id } = asked(peer, "tools/call").at(-1) as unknown as Asked
        yield* flood(client, peer, (progress) => told("notifications/progress", { progressToken: id, progress }))
        yield* peer.send(text({ id } as Asked, "done"))
        yield* settle
        assert.isUndefined(calling.pollUnsafe())
        yield* Deferred.succeed(door, undefined)
        yield* Fiber.join(calling)
        assert.deepStrictEqual(reports.slice(-buffer), newest)
        assert.isAtMost(reports.length, 3 * buffer)
      }).pipe(Effect.scoped),
    60_000
  )

  it.effect(
    "with requests: each is refused, or none answered, and calls go on",
    () =>
      Effect.gen(function* () {
        const { client, peer } = yield* hostile(version, good)
        yield* flood(client, peer, (n) => rpc({ id: `s${n}`, method: "sampling/createMessage", params: {} }))
        const replies = heard(peer).filter(({ method }) => method === undefined)
        assert.strictEqual(replies.length, era === "legacy" ? FLOOD : 0)
      }).pipe(Effect.scoped),
    60_000
  )

  it.effect(
    "with answers to nobody: they are dropped",
    () =>
      Effect.gen(function* () {
        const { client, peer } = yield* hostile(version, good)
        yield* flood(client, peer, (n) => rpc({ id: n + 1000, result: { n } }))
      }).pipe(Effect.scoped),
    60_000
  )
})

it.effect(
  "a server that asks and does not read what it gets for it: the connection ends at the bound, not the memory",
  () =>
    Effect.gen(function* () {
      const { peer, transport } = yield* playing(versions.legacy, good)
      const faulty = yield* McpTest.faulty(transport)
      yield* Effect.addFinalizer(() => faulty.release)
      const limits = { unsentSoft: 1000, unsentHard: 100_000, lastWords: 0 }
      const client = yield* within(limits, McpClient.connect(faulty.transport, { revision: versions.legacy }))
      yield* faulty.stall
      const calling = yield* fork(client.callTool("good"))
      yield* Effect.forEach(upTo(2000), (n) => peer.send(rpc({ id: n, method: "no/such" })), { discard: true })
      yield* until(() => calling.pollUnsafe() !== undefined)
      const reason = failureOf(calling)
      assert.strictEqual(reason._tag, "Closed")
      assert.include((reason as { readonly detail?: string }).detail, "McpLimits.unsentHard")
    }).pipe(Effect.scoped)
)

const Odd = McpMethod.notification("own/odd", { params: Schema.Struct({ n: Schema.Int }) })

describe.each(eras)("a server of the %s era that says", (era) => {
  const version = versions[era]

  it.effect("notifications of the wrong shape: only those that fit are heard as what they say they are", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(version, good)
      const logs: Array<unknown> = []
      const raw: Array<string> = []
      const handled: Array<unknown> = []
      yield* fork(Stream.runForEach(client.logs, ({ data }) => Effect.sync(() => logs.push(data))))
      yield* fork(Stream.runForEach(client.notifications, ({ method }) => Effect.sync(() => raw.push(method))))
      yield* client.on(Odd, ({ n }) => Effect.sync(() => handled.push(n)))
      const odd = [
        { level: 7, data: 1 },
        { level: "loud", data: 2 },
        { data: 3 },
        [],
        { level: "info", data: 4, logger: 7 }
      ]
      for (const params of odd) yield* peer.send(told("notifications/message", params))
      yield* peer.send(rpc({ method: "notifications/message" }))
      for (const params of [{}, { n: "one" }, { n: 0.5 }, { n: 1 }]) yield* peer.send(told("own/odd", params))
      yield* peer.send(`{"jsonrpc":"2.0","method":"own/odd","params":{"n":${deep()}}}`)
      yield* peer.send(`{"jsonrpc":"2.0","method":"notifications/message","params":{"level":${deep()},"data":5}}`)
      yield* peer.send(log("well"))
      yield* isGood(client)
      yield* settle
      assert.deepStrictEqual(logs, ["well"])
      assert.deepStrictEqual(handled, [1])
      // what fits nothing is still a notification
      assert.strictEqual(raw.length, odd.length + 1 + 4 + 3)
    }).pipe(Effect.scoped)
  )

  it.effect("progress of tokens that nobody has, and progress that is none: no call hears it, and all go on", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(version, (one) => (one.params["name"] === "slow" ? [] : good(one)))
      const reports: Array<number> = []
      const onProgress = ({ progress }: { readonly progress: number }) => Effect.sync(() => void reports.push(progress))
      const foreign: Array<unknown> = []
      yield* fork(
        Stream.runForEach(client.notifications, ({ params }) =>
          Effect.sync(() => foreign.push((params as McpTest.Json)["progress"]))
        )
      )
      const calling = yield* fork(client.callTool("slow", {}, { onProgress }))
      yield* settle
      const { id } = asked(peer, "tools/call")[0] as unknown as Asked
      const odd = [
        { progressToken: String(id), progress: 1 },
        { progressToken: id + 1000, progress: 2 },
        { progressToken: "x", progress: 3 },
        { progressToken: [id], progress: 4 },
        { progress: 5 },
        { progressToken: id, progress: "6" },
        { progressToken: id },
        { progressToken: id, progress: 8 }
      ]
      for (const params of odd) yield* peer.send(told("notifications/progress", params))
      yield* isGood(client)
      yield* peer.send(text({ id } as Asked, "done"))
      yield* Fiber.join(calling)
      assert.deepStrictEqual(reports, [8])
      // what is not of our own calls is heard like any other notification
      yield* settle
      assert.deepStrictEqual(foreign, [1, 2, 3, 4, 5])
    }).pipe(Effect.scoped)
  )

  it.effect("more progress of a call that has ended, or has been given up: nobody hears it", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(version, (one) => (one.params["name"] === "slow" ? [] : good(one)))
      const reports: Array<number> = []
      const onProgress = ({ progress }: { readonly progress: number }) => Effect.sync(() => void reports.push(progress))
      const calling = yield* fork(client.callTool("slow", {}, { onProgress, timeout: "1 second" }))
      yield* settle
      yield* TestClock.adjust("1 second")
      assert.deepInclude(failed(calling), { _tag: "Timeout", limit: "total", after: 1000 })
      const [{ id }] = asked(peer, "tools/call") as unknown as [Asked]
      yield* peer.send(told("notifications/progress", { progressToken: id, progress: 1 }))
      yield* peer.send(text({ id } as Asked, "late"))
      yield* isGood(client)
      assert.deepStrictEqual(reports, [])
    }).pipe(Effect.scoped)
  )

  it.effect("things that are nested too deeply to be written again, while everything is looked at: calls go on", () =>
    Effect.gen(function* () {
      const { client, logged, peer } = yield* hostile(version, good, { debug: true })
      yield* fork(Stream.runDrain(client.messages))
      yield* peer.send(`{"jsonrpc":"2.0","method":"deep","params":{"token":"s3cret","deep":${deep()}}}`)
      yield* peer.send(`{"jsonrpc":"2.0","id":"d","method":"deep","params":{"deep":${deep()}}}`)
      yield* isGood(client)
      assert.notInclude(logged.join(""), "s3cret")
    }).pipe(Effect.scoped)
  )
})

describe.each(["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"])("batches in %s", (version) => {
  it.effect("are taken where the revision has them, and nowhere else", () =>
    Effect.gen(function* () {
      const { client } = yield* hostile(version, (one) =>
        one.params["name"] === "batch"
          ? [JSON.stringify([log(1), text(one, "in a batch")]), text(one, "alone")]
          : good(one)
      )
      const exit = yield* bounded("the call", client.callTool("batch"))
      const said = version === "2025-03-26" ? "in a batch" : "alone"
      assert.deepInclude((yield* exit).content[0], { text: said })
      yield* isGood(client)
    }).pipe(Effect.scoped)
  )
})

describe.each(eras)("a server of the %s era over bytes", (era) => {
  const version = versions[era]
  const MAX = 64 * 1024

  /** A client of a pipe, and its first call, which the server has got. */
  const called = Effect.gen(function* () {
    const server = yield* pipe(MAX)
    const connecting = yield* fork(McpClient.connect(server.transport, { revision: version }))
    yield* greet(server, version)
    const client = yield* Fiber.join(connecting)
    const calling = yield* fork(client.callTool("t"))
    const one = yield* server.request("tools/call")
    const line = (said: string) => `${JSON.stringify(text(one, said))}\n`
    return { calling, client, line, one, server }
  })

  it.effect("that exits in the middle of a line: Closed, for what waits and what comes", () =>
    Effect.gen(function* () {
      const { calling, client, line, server } = yield* called
      yield* server.write(line("half").slice(0, -10))
      yield* server.exit
      yield* until(() => calling.pollUnsafe() !== undefined)
      assert.strictEqual(failureOf(calling)._tag, "Closed")
      assert.strictEqual((yield* Effect.flip(client.ping())).reason._tag, "Closed")
    }).pipe(Effect.scoped)
  )

  it.effect("that exits behind the last brace, without the end of the line: the answer counts", () =>
    Effect.gen(function* () {
      const { calling, line, server } = yield* called
      yield* server.write(line("whole").trimEnd())
      yield* server.exit
      assert.deepInclude((yield* Fiber.join(calling)).content[0], { text: "whole" })
    }).pipe(Effect.scoped)
  )

  it.effect("that exits in the middle of a line: nothing is left", () =>
    Effect.gen(function* () {
      const exiting = Effect.gen(function* () {
        const { calling, line, server } = yield* called
        yield* server.write(line("half").slice(0, 5))
        yield* server.exit
        yield* Fiber.await(calling)
      })
      assert.strictEqual(yield* fibersLeft(exiting), 0)
    })
  )

  it.effect("that answers beyond what a message may have: the idle limit, and the next line is read", () =>
    Effect.gen(function* () {
      const { calling, client, line, server } = yield* called
      yield* server.write(line("x".repeat(MAX)))
      yield* settle
      assert.isUndefined(calling.pollUnsafe())
      const next = yield* fork(client.callTool("next"))
      const one = yield* server.request("tools/call")
      yield* server.write(`${JSON.stringify(text(one, "good"))}\n`)
      assert.deepInclude((yield* Fiber.join(next)).content[0], { text: "good" })
      yield* TestClock.adjust("60 seconds")
      yield* settle
      assert.deepInclude(failed(calling), { _tag: "Timeout", limit: "idle" })
    }).pipe(Effect.scoped)
  )

  it.effect("that never ends a line: only the limit of it is kept, and then the next line is read", () =>
    Effect.gen(function* () {
      const { calling, line, server } = yield* called
      const chunk = "y".repeat(MAX)
      for (let sent = 0; sent < 200; sent++) yield* server.write(chunk)
      yield* server.write(`\n${line("at last")}`)
      assert.deepInclude((yield* Fiber.join(calling)).content[0], { text: "at last" })
    }).pipe(Effect.scoped)
  )

  it.effect("that sends its answer byte by byte, between lines that are none", () =>
    Effect.gen(function* () {
      const { calling, line, server } = yield* called
      const noise = 'warming up\n\n{}\n[]\nnull\n{"jsonrpc":"2.0"}\n\u0000\n'
      for (const byte of `${noise}${line("slowly")}`) yield* server.write(byte)
      assert.deepInclude((yield* Fiber.join(calling)).content[0], { text: "slowly" })
    }).pipe(Effect.scoped)
  )
})
