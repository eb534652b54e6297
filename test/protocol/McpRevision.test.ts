/**
 * Revisions as values: what each has, what the next adds and lacks, its codes and its projections.
 *
 * Written from the specification's changelog, not from the tables; what nothing in a table says is asked of both.
 */
import { assert, describe, it } from "@effect/vitest"
import { Schema } from "effect"
import { McpMethod, McpRevision, type McpSchema } from "mcp-effect"
import * as revisions from "../../src/protocol/revisions/index.ts"

const revisionOf = (version: string) => {
  const revision = revisions.find(version)
  assert.isDefined(revision)
  return revision
}
const legacy = revisionOf("2025-11-25")
const modern = revisionOf("2026-07-28")

const names = (table: McpRevision.Table<unknown>): ReadonlyArray<string> => Object.keys(table).toSorted()

const without = (from: ReadonlyArray<string>, what: ReadonlyArray<string>) =>
  from.filter((name) => !what.includes(name))

const delta = (side: "client" | "server", kind: "requests" | "notifications") => {
  const [before, after] = [names(legacy[side][kind]), names(modern[side][kind])]
  return { adds: without(after, before), lacks: without(before, after) }
}

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
  it.each(revisions.revisions)("of $version are keyed by the names of their methods", (revision) => {
    for (const direction of [revision.client, revision.server]) {
      for (const table of [direction.requests, direction.notifications]) {
        for (const [name, method] of Object.entries(table)) assert.strictEqual(method.name, name)
      }
    }
  })

  it.each(revisions.revisions)("of $version have no rows by inheritance", (revision) => {
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
      assert.isUndefined(revision.client.requests[name])
      assert.isUndefined(revision.server.notifications[name])
    }
  })

  it("2025-11-25 opens with a handshake", () => {
    assert.includeMembers([...names(legacy.client.requests)], ["initialize", "ping", "tools/list", "tools/call"])
    assert.includeMembers(
      [...names(legacy.client.notifications)],
      ["notifications/initialized", "notifications/cancelled", "notifications/progress"]
    )
    assert.isDefined(legacy.server.requests["ping"])
  })

  it("2026-07-28 adds discovery, and lacks handshake, ping and a level for the whole conversation", () => {
    assert.deepStrictEqual(delta("client", "requests"), {
      adds: ["server/discover"],
      lacks: ["initialize", "logging/setLevel", "ping"]
    })
    assert.deepStrictEqual(delta("client", "notifications"), {
      adds: [],
      lacks: ["notifications/initialized", "notifications/progress"]
    })
  })

  it("2026-07-28 has no requests from the server, and the same notifications", () => {
    assert.deepStrictEqual(names(modern.server.requests), [])
    assert.deepStrictEqual(delta("server", "notifications"), { adds: [], lacks: [] })
  })

  it("what did not change is the same value in both", () => {
    for (const name of ["tools/list", "tools/call"]) {
      assert.strictEqual(modern.client.requests[name], legacy.client.requests[name])
    }
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
    assert.sameMembers(reserved, [-32020, -32021, -32022])
  })

  it("2025-11-25 has none of them", () => {
    assert.deepStrictEqual(
      Object.values(legacy.errors).filter((code) => code <= -32000 && code >= -32099),
      []
    )
  })

  it("both have one for every fault", () => {
    assert.deepStrictEqual(Object.keys(modern.errors).toSorted(), Object.keys(legacy.errors).toSorted())
  })
})

const project = (revision: McpRevision.McpRevision, method: string, result: McpSchema.JsonObject) =>
  revision.project[method]?.(result) ?? result

describe("projections", () => {
  const object = { name: "a", inputSchema: { type: "object" }, outputSchema: { type: "object" }, "x-own": 1 }
  const list = { name: "b", inputSchema: { type: "object" }, outputSchema: { type: "array" }, _meta: { k: 1 } }
  const none = { name: "c", inputSchema: { type: "object" } }

  it("2025-11-25 shows an output schema only where its root is an object, and touches nothing else", () => {
    const result = { tools: [object, list, none], nextCursor: "n", "x-own": true }
    const { outputSchema: _, ...bare } = list
    assert.deepStrictEqual(project(legacy, "tools/list", result), { ...result, tools: [object, bare, none] })
    assert.deepStrictEqual(list.outputSchema, { type: "array" })
  })

  it.each([[[1, 2]], ["text"], [7], [false], [null]])("2025-11-25 carries the value %j in _meta instead", (value) => {
    const result = { content: [], structuredContent: value, _meta: { k: 1 }, "x-own": 1 }
    const { structuredContent: _, ...rest } = result
    assert.deepStrictEqual(project(legacy, "tools/call", result), {
      ...rest,
      _meta: { k: 1, "mcp-effect/value": value }
    })
  })

  it("2025-11-25 leaves a value that is an object, and a result without one, as they are", () => {
    for (const result of [
      { content: [], structuredContent: { a: 1 } },
      { content: [], isError: true }
    ]) {
      assert.strictEqual(project(legacy, "tools/call", result), result)
    }
  })

  it("2026-07-28 expresses everything", () => {
    assert.deepStrictEqual(Object.keys(modern.project), [])
  })
})

describe("envelopes", () => {
  const facts = {
    serverInfo: { name: "s", version: "1" },
    cache: { ttlMs: 0, cacheScope: "private" }
  } as const
  const _meta = { "io.modelcontextprotocol/serverInfo": facts.serverInfo }

  it("2025-11-25 has none", () => {
    for (const method of names(legacy.client.requests)) assert.isUndefined(legacy.envelope(method, facts))
  })

  it("2026-07-28 says that a result is complete, who made it, and how long a list keeps", () => {
    assert.deepStrictEqual(modern.envelope("tools/call", facts), { resultType: "complete", _meta })
    for (const method of ["tools/list", "server/discover"]) {
      assert.deepStrictEqual(modern.envelope(method, facts), { resultType: "complete", ...facts.cache, _meta })
    }
  })
})

describe("table and extend", () => {
  const method = (name: string) => McpMethod.notification(name, { params: Schema.Unknown })
  const [a, b, c] = [method("a"), method("b"), method("c")] as const
  const base = McpRevision.table(a, b)

  it("adds, omits and replaces, and leaves the base as it is", () => {
    assert.deepStrictEqual(names(McpRevision.extend(base, { add: [c], omit: ["a"] })), ["b", "c"])
    const other = method("a")
    assert.strictEqual(McpRevision.extend(base, { add: [other] })["a"], other)
    assert.deepStrictEqual(names(base), ["a", "b"])
    assert.strictEqual(base["a"], a)
  })
})
