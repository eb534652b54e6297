/**
 * Guards, limits and caches, everywhere: the middleware that is ready made, and what callers get who are refused.
 *
 * A refused tool is a result for its model, with data for programs; anything else is a protocol error. Principals come
 * from exchanges of their own, time is the test's own clock.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpMiddleware, McpRequest, McpTool } from "mcp-effect"
import { ReadResource } from "mcp-effect/methods/resources"
import { CallTool } from "mcp-effect/methods/tools"
import { McpTest } from "mcp-effect/testing"
import { settle } from "../laws/support/law.ts"
import { cancelled, errorOf, heard, held, quiet, resultOf, told } from "./support/held.ts"
import {
  as,
  call,
  CurrentUser,
  doc,
  Journal,
  prompt,
  reader,
  refusedBy,
  serving,
  textOf,
  tool
} from "./support/middleware.ts"
import { everywhere } from "./support/places.ts"

const forbidden = (guard: string) => ({ tag: "McpError", value: { code: 403, guard } })
const limited = (retryAfterMs?: number) => ({
  tag: "McpError",
  value: { code: 429, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
})

everywhere("guards and limits", (place) => {
  it.effect("a guard lets nobody through to a tool: a result for the model, data for programs", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const app = serving(
        tool("tool", journal),
        McpMiddleware.guard("door", (call) => call.name !== "tool")
      )
      const raw = yield* place.raw(app)
      const result = yield* call(raw, "tool")
      assert.isUndefined(place.spoken.check(CallTool.result, result))
      assert.deepStrictEqual(refusedBy(result), forbidden("door"))
      assert.include(textOf(result), "tool")
      assert.deepStrictEqual(journal.read(), [])
      const client = yield* place.connect(app)
      const { reason } = yield* Effect.flip(client.call(McpTool.make("tool")))
      assert.deepInclude(reason, { _tag: "Forbidden", guard: "door" })
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    ["resources/read", { uri: "docs://a" }],
    ["prompts/get", { name: "prompt" }],
    ["tools/list", {}],
    ["resources/list", {}]
  ] as const)("a guard refuses %s with a protocol error that names it", ([method, params]) =>
    Effect.gen(function* () {
      const journal = new Journal()
      const items = Layer.mergeAll(tool("tool", journal), doc(journal), prompt(journal))
      const guard = McpMiddleware.guard("door", (call) => Effect.succeed(call.method !== method))
      const raw = yield* place.raw(serving(items, guard))
      const error = errorOf(yield* raw.ask(1, method, params))
      assert.deepInclude(error, { code: 403, data: { guard: "door" } })
      assert.deepStrictEqual(journal.read(), [])
    }).pipe(Effect.scoped)
  )

  it.effect("the client knows who forbade reading", () =>
    Effect.gen(function* () {
      const guard = McpMiddleware.guard("door", ({ tags }) => !tags.includes("secret"))
      const client = yield* place.connect(serving(doc(new Journal()), guard))
      const { reason } = yield* Effect.flip(client.request(ReadResource, { uri: "docs://a" }))
      assert.deepInclude(reason, { _tag: "Forbidden", guard: "door" })
    }).pipe(Effect.scoped)
  )

  it.effect("a handler reads a resource only past the resource's own guard", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const open = yield* place.raw(serving(Layer.merge(reader, doc(journal))))
      assert.strictEqual(textOf(yield* call(open, "reader")), "read text of a")
      const seen: Array<string> = []
      const guard = McpMiddleware.guard("door", (call) => {
        seen.push(`${call.method} ${call.name} ${call.tags.join()}`)
        return false
      })
      const guarded = doc(journal).pipe(Layer.provide(guard))
      const raw = yield* place.raw(serving(Layer.merge(reader, guarded)))
      journal.read()
      const refused: unknown = JSON.parse(textOf(yield* call(raw, "reader")))
      assert.deepInclude(refused, { fault: "Forbidden", data: { guard: "door" } })
      assert.deepStrictEqual(journal.read(), [])
      assert.deepStrictEqual(seen, ["resources/read docs://a secret"])
    }).pipe(Effect.scoped)
  )

  if (place.era === "legacy") {
    it.effect.each(["resources/subscribe", "logging/setLevel", "initialize"])(
      "what a guard refuses is not done: %s",
      (method) =>
        Effect.gen(function* () {
          const Loud = McpTool.make("loud").toLayer(() =>
            Effect.andThen(McpRequest, (request) => Effect.as(request.log("debug", "loud"), "said"))
          )
          const { app, server } = held(Layer.merge(doc(new Journal()), Loud))
          const guard = McpMiddleware.guard("door", (call) => call.method !== method)
          const raw = yield* place.bare(Layer.provide(app, guard))
          const clientInfo = { name: "raw", version: "1.0.0" }
          const opening = { protocolVersion: place.revision, capabilities: {}, clientInfo }
          const opened = yield* raw.ask(1, "initialize", opening)
          if (method !== "initialize") yield* raw.send({ jsonrpc: "2.0", method: "notifications/initialized" })
          const replies = [
            opened,
            yield* raw.ask(2, "resources/subscribe", { uri: "docs://a" }),
            yield* raw.ask(3, "logging/setLevel", { level: "debug" }),
            yield* raw.ask(4, "tools/call", { name: "loud" })
          ]
          yield* (yield* server).updated("docs://a")
          yield* quiet(raw)
          const codes = replies.map(({ error }) => (error as { readonly code: number } | undefined)?.code)
          const refused = ["initialize", "resources/subscribe", "logging/setLevel"].indexOf(method)
          const expected = [0, 1, 2, 3].map((index) => (index === refused ? 403 : refused === 0 ? -32602 : undefined))
          assert.deepStrictEqual(codes, expected)
          assert.strictEqual(told(raw, "notifications/resources/updated").length, refused > 1 ? 1 : 0)
          assert.strictEqual(told(raw, "notifications/message").length, refused === 1 ? 1 : 0)
        }).pipe(Effect.scoped)
    )
  }

  it.effect("a limit of rate counts each principal and each tool by itself, and says when to come again", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const items = Layer.mergeAll(tool("one", journal), tool("two", journal))
      const limit = McpMiddleware.rateLimit({ limit: 2, window: "10 seconds" })
      const acceptor = yield* McpTest.acceptor(serving(items, limit))
      const asked = (who: string, name: string) =>
        Effect.map(as(acceptor, place, who, "tools/call", { name }), (reply) => refusedBy(resultOf(reply)))
      assert.strictEqual(yield* asked("alice", "one"), "no error")
      yield* TestClock.adjust("4 seconds")
      assert.strictEqual(yield* asked("alice", "one"), "no error")
      assert.deepStrictEqual(yield* asked("alice", "one"), limited(6000))
      assert.strictEqual(yield* asked("bob", "one"), "no error")
      assert.strictEqual(yield* asked("alice", "two"), "no error")
      assert.deepStrictEqual(journal.read(), ["one", "one", "one", "two"])
      yield* TestClock.adjust("5999 millis")
      assert.deepStrictEqual(yield* asked("alice", "one"), limited(1))
      yield* TestClock.adjust("1 millis")
      for (const _ of [1, 2]) assert.strictEqual(yield* asked("alice", "one"), "no error")
      assert.deepStrictEqual(yield* asked("alice", "one"), limited(10_000))
    }).pipe(Effect.scoped)
  )

  it.effect("a limit of rate may count what its user says; elsewhere than at a tool it is a protocol error", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const limit = McpMiddleware.rateLimit({ limit: 1, window: "1 minute", per: ({ method }) => method })
      const app = serving(Layer.merge(doc(journal), tool("tool", journal)).pipe(Layer.provide(limit)))
      const acceptor = yield* McpTest.acceptor(app)
      const read = (who: string) => as(acceptor, place, who, "resources/read", { uri: "docs://a" })
      assert.isDefined(resultOf(yield* read("alice")))
      assert.deepInclude(errorOf(yield* read("bob")), { code: 429, data: { retryAfterMs: 60_000 } })
      const client = yield* place.connect(app)
      yield* client.callTool("tool")
      const { reason } = yield* Effect.flip(client.call(McpTool.make("tool")))
      assert.deepInclude(reason, { _tag: "RateLimited", retryAfterMs: 60_000 })
    }).pipe(Effect.scoped)
  )

  it.effect("a limit of concurrency refuses what is too much, and a cancelled call frees its place", () =>
    Effect.gen(function* () {
      const door = yield* Deferred.make<void>()
      const Wait = McpTool.make("wait").toLayer(() => Effect.as(Deferred.await(door), "at last"))
      const limit = McpMiddleware.concurrencyLimit({ limit: 2 })
      const raw = yield* place.raw(serving(Layer.merge(Wait, tool("other", new Journal())).pipe(Layer.provide(limit))))
      for (const id of [1, 2]) yield* raw.send(raw.message(id, "tools/call", { name: "wait" }))
      assert.deepStrictEqual(refusedBy(yield* call(raw, "wait")), limited())
      assert.strictEqual(textOf(yield* call(raw, "other")), "said other")
      yield* raw.send(cancelled(1))
      yield* settle
      yield* raw.send(raw.message(3, "tools/call", { name: "wait" }))
      assert.deepStrictEqual(refusedBy(yield* call(raw, "wait")), limited())
      yield* Deferred.succeed(door, undefined)
      yield* settle
      assert.strictEqual(textOf(yield* call(raw, "wait")), "at last")
      const answered = heard(raw).filter(({ id }) => id === 1 || id === 2 || id === 3)
      assert.sameMembers(
        answered.map(({ id }) => id),
        [2, 3]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("a place is freed by failures and defects, too", () =>
    Effect.gen(function* () {
      const limit = McpMiddleware.concurrencyLimit({ limit: 1 })
      const Dies = McpTool.make("dies").toLayer(() => Effect.die(new Error("inside")))
      const raw = yield* place.raw(serving(Dies.pipe(Layer.provide(limit))))
      for (const id of [1, 2]) {
        assert.strictEqual(errorOf(yield* raw.ask(id, "tools/call", { name: "dies" })).code, -32603)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("a guard may ask services, and refuse in words of its own", () =>
    Effect.gen(function* () {
      const users = Layer.succeed(CurrentUser, { name: "alice" })
      const guard = McpMiddleware.guard("mine", (call) =>
        Effect.flatMap(CurrentUser, ({ name }) =>
          call.principal.id === "carol"
            ? Effect.fail(new McpMiddleware.RateLimited({ detail: "Not so fast", retryAfterMs: 5 }))
            : Effect.succeed(call.principal.id === name)
        )
      ).pipe(Layer.provide(users))
      const acceptor = yield* McpTest.acceptor(serving(tool("tool", new Journal()), guard))
      const asked = (who: string) =>
        Effect.map(as(acceptor, place, who, "tools/call", { name: "tool" }), (reply) => refusedBy(resultOf(reply)))
      assert.strictEqual(yield* asked("alice"), "no error")
      assert.deepStrictEqual(yield* asked("bob"), forbidden("mine"))
      assert.deepStrictEqual(yield* asked("carol"), limited(5))
    }).pipe(Effect.scoped)
  )
})

everywhere("cached results", (place) => {
  /** A tool whose runs are counted, behind a cache. */
  const cached = (options: Partial<McpMiddleware.CacheOptions> = {}) => {
    let runs = 0
    const Sum = McpTool.make("sum", {
      parameters: { a: Schema.Int, b: Schema.Struct({ c: Schema.Int, d: Schema.Array(Schema.Int) }) }
    })
    const Fails = McpTool.make("fails", { failure: Schema.Int })
    const items = Layer.merge(
      Sum.toLayer(({ a }) => Effect.sync(() => `run ${++runs} of ${a}`)),
      Fails.toLayer(() => Effect.suspend(() => Effect.fail(++runs)))
    )
    return serving(items, McpMiddleware.cache({ ttl: "1 minute", ...options }))
  }
  const args = { a: 1, b: { c: 2, d: [3, 4] } }

  it.effect("are given again until their time is over", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(cached())
      const first = yield* call(raw, "sum", args)
      assert.strictEqual(textOf(first), "run 1 of 1")
      yield* TestClock.adjust("59999 millis")
      const again = yield* call(raw, "sum", args)
      assert.isUndefined(place.spoken.check(CallTool.result, again))
      assert.deepStrictEqual(again, first)
      yield* TestClock.adjust("1 millis")
      assert.strictEqual(textOf(yield* call(raw, "sum", args)), "run 2 of 1")
    }).pipe(Effect.scoped)
  )

  it.effect("belong to the arguments, whatever their order and the `_meta` of their request", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(cached())
      yield* call(raw, "sum", args)
      assert.strictEqual(textOf(yield* call(raw, "sum", { b: { d: [3, 4], c: 2 }, a: 1 })), "run 1 of 1")
      const tagged = yield* raw.ask(
        1,
        "tools/call",
        { arguments: args, name: "sum" },
        { progressToken: "t", "acme/x": 1 }
      )
      assert.strictEqual(textOf(resultOf(tagged)), "run 1 of 1")
      assert.strictEqual(textOf(yield* call(raw, "sum", { a: 1, b: { c: 2, d: [4, 3] } })), "run 2 of 1")
      assert.strictEqual(textOf(yield* call(raw, "sum", { a: 2, b: { c: 2, d: [3, 4] } })), "run 3 of 2")
    }).pipe(Effect.scoped)
  )

  it.effect("are not those of errors", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(cached())
      const failures = [yield* call(raw, "fails"), yield* call(raw, "fails")].map(refusedBy)
      assert.deepStrictEqual(failures, [{ value: 1 }, { value: 2 }])
      for (const runs of [3, 4]) {
        assert.isDefined(yield* raw.ask(1, "tools/call", { name: "sum", arguments: { a: "no" } }))
        assert.deepStrictEqual(refusedBy(yield* call(raw, "fails")), { value: runs })
      }
    }).pipe(Effect.scoped)
  )

  it.effect("are kept apart by principal, or by what their user says", () =>
    Effect.gen(function* () {
      const params = { name: "sum", arguments: args }
      const ask = (acceptor: Parameters<typeof as>[0], who: string) =>
        Effect.map(as(acceptor, place, who, "tools/call", params), (reply) => textOf(resultOf(reply)))
      const apart = yield* McpTest.acceptor(cached())
      assert.strictEqual(yield* ask(apart, "alice"), "run 1 of 1")
      assert.strictEqual(yield* ask(apart, "bob"), "run 2 of 1")
      assert.strictEqual(yield* ask(apart, "alice"), "run 1 of 1")
      const together = yield* McpTest.acceptor(cached({ per: () => "everybody" }))
      assert.strictEqual(yield* ask(together, "alice"), "run 1 of 1")
      assert.strictEqual(yield* ask(together, "bob"), "run 1 of 1")
    }).pipe(Effect.scoped)
  )

  it.effect("are those of questions: what opens a conversation, or watches in it, is done each time", () =>
    Effect.gen(function* () {
      const app = serving(doc(new Journal()), McpMiddleware.cache({ ttl: "1 minute" }))
      const acceptor = yield* McpTest.acceptor(app)
      for (const id of [1, 2]) {
        const { peer, transport } = yield* McpTest.scripted()
        yield* Effect.forkScoped(acceptor.run(transport))
        const ask = (method: string, params: object) =>
          Effect.andThen(peer.send(place.message(id, method, params)), peer.next)
        if (place.era === "modern") {
          const { params } = yield* ask("subscriptions/listen", { notifications: {} })
          assert.deepNestedInclude(params, { notifications: {} })
          const result = resultOf(yield* peer.next)
          assert.deepInclude(result["_meta"], { "io.modelcontextprotocol/subscriptionId": id })
        } else {
          const clientInfo = { name: "raw", version: "1.0.0" }
          const opening = { protocolVersion: place.revision, capabilities: {}, clientInfo }
          assert.strictEqual(resultOf(yield* ask("initialize", opening))["protocolVersion"], place.revision)
          resultOf(yield* ask("logging/setLevel", { level: "error" }))
          resultOf(yield* ask("resources/subscribe", { uri: "docs://a" }))
          resultOf(yield* ask("resources/unsubscribe", { uri: "docs://a" }))
          resultOf(yield* ask("resources/read", { uri: "docs://a" }))
        }
      }
    }).pipe(Effect.scoped)
  )

  it.effect("are no more than the capacity; the one used least recently goes", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(cached({ capacity: 2 }))
      const sum = (a: number) => Effect.map(call(raw, "sum", { ...args, a }), textOf)
      for (const a of [1, 2]) yield* sum(a)
      assert.strictEqual(yield* sum(1), "run 1 of 1")
      assert.strictEqual(yield* sum(3), "run 3 of 3")
      assert.strictEqual(yield* sum(1), "run 1 of 1")
      assert.strictEqual(yield* sum(2), "run 4 of 2")
    }).pipe(Effect.scoped)
  )
})
