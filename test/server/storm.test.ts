/**
 * A storm of registrations: 500 scopes, each with a tool, a resource and a prompt, are opened and closed on a server that
 * is busy, with conversations of both eras, subscribers, and two listeners that do not read.
 *
 * Who listens hears of it a bounded number of times: at most once per list and turn of the loop; who does not read, what
 * fits in the room for it. Calls in flight end with their registrations, all others are answered, and when the storm is
 * over no fiber and no memory of it is left. The loop's turns are counted, time is not looked at.
 */
import { assert, it } from "@effect/vitest"
import { type Context, Deferred, Effect, Exit, Fiber, Layer, Metric, Scope } from "effect"
import { McpClient, McpPrompt, McpResource, McpServer, McpTool, McpTransport } from "mcp-effect"
import * as McpLimits from "mcp-effect/McpLimits"
import { ListPrompts } from "mcp-effect/methods/prompts"
import { ListResources } from "mcp-effect/methods/resources"
import { McpTest } from "mcp-effect/testing"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { eras, type Era, handshake, Record, request, Sync, tools, versions } from "../laws/support/app.ts"
import { settle } from "../laws/support/law.ts"
import { messages, until } from "../laws/support/scripted.ts"

const SCOPES = 500
const WAVE = 50
/** Characters that wait for who does not read. */
const SOFT = 1000
/** No notification of the storm is longer. */
const LONGEST = 150
const STEADY = "storm://steady"
const ALLOWED = 2 * 1024 * 1024

const changed = ["tools", "resources", "prompts"].map((list) => `notifications/${list}/list_changed`)
const UPDATED = "notifications/resources/updated"

/** The server with what is there all the time, and the context in which more registers on it. */
const serving = Effect.gen(function* () {
  const captured = yield* Deferred.make<Context.Context<McpServer.McpServer>>()
  const app = Layer.mergeAll(
    tools(new Record()),
    McpResource.make(STEADY, { name: "steady" }).toLayer(Effect.succeed("steady")),
    McpPrompt.make("steady").toLayer(() => Effect.succeed("steady")),
    Layer.effectDiscard(
      Effect.flatMap(Effect.context<McpServer.McpServer>(), (context) => Deferred.succeed(captured, context))
    )
  ).pipe(Layer.provide(McpServer.layer({ name: "storm", version: "1.0.0" })))
  const acceptor = yield* McpTest.acceptor(app)
  return { acceptor, context: yield* Deferred.await(captured) }
})

const connected = (acceptor: McpTransport.Acceptor, era: Era) =>
  Effect.gen(function* () {
    const [clientEnd, serverEnd] = yield* McpTransport.loopback
    yield* Effect.forkScoped(acceptor.run(serverEnd))
    return yield* McpClient.connect(clientEnd, { revision: versions[era] })
  })

/** A raw peer that hears of every list, and of the steady resource. */
const listening = (acceptor: McpTransport.Acceptor, era: Era) =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const faulty = yield* McpTest.faulty(transport)
    yield* Effect.forkScoped(acceptor.run(faulty.transport))
    yield* Effect.addFinalizer(() => faulty.release)
    yield* handshake(peer, era)
    const wish = {
      toolsListChanged: true,
      promptsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: [STEADY]
    }
    const asked =
      era === "legacy"
        ? request(era, "watch", "resources/subscribe", { uri: STEADY })
        : request(era, "listen", "subscriptions/listen", { notifications: wish })
    yield* peer.send(asked)
    yield* peer.next
    const before = peer.received.length
    const heard = (method: string) =>
      messages(peer)
        .slice(before)
        .filter((message) => message["method"] === method).length
    const size = () => peer.received.slice(before).join("").length
    return { heard, size, stall: faulty.stall, release: faulty.release }
  })

/** The rest of this turn of the loop. */
const turn = Effect.callback<void>((resume) => McpTransport.later(() => resume(Effect.void)))

/** How many turns the loop has made since. */
const turns = Effect.map(
  Effect.acquireRelease(
    Effect.sync(() => {
      const counter = { count: 0, running: true }
      const tick = () => {
        counter.count += 1
        if (counter.running) setImmediate(tick)
      }
      setImmediate(tick)
      return counter
    }),
    (counter) => Effect.sync(() => void (counter.running = false))
  ),
  (counter) => () => counter.count
)

/** One registration of the storm: its tool hangs until the registration ends. */
const registered = (name: string, started: () => void) =>
  Effect.gen(function* () {
    yield* McpTool.make(name).register(() => Effect.andThen(Effect.sync(started), Effect.never))
    yield* McpResource.make(`storm://${name}`, { name }).register(Effect.succeed(name))
    yield* McpPrompt.make(name).register(() => Effect.succeed(name))
    yield* McpServer.updated(STEADY)
  })

/** Opens scopes at once, calls into each by every client, and closes them at once; gives how the calls ended. */
const wave = (names: ReadonlyArray<string>, clients: ReadonlyArray<McpClient.Service>) =>
  Effect.gen(function* () {
    let started = 0
    const scopes = yield* Effect.forEach(names, (name) =>
      Effect.tap(Scope.make(), (scope) =>
        Scope.provide(
          registered(name, () => (started += 1)),
          scope
        )
      )
    )
    const calls = yield* Effect.forEach(
      names.flatMap((name) => clients.map((client) => client.callTool(name))),
      (call) => Effect.forkChild(Effect.exit(call), { startImmediately: true })
    )
    assert.isTrue(yield* until(() => started === calls.length), "a call has not reached its handler")
    yield* Effect.forEach(scopes, (scope) => Scope.close(scope, Exit.void), { concurrency: "unbounded" })
    const ended = () => calls.every((call) => call.pollUnsafe() !== undefined)
    assert.isTrue(yield* until(ended), "a call outlived the registration of its tool")
    return yield* Effect.forEach(calls, Fiber.join)
  })

