/**
 * What a new revision costs: one file of at most 40 lines and one entry in a list. It is then spoken by a server, and
 * its table, shape, code and header differ, while the revisions before it are as they were.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { Complete } from "../../src/protocol/methods/completion.ts"
import { ListTools, Tool } from "../../src/protocol/methods/tools.ts"
import { latestModern, revisions } from "../../src/protocol/revisions/index.ts"
import { v2099_01_01, Weather } from "./support/v2099_01_01.ts"

const all = [...revisions, v2099_01_01]

it("is one file of at most 40 lines", () => {
  const text = readFileSync(join(import.meta.dirname, "support", "v2099_01_01.ts"), "utf8")
  assert.isAtMost(text.trimEnd().split("\n").length, 40)
})

it("has what it adds, and not what it removes", () => {
  assert.isTrue(v2099_01_01.client.requests.has(Weather.name))
  assert.isFalse(v2099_01_01.client.requests.has(Complete.name))
  assert.isTrue(latestModern.client.requests.has(Complete.name))
  assert.strictEqual(v2099_01_01.errors.ResourceNotFound, -32033)
  assert.strictEqual(v2099_01_01.policy.headers.method, "Mcp-Verb")
  assert.strictEqual(v2099_01_01.policy.headers.name, latestModern.policy.headers.name)
})

it("checks and projects the shape it has changed, and only there", () => {
  const tool = { name: "a", description: "b", inputSchema: { type: "object" } }
  assert.isUndefined(latestModern.check(Tool, tool))
  assert.strictEqual(v2099_01_01.check(Tool, tool), "colour: is missing")
  assert.isUndefined(v2099_01_01.check(Tool, { ...tool, colour: "red" }))
  assert.deepStrictEqual(v2099_01_01.project(Tool, { ...tool, colour: "red" }), {
    name: "a",
    inputSchema: { type: "object" },
    colour: "red"
  })
  const list = { tools: [{ ...tool, colour: 1 }], resultType: "complete", ttlMs: 0, cacheScope: "private" }
  assert.strictEqual(v2099_01_01.check(ListTools.result, list), "tools.0.colour: expected a string")
})

it.effect("is spoken by a server that lists it", () =>
  Effect.gen(function* () {
    const echo = McpTool.make("echo", { description: "gone", parameters: { text: Schema.String } })
    const app = echo
      .toLayer(({ text }) => Effect.succeed(text))
      .pipe(Layer.provide(McpServer.layer({ name: "new", version: "1.0.0", revisions: all })))
    const peer = yield* McpTest.raw(app)
    const ask = (id: number, version: string, method: string, params: object) =>
      peer.send({
        jsonrpc: "2.0",
        id,
        method,
        params: {
          ...params,
          _meta: {
            "io.modelcontextprotocol/protocolVersion": version,
            "io.modelcontextprotocol/clientCapabilities": {}
          }
        }
      })
    yield* ask(1, "2099-01-01", "tools/list", {})
    assert.deepNestedInclude(yield* peer.next, { id: 1, "result.tools": [{ name: "echo", inputSchema: echoSchema }] })
    yield* ask(2, "2026-07-28", "tools/list", {})
    assert.deepNestedInclude(yield* peer.next, { id: 2, "result.tools[0].description": "gone" })
    yield* ask(3, "2098-01-01", "tools/list", {})
    assert.deepNestedInclude(yield* peer.next, {
      id: 3,
      "error.data.supported": all.map(({ version }) => version)
    })
  }).pipe(Effect.scoped)
)

const echoSchema = { type: "object", properties: { text: { type: "string" } }, required: ["text"] }
