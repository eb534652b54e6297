/**
 * Revisions as values: what each has, what the next adds and lacks, its codes and its projections.
 *
 * Written from the specification's changelog, not from the tables; what nothing in a table says is asked of both.
 */
import { assert, describe, it } from "@effect/vitest"
import { McpContent, type McpMethod, type McpRevision, type McpSchema } from "mcp-effect"
import { CallTool, ListTools } from "../../src/protocol/methods/tools.ts"
import * as revisions from "../../src/protocol/revisions/index.ts"

const revisionOf = (version: string) => {
  const revision = revisions.find(version)
  assert.isDefined(revision)
  return revision
}
const legacy = revisionOf("2025-11-25")
const modern = revisionOf("2026-07-28")

type Side = "client" | "server"
type Kind = "requests" | "notifications"

const delta = (from: string, to: string, side: Side, kind: Kind) => {
  const [before, after] = [revisionOf(from)[side][kind], revisionOf(to)[side][kind]]
  return {
    adds: [...after].filter((name) => !before.has(name)).toSorted(),
    lacks: [...before].filter((name) => !after.has(name)).toSorted()
  }
}

const nothing = { adds: [], lacks: [] }

describe("the list", () => {
  it("is in the order of dates, each once", () => {
    const versions = revisions.revisions.map(({ version }) => version)
    assert.deepStrictEqual(versions, [...new Set(versions)].toSorted())
  })

  it("finds by date, and nothing else", () => {
    for (const revision of revisions.revisions) assert.strictEqual(revisions.find(revision.version), revision)
    for (const version of ["", "2025", "2099-01-01", "latest"]) assert.isUndefined(revisions.find(version))
  })

  it("has a latest of each era", () => {
    assert.strictEqual(revisions.latestLegacy, legacy)
    assert.strictEqual(revisions.latestModern, modern)
    assert.strictEqual(legacy.era, "legacy")
    assert.strictEqual(modern.era, "modern")
  })
})

describe("tables", () => {
  it("2024-11-05 opens with a handshake", () => {
    const first = revisionOf("2024-11-05")
    for (const name of ["initialize", "ping", "tools/list", "tools/call"])
      assert.isTrue(first.client.requests.has(name))
    assert.deepStrictEqual([...first.server.requests].toSorted(), ["ping", "roots/list", "sampling/createMessage"])
  })

  it("2025-03-26 has the same methods, and batches", () => {
    for (const side of ["client", "server"] as const) {
      for (const kind of ["requests", "notifications"] as const) {
        assert.deepStrictEqual(delta("2024-11-05", "2025-03-26", side, kind), nothing)
      }
    }
    const batches = revisions.revisions.filter(({ policy }) => policy.batches).map(({ version }) => version)
    assert.deepStrictEqual(batches, ["2025-03-26"])
  })

  it("2025-06-18 adds elicitation", () => {
    assert.deepStrictEqual(delta("2025-03-26", "2025-06-18", "client", "requests"), nothing)
    assert.deepStrictEqual(delta("2025-03-26", "2025-06-18", "server", "requests"), {
      adds: ["elicitation/create"],
      lacks: []
    })
  })

  it("2025-11-25 adds tasks in both directions, and the end of an elicitation by URL", () => {
    const tasks = { adds: ["tasks/cancel", "tasks/get", "tasks/list", "tasks/result"], lacks: [] }
    assert.deepStrictEqual(delta("2025-06-18", "2025-11-25", "client", "requests"), tasks)
    assert.deepStrictEqual(delta("2025-06-18", "2025-11-25", "server", "requests"), tasks)
    assert.deepStrictEqual(delta("2025-06-18", "2025-11-25", "server", "notifications"), {
      adds: ["notifications/elicitation/complete", "notifications/tasks/status"],
      lacks: []
    })
  })

  it("2026-07-28 adds discovery and listening, and lacks what needs a conversation", () => {
    assert.deepStrictEqual(delta("2025-11-25", "2026-07-28", "client", "requests"), {
      adds: ["server/discover", "subscriptions/listen"],
      lacks: [
        "initialize",
        "logging/setLevel",
        "ping",
        "resources/subscribe",
        "resources/unsubscribe",
        "tasks/cancel",
        "tasks/get",
        "tasks/list",
        "tasks/result"
      ]
    })
    assert.deepStrictEqual([...modern.client.notifications], ["notifications/cancelled"])
  })

  it("2026-07-28 has no requests from the server", () => {
    assert.strictEqual(modern.server.requests.size, 0)
    assert.isTrue(modern.server.notifications.has("notifications/subscriptions/acknowledged"))
  })

  it("a change of what no revision has listed is a mistake", () => {
    assert.throws(() => modern.extend({ version: "x", shapes: { Nowhere: { adds: ["a"] } } }), "Nowhere")
  })
})

