/**
 * The text of a result in a revision: what the revision writes around it stands in it once, what the result says itself
 * wins, and a page's text is made once.
 *
 * A text with a member twice is longer than what it parses to.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import type { McpRevision } from "mcp-effect/McpRevision"
import type { CacheHints, JsonObject } from "mcp-effect/McpSchema"
import { CallTool, ListTools } from "mcp-effect/methods/tools"
import { find, latestLegacy, latestModern, revisions } from "mcp-effect/revisions"
import { Rendered, Rendering } from "../../src/server/internal/rendering.ts"
import { property } from "../laws/support/law.ts"

const versions = revisions.map(({ version }) => version)
const SERVER = "io.modelcontextprotocol/serverInfo"
const serverInfo = { name: "rendering", version: "1.0.0" }
const hints: CacheHints = { ttlMs: 60_000, cacheScope: "public" }

const rendering = () => new Rendering(serverInfo, { "tools/list": hints })
const methods = { "tools/call": CallTool, "tools/list": ListTools } as const
const required = { "tools/call": { content: [] }, "tools/list": { tools: [] } } as const

/** Members that a revision may write around a result, members of its method, and others. */
const Members = Schema.Struct({
  resultType: Schema.optionalKey(Schema.Literal("complete")),
  ttlMs: Schema.optionalKey(Schema.Literal(5)),
  cacheScope: Schema.optionalKey(Schema.Literal("private")),
  nextCursor: Schema.optionalKey(Schema.String),
  unheard: Schema.optionalKey(Schema.Literals(["", "_meta", '"resultType":"complete"'])),
  _meta: Schema.optionalKey(
    Schema.Struct({
      own: Schema.optionalKey(Schema.String),
      [SERVER]: Schema.optionalKey(Schema.Struct({ name: Schema.String, version: Schema.String }))
    })
  )
})

const parsed = (text: string): JsonObject => {
  const value = JSON.parse(text) as JsonObject
  assert.strictEqual(JSON.stringify(value).length, text.length, `a member stands twice in ${text}`)
  return value
}

property(
  "no member stands twice, and what the result says stays",
  { version: Schema.Literals(versions), name: Schema.Literals(["tools/call", "tools/list"]), members: Members },
  { version: versions, members: ["of the envelope", "_meta", "none of these"] },
  ({ members, name, version }, seen) =>
    Effect.sync(() => {
      const revision = find(version)!
      const result = { ...required[name], ...members }
      const ofEnvelope = ["resultType", "ttlMs", "cacheScope"].some((member) => member in members)
      seen("version", version)
      seen("members", ofEnvelope ? "of the envelope" : "_meta" in members ? "_meta" : "none of these")
      const value = parsed(rendering().complete(methods[name], result, revision))
      assert.isUndefined(revision.check(methods[name].result, value))
      const projected = revision.project(methods[name].result, result) as JsonObject
      if (revision.era === "legacy") return assert.deepStrictEqual(value, projected)
      const { _meta, ...others } = projected
      assert.deepInclude(value, others)
      assert.deepInclude(value["_meta"], { ...(_meta as JsonObject | undefined) })
      assert.strictEqual(value["resultType"], "complete")
      assert.deepStrictEqual((value["_meta"] as JsonObject)[SERVER], members._meta?.[SERVER] ?? serverInfo)
      if (name === "tools/list") assert.strictEqual(value["ttlMs"], members.ttlMs ?? hints.ttlMs)
    })
)

describe("the envelope", () => {
  it("of a method that says nothing is not cached, and private", () => {
    const value = parsed(new Rendering(serverInfo, {}).complete(ListTools, { tools: [] }, latestModern))
    assert.deepStrictEqual([value["ttlMs"], value["cacheScope"]], [0, "private"])
  })

  it("stands around a result without members", () => {
    const value = parsed(rendering().complete(CallTool, {}, latestModern))
    assert.deepStrictEqual(value, { resultType: "complete", _meta: { [SERVER]: serverInfo } })
  })

  it("of a revision that writes nothing leaves the result alone", () => {
    const { policy } = latestModern
    for (const envelope of [() => undefined, () => ({})]) {
      const silent = latestModern.extend({ version: "2098-01-01", policy: { ...policy, envelope } })
      assert.deepStrictEqual(parsed(rendering().complete(ListTools, { tools: [] }, silent)), { tools: [] })
      assert.deepStrictEqual(parsed(rendering().complete(CallTool, {}, silent)), {})
    }
  })
})

describe("a page", () => {
  it("has its text made once for each revision, and it is that of any result", () => {
    const result = { tools: [{ name: "a", inputSchema: { type: "object" } }] }
    const page = new Rendered(result)
    const made: Array<McpRevision> = []
    const counted = (revision: McpRevision) =>
      page.text(revision, () => {
        made.push(revision)
        return rendering().complete(ListTools, result, revision)
      })
    for (const revision of [latestModern, latestLegacy, latestModern, latestLegacy]) {
      assert.strictEqual(counted(revision), rendering().complete(ListTools, result, revision))
      assert.strictEqual(rendering().complete(ListTools, page, revision), counted(revision))
    }
    assert.deepStrictEqual(made, [latestModern, latestLegacy])
  })
})
