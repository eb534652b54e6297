/**
 * Chapter `server/tools`, everywhereAtAll: what a list shows, what a call says, and what a call gets that is wrong.
 *
 * What a revision lacks is absent from what it is told; every result is judged by the revision's own schema. That lists
 * which change are told of is the chapter of subscriptions; pages are `pagination.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import { CallTool, ListTools } from "mcp-effect/methods/tools"
import { McpTest } from "mcp-effect/testing"
import { type Asking, asking, quiet, running } from "./support/asking.ts"
import { call, misfit, tool, valueOf } from "./support/calling.ts"
import { everywhereAtAll } from "./support/places.ts"
import * as Tools from "./support/tools.ts"

/** A defect: an incident, and nothing of what it says. */
const incident = (asked: Asking, name: string, args: object, secret: string) =>
  Effect.gen(function* () {
    const { code, data, message } = yield* asked.refusal(CallTool, { name, arguments: args })
    assert.strictEqual(code, -32603)
    assert.include(message, `Tool "${name}"`)
    assert.match(JSON.stringify(data), /^\{"incident":"[0-9a-f-]{36}"\}$/)
    assert.notInclude(asked.peer.received.join("\n"), secret)
  })

everywhereAtAll("the list of tools", (place) => {
  it.effect("shows of a tool what the revision has, and of its tags nothing", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const { inputSchema, outputSchema, ...shown } = yield* tool(asked, "greet")
      assert.deepStrictEqual(shown, {
        name: "greet",
        description: "Says hello",
        ...(place.since("2025-03-26") ? { annotations: Tools.annotations } : undefined),
        ...(place.since("2025-06-18") ? { title: "Greet somebody", _meta: Tools.meta } : undefined),
        ...(place.since("2025-11-25") ? { icons: Tools.icons } : undefined)
      })
      assert.strictEqual(inputSchema.type, "object")
      assert.strictEqual(outputSchema !== undefined, place.since("2025-06-18"))
      assert.notInclude(asked.peer.received.join("\n"), "tag-of-the-server")
    }).pipe(Effect.scoped)
  )

  it.effect("describes each parameter and each member of what is answered", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const { inputSchema, outputSchema } = yield* tool(asked, "greet")
      assert.nestedPropertyVal(inputSchema, "properties.name.title", "Name")
      assert.nestedPropertyVal(inputSchema, "properties.name.description", "Who is greeted")
      assert.nestedPropertyVal(inputSchema, "properties.times.description", "How often")
      assert.deepStrictEqual(inputSchema["required"], ["name"])
      if (outputSchema === undefined) return
      assert.nestedPropertyVal(outputSchema, "properties.greeting.description", "What is said")
    }).pipe(Effect.scoped)
  )

  it.effect("gives a dynamic tool's schemas as they were written", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const shown = yield* tool(asked, "search")
      assert.deepStrictEqual(shown.inputSchema, { ...Tools.input, type: "object" })
      assert.deepStrictEqual(shown.outputSchema, place.since("2025-06-18") ? Tools.output : undefined)
      assert.deepStrictEqual(shown.annotations, place.since("2025-03-26") ? Tools.annotations : undefined)
      assert.strictEqual(shown.title, place.since("2025-06-18") ? "Search" : undefined)
      assert.deepStrictEqual(shown._meta, place.since("2025-06-18") ? Tools.meta : undefined)
      assert.deepStrictEqual(shown.icons, place.since("2025-11-25") ? Tools.icons : undefined)
    }).pipe(Effect.scoped)
  )

  it.effect("leaves the schema of an array out where results are objects", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const { outputSchema } = yield* tool(asked, "count")
      assert.strictEqual(outputSchema?.["type"], place.era === "modern" ? "array" : undefined)
    }).pipe(Effect.scoped)
  )

  it.effect("has the tools in the order of their registration", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const { tools } = yield* asked.result(ListTools)
      const names = ["greet", "show", "divide", "refuse", "count", "broken", "odd", "search", "echo"]
      assert.deepStrictEqual(
        tools.map(({ name }) => name),
        names
      )
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("calling a tool", (place) => {
  it.effect("gives the model content and the program a value", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const result = yield* call(asked, "greet", { name: "Ada", times: 2 })
      assert.deepStrictEqual(result.content, [{ type: "text", text: "It says: Hello Ada, Hello Ada" }])
      assert.deepStrictEqual(valueOf(place, result), { greeting: "Hello Ada, Hello Ada" })
      assert.isUndefined(result.isError)
      const client = yield* place.connect(Tools.app)
      assert.deepStrictEqual(yield* client.call(Tools.Greet, { name: "Ada" }), { greeting: "Hello Ada" })
    }).pipe(Effect.scoped)
  )

  it.effect("shows the value as JSON where a tool says nothing else", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const result = yield* call(asked, "divide", { dividend: 6, divisor: "3" })
      assert.deepStrictEqual(result.content, [{ type: "text", text: '{"quotient":2}' }])
      assert.deepStrictEqual(valueOf(place, result), { quotient: 2 })
    }).pipe(Effect.scoped)
  )

  it.effect("keeps a value that is no object for our own clients, in every revision", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const result = yield* call(asked, "count")
      assert.deepStrictEqual(result.content, [{ type: "text", text: "[1,2,3]" }])
      assert.deepStrictEqual(result.structuredContent, place.era === "modern" ? [1, 2, 3] : undefined)
      const client = yield* place.connect(Tools.app)
      assert.deepStrictEqual(yield* client.call(Tools.Count), [1, 2, 3])
    }).pipe(Effect.scoped)
  )

  const base64 = "AP8Q"
  const image = { type: "image", data: base64, mimeType: "image/png" }
  const blob = { uri: "data:application/octet-stream", blob: base64 }
  const resource = { uri: "docs://a", mimeType: "text/plain", text: "the text of a" }
  const link = { type: "resource_link", uri: "docs://a", name: "a", title: "The letter A" }
  const dated = place.since("2025-06-18") ? { lastModified: "2026-01-01" } : undefined
  const noted = { type: "text", text: "noted", annotations: { priority: 0.5, ...dated } }
  const shown: { readonly [Kind in keyof typeof Tools.outputs]: ReadonlyArray<object> } = {
    text: [{ type: "text", text: "a text" }],
    bytes: [{ type: "resource", resource: blob }],
    image: [image],
    audio: place.since("2025-03-26")
      ? [{ type: "audio", data: base64, mimeType: "audio/wav" }]
      : [{ type: "text", text: "[audio, audio/wav]" }],
    link: place.since("2025-06-18") ? [link] : [{ type: "text", text: "[resource a: docs://a]" }],
    embedded: [{ type: "resource", resource }],
    annotated: [{ ...noted, ...(place.since("2025-06-18") ? { _meta: Tools.meta } : undefined) }],
    several: [{ type: "text", text: "one" }, image, { type: "text", text: "two" }],
    full: [{ type: "text", text: "full" }],
    failed: [{ type: "text", text: "it failed" }]
  }

  it.effect.each(Object.entries(shown))("answers with content: %s", ([kind, content]) =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const result = yield* call(asked, "show", { kind })
      assert.deepStrictEqual(result.content, content)
      assert.strictEqual(result.isError ?? false, kind === "failed")
    }).pipe(Effect.scoped)
  )

  it.effect("passes a full result on, with its value and its `_meta`", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const result = yield* call(asked, "show", { kind: "full" })
      assert.deepStrictEqual(valueOf(place, result), { n: 1 })
      assert.deepInclude(result._meta, Tools.meta)
      assert.isFalse(result.isError)
    }).pipe(Effect.scoped)
  )

  it.effect("gives a declared failure to the model as text and to our client as it was", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const result = yield* call(asked, "divide", { dividend: 7, divisor: "0" })
      assert.isTrue(result.isError)
      assert.deepStrictEqual(result.content, [{ type: "text", text: "DivisionByZero: 7 cannot be divided by zero" }])
      assert.notProperty(result, "structuredContent")
      const client = yield* place.connect(Tools.app)
      const error = yield* Effect.flip(client.call(Tools.Divide, { dividend: 7, divisor: 0 }))
      assert.instanceOf(error, Tools.DivisionByZero)
      assert.strictEqual(error.dividend, 7)
    }).pipe(Effect.scoped)
  )

  it.effect("hands a dynamic tool its arguments as they came", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const found = yield* call(asked, "search", { q: "effect", limit: 1 })
      assert.deepStrictEqual(found.content, [{ type: "text", text: '{"hits":["effect"]}' }])
      assert.deepStrictEqual(valueOf(place, found), { hits: ["effect"] })
      const args = { deep: [{ a: null }], "": 1.5 }
      const echoed = yield* call(asked, "echo", args)
      assert.deepStrictEqual(echoed.content, [{ type: "text", text: JSON.stringify(args) }])
      assert.deepStrictEqual((yield* call(asked, "echo")).content, [{ type: "text", text: "{}" }])
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("a call of a tool that is wrong", (place) => {
  it.effect("names an unknown tool", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      for (const name of ["none", "Greet", "", "__proto__"]) {
        const { code, message } = yield* asked.refusal(CallTool, { name })
        assert.strictEqual(code, -32602)
        assert.include(message, JSON.stringify(name))
      }
    }).pipe(Effect.scoped)
  )

  it.effect("says which argument is wrong, and what it should be", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      yield* misfit(place, asked, "greet", { name: 7 }, "name", "string")
      yield* misfit(place, asked, "greet", { name: "Ada", times: 1.5 }, "times", "integer")
      yield* misfit(place, asked, "divide", { dividend: 1, divisor: "x" }, "divisor")
      yield* misfit(place, asked, "show", { kind: "sculpture" }, "kind")
    }).pipe(Effect.scoped)
  )

  it.effect("says which argument is missing", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      yield* misfit(place, asked, "greet", { times: 1 }, "name")
      yield* misfit(place, asked, "greet", {}, "name")
    }).pipe(Effect.scoped)
  )

  it.effect(
    "is none because of an argument that the published schema does not forbid; the handler does not see it",
    () =>
      Effect.gen(function* () {
        const asked = yield* asking(place, Tools.app)
        const { inputSchema } = yield* tool(asked, "greet")
        assert.notProperty(inputSchema, "additionalProperties")
        const result = yield* call(asked, "greet", { name: "Ada", colour: "red" })
        assert.deepStrictEqual(valueOf(place, result), { greeting: "Hello Ada" })
      }).pipe(Effect.scoped)
  )

  it.effect("checks the arguments of a dynamic tool by its schema", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      yield* misfit(place, asked, "search", { q: 7 }, "q")
      yield* misfit(place, asked, "search", { q: "a", limit: 0 }, "limit")
      yield* misfit(place, asked, "search", {}, "q")
      yield* misfit(place, asked, "search", { q: "a", colour: "red" }, "colour")
    }).pipe(Effect.scoped)
  )

  it.effect("refuses arguments that are no object", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      for (const args of [[], "name", 7, null]) {
        const { code, message } = yield* asked.refusal(CallTool, { name: "greet", arguments: args })
        assert.strictEqual(code, -32602)
        assert.include(message, "arguments")
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is refused as its handler says: a fault as an error, the library's own error for the model", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      const fault = yield* asked.refusal(CallTool, { name: "refuse", arguments: { with: "fault" } })
      assert.deepStrictEqual(fault, { code: -32602, message: "Not like this", data: { why: 1 } })
      const { content, isError } = yield* call(asked, "refuse", { with: "error" })
      assert.isTrue(isError)
      assert.include(JSON.stringify(content), "the database has gone")
      const client = yield* place.connect(Tools.app)
      const failed = yield* Effect.flip(client.call(Tools.Refuse, { with: "error" }))
      assert.strictEqual(failed.reason._tag, "ToolFailed")
    }).pipe(Effect.scoped)
  )

  it.effect("is an incident when the handler dies, and when its value does not fit its schema", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Tools.app)
      yield* incident(asked, "broken", {}, Tools.SECRET)
      yield* incident(asked, "odd", {}, "0.5")
      yield* incident(asked, "search", { q: "odd" }, Tools.SECRET)
      assert.isUndefined((yield* call(asked, "search", { q: "even" })).isError)
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("a tool that comes and goes", (place) => {
  const Late = McpTool.make("late")
  const late = Late.register(() => Effect.succeed("late"))

  it.effect("is there as long as its Scope is open", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const server = McpServer.layer({ name: "late", version: "1.0.0" })
      const asked = yield* asking(place, Layer.merge(layer, Tools.greetLive).pipe(Layer.provide(server)))
      const names = Effect.map(asked.result(ListTools), ({ tools }) => tools.map(({ name }) => name))
      assert.deepStrictEqual(yield* names, ["greet"])
      const scope = yield* Scope.make()
      yield* use(Scope.provide(late, scope))
      assert.deepStrictEqual(yield* names, ["greet", "late"])
      assert.deepStrictEqual((yield* call(asked, "late")).content, [{ type: "text", text: "late" }])
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* names, ["greet"])
      assert.strictEqual((yield* asked.refusal(CallTool, { name: "late" })).code, -32602)
    }).pipe(Effect.scoped)
  )

  it.effect("cannot take a name that is taken, and can once it is free", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const server = McpServer.layer({ name: "late", version: "1.0.0", capabilities: { tools: {} } })
      const asked = yield* asking(place, layer.pipe(Layer.provide(server)))
      const scope = yield* Scope.make()
      yield* use(Scope.provide(late, scope))
      const error = yield* Effect.flip(use(late))
      assert.instanceOf(error, McpServer.NameTaken)
      assert.deepInclude(error, { kind: "tool", name: "late", server: "late" })
      assert.strictEqual((yield* asked.result(ListTools)).tools.length, 1)
      yield* Scope.close(scope, Exit.void)
      yield* use(Tools.Echo.register(() => Effect.succeed("")))
      yield* use(late)
      const taken = yield* Effect.flip(use(Tools.Echo.register(() => Effect.succeed(""))))
      assert.strictEqual(taken.name, "echo")
      assert.strictEqual((yield* asked.result(ListTools)).tools.length, 2)
    }).pipe(Effect.scoped)
  )
})

describe("building a server of tools", () => {
  it.effect("fails when two tools have one name", () =>
    Effect.gen(function* () {
      const server = McpServer.layer({ name: "twice", version: "1.0.0" })
      const twice = Layer.mergeAll(Tools.greetLive, Layer.fresh(Tools.greetLive)).pipe(Layer.provide(server))
      const exit = yield* Effect.exit(McpTest.raw(twice.pipe(Layer.provide(quiet))))
      assert.include(String(exit), 'Tool "greet" is registered twice on server "twice"')
    }).pipe(Effect.scoped)
  )

  it("fails when the schema of a dynamic tool's arguments is not one of an object", () => {
    const input = Tools.validator({ type: "array" })
    assert.throws(() => McpTool.dynamic("bad", { input }), /McpTool\.dynamic\("bad"\).*"type": "object"/)
  })
})
