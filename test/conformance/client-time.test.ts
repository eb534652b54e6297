/**
 * How long a client waits, who says so, and what interruption does; and the debug log.
 *
 * Limits of time are tried on a server that says nothing, interruption on our own, everywhere. The more particular goes
 * before the more general: the call, its method, the client, the reference, the limits of the library.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Stream } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, McpLimits, type McpError } from "mcp-effect"
import { ListTools } from "mcp-effect/methods/tools"
import { McpTest } from "mcp-effect/testing"
import { eras, versions } from "../laws/support/app.ts"
import { fibersLeft, settle } from "../laws/support/law.ts"
import { fork } from "../laws/support/limits.ts"
import { cancels, until } from "../laws/support/scripted.ts"
import { running, Wait } from "./support/client.ts"
import { asked, hostile, kept, playing, rpc, type Script, told, failed } from "./support/hostile.ts"
import { everywhere } from "./support/places.ts"

/** Opens well, and says nothing more. */
const silent: Script = ({ method }) => (method === "initialize" || method === "server/discover" ? undefined : [])

interface Case {
  readonly what: string
  readonly limits?: Partial<McpLimits.Limits>
  readonly reference?: McpClient.Timeouts
  readonly client?: McpClient.Timeouts
  readonly call?: McpClient.CallOptions
  /** Which limit is reached first, and when. */
  readonly reached: readonly [limit: "idle" | "total", after: number]
}

const reference = {
  idle: "20 seconds",
  total: "30 seconds",
  methods: { "tools/call": { idle: "18 seconds" } }
} as const
const client = { idle: "10 seconds", total: "15 seconds" } as const
const cases: ReadonlyArray<Case> = [
  { what: "the default", reached: ["idle", 60_000] },
  { what: "the limits of the library", limits: { idle: "40 seconds" }, reached: ["idle", 40_000] },
  { what: "their total", limits: { idle: "40 seconds", total: "35 seconds" }, reached: ["total", 35_000] },
  {
    what: "the reference before the limits",
    limits: { idle: "1 second" },
    reference: { idle: "20 seconds" },
    reached: ["idle", 20_000]
  },
  { what: "a method before its general limit", reference, reached: ["idle", 18_000] },
  { what: "the client before the reference", reference: { idle: "5 seconds" }, client, reached: ["idle", 10_000] },
  {
    what: "each limit by itself",
    reference: { idle: "20 seconds" },
    client: { total: "15 seconds" },
    reached: ["total", 15_000]
  },
  {
    what: "the client's method before the client",
    client: { ...client, methods: { "tools/call": { idle: "7 seconds" } } },
    reached: ["idle", 7000]
  },
  {
    what: "the client's method before the reference's",
    reference,
    client: { methods: { "tools/call": { idle: "25 seconds", total: "29 seconds" } } },
    reached: ["idle", 25_000]
  },
  {
    what: "what the client's method does not say, the reference's does",
    reference: { methods: { "tools/call": { idle: "9 seconds" } } },
    client: { methods: { "tools/call": { total: "29 seconds" } } },
    reached: ["idle", 9000]
  },
  {
    what: "another method's limits not at all",
    client: { methods: { "tools/list": { idle: "1 second", total: "1 second" } } },
    reached: ["idle", 60_000]
  },
  {
    what: "the call before everything",
    reference,
    client: { ...client, methods: { "tools/call": { idle: "7 seconds", total: "8 seconds" } } },
    call: { timeout: "50 seconds", idleTimeout: "45 seconds" },
    reached: ["idle", 45_000]
  },
  {
    what: "the total of the call, the idle limit of the client",
    client,
    call: { timeout: "4 seconds" },
    reached: ["total", 4000]
  },
  { what: "the idle limit of the call", client, call: { idleTimeout: "3 seconds" }, reached: ["idle", 3000] },
  { what: "no time at all", call: { timeout: 0 }, reached: ["total", 0] }
]

/** A client of a silent server. */
const impatient = (version: string, { client, limits, reference }: Case) =>
  Effect.provideService(
    hostile(version, silent, { ...(limits === undefined ? {} : { limits }), timeouts: client }),
    McpClient.Timeouts,
    reference ?? {}
  )

/** Waits until just before a limit, and then until it. */
const expectAt = <A>(calling: Fiber.Fiber<A, McpError.McpError>, reached: Case["reached"]) =>
  Effect.gen(function* () {
    const [limit, after] = reached
    yield* settle
    if (after > 0) {
      yield* TestClock.adjust(after - 1)
      yield* settle
      assert.isUndefined(calling.pollUnsafe(), "it ends too early")
      yield* TestClock.adjust(1)
    }
    yield* settle
    assert.deepInclude(failed(calling), { _tag: "Timeout", limit, after })
  })

