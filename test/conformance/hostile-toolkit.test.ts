/**
 * A language model's toolkit of a server that is hostile: what it lists, and what it answers.
 *
 * What a server can say becomes a tool result that the model reads, never a defect; names are names, whatever they are
 * elsewhere; and what cannot be a tool does not take the others with it.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { McpClient } from "mcp-effect"
import * as McpToolkit from "mcp-effect/McpToolkit"
import type { McpTest } from "mcp-effect/testing"
import { versions } from "../laws/support/app.ts"
import { bounded } from "../laws/support/scripted.ts"
import { type Asked, deep, hostile, result, rpc, type Script, text, told } from "./support/hostile.ts"

const tool = (name: string, more: object = {}) => ({ name, inputSchema: { type: "object" }, ...more })

const listing =
  (tools: ReadonlyArray<object>, call: (one: Asked) => ReadonlyArray<McpTest.Json | string>): Script =>
  (one) => {
    if (one.method === "tools/list") return [result(one, { tools })]
    return one.method === "tools/call" ? call(one) : undefined
  }

/** The last result of a call by the toolkit, at once. */
const called = (kit: McpToolkit.ServerToolkit, name: string) =>
  Effect.gen(function* () {
    const exit = yield* bounded(
      "the call",
      Effect.flatMap(kit.handle(name, {} as never), (results) => Stream.runCollect(results)).pipe(
        Effect.mapError((error: unknown) => String(error))
      )
    )
    const results = yield* exit
    return results.at(-1) ?? assert.fail("There is no result")
  })

const kitOf = (client: McpClient.Service) =>
  Effect.flatMap(bounded("the toolkit", McpToolkit.make(client)), (exit) => exit)

it.effect("tools whose names mean something elsewhere are tools like any other", () =>
  Effect.gen(function* () {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "a b", "💥"]
    const { client } = yield* hostile(
      versions.modern,
      listing(
        names.map((name) => tool(name)),
        (one) => [text(one, `called ${String(one.params["name"])}`)]
      )
    )
    const kit = yield* kitOf(client)
    assert.sameMembers(Object.keys(kit.tools), names)
    for (const name of names) {
      const { isFailure, result } = yield* called(kit, name)
      assert.isFalse(isFailure)
      assert.deepInclude((result as McpTest.Json)["content"], { type: "text", text: `called ${name}` })
    }
  }).pipe(Effect.scoped)
)

it.effect("a name that is listed twice is one tool", () =>
  Effect.gen(function* () {
    const { client } = yield* hostile(
      versions.modern,
      listing([tool("a"), tool("a"), tool("b")], (one) => [text(one, "x")])
    )
    const kit = yield* kitOf(client)
    assert.sameMembers(Object.keys(kit.tools), ["a", "b"])
    assert.isFalse((yield* called(kit, "a")).isFailure)
  }).pipe(Effect.scoped)
)

it.effect.each([
  { what: "an error", answer: (one: Asked) => rpc({ id: one.id, error: { code: 7, message: "odd" } }), says: "odd" },
  {
    what: "an error result",
    answer: (one: Asked) => result(one, { content: [{ type: "text", text: "odd" }], isError: true }),
    says: "odd"
  },
  { what: "no result", answer: (one: Asked) => rpc({ id: one.id, result: null }), says: "tools/call" },
  { what: "an unknown block", answer: (one: Asked) => result(one, { content: [{ type: "smell" }] }), says: "content" },
  {
    what: "a question",
    answer: (one: Asked) =>
      result(one, { resultType: "input_required", inputRequests: { q: { method: "roots/list", params: {} } } }),
    says: "asks back"
  },
  {
    what: "something too deep",
    answer: (one: Asked) => `{"jsonrpc":"2.0","id":${one.id},"result":{"resultType":"complete","content":${deep()}}}`,
    says: "content"
  }
])("a tool that answers $what is a failed result", ({ answer, says }) =>
  Effect.gen(function* () {
    const { client } = yield* hostile(
      versions.modern,
      listing([tool("a")], (one) => [answer(one)])
    )
    const { isFailure, result } = yield* called(yield* kitOf(client), "a")
    assert.isTrue(isFailure)
    assert.include(String(result), says)
  }).pipe(Effect.scoped)
)

it.effect("progress of a call, and blocks whose data are none, are no defects", () =>
  Effect.gen(function* () {
    const content = [
      { type: "image", mimeType: "no type", data: "not base64!" },
      { type: "audio", mimeType: "", data: "" },
      { type: "resource", resource: { uri: "", blob: "?" } },
      { type: "resource_link", uri: "nowhere", name: "" }
    ]
    const { client } = yield* hostile(
      versions.modern,
      listing([tool("a")], (one) => [
        told("notifications/progress", { progressToken: one.id, progress: 1 }),
        told("notifications/progress", { progressToken: one.id, progress: 2, message: "m" }),
        result(one, { content })
      ])
    )
    const last = yield* called(yield* kitOf(client), "a")
    assert.isFalse(last.isFailure)
    assert.isFalse(last.preliminary)
    assert.deepStrictEqual((last.result as McpTest.Json)["content"], content)
  }).pipe(Effect.scoped)
)

it.effect("a tool whose input schema cannot be used does not take the others with it", () =>
  Effect.gen(function* () {
    const odd = [
      tool("ref", { inputSchema: { type: "object", properties: { a: { $ref: "https://elsewhere.example/schema" } } } }),
      tool("dialect", { inputSchema: { $schema: "https://elsewhere.example/dialect", type: "object" } }),
      tool("odd", { inputSchema: { type: "object", properties: { a: { type: "nothing" } } } }),
      tool("good")
    ]
    const { client } = yield* hostile(
      versions.modern,
      listing(odd, (one) => [text(one, "good")])
    )
    const kit = yield* kitOf(client)
    assert.include(Object.keys(kit.tools), "good")
    for (const name of Object.keys(kit.tools)) assert.isFalse((yield* called(kit, name)).isFailure)
  }).pipe(Effect.scoped)
)