describe("codes", () => {
  const standard = {
    Parse: -32700,
    Envelope: -32600,
    MethodNotFound: -32601,
    InvalidParams: -32602,
    UnknownTool: -32602,
    InvalidMeta: -32602,
    Internal: -32603
  } as const

  it.each(revisions.revisions)("of $version follow JSON-RPC, and ours stay outside its range", ({ errors }) => {
    assert.deepInclude(errors, standard)
    assert.deepInclude(errors, { Busy: 503, RateLimited: 429, Forbidden: 403 })
  })

  it("2026-07-28 has codes of its own for version, capability and headers, and no others in its range", () => {
    assert.deepInclude(modern.errors, { UnsupportedVersion: -32022, MissingCapability: -32021, HeaderMismatch: -32020 })
    const reserved = Object.values(modern.errors).filter((code) => code <= -32000 && code >= -32099)
    assert.sameMembers([...new Set(reserved)], [-32020, -32021, -32022])
  })

  it("legacy revisions have one for a missing resource, and 2025-11-25 one for a page to visit", () => {
    for (const revision of revisions.revisions.filter(({ era }) => era === "legacy")) {
      const reserved = Object.values(revision.errors).filter((code) => code <= -32000 && code >= -32099)
      const expected = revision.version === "2025-11-25" ? [-32002, -32042] : [-32002]
      assert.sameMembers(reserved, expected)
    }
  })

  it("all have one for every fault", () => {
    assert.deepStrictEqual(Object.keys(modern.errors).toSorted(), Object.keys(legacy.errors).toSorted())
  })
})

const project = (revision: McpRevision.McpRevision, method: McpMethod.AnyRequest, result: McpSchema.JsonObject) =>
  revision.project(method.result, result)

describe("projections", () => {
  const object = { name: "a", inputSchema: { type: "object" }, outputSchema: { type: "object" }, "x-own": 1 }
  const list = { name: "b", inputSchema: { type: "object" }, outputSchema: { type: "array" }, _meta: { k: 1 } }
  const none = { name: "c", inputSchema: { type: "object" } }

  it("2025-11-25 shows an output schema only where its root is an object, and touches nothing else", () => {
    const result = { tools: [object, list, none], nextCursor: "n", "x-own": true }
    const { outputSchema: _, ...bare } = list
    assert.deepStrictEqual(project(legacy, ListTools, result), { ...result, tools: [object, bare, none] })
    assert.deepStrictEqual(list.outputSchema, { type: "array" })
  })

  it.each([[[1, 2]], ["text"], [7], [false], [null]])("2025-11-25 carries the value %j in _meta instead", (value) => {
    const result = { content: [], structuredContent: value, _meta: { k: 1 }, "x-own": 1 }
    const { structuredContent: _, ...rest } = result
    assert.deepStrictEqual(project(legacy, CallTool, result), {
      ...rest,
      _meta: { k: 1, "mcp-effect/value": value }
    })
  })

  it("2025-11-25 leaves a value that is an object, and a result without one, as they are", () => {
    for (const result of [
      { content: [], structuredContent: { a: 1 } },
      { content: [], isError: true }
    ]) {
      assert.strictEqual(project(legacy, CallTool, result), result)
    }
  })

  it.each(["2024-11-05", "2025-03-26"])("%s keeps every structured result in _meta", (version) => {
    const result = { content: [], structuredContent: { a: 1 } }
    assert.deepStrictEqual(project(revisionOf(version), CallTool, result), {
      content: [],
      _meta: { "mcp-effect/value": { a: 1 } }
    })
  })

  it("a block that a revision lacks becomes a text that says what was there", () => {
    const audio = McpContent.audio(new Uint8Array([1]), "audio/wav")
    const link = McpContent.link("file:///a", "a")
    const texts = (version: string) =>
      (project(revisionOf(version), CallTool, { content: [audio, link] }) as McpContent.Result).content
    const [saidAudio, saidLink] = [McpContent.text("[audio, audio/wav]"), McpContent.text("[resource a: file:///a]")]
    assert.deepStrictEqual(texts("2024-11-05"), [saidAudio, saidLink])
    assert.deepStrictEqual(texts("2025-03-26"), [audio, saidLink])
    assert.deepStrictEqual(texts("2025-06-18"), [audio, link])
  })

  it("2026-07-28 expresses every result", () => {
    const result = { content: [McpContent.link("file:///a", "a")], structuredContent: [1] }
    assert.strictEqual(project(modern, CallTool, result), result)
  })
})

describe("envelopes", () => {
  const facts = {
    serverInfo: { name: "s", version: "1" },
    cache: { ttlMs: 0, cacheScope: "private" }
  } as const
  const _meta = { "io.modelcontextprotocol/serverInfo": facts.serverInfo }

  it("legacy revisions have none", () => {
    for (const { client, era, policy } of revisions.revisions) {
      if (era === "legacy") for (const method of client.requests) assert.isUndefined(policy.envelope(method, facts))
    }
  })

  it("2026-07-28 says that a result is complete, who made it, and how long a list keeps", () => {
    const { envelope } = modern.policy
    assert.deepStrictEqual(envelope("tools/call", facts), { resultType: "complete", _meta })
    for (const method of ["tools/list", "server/discover", "resources/read"]) {
      assert.deepStrictEqual(envelope(method, facts), { resultType: "complete", ...facts.cache, _meta })
    }
  })
})
