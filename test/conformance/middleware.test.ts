/**
 * Middleware, everywhere: what stands around handlers, in which order, what it sees, changes and gives.
 *
 * What is ready made (guards, limits, caches) is in `guards-and-limits`. A journal says who ran; principals come from
 * exchanges of their own.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema, Scope } from "effect"
import { McpMiddleware, McpRequest, McpServer, McpTool } from "mcp-effect"
import { CallTool, ListTools } from "mcp-effect/methods/tools"
import { McpTest } from "mcp-effect/testing"
import { errorOf, resultOf } from "./support/held.ts"
import { as, call, CurrentUser, doc, Journal, prompt, serving, textOf, tool, withUser } from "./support/middleware.ts"
import { everywhere } from "./support/places.ts"

everywhere("middleware", (place) => {
  const { era } = place
  it.effect("the one provided last is outermost; the server's is around an item's", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const inner = tool("both", journal).pipe(
        Layer.provide(journal.around("item inner")),
        Layer.provide(journal.around("item outer"))
      )
      const items = Layer.merge(inner, tool("plain", journal))
      const raw = yield* place.raw(
        items.pipe(
          Layer.provide(McpServer.layer({ name: "order", version: "1.0.0" })),
          Layer.provide(journal.around("server inner")),
          Layer.provide(journal.around("server outer"))
        )
      )
      journal.read()
      yield* call(raw, "both")
      const server = ["server outer in", "server inner in"]
      assert.deepStrictEqual(journal.read(), [
        ...server,
        "item outer in",
        "item inner in",
        "both",
        "item inner out",
        "item outer out",
        "server inner out",
        "server outer out"
      ])
      yield* call(raw, "plain")
      assert.deepStrictEqual(journal.read(), [...server, "plain", "server inner out", "server outer out"])
    }).pipe(Effect.scoped)
  )

  it.effect("a server's is around every method that it answers, lists and refused items too", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const seeing = McpMiddleware.layer((call, next) => {
        seen.push([call.method, call.name ?? "-", ...call.tags].join(" "))
        return next
      })
      const journal = new Journal()
      const items = Layer.mergeAll(tool("tool", journal), doc(journal), prompt(journal))
      const raw = yield* place.raw(serving(items, seeing))
      seen.length = 0
      const asked = [
        ["tools/list", {}, "tools/list -"],
        ["resources/templates/list", {}, "resources/templates/list -"],
        ["tools/call", { name: "tool" }, "tools/call tool of-tool"],
        ["tools/call", { name: "none" }, "tools/call none"],
        ["resources/read", { uri: "docs://a" }, "resources/read docs://a secret"],
        ["prompts/get", { name: "prompt" }, "prompts/get prompt"],
        ...(era === "legacy"
          ? ([["ping", {}, "ping -"]] as const)
          : ([["server/discover", {}, "server/discover -"]] as const))
      ] as const
      for (const [method, params] of asked) yield* raw.ask(1, method, params)
      assert.deepStrictEqual(
        seen,
        asked.map(([, , line]) => line)
      )
      // what does not reach an answer does not reach a middleware
      assert.strictEqual(errorOf(yield* raw.ask(1, "no/such")).code, -32601)
      assert.strictEqual(seen.length, asked.length)
    }).pipe(Effect.scoped)
  )

  it.effect("one that is provided to an item and to its server runs for both", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const twice = journal.around("twice")
      const raw = yield* place.raw(serving(tool("tool", journal).pipe(Layer.provide(twice)), twice))
      journal.read()
      yield* call(raw, "tool")
      assert.deepStrictEqual(journal.read(), ["twice in", "twice in", "tool", "twice out", "twice out"])
    }).pipe(Effect.scoped)
  )

  it.effect("two that are merged are both in force, one inside the other", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const merged = Layer.merge(journal.around("first"), journal.around("second"))
      const raw = yield* place.raw(serving(tool("tool", journal).pipe(Layer.provide(merged))))
      yield* call(raw, "tool")
      const lines = journal.read()
      assert.sameMembers([...lines], ["first in", "second in", "tool", "second out", "first out"])
      const names = lines.map((line) => line.split(" ")[0])
      assert.deepStrictEqual(names, names.toReversed())
    }).pipe(Effect.scoped)
  )

  it.effect("one item's is around that item alone", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const wrapped = tool("wrapped", journal).pipe(Layer.provide(journal.around("item")))
      const raw = yield* place.raw(serving(Layer.merge(wrapped, tool("plain", journal))))
      yield* call(raw, "plain")
      yield* raw.ask(1, "tools/list")
      assert.deepStrictEqual(journal.read(), ["plain"])
      yield* call(raw, "wrapped")
      assert.deepStrictEqual(journal.read(), ["item in", "wrapped", "item out"])
    }).pipe(Effect.scoped)
  )

  it.effect("one Layer around several items counts for each by itself", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const both = Layer.merge(tool("one", journal), tool("two", journal)).pipe(Layer.provide(journal.around("both")))
      const raw = yield* place.raw(serving(both))
      yield* call(raw, "two")
      assert.deepStrictEqual(journal.read(), ["both in", "two", "both out"])
    }).pipe(Effect.scoped)
  )

  it.effect("it sees the result before the revision shows in it, and may change it", () =>
    Effect.gen(function* () {
      const Sum = McpTool.make("sum", { success: Schema.Struct({ sum: Schema.Int }) })
      const seen: Array<McpMiddleware.Result> = []
      const changing = McpMiddleware.layer((_, next) =>
        Effect.map(next, (result) => {
          seen.push(result)
          return { ...result, structuredContent: { sum: 2 }, content: [{ type: "text", text: "changed" }] }
        })
      )
      const app = serving(Sum.toLayer(() => Effect.succeed({ sum: 1 })).pipe(Layer.provide(changing)))
      const raw = yield* place.raw(app)
      const result = yield* call(raw, "sum")
      assert.isUndefined(place.spoken.check(CallTool.result, result))
      assert.strictEqual(textOf(result), "changed")
      assert.deepStrictEqual(seen, [{ content: [{ type: "text", text: '{"sum":1}' }], structuredContent: { sum: 1 } }])
      const client = yield* place.connect(app)
      assert.deepStrictEqual(yield* client.call(Sum), { sum: 2 })
    }).pipe(Effect.scoped)
  )

  it.effect("it may answer by itself, and what it adds to a list is shown", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const answering = McpMiddleware.layer((call, next) =>
        call.method === "tools/call" ? Effect.succeed({ content: [{ type: "text", text: "instead" }] }) : next
      )
      const raw = yield* place.raw(serving(tool("tool", journal), answering))
      assert.strictEqual(textOf(yield* call(raw, "tool")), "instead")
      assert.deepStrictEqual(journal.read(), [])
    }).pipe(Effect.scoped)
  )

  it.effect("what it answers that does not fit, or dies with, stays inside", () =>
    Effect.gen(function* () {
      const secret = "the secret of the middleware"
      const breaking = McpMiddleware.layer((call, next) =>
        call.name === "tool" ? Effect.die(new Error(secret)) : next
      )
      const raw = yield* place.raw(serving(tool("tool", new Journal()), breaking))
      const error = errorOf(yield* raw.ask(1, "tools/call", { name: "tool" }))
      assert.strictEqual(error.code, -32603)
      assert.isString(error.data?.["incident"])
      assert.notInclude(raw.received.join("\n"), secret)
    }).pipe(Effect.scoped)
  )

  it.effect("it may give the handler a service, made for each call", () =>
    Effect.gen(function* () {
      const Who = McpTool.make("who").toLayer(() => Effect.map(CurrentUser, ({ name }) => name))
      const acceptor = yield* McpTest.acceptor(serving(Layer.provide(Who, withUser)))
      for (const who of ["alice", "bob"]) {
        const result = resultOf(yield* as(acceptor, place, who, "tools/call", { name: "who" }))
        assert.strictEqual(textOf(result), who)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("middleware and handler share the state of a call, and no other call does", () =>
    Effect.gen(function* () {
      const Count = McpTool.make("count").toLayer(() => Effect.map(McpRequest, ({ state }) => String(state.get("n"))))
      const counting = () =>
        McpMiddleware.layer((call, next) => {
          call.state.set("n", Number(call.state.get("n") ?? 0) + 1)
          return next
        })
      const raw = yield* place.raw(serving(Count.pipe(Layer.provide(counting())), counting()))
      for (const _ of [1, 2]) assert.strictEqual(textOf(yield* call(raw, "count")), "2")
    }).pipe(Effect.scoped)
  )

  it.effect("it may show less of a list, to some", () =>
    Effect.gen(function* () {
      const hiding = McpMiddleware.layer((call, next) =>
        Effect.map(next, (result) =>
          call.method === "tools/list" && call.principal.id !== "alice" ? { ...result, tools: [] } : result
        )
      )
      const acceptor = yield* McpTest.acceptor(serving(tool("tool", new Journal()), hiding))
      for (const [who, count] of [
        ["bob", 0],
        ["alice", 1],
        ["bob", 0]
      ] as const) {
        const result = resultOf(yield* as(acceptor, place, who, "tools/list", {}))
        assert.isUndefined(place.spoken.check(ListTools.result, result))
        assert.strictEqual((result["tools"] as ReadonlyArray<unknown>).length, count)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("it is made once for what it is provided to, not for each call", () =>
    Effect.gen(function* () {
      let layers = 0
      const journal = new Journal()
      const counted = McpMiddleware.layer(Effect.sync((): McpMiddleware.Middleware => (layers++, (_, next) => next)))
      const around = tool("around", journal).pipe(Layer.provide(counted))
      const app = serving(Layer.merge(around, tool("plain", journal)))
      const raw = yield* place.raw(app)
      yield* call(raw, "plain")
      yield* call(raw, "around")
      yield* call(raw, "around")
      assert.strictEqual(layers, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("what a middleware is made of lives as long as its Layer", () =>
    Effect.gen(function* () {
      const journal = new Journal()
      const made = McpMiddleware.layer(
        Effect.as(
          Effect.acquireRelease(journal.write("acquired"), () => journal.write("released")),
          ((_, next) => next) satisfies McpMiddleware.Middleware
        )
      )
      const scope = yield* Scope.make()
      const raw = yield* Scope.provide(place.raw(serving(tool("tool", journal).pipe(Layer.provide(made)))), scope)
      yield* call(raw, "tool")
      assert.deepStrictEqual(journal.read(), ["acquired", "tool"])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(journal.read(), ["released"])
    }).pipe(Effect.scoped)
  )
})
