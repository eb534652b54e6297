/**
 * Methods that a user answers, everywhere: of the specification, instead of a chapter, and of one's own.
 *
 * They keep the same laws as tools: checked on the way in and on the way out, cancelled, ended with their registration,
 * their defects kept inside.
 */
import { assert, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Fiber, Layer, Queue, Schema, Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, McpMethod, McpPrompt, McpRequest, McpServer, McpTool } from "mcp-effect"
import { Complete } from "mcp-effect/methods/completion"
import { Ping } from "mcp-effect/methods/ping"
import { GetPrompt, ListPrompts } from "mcp-effect/methods/prompts"
import { Listen } from "mcp-effect/methods/subscriptions"
import { CallTool, ListTools } from "mcp-effect/methods/tools"
import { within } from "../laws/support/limits.ts"
import { settle } from "../laws/support/law.ts"
import { cancelled, errorOf, heard, held, nextOf, quiet, resultOf } from "./support/held.ts"
import { byHand, Doors, Misbehave, misbehave, Move, move, Moved, SECRET } from "./support/lowLevel.ts"
import { everywhere } from "./support/places.ts"

const NOON = "2026-01-01T12:00:00.000Z"

everywhere("low-level handlers", (place) => {
  const { era } = place

  it.effect("lists and calls tools by hand, and offers them", () =>
    Effect.gen(function* () {
      const { app } = held(byHand)
      const client = yield* place.connect(app)
      assert.isDefined(client.capabilities.tools)
      const first = yield* client.request(ListTools)
      assert.deepStrictEqual([first.tools[0]?.name, first.nextCursor], ["echo", "second"])
      const { content } = yield* client.callTool("echo", { a: [1] })
      assert.deepStrictEqual(content, [{ type: "text", text: '{"a":[1]}' }])
      const ref = { type: "ref/prompt", name: "any" } as const
      const { completion } = yield* client.request(Complete, { ref, argument: { name: "a", value: "x" } })
      assert.deepStrictEqual(completion.values, ["x!"])
      const raw = yield* place.raw(app)
      assert.strictEqual(errorOf(yield* raw.ask(1, "tools/call", { name: "none" })).code, -32602)
    }).pipe(Effect.scoped)
  )

  it.effect("what it answers is shown as the revision can", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(byHand).app)
      const page = resultOf(yield* raw.ask(1, "tools/list", { cursor: "second" }))
      assert.isUndefined(place.spoken.check(ListTools.result, page))
      const titled = place.since("2025-06-18") ? { title: "A title" } : {}
      assert.deepStrictEqual(page["tools"], [{ name: "second", inputSchema: { type: "object" }, ...titled }])
      const called = resultOf(yield* raw.ask(2, "tools/call", { name: "echo" }))
      assert.isUndefined(place.spoken.check(CallTool.result, called))
      assert.strictEqual(called["resultType"], era === "modern" ? "complete" : undefined)
    }).pipe(Effect.scoped)
  )

  it.effect("parameters of the specification are checked before the handler sees them", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(byHand).app)
      for (const params of [{}, { name: 7 }, { name: "echo", arguments: "a" }]) {
        assert.strictEqual(errorOf(yield* raw.ask(1, "tools/call", params)).code, -32602)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("an answer that does not fit the specification is an incident, and stays inside", () =>
    Effect.gen(function* () {
      const wrong: unknown = { messages: [{ role: SECRET, content: [] }] }
      const Wrong = McpServer.handle(GetPrompt, () => Effect.succeed(wrong as typeof GetPrompt.result.Type))
      const raw = yield* place.raw(held(Wrong).app)
      const error = errorOf(yield* raw.ask(1, "prompts/get", { name: "any" }))
      assert.strictEqual(error.code, -32603)
      assert.isString(error.data?.["incident"])
      assert.notInclude(JSON.stringify(error), SECRET)
    }).pipe(Effect.scoped)
  )

  it.effect("a method of one's own has decoded parameters, and an encoded result, in every revision", () =>
    Effect.gen(function* () {
      const { app } = held(move)
      const client = yield* place.connect(app)
      const { at } = yield* client.request(Move, { at: new Date(NOON), by: 60_000 })
      assert.deepStrictEqual(at, new Date("2026-01-01T12:01:00.000Z"))
      const raw = yield* place.raw(app)
      assert.strictEqual(resultOf(yield* raw.ask(1, "acme/move", { at: NOON }))["at"], "2026-01-01T12:00:01.000Z")
    }).pipe(Effect.scoped)
  )

  it.effect.each([{}, { at: 7 }, { at: "no date" }, { at: NOON, by: 0.5 }])(
    "parameters that do not fit a method of one's own are refused: %j",
    (params) =>
      Effect.gen(function* () {
        const raw = yield* place.raw(held(move).app)
        const error = errorOf(yield* raw.ask(1, "acme/move", params))
        assert.strictEqual(error.code, -32602)
        assert.include(error.message, "by" in params ? "by" : "at")
      }).pipe(Effect.scoped)
  )

  it.effect("what does not fit a method of one's own is not sent by the client", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(held(move).app)
      const { reason } = yield* Effect.flip(client.request(Move, { at: new Date(NOON), by: 0.5 }))
      assert.strictEqual(reason._tag, "InvalidInput")
      const Other = McpMethod.request("acme/move", { params: Move.params, result: Schema.Struct({ no: Schema.Int }) })
      const undecodable = yield* Effect.flip(client.request(Other, { at: new Date(NOON) }))
      assert.strictEqual(undecodable.reason._tag, "Undecodable")
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    ["fault", era === "legacy" ? -32002 : -32602, { how: "fault" }],
    ["busy", 503, undefined]
  ] as const)("a handler that refuses (%s) is answered with the code of the revision", ([how, code, data]) =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(misbehave(new Doors())).app)
      const error = errorOf(yield* raw.ask(1, Misbehave.name, { how }))
      assert.deepStrictEqual([error.code, error.data], [code, data])
    }).pipe(Effect.scoped)
  )

  it.effect.each(["die", "throw", "wrong"])("a handler that breaks (%s) is an incident, and stays inside", (how) =>
    Effect.gen(function* () {
      const raw = yield* place.raw(held(misbehave(new Doors())).app)
      const error = errorOf(yield* raw.ask(1, Misbehave.name, { how }))
      assert.strictEqual(error.code, -32603)
      assert.isString(error.data?.["incident"])
      assert.notInclude(raw.received.join("\n"), SECRET)
      assert.strictEqual(resultOf(yield* raw.ask(2, Misbehave.name, { how: "well" }))["at"], 1)
    }).pipe(Effect.scoped)
  )

  it.effect("a cancelled call is interrupted, cleaned up, and not answered", () =>
    Effect.gen(function* () {
      const doors = new Doors()
      const raw = yield* place.raw(held(misbehave(doors)).app)
      yield* raw.send(raw.message(1, Misbehave.name, { how: "wait" }))
      yield* Deferred.await(doors.started)
      yield* raw.send(cancelled(1))
      yield* Deferred.await(doors.released)
      yield* quiet(raw)
      assert.isEmpty(heard(raw).filter(({ id }) => id === 1))
    }).pipe(Effect.scoped)
  )

  it.effect("a call that takes too long ends at the client, and is interrupted at the server", () =>
    Effect.gen(function* () {
      const doors = new Doors()
      const client = yield* within({ total: "5 seconds" }, place.connect(held(misbehave(doors)).app))
      const calling = yield* Effect.forkScoped(Effect.flip(client.request(Misbehave, { how: "wait" })))
      yield* Deferred.await(doors.started)
      yield* TestClock.adjust("5 seconds")
      const { reason } = yield* Fiber.join(calling)
      assert.deepInclude(reason, { _tag: "Timeout", limit: "total", after: 5000 })
      yield* Deferred.await(doors.released)
    }).pipe(Effect.scoped)
  )

  it.effect("the end of the registration ends its calls, and the method is unknown", () =>
    Effect.gen(function* () {
      const doors = new Doors()
      const { app, server } = held(McpTool.make("still").toLayer(() => Effect.succeed("here")))
      const raw = yield* place.raw(app)
      const scope = yield* Scope.make()
      const on = Layer.succeed(McpServer.McpServer, yield* server)
      yield* Layer.buildWithScope(Layer.provide(misbehave(doors), on), scope)
      yield* raw.send(raw.message(1, Misbehave.name, { how: "wait" }))
      yield* Deferred.await(doors.started)
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.await(doors.released)
      const interrupted = yield* raw.next
      assert.deepStrictEqual([interrupted["id"], errorOf(interrupted).code], [1, -32603])
      assert.strictEqual(errorOf(yield* raw.ask(2, Misbehave.name, { how: "well" })).code, -32601)
      // and it may be registered again
      yield* Effect.scoped(
        Effect.gen(function* () {
          yield* Layer.build(Layer.provide(misbehave(doors), on))
          assert.strictEqual(resultOf(yield* raw.ask(3, Misbehave.name, { how: "well" }))["at"], 1)
        })
      )
    }).pipe(Effect.scoped)
  )

  it.effect("handlers have the request, with their method and parameters", () =>
    Effect.gen(function* () {
      const Own = McpMethod.request("acme/own", {
        params: Schema.Struct({ name: Schema.String }),
        result: Schema.Struct({ said: Schema.String })
      })
      const own = McpServer.handle(Own, () =>
        Effect.gen(function* () {
          const request = yield* McpRequest
          yield* request.progress({ progress: 1 })
          return { said: [request.method, request.name, request.revision, request.params["name"]].join(" ") }
        })
      )
      const raw = yield* place.raw(held(own).app)
      const reply = yield* raw.ask(1, "acme/own", { name: "n" }, { progressToken: "t" })
      assert.strictEqual(resultOf(reply)["said"], `acme/own n ${place.revision} n`)
      assert.strictEqual(heard(raw).at(-2)?.["method"], "notifications/progress")
    }).pipe(Effect.scoped)
  )

  it.effect("notifications of one's own go both ways, and are decoded", () =>
    Effect.gen(function* () {
      const arrived = yield* Queue.unbounded<Date>()
      const hearing = McpServer.onNotification(Moved, ({ at }) => Queue.offer(arrived, at))
      const Tell = McpTool.make("tell").toLayer(() =>
        Effect.andThen(McpRequest, (request) => Effect.as(request.notify(Moved, { at: new Date(NOON) }), "told"))
      )
      const { app } = held(Layer.merge(hearing, Tell))
      const client = yield* place.connect(app)
      yield* client.notify(Moved, { at: new Date(NOON) })
      assert.deepStrictEqual(yield* Queue.take(arrived), new Date(NOON))
      const first = yield* Effect.forkScoped(Stream.runHead(client.notifications), { startImmediately: true })
      yield* client.callTool("tell")
      const notification = yield* Effect.fromOption(yield* Fiber.join(first))
      assert.deepInclude(notification, { method: Moved.name, params: { at: NOON } })
      const raw = yield* place.raw(app)
      yield* raw.send(raw.message(1, "tools/call", { name: "tell" }))
      assert.deepStrictEqual(yield* nextOf(raw, Moved.name), { at: NOON })
      assert.strictEqual((yield* raw.next)["id"], 1)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "a notification that does not fit is not heard, one that nobody awaits is not answered, one that breaks hurts nobody",
    () =>
      Effect.gen(function* () {
        const arrived: Array<Date> = []
        const hearing = McpServer.onNotification(Moved, ({ at }) =>
          at.getTime() === 0 ? Effect.die(new Error(SECRET)) : Effect.sync(() => void arrived.push(at))
        )
        const raw = yield* place.raw(held(Layer.merge(move, hearing)).app)
        for (const params of [{ at: 7 }, {}, { at: new Date(0).toISOString() }, { at: NOON }]) {
          yield* raw.send({ jsonrpc: "2.0", method: Moved.name, params })
        }
        yield* raw.send({ jsonrpc: "2.0", method: "notifications/acme/unknown" })
        const before = raw.received.length
        yield* quiet(raw)
        assert.deepStrictEqual(arrived, [new Date(NOON)])
        assert.strictEqual(raw.received.length, before + 1)
      }).pipe(Effect.scoped)
  )

  it.effect("a listener is deaf when its registration has ended", () =>
    Effect.gen(function* () {
      const arrived: Array<Date> = []
      const hearing = McpServer.onNotification(Moved, ({ at }) => Effect.sync(() => void arrived.push(at)))
      const { app, server } = held(move)
      const raw = yield* place.raw(app)
      const tell = raw.send({ jsonrpc: "2.0", method: Moved.name, params: { at: NOON } })
      const scope = yield* Scope.make()
      yield* Layer.buildWithScope(Layer.provide(hearing, Layer.succeed(McpServer.McpServer, yield* server)), scope)
      yield* Effect.andThen(tell, quiet(raw))
      yield* Scope.close(scope, Exit.void)
      yield* Effect.andThen(tell, quiet(raw))
      assert.strictEqual(arrived.length, 1)
    }).pipe(Effect.scoped)
  )

  const Prompt = McpPrompt.make("prompt").toLayer(() => Effect.succeed("prompt"))
  const Tool = McpTool.make("tool").toLayer(() => Effect.succeed("tool"))
  it.effect.each([
    [
      "tools/list",
      Layer.provideMerge(
        McpServer.handle(ListTools, () => Effect.succeed({ tools: [] })),
        Tool
      )
    ],
    [
      "prompts/list",
      Layer.provideMerge(
        McpServer.handle(ListPrompts, () => Effect.succeed({ prompts: [] })),
        Prompt
      )
    ],
    ["acme/move", Layer.provideMerge(Layer.fresh(move), move)]
  ] as const)("%s has one owner: a second is an error of the build", ([name, items]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(Effect.scoped(McpClient.connect(held(items).app, { revision: place.revision })))
      assert.isTrue(Exit.isFailure(exit))
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.instanceOf(error, McpServer.NameTaken)
      assert.include(error.message, `"${name}" is registered twice`)
    })
  )

  it.effect("what the server answers by itself may be answered by hand", () =>
    Effect.gen(function* () {
      let asked = 0
      const pinging = McpServer.handle(Ping, () => Effect.sync(() => (asked++, {})))
      const listening = McpServer.handle(Listen, () => {
        asked++
        return Effect.succeed({ _meta: { "io.modelcontextprotocol/subscriptionId": 1 } })
      })
      const raw = yield* place.raw(held(Layer.merge(pinging, listening)).app)
      const row = era === "legacy" ? Ping : Listen
      const result = resultOf(yield* raw.ask(1, row.name, { notifications: {} }))
      assert.isUndefined(place.spoken.check(row.result, result))
      assert.strictEqual(asked, 1)
      yield* settle
    }).pipe(Effect.scoped)
  )
})