describe.each(eras)("a silent server of the %s era, and a client with", (era) => {
  const version = versions[era]

  it.effect.each(cases)("$what", (row) =>
    Effect.gen(function* () {
      const { client, peer } = yield* impatient(version, row)
      const calling = yield* fork(client.callTool("t", {}, row.call))
      yield* expectAt(calling, row.reached)
      assert.deepStrictEqual(
        cancels(peer),
        asked(peer, "tools/call").map(({ id }) => id)
      )
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    {
      what: "callTool",
      call: (client: McpClient.Service, options: McpClient.CallOptions) => client.callTool("t", {}, options)
    },
    {
      what: "call",
      call: (client: McpClient.Service, options: McpClient.CallOptions) => client.call(Wait, { name: "w" }, options)
    },
    {
      what: "request",
      call: (client: McpClient.Service, options: McpClient.CallOptions) => client.request(ListTools, {}, options)
    },
    {
      what: "listTools",
      call: (client: McpClient.Service, options: McpClient.CallOptions) => client.listTools(options)
    },
    {
      what: "tools",
      call: (client: McpClient.Service, options: McpClient.CallOptions) => Stream.runDrain(client.tools(options))
    },
    {
      what: "readResource",
      call: (client: McpClient.Service, options: McpClient.CallOptions) => client.readResource("x://y", options)
    },
    {
      what: "getPrompt",
      call: (client: McpClient.Service, options: McpClient.CallOptions) => client.getPrompt("p", {}, options)
    },
    {
      what: "complete",
      call: (client: McpClient.Service, options: McpClient.CallOptions) =>
        client.complete({ ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "" } }, options)
    }
  ])("$what has options of its own, and is interrupted at once", ({ call }) =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(version, silent)
      const before = peer.received.length
      yield* expectAt(yield* fork(call(client, { timeout: "4 seconds" })), ["total", 4000])
      yield* expectAt(yield* fork(call(client, { idleTimeout: "3 seconds" })), ["idle", 3000])
      const calling = yield* fork(call(client, {}))
      yield* settle
      const ending = yield* fork(Fiber.interrupt(calling))
      yield* until(() => ending.pollUnsafe() !== undefined)
      assert.isDefined(ending.pollUnsafe(), "the interruption waits")
      yield* settle
      const ids = peer.received.slice(before).flatMap((text) => (JSON.parse(text) as { readonly id?: number }).id ?? [])
      assert.deepStrictEqual(cancels(peer), ids)
      assert.strictEqual(ids.length, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("progress starts the idle limit anew, and not the total one", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(version, silent)
      const calling = yield* fork(client.callTool("t", {}, { idleTimeout: "2 seconds", timeout: "5 seconds" }))
      yield* settle
      const progressToken = asked(peer, "tools/call")[0]!["id"]
      for (const progress of [1, 2, 3, 4]) {
        yield* TestClock.adjust("1 second")
        yield* peer.send(told("notifications/progress", { progressToken, progress }))
        yield* settle
      }
      assert.isUndefined(calling.pollUnsafe())
      yield* TestClock.adjust("1 second")
      yield* settle
      assert.deepInclude(failed(calling), { _tag: "Timeout", limit: "total", after: 5000 })
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    { what: "option", options: { startUp: "3 seconds" }, reference: { startUp: "9 seconds" }, after: 3000 },
    { what: "reference", options: {}, reference: { startUp: "9 seconds" }, after: 9000 },
    { what: "limit of the library", options: {}, reference: {}, after: 12_000 }
  ] as const)("connecting takes no longer than the $what says", ({ after, options, reference }) =>
    Effect.gen(function* () {
      const { transport } = yield* playing(version, () => [])
      const connecting = McpClient.connect(transport, { revision: version, timeouts: options }).pipe(
        Effect.provideService(McpClient.Timeouts, reference),
        Effect.provideService(McpLimits.McpLimits, { ...McpLimits.defaults, startUp: "12 seconds" })
      )
      const fiber = yield* fork(connecting)
      yield* settle
      yield* TestClock.adjust(after - 1)
      assert.isUndefined(fiber.pollUnsafe())
      yield* TestClock.adjust(1)
      yield* settle
      assert.deepInclude(failed(fiber), { _tag: "Timeout", limit: "start-up", after })
    }).pipe(Effect.scoped)
  )

  it.effect("interrupting what has not been sent yet sends nothing", () =>
    Effect.gen(function* () {
      const { peer, transport } = yield* playing(version, (one) => silent(one))
      const faulty = yield* McpTest.faulty(transport)
      yield* Effect.addFinalizer(() => faulty.release)
      const client = yield* Effect.provideService(
        McpClient.connect(faulty.transport, { revision: version }),
        McpLimits.McpLimits,
        { ...McpLimits.defaults, window: 1 }
      )
      const first = yield* fork(client.callTool("first"))
      const second = yield* fork(client.callTool("second"))
      yield* settle
      yield* Fiber.interrupt(second)
      yield* Fiber.interrupt(first)
      yield* settle
      const calls = asked(peer, "tools/call")
      assert.strictEqual(calls.length, 1)
      assert.deepStrictEqual(cancels(peer), [calls[0]!["id"]])
      // and both have made room: for one that reaches its limit, and the next
      yield* expectAt(yield* fork(client.callTool("third", {}, { timeout: "1 second" })), ["total", 1000])
      const fourth = yield* fork(client.callTool("fourth"))
      yield* settle
      yield* peer.send(rpc({ id: asked(peer, "tools/call")[2]!["id"], result: { content: [] } }))
      assert.deepStrictEqual((yield* Fiber.join(fourth)).content, [])
    }).pipe(Effect.scoped)
  )

  it.effect("interrupting a connection that opens leaves nothing", () =>
    Effect.gen(function* () {
      const opening = Effect.gen(function* () {
        const { transport } = yield* playing(version, () => [])
        const connecting = yield* fork(McpClient.connect(transport, { revision: version }))
        yield* settle
        yield* Fiber.interrupt(connecting)
      })
      assert.strictEqual(yield* fibersLeft(opening), 0)
    })
  )

  it.effect("what came too late is not taken for the answer to the next call", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(version, silent)
      const late = yield* fork(client.callTool("late", {}, { timeout: "1 second" }))
      yield* expectAt(late, ["total", 1000])
      const next = yield* fork(client.callTool("next"))
      yield* settle
      const [first, second] = asked(peer, "tools/call").map(({ id }) => id)
      yield* peer.send(rpc({ id: first, result: { content: [{ type: "text", text: "late" }] } }))
      yield* settle
      assert.isUndefined(next.pollUnsafe())
      yield* peer.send(rpc({ id: second, result: { content: [{ type: "text", text: "next" }] } }))
      assert.deepInclude((yield* Fiber.join(next)).content[0], { text: "next" })
    }).pipe(Effect.scoped)
  )
})

