/**
 * Transcripts and their secrets: `tap` shows every message that passes, `redacted` replaces what stands under a name
 * that says so.
 *
 * The property has a second opinion: a plain walk over the parsed JSON, with lists of names instead of a pattern. What
 * passes is not touched, whatever it is, and looking at it ends nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Fiber, Schema, Stream } from "effect"
import { McpClient, McpTransport } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { asked, deep, playing, result, rpc, text, told } from "../conformance/support/hostile.ts"
import { versions } from "../laws/support/app.ts"
import { property } from "../laws/support/law.ts"
import { bounded } from "../laws/support/scripted.ts"

const REDACTED = "<redacted>"
const SECRETS = [
  "token",
  "accessToken",
  "client_secret",
  "PASSWORD",
  "Authorization",
  "apiKey",
  "api-key",
  "Set-Cookie"
]
const HARMLESS = ["progressToken", "maxTokens", "name", "key", "", "0", "__proto__"]

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }

const Name = Schema.Literals([...SECRETS, ...HARMLESS])
const Leaf = Schema.Union([
  Schema.String,
  Name,
  Schema.Literal('{"token":"said"}'),
  Schema.Int,
  Schema.Boolean,
  Schema.Null
])
const Twig = Schema.Union([
  Leaf,
  Schema.Struct({ list: Schema.Array(Leaf) }),
  Schema.Struct({ members: Schema.Array(Schema.Tuple([Name, Leaf])) })
])
const Tree = Schema.Union([
  Leaf,
  Schema.Struct({ list: Schema.Array(Twig) }),
  Schema.Struct({ members: Schema.Array(Schema.Tuple([Name, Twig])) })
])

/** A value as it comes over the wire: `__proto__` is a member like any other. */
const grown = (tree: typeof Tree.Type): Json => {
  if (typeof tree !== "object" || tree === null) return tree
  return "list" in tree
    ? tree.list.map(grown)
    : Object.fromEntries(tree.members.map(([name, member]) => [name, grown(member)]))
}
const Value = Arbitrary.map(Arbitrary.schema(Tree), grown)

const isSecret = (name: string, value: unknown): boolean => SECRETS.includes(name) && value !== null

/** The value with its secrets replaced, and how deep the deepest of them was. */
const walked = (value: unknown, depth = 1): readonly [value: unknown, deepest: number] => {
  if (typeof value !== "object" || value === null) return [value, 0]
  const parts = Object.entries(value).map(([name, member]) =>
    !Array.isArray(value) && isSecret(name, member)
      ? ([name, REDACTED, depth] as const)
      : ([name, ...walked(member, depth + 1)] as const)
  )
  const deepest = Math.max(0, ...parts.map(([, , at]) => at))
  if (Array.isArray(value)) return [parts.map(([, member]) => member), deepest]
  return [Object.fromEntries(parts.map(([name, member]) => [name, member])), deepest]
}

property(
  "any JSON stays JSON, without what stands under a secret's name at any depth, and with all the rest",
  { value: Value, indent: Schema.Literals([0, 2]) },
  { deepest: ["none", "1", "2"] },
  ({ indent, value }, seen) =>
    Effect.sync(() => {
      const text = JSON.stringify(value, undefined, indent)
      const [expected, deepest] = walked(JSON.parse(text))
      seen("deepest", deepest === 0 ? "none" : String(deepest))
      const shown = McpTransport.redacted(text)
      assert.deepStrictEqual(JSON.parse(shown), expected)
      assert.strictEqual(McpTransport.redacted(shown), shown, "a second time changes nothing")
    })
)

describe("what is redacted", () => {
  it.each([
    ["an object", { token: { a: 1, b: "s3cret" } }],
    ["a list", { passwords: ["s3cret"] }],
    ["a name in a list of lists", [[[{ deep: [{ authorization: "s3cret" }] }]]]],
    ["a number", { "x-api-key": 7 }],
    ["nothing", { token: "" }]
  ])("under a secret's name: %s", (_, value) => {
    const shown = McpTransport.redacted(JSON.stringify(value))
    assert.notInclude(shown, "s3cret")
    assert.include(shown, REDACTED)
  })

  it("is found when its name is written with escapes", () => {
    const text = String.raw`{"\u0074ok\u0065n":"s3cret"}`
    assert.deepStrictEqual(JSON.parse(McpTransport.redacted(text)), { token: REDACTED })
  })

  it.each(["progressToken", "maxTokens"])("is not %s", (name) => {
    const text = JSON.stringify({ _meta: { [name]: "t1" } })
    assert.strictEqual(McpTransport.redacted(text), text)
    assert.deepInclude(JSON.parse(McpTransport.redacted(JSON.stringify({ [name]: 7, token: "s3cret" }))), { [name]: 7 })
  })

  it.each(["", "token", "token: s3cret", '{"token":', '{"token":"s3cret"} trailing'])(
    "is nothing that is no JSON: %s",
    (text) => {
      assert.strictEqual(McpTransport.redacted(text), text)
    }
  )

  it("is hidden even where the rest cannot be written again", () => {
    for (const text of [`{"token":"s3cret","x":${deep()}}`, `{"x":${deep()},"token":"s3cret"}`]) {
      assert.notInclude(McpTransport.redacted(text), "s3cret")
    }
  })
})

