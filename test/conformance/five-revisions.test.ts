/**
 * One server and one client in all five revisions: what each gets of the same application, and what a client makes of
 * servers that speak an older one.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer, Schema } from "effect"
import { McpClient, McpRequest, McpServer, McpTool } from "mcp-effect"
import { ListToolsResult } from "mcp-effect/methods/tools"
import { McpTest } from "mcp-effect/testing"
import { find, revisions } from "../../src/protocol/revisions/index.ts"
import { modernMeta } from "../laws/support/app.ts"

const Tell = McpTool.make("tell", {
  title: "Tell",
  parameters: { n: Schema.Int },
  success: Schema.Struct({ n: Schema.Int }),
  annotations: { readOnlyHint: true }
})
const server = (options?: Partial<McpServer.Options>) =>
  Tell.toLayer(({ n }) =>
    Effect.gen(function* () {
      const request = yield* McpRequest
      yield* request.progress({ progress: 1, message: "half" })
      return { n }
    })
  ).pipe(Layer.provide(McpServer.layer({ name: "five", version: "1.0.0", title: "Five", ...options })))

const versions = revisions.map(({ version }) => version)
const legacy = revisions.filter(({ era }) => era === "legacy").map(({ version }) => version)

const initialize = (version: string) => ({
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: version, capabilities: {}, clientInfo: { name: "test", version: "1" } }
})

const open = Effect.fnUntraced(function* (version: string) {
  const peer = yield* McpTest.raw(server())
  const isLegacy = legacy.includes(version)
  const ask = (id: number, method: string, params: object = {}, meta: object = {}) =>
    Effect.andThen(
      peer.send({
        jsonrpc: "2.0",
        id,
        method,
        params: { ...params, _meta: { ...(isLegacy ? undefined : modernMeta), ...meta } }
      }),
      peer.next
    )
  if (!isLegacy) return { peer, ask, opened: {} }
  yield* peer.send(initialize(version))
  return { peer, ask, opened: (yield* peer.next)["result"] as McpTest.Json }
})

/** The revisions that have it, by the specification's changelogs. */
const since = (first: string) => versions.filter((version) => version >= first)

describe.each(versions)("a server in %s", (version) => {
  it.effect("says what it is as the revision can", () =>
    Effect.gen(function* () {
      if (!legacy.includes(version)) return
      const { opened } = yield* open(version)
      assert.strictEqual(opened["protocolVersion"], version)
      const titled = since("2025-06-18").includes(version)
      assert.deepStrictEqual(opened["serverInfo"], { name: "five", version: "1.0.0", ...(titled && { title: "Five" }) })
    }).pipe(Effect.scoped)
  )

  it.effect("lists a tool with the fields that the revision has", () =>
    Effect.gen(function* () {
      const { ask } = yield* open(version)
      const { result } = yield* ask(1, "tools/list")
      const [tool] = (result as { readonly tools: ReadonlyArray<object> }).tools
      const expected = [
        "name",
        "inputSchema",
        ...(since("2025-03-26").includes(version) ? ["annotations"] : []),
        ...(since("2025-06-18").includes(version) ? ["title", "outputSchema"] : [])
      ]
      assert.sameMembers(Object.keys(tool!), expected)
      assert.isUndefined(find(version)!.check(ListToolsResult, result))
    }).pipe(Effect.scoped)
  )

  it.effect("calls it, with progress before the reply", () =>
    Effect.gen(function* () {
      const { ask, peer } = yield* open(version)
      const progress = yield* ask(1, "tools/call", { name: "tell", arguments: { n: 1 } }, { progressToken: "p" })
      const message = since("2025-03-26").includes(version) ? { message: "half" } : {}
      assert.deepStrictEqual(progress["params"], { progressToken: "p", progress: 1, ...message })
      const { result } = yield* peer.next
      const structured = since("2025-06-18").includes(version) ? { n: 1 } : undefined
      assert.deepStrictEqual((result as McpTest.Json)["structuredContent"], structured)
    }).pipe(Effect.scoped)
  )

  it.effect("tells wrong arguments to the caller, or since 2025-11-25 to the model", () =>
    Effect.gen(function* () {
      const { ask } = yield* open(version)
      const reply = yield* ask(1, "tools/call", { name: "tell", arguments: { n: "one" } })
      if (since("2025-11-25").includes(version)) assert.deepNestedInclude(reply, { "result.isError": true })
      else assert.deepNestedInclude(reply, { "error.code": -32602 })
    }).pipe(Effect.scoped)
  )
})

it.effect("a server without legacy revisions says which it has, to one that would shake hands", () =>
  Effect.gen(function* () {
    const peer = yield* McpTest.raw(server({ revisions: ["2026-07-28"] }))
    yield* peer.send(initialize("2025-11-25"))
    assert.deepNestedInclude(yield* peer.next, {
      "error.code": -32022,
      "error.data": { supported: ["2026-07-28"], requested: "2025-11-25" }
    })
  }).pipe(Effect.scoped)
)

describe.each(versions)("a client and a server that speaks only %s", (version) => {
  it.effect("agree on it, and a value arrives", () =>
    Effect.gen(function* () {
      const client = yield* McpClient.connect(server({ revisions: [version] }))
      assert.strictEqual(client.revision, version)
      assert.deepStrictEqual(yield* client.call(Tell, { n: 7 }), { n: 7 })
    }).pipe(Effect.scoped)
  )
})

it.effect("a client refuses what the agreed revision does not allow, with the path", () =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const connecting = yield* Effect.forkScoped(McpClient.connect(transport))
    yield* peer.send({ jsonrpc: "2.0", id: (yield* peer.next)["id"], error: { code: -32601, message: "no" } })
    const { id } = yield* peer.next
    const serverInfo = { name: "old", version: "1" }
    yield* peer.send({ jsonrpc: "2.0", id, result: { protocolVersion: "2024-11-05", capabilities: {}, serverInfo } })
    const client = yield* Fiber.join(connecting)
    yield* peer.next
    const calling = yield* Effect.forkScoped(Effect.flip(client.callTool("tell", {})))
    const call = yield* peer.next
    const audio = { type: "audio", data: "", mimeType: "audio/wav" }
    yield* peer.send({ jsonrpc: "2.0", id: call["id"], result: { content: [audio] } })
    assert.match((yield* Fiber.join(calling)).message, /content\.0/)
  }).pipe(Effect.scoped)
)
