/**
 * Chapters `basic/lifecycle`, `server/discover` and `basic/versioning`, everywhere: how a conversation opens, and what
 * a server says of itself.
 *
 * `offer` asks what is offered in the words of either era: what the handshake said, or what `server/discover` says.
 */
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Schema } from "effect"
import { McpClient, McpPrompt, McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"
import { Discover } from "mcp-effect/methods/discover"
import { Initialize } from "mcp-effect/methods/lifecycle"
import { ListPrompts } from "mcp-effect/methods/prompts"
import { ListResources, ListResourceTemplates } from "mcp-effect/methods/resources"
import { ListTools } from "mcp-effect/methods/tools"
import { revisions } from "mcp-effect/revisions"
import type { McpTest } from "mcp-effect/testing"
import { errorOf, held, resultOf } from "./support/held.ts"
import { type App, everywhere, type Place } from "./support/places.ts"
import { everything } from "./support/subscriptions.ts"

const metaKey = (name: string) => `io.modelcontextprotocol/${name}`
const VERSIONS = revisions.map(({ version }) => version)
const LATEST_LEGACY = "2025-11-25"
const clientInfo = { name: "raw", version: "1.0.0" }
const opening = (protocolVersion: unknown) => ({ protocolVersion, capabilities: {}, clientInfo })

/** What is offered, as the server says it: the result of the handshake or the discovery. */
const offer = <E>(place: Place, app: App<E>) =>
  Effect.gen(function* () {
    const raw = yield* place.raw(app)
    const result = place.era === "legacy" ? raw.opened : resultOf(yield* raw.ask("offer", "server/discover"))
    const row = place.era === "legacy" ? Initialize : Discover
    assert.isUndefined(place.spoken.check(row.result, result))
    return { raw, result }
  })

/** Who the server says it is. */
const identity = ({ era }: Place, result: McpTest.Json): unknown =>
  era === "legacy" ? result["serverInfo"] : (result["_meta"] as McpTest.Json)[metaKey("serverInfo")]

/** The list methods, with the member of their results. */
const LISTS = [
  [ListTools, "tools"],
  [ListPrompts, "prompts"],
  [ListResources, "resources"],
  [ListResourceTemplates, "resourceTemplates"]
] as const

everywhere("lifecycle", (place) => {
  const { era } = place
  const withCompletions = (capabilities: object) =>
    place.since("2025-03-26") ? { ...capabilities, completions: {} } : capabilities

  it.effect("what is offered follows what is registered", () =>
    Effect.gen(function* () {
      const listChanged = true
      const Tool = McpTool.make("tool").toLayer(() => Effect.succeed("tool"))
      const Prompt = McpPrompt.make("prompt", { parameters: { word: Schema.Literals(["a", "b"]) } })
      const prompt = Prompt.toLayer(({ word }) => Effect.succeed(word))
      const Doc = McpResource.make("docs://a", { name: "a" }).toLayer(Effect.succeed("a"))
      const capabilities = (items: Parameters<typeof held>[0]) =>
        Effect.map(offer(place, held(items).app), ({ result }) => result["capabilities"])
      assert.deepStrictEqual(yield* capabilities(Layer.empty), { logging: {} })
      assert.deepStrictEqual(yield* capabilities(Tool), { logging: {}, tools: { listChanged } })
      assert.deepStrictEqual(yield* capabilities(prompt), withCompletions({ logging: {}, prompts: { listChanged } }))
      assert.deepStrictEqual(yield* capabilities(Doc), { logging: {}, resources: { listChanged, subscribe: true } })
    }).pipe(Effect.scoped)
  )

  it.effect("what is declared is offered before anything is registered: lists are empty, names unknown", () =>
    Effect.gen(function* () {
      const capabilities = { tools: {}, prompts: {}, resources: {}, completions: {} }
      const { raw, result } = yield* offer(place, held(Layer.empty, { capabilities }).app)
      assert.deepStrictEqual(
        result["capabilities"],
        withCompletions({
          logging: {},
          tools: { listChanged: true },
          prompts: { listChanged: true },
          resources: { listChanged: true, subscribe: true }
        })
      )
      for (const [method, member] of LISTS) {
        const page = resultOf(yield* raw.ask(method.name, method.name))
        assert.isUndefined(place.spoken.check(method.result, page))
        assert.deepStrictEqual(page[member], [])
        assert.strictEqual(errorOf(yield* raw.ask(1, method.name, { cursor: "c" })).code, -32602)
      }
      assert.strictEqual(errorOf(yield* raw.ask(2, "tools/call", { name: "none" })).code, -32602)
      assert.strictEqual(errorOf(yield* raw.ask(3, "prompts/get", { name: "none" })).code, -32602)
      assert.deepInclude(errorOf(yield* raw.ask(4, "resources/read", { uri: "docs://none" })), {
        code: era === "legacy" ? -32002 : -32602,
        data: { uri: "docs://none" }
      })
      const ref = { type: "ref/prompt", name: "none" }
      const completing = raw.ask(5, "completion/complete", { ref, argument: { name: "a", value: "" } })
      assert.strictEqual(errorOf(yield* completing).code, -32602)
      if (era === "modern") return
      assert.strictEqual(errorOf(yield* raw.ask(6, "resources/subscribe", { uri: "docs://none" })).code, -32002)
    }).pipe(Effect.scoped)
  )

  it.effect("what was declared is registered later, by the same names", () =>
    Effect.gen(function* () {
      const { app, on } = held(Layer.empty, { capabilities: { tools: {} } })
      const { raw } = yield* offer(place, app)
      yield* on(McpTool.make("late").register(() => Effect.succeed("here")))
      const { content } = resultOf(yield* raw.ask(1, "tools/call", { name: "late" }))
      assert.deepStrictEqual(content, [{ type: "text", text: "here" }])
      const { tools } = resultOf(yield* raw.ask(2, "tools/list"))
      assert.strictEqual((tools as ReadonlyArray<unknown>).length, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("a method behind what is not offered is not there", () =>
    Effect.gen(function* () {
      const { raw } = yield* offer(place, held().app)
      const methods = [...LISTS.map(([{ name }]) => name), "completion/complete", "resources/subscribe"]
      for (const method of methods) assert.strictEqual(errorOf(yield* raw.ask(1, method)).code, -32601, method)
      for (const [method, params] of [
        ["tools/call", { name: "none" }],
        ["prompts/get", { name: "none" }],
        ["resources/read", { uri: "docs://none" }]
      ] as const) {
        assert.strictEqual(errorOf(yield* raw.ask(1, method, params)).code, -32601, method)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("the server says who it is, as far as the revision can", () =>
    Effect.gen(function* () {
      const icons = [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }]
      const description = "It describes itself"
      const websiteUrl = "https://example.com"
      const instructions = "Use it well"
      const options = { name: "named", version: "2.1", title: "Named", description, websiteUrl, icons, instructions }
      const { result } = yield* offer(place, held(Layer.empty, options).app)
      assert.strictEqual(result["instructions"], instructions)
      assert.deepStrictEqual(identity(place, result), {
        name: "named",
        version: "2.1",
        ...(place.since("2025-06-18") ? { title: "Named" } : {}),
        ...(place.since("2025-11-25") ? { description, websiteUrl, icons } : {})
      })
      const plain = yield* offer(place, held().app)
      assert.notProperty(plain.result, "instructions")
      assert.deepStrictEqual(identity(place, plain.result), { name: "held", version: "1.0.0" })
    }).pipe(Effect.scoped)
  )

  it.effect("extensions and experimental capabilities are offered as they were declared", () =>
    Effect.gen(function* () {
      const capabilities = {
        extensions: { "com.example/x": { deep: [1] } },
        experimental: { "acme.trial": { on: true } }
      }
      const { result } = yield* offer(place, held(Layer.empty, { capabilities }).app)
      assert.deepStrictEqual(result["capabilities"], { logging: {}, ...capabilities })
      const client = yield* place.connect(held(Layer.empty, { capabilities }).app)
      assert.deepStrictEqual(client.capabilities, { logging: {}, ...capabilities })
    }).pipe(Effect.scoped)
  )

  it.effect("handlers may read what the server is", () =>
    Effect.gen(function* () {
      const Self = McpTool.make("self", { success: Schema.Unknown })
      const self = Self.toLayer(() =>
        Effect.gen(function* () {
          const { capabilities, info, instructions, revisions } = yield* McpServer.McpServer
          return { info, instructions, revisions, capabilities: yield* capabilities }
        })
      )
      const client = yield* place.connect(held(self, { instructions: "Ask" }).app)
      assert.deepStrictEqual(yield* client.call(Self), {
        info: { name: "held", version: "1.0.0" },
        instructions: "Ask",
        revisions: VERSIONS,
        capabilities: { logging: {}, tools: { listChanged: true } }
      })
    }).pipe(Effect.scoped)
  )

  it.effect("what the revision has not, or not any more, is not there", () =>
    Effect.gen(function* () {
      const { raw } = yield* offer(place, held(everything).app)
      const known = new Set(revisions.flatMap(({ client }) => [...client.requests]))
      const gone = [...known].filter((method) => !place.spoken.client.requests.has(method))
      assert.isNotEmpty(gone)
      for (const method of [...gone, "no/such", "tools/List", ""]) {
        const error = errorOf(yield* raw.ask(1, method))
        assert.strictEqual(error.code, -32601, method)
        assert.include(error.message, JSON.stringify(method))
      }
    }).pipe(Effect.scoped)
  )

  it.effect("a server of other revisions does not speak this one", () =>
    Effect.gen(function* () {
      const others = VERSIONS.filter((version) => version !== place.revision)
      const { app } = held(everything, { revisions: others })
      const raw = yield* place.bare(app)
      if (era === "modern") {
        assert.deepInclude(errorOf(yield* raw.ask(1, "tools/list")), {
          code: -32022,
          data: { supported: others, requested: place.revision }
        })
      } else {
        const offered = resultOf(yield* raw.ask(1, "initialize", opening(place.revision)))
        assert.strictEqual(
          offered["protocolVersion"],
          others.findLast((version) => version <= LATEST_LEGACY)
        )
      }
      const failure = yield* Effect.flip(place.connect(app))
      assert.strictEqual(failure.reason._tag, era === "modern" ? "Remote" : "Unsupported")
    }).pipe(Effect.scoped)
  )

  it.effect("a server of this revision alone says so to every other", () =>
    Effect.gen(function* () {
      const raw = yield* place.bare(held(everything, { revisions: [place.revision] }).app)
      const meta = { [metaKey("protocolVersion")]: "2026-07-28", [metaKey("clientCapabilities")]: {} }
      if (era === "modern") {
        const error = errorOf(
          yield* raw.ask(1, "initialize", opening(LATEST_LEGACY), { [metaKey("protocolVersion")]: undefined })
        )
        assert.deepInclude(error, { code: -32022, data: { supported: [place.revision], requested: LATEST_LEGACY } })
      } else {
        const error = errorOf(yield* raw.ask(1, "tools/list", {}, meta))
        assert.strictEqual(error.code, -32022)
        assert.deepStrictEqual(error.data, { supported: [place.revision], requested: "2026-07-28" })
        const { protocolVersion } = resultOf(yield* raw.ask(2, "initialize", opening("2099-01-01")))
        assert.strictEqual(protocolVersion, place.revision)
      }
    }).pipe(Effect.scoped)
  )

  if (era === "legacy") {
    it.effect("nothing but ping on a stream is answered before the handshake, which is still possible", () =>
      Effect.gen(function* () {
        const raw = yield* place.bare(held(everything).app)
        for (const method of ["tools/list", "logging/setLevel", "no/such"]) {
          const error = errorOf(yield* raw.ask(1, method))
          assert.strictEqual(error.code, -32602)
          assert.include(error.message, "initialize")
        }
        const ping = yield* raw.ask(2, "ping")
        if (place.oneStream) assert.deepStrictEqual(ping, { jsonrpc: "2.0", id: 2, result: {} })
        else assert.strictEqual(errorOf(ping).code, -32602)
        const { protocolVersion } = resultOf(yield* raw.ask(3, "initialize", opening(place.revision)))
        assert.strictEqual(protocolVersion, place.revision)
        assert.isDefined(resultOf(yield* raw.ask(4, "tools/list"))["tools"])
      }).pipe(Effect.scoped)
    )

    it.effect("a second handshake is refused, or opens another conversation, and changes nothing in the first", () =>
      Effect.gen(function* () {
        const { raw } = yield* offer(place, held(everything).app)
        const other = place.revision === "2024-11-05" ? LATEST_LEGACY : "2024-11-05"
        const second = yield* raw.ask(1, "initialize", opening(other))
        if (place.oneStream) assert.strictEqual(errorOf(second).code, -32600)
        else assert.strictEqual(resultOf(second)["protocolVersion"], other)
        const page = resultOf(yield* raw.ask(2, "tools/list"))
        assert.isUndefined(place.spoken.check(ListTools.result, page))
      }).pipe(Effect.scoped)
    )

    it.effect.each(["2099-01-01", "1999-01-01", "", "2026-07-28", "x".repeat(1000)])(
      "a version that no handshake opens (%s) is answered with the latest that one does",
      (version) =>
        Effect.gen(function* () {
          const raw = yield* place.bare(held(everything).app)
          const result = resultOf(yield* raw.ask(1, "initialize", opening(version)))
          assert.strictEqual(result["protocolVersion"], LATEST_LEGACY)
          assert.isDefined(resultOf(yield* raw.ask(2, "tools/list"))["tools"])
        }).pipe(Effect.scoped)
    )

    it.effect.each([{}, { ...opening("x"), protocolVersion: 7 }, { protocolVersion: LATEST_LEGACY, capabilities: {} }])(
      "a handshake that does not fit is refused, and may be tried again: %j",
      (params) =>
        Effect.gen(function* () {
          const raw = yield* place.bare(held(everything).app)
          assert.strictEqual(errorOf(yield* raw.ask(1, "initialize", params)).code, -32602)
          const { protocolVersion } = resultOf(yield* raw.ask(2, "initialize", opening(place.revision)))
          assert.strictEqual(protocolVersion, place.revision)
        }).pipe(Effect.scoped)
    )

    it.effect("a modern request in the same conversation is served as one, beside it", () =>
      Effect.gen(function* () {
        const { raw } = yield* offer(place, held(everything).app)
        const meta = { [metaKey("protocolVersion")]: "2026-07-28", [metaKey("clientCapabilities")]: {} }
        assert.strictEqual(resultOf(yield* raw.ask(1, "tools/list", {}, meta))["resultType"], "complete")
        assert.notProperty(resultOf(yield* raw.ask(2, "tools/list")), "resultType")
      }).pipe(Effect.scoped)
    )
  } else {
    it.effect.each(["protocolVersion", "clientCapabilities"])("a request without %s is refused, by its name", (name) =>
      Effect.gen(function* () {
        const { raw } = yield* offer(place, held(everything).app)
        const error = errorOf(yield* raw.ask(1, "tools/list", {}, { [metaKey(name)]: undefined }))
        assert.strictEqual(error.code, -32602)
        assert.include(error.message, metaKey(name))
      }).pipe(Effect.scoped)
    )

    it.effect("who asks need not say who it is", () =>
      Effect.gen(function* () {
        const { raw } = yield* offer(place, held(everything).app)
        resultOf(yield* raw.ask(1, "tools/list", {}, { [metaKey("clientInfo")]: undefined }))
      }).pipe(Effect.scoped)
    )

    it.effect.each(["2099-01-01", "2025-11-25", "", "draft"])(
      "a version that is not spoken in requests (%s) is refused, with those that are",
      (version) =>
        Effect.gen(function* () {
          const { raw } = yield* offer(place, held(everything).app)
          const error = errorOf(yield* raw.ask(1, "tools/list", {}, { [metaKey("protocolVersion")]: version }))
          assert.deepInclude(error, { code: -32022, data: { supported: VERSIONS, requested: version } })
        }).pipe(Effect.scoped)
    )

    it.effect("a request knows nothing of the one before", () =>
      Effect.gen(function* () {
        const Who = McpTool.make("who", { success: Schema.Unknown })
        const who = Who.toLayer(() =>
          Effect.map(McpRequest, ({ client, state }) => {
            const before = state.get("seen") ?? null
            state.set("seen", true)
            return { capabilities: client.capabilities, name: client.info?.name ?? null, before }
          })
        )
        const { raw } = yield* offer(place, held(who).app)
        const asked = (id: number, meta: object) =>
          Effect.map(raw.ask(id, "tools/call", { name: "who" }, meta), (reply) => resultOf(reply)["structuredContent"])
        const capabilities = { elicitation: { form: {} }, extensions: { "com.example/x": {} } }
        const first = {
          [metaKey("clientCapabilities")]: capabilities,
          [metaKey("clientInfo")]: { name: "x", version: "1" }
        }
        assert.deepStrictEqual(yield* asked(1, first), { capabilities, name: "x", before: null })
        assert.deepStrictEqual(yield* asked(2, {}), { capabilities: {}, name: "raw", before: null })
        const nobody = { [metaKey("clientInfo")]: undefined }
        assert.deepStrictEqual(yield* asked(3, nobody), { capabilities: {}, name: null, before: null })
      }).pipe(Effect.scoped)
    )

    it.effect("what is offered is said with how long that holds", () =>
      Effect.gen(function* () {
        const cache = { "server/discover": { ttlMs: 60_000, cacheScope: "public" } } as const
        const { result } = yield* offer(place, held(Layer.empty, { cache }).app)
        assert.deepInclude(result, { ttlMs: 60_000, cacheScope: "public", supportedVersions: VERSIONS })
        const plain = yield* offer(place, held().app)
        assert.deepInclude(plain.result, { ttlMs: 0, cacheScope: "private" })
      }).pipe(Effect.scoped)
    )
  }

  it.effect.each([
    [{ capabilities: { extensions: { noprefix: {} } } }, '"noprefix"'],
    [{ capabilities: { extensions: { "9bad/x": {} } } }, '"9bad/x"'],
    [{ cache: { "tools/list": { ttlMs: -1, cacheScope: "public" } } }, "tools/list"],
    [{ cache: { "resources/read": { ttlMs: 0.5, cacheScope: "private" } } }, "0.5"],
    [{ cache: { "resources/read": { ttlMs: NaN, cacheScope: "private" } } }, "NaN"],
    [{ revisions: ["2020-01-01"] }, "2020-01-01"],
    [{ revisions: [] }, "revisions"]
  ] as const)("options that cannot be are told when the server is built: %j", ([options, named]) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(
        Effect.scoped(McpClient.connect(held(everything, options).app, { revision: place.revision }))
      )
      assert.isTrue(Exit.isFailure(exit) && Cause.hasDies(exit.cause))
      const { message } = Exit.isFailure(exit) ? (Cause.squash(exit.cause) as Error) : new Error()
      assert.include(message, "McpServer.layer")
      assert.include(message, named)
    })
  )
})