interface Seen {
  readonly direction: "in" | "out"
  readonly message: McpTest.Json
}

/** A client over a tapped transport, whose server answers calls with a secret. */
const tapped = (options?: { readonly secrets?: "shown" | "redacted" }) =>
  Effect.gen(function* () {
    const version = versions.legacy
    const { peer, transport } = yield* playing(version, (one) =>
      one.method === "tools/call"
        ? [
            told("notifications/message", { level: "info", data: { password: "s3cret" } }),
            result(one, { content: [], structuredContent: { token: "s3cret" } })
          ]
        : undefined
    )
    const texts: Array<string> = []
    const seen: Array<Seen> = []
    const tapping = McpTransport.tap(
      transport,
      ({ direction, text }) => {
        texts.push(text)
        seen.push({ direction, message: JSON.parse(text) as McpTest.Json })
      },
      options
    )
    const client = yield* McpClient.connect(tapping, { revision: version })
    return { client, peer, seen, texts }
  })

describe("a tapped transport", () => {
  it.effect("shows both directions in order, without secrets, and touches nothing that passes", () =>
    Effect.gen(function* () {
      const { client, peer, seen, texts } = yield* tapped()
      const logs = yield* Effect.forkScoped(Stream.runHead(client.logs), { startImmediately: true })
      const answer = yield* client.callTool("login", { apiKey: "s3cret", name: "ada" })
      assert.deepStrictEqual(answer.structuredContent, { token: "s3cret" })
      assert.deepStrictEqual((yield* Effect.fromOption(yield* Fiber.join(logs))).data, { password: "s3cret" })
      const [call] = asked(peer, "tools/call")
      assert.deepStrictEqual((call!["params"] as McpTest.Json)["arguments"], { apiKey: "s3cret", name: "ada" })
      assert.notInclude(texts.join(""), "s3cret")
      assert.deepStrictEqual(
        seen.map(({ direction, message }) => `${direction} ${String(message["method"] ?? "answer")}`),
        [
          "out initialize",
          "in answer",
          "out notifications/initialized",
          "out tools/call",
          "in notifications/message",
          "in answer"
        ]
      )
      assert.deepStrictEqual((seen[3]!.message["params"] as McpTest.Json)["arguments"], {
        apiKey: REDACTED,
        name: "ada"
      })
      // the token of progress is no secret
      assert.deepStrictEqual((seen[3]!.message["params"] as McpTest.Json)["_meta"], { progressToken: call!["id"] })
    }).pipe(Effect.scoped)
  )

  it.effect("shows secrets where that was asked for", () =>
    Effect.gen(function* () {
      const { client, seen } = yield* tapped({ secrets: "shown" })
      yield* client.callTool("login", { apiKey: "s3cret" })
      const answer = seen.at(-1)!.message["result"] as McpTest.Json
      assert.deepStrictEqual(answer["structuredContent"], { token: "s3cret" })
    }).pipe(Effect.scoped)
  )

  it.effect("shows what is no message, without its secrets", () =>
    Effect.gen(function* () {
      const { client, peer, seen, texts } = yield* tapped()
      yield* peer.send("listening with token s3cret")
      yield* peer.send([rpc({ id: 7, result: { token: "s3cret" } })])
      yield* peer.send({ jsonrpc: "1.0", method: "m", params: { token: "s3cret" } })
      yield* client.callTool("login")
      assert.notInclude(texts.join(""), "s3cret")
      assert.strictEqual(seen.filter(({ direction, message }) => direction === "in" && "fault" in message).length, 3)
    }).pipe(Effect.scoped)
  )

  it.effect.each(["redacted", "shown"] as const)(
    "%s: what is nested too deeply to be written again ends nothing",
    (secrets) =>
      Effect.gen(function* () {
        const { peer, transport } = yield* playing(versions.legacy, (one) =>
          one.method === "tools/call" ? [text(one, "good")] : undefined
        )
        const entries: Array<McpTransport.Entry> = []
        const tapping = McpTransport.tap(transport, (entry) => entries.push(entry), { secrets })
        const client = yield* McpClient.connect(tapping, { revision: versions.legacy })
        yield* peer.send(`{"jsonrpc":"2.0","method":"deep","params":{"token":"x","deep":${deep()}}}`)
        const exit = yield* bounded("the call", client.callTool("good"))
        assert.deepInclude((yield* exit).content[0], { text: "good" })
        assert.strictEqual(entries.filter(({ direction }) => direction === "in").length, 3)
      }).pipe(Effect.scoped)
  )
})