const names = Array.from({ length: SCOPES }, (_, index) => `storm-${index}`)
const waves = Array.from({ length: SCOPES / WAVE }, (_, index) => names.slice(index * WAVE, (index + 1) * WAVE))

/** The whole storm, while every client calls what is there all the time; gives how all calls ended. */
const storm = (clients: ReadonlyArray<McpClient.Service>) =>
  Effect.gen(function* () {
    const load = { over: false, answered: 0 }
    // in memory a call and its answer take no turn of the loop: without one between, nothing else would come to run
    const calling = (client: McpClient.Service): Effect.Effect<void, unknown> =>
      Effect.gen(function* () {
        while (!load.over) {
          yield* client.call(Sync, { name: "steady" })
          load.answered += 1
          yield* turn
        }
      })
    const calls = yield* Effect.forEach(clients, (client) => Effect.forkChild(calling(client)))
    const exits = yield* Effect.forEach(waves, (names) => wave(names, clients))
    load.over = true
    yield* Effect.forEach(calls, Fiber.join)
    return { exits: exits.flat(), answered: load.answered }
  })

const counting = () => {
  const fibers = { live: 0 }
  const metrics: Metric.FiberRuntimeMetricsService = {
    recordFiberStart: () => void fibers.live++,
    recordFiberEnd: () => void fibers.live--
  }
  return { fibers, within: Effect.provideService(Metric.FiberRuntimeMetrics, metrics) }
}

const limited = Effect.provideService(McpLimits.McpLimits, { ...McpLimits.defaults, unsentSoft: SOFT })

it.effect(
  "is heard of a bounded number of times, and nothing of it is left",
  () => {
    const { fibers, within } = counting()
    return Effect.gen(function* () {
      const { acceptor, context } = yield* serving
      const clients = yield* Effect.forEach(eras, (era) => connected(acceptor, era))
      const readers = yield* Effect.forEach(eras, (era) => listening(acceptor, era))
      const stalled = yield* Effect.forEach(eras, (era) => listening(acceptor, era))
      yield* Effect.forEach(stalled, ({ stall }) => stall)
      yield* settle
      const before = fibers.live
      const turned = yield* Effect.scoped(
        Effect.gen(function* () {
          const count = yield* turns
          const { answered, exits } = yield* Effect.provideContext(storm(clients), context)
          assert.strictEqual(exits.length, SCOPES * clients.length)
          assert.isTrue(exits.every(Exit.hasFails), "a call was answered by nobody")
          assert.isAtLeast(answered, SCOPES / WAVE)
          return count()
        })
      )
      // the last turn's notices have left
      yield* until(() => readers.every(({ heard }) => changed.every((method) => heard(method) > 0)))
      yield* settle
      for (const { heard } of readers) {
        for (const method of [...changed, UPDATED]) {
          console.log(`${SCOPES} scopes, ${turned} turns: ${method} ${heard(method)} times`)
          assert.isAtLeast(heard(method), 1, method)
          assert.isAtMost(heard(method), Math.min(turned, SCOPES / 5), method)
        }
      }
      for (const { size } of stalled) assert.strictEqual(size(), 0, "a listener that does not read has heard something")
      yield* Effect.forEach(stalled, ({ release }) => release)
      yield* until(() => stalled.every(({ heard }) => changed.every((method) => heard(method) > 0)))
      yield* settle
      for (const { heard, size } of stalled) {
        for (const method of [...changed, UPDATED]) assert.isAtLeast(heard(method), 1, method)
        // what the sink had taken and what waited for it, each with the one that filled it; and one of each that waited for room
        assert.isAtMost(size(), 2 * (SOFT + LONGEST) + 4 * LONGEST)
      }
      assert.strictEqual(fibers.live, before, "fibers of the storm are left")
      for (const client of clients) {
        const { tools } = yield* client.listTools()
        const { resources } = yield* client.request(ListResources)
        const { prompts } = yield* client.request(ListPrompts)
        assert.deepStrictEqual(
          [...tools, ...resources, ...prompts].filter(({ name }) => name.startsWith("storm")),
          []
        )
      }
    }).pipe(Effect.scoped, limited, within)
  },
  { timeout: 120_000 }
)

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const heap = Effect.sync(() => {
  for (let turn = 0; turn < 4; turn++) collect()
  return process.memoryUsage().heapUsed
})

it.effect(
  "leaves the heap where it was, storm after storm on one server",
  () =>
    Effect.gen(function* () {
      const { acceptor, context } = yield* serving
      const clients = yield* Effect.forEach(eras, (era) => connected(acceptor, era))
      const round = Effect.asVoid(Effect.provideContext(storm(clients), context))
      yield* round
      yield* round
      const start = yield* heap
      for (const repeat of [1, 2, 3]) {
        yield* round
        assert.isAtMost((yield* heap) - start, ALLOWED, `repeat ${repeat}`)
      }
    }).pipe(Effect.scoped, limited),
  { timeout: 120_000 }
)