everywhere("interrupting a call", (place) => {
  it.effect.each([{ progress: false }, { progress: true }])(
    "returns at once, and interrupts the handler (with progress: $progress)",
    ({ progress }) =>
      Effect.gen(function* () {
        const { client, seen } = yield* running(place)
        const options = progress ? { onProgress: () => Effect.void } : {}
        const calling = yield* fork(client.call(Wait, { name: "w" }, options))
        yield* until(() => seen.started.length === 1)
        yield* Fiber.interrupt(calling)
        yield* until(() => seen.interrupted.length === 1)
        assert.deepStrictEqual(seen.interrupted, ["w"])
        yield* Deferred.succeed(seen.door, undefined)
        yield* client.call(Wait, { name: "after" })
        assert.deepStrictEqual(seen.started, ["w", "after"])
      }).pipe(Effect.scoped)
  )

  it.effect("a limit of time does the same", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* running(place)
      const calling = yield* fork(client.call(Wait, { name: "w" }, { timeout: "2 seconds" }))
      yield* until(() => seen.started.length === 1)
      yield* TestClock.adjust("2 seconds")
      yield* until(() => seen.interrupted.length === 1)
      assert.deepInclude(failed(calling), { _tag: "Timeout", limit: "total", after: 2000 })
      assert.deepStrictEqual(seen.interrupted, ["w"])
    }).pipe(Effect.scoped)
  )

  it.effect("a race that is lost does the same, and leaves nothing", () =>
    Effect.gen(function* () {
      const racing = Effect.gen(function* () {
        const { client, seen } = yield* running(place)
        const first = yield* Effect.raceFirst(client.call(Wait, { name: "w" }), Effect.as(settle, "first"))
        assert.strictEqual(first, "first")
        yield* until(() => seen.interrupted.length === 1)
        assert.deepStrictEqual(seen.interrupted, ["w"])
      })
      assert.strictEqual(yield* fibersLeft(racing), 0)
    })
  )
})

everywhere("the debug log", (place) => {
  const METHODS = ["client: initialize", "server: answer", "client: notifications/initialized"]

  it.effect("has every message in order, without its secrets, where it is asked for", () =>
    Effect.gen(function* () {
      const { layer, lines } = kept()
      yield* Effect.gen(function* () {
        const { client } = yield* running(place, { debug: true })
        yield* client.callTool("meta", { password: "s3cret", name: "ada" })
      }).pipe(Effect.scoped, Effect.provide(layer))
      const said = lines.filter((line) => /^(client|server): \{/.test(line))
      const told = said.map((line) => {
        const { method } = JSON.parse(line.slice(8)) as { readonly method?: string }
        return `${line.slice(0, 6)}: ${method ?? "answer"}`
      })
      const opening = place.era === "legacy" ? METHODS : ["client: server/discover", "server: answer"]
      assert.deepStrictEqual(told, [...opening, "client: tools/call", "server: answer"])
      assert.notInclude(lines.join("\n"), "s3cret")
      const call = said.find((line) => line.includes("tools/call")) ?? assert.fail("The call is not there")
      assert.include(call, '"password":"<redacted>"')
      assert.include(call, '"name":"ada"')
      assert.match(call, /"progressToken":\d/)
    })
  )

  it.effect("has none of it where it is not", () =>
    Effect.gen(function* () {
      const { layer, lines } = kept()
      yield* Effect.gen(function* () {
        const { client } = yield* running(place)
        yield* Effect.exit(client.callTool("meta"))
      }).pipe(Effect.scoped, Effect.provide(layer))
      assert.deepStrictEqual(
        lines.filter((line) => line.includes("jsonrpc")),
        []
      )
    })
  )
})
