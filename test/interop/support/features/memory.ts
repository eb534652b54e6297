/**
 * What `server-memory` can do, seen in its file: a graph of entities and relations, one JSON object per line.
 *
 * Each call has a little graph of its own in the one that all tests share: its names begin with a number of its own.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { McpError } from "mcp-effect"
import type { JsonObject } from "mcp-effect/McpSchema"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { At, Foreign, Tests } from "../features.ts"
import { atLeast, check, collected, every, failsWith, lists, refused, tool } from "./asking.ts"

const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-memory/dist/index.js"))
const uri = "memory://knowledge-graph"

const fileOf = (place: string): string => join(place, "graph.jsonl")

/** What the file says of the entities whose names begin so. */
const kept = ({ place }: At, prefix: string): ReadonlyArray<JsonObject> => {
  if (!existsSync(fileOf(place))) return []
  const lines = readFileSync(fileOf(place), "utf8").split("\n")
  const all = lines.filter((line) => line !== "").map((line) => JSON.parse(line) as JsonObject)
  return all.filter((one) => String(one["name"] ?? one["from"]).startsWith(prefix))
}

const person = (name: string, ...observations: Array<string>) => ({ name, entityType: "person", observations })
const knows = (from: string, to: string) => ({ from, to, relationType: "knows" })
const entity = (value: object) => ({ type: "entity", ...value })
const relation = (value: object) => ({ type: "relation", ...value })

let graphs = 0

/** A graph of its own: Ada, who knows Alan. Gives how its names begin. */
const graph = ({ client }: At): Effect.Effect<string, McpError.McpError> =>
  Effect.gen(function* () {
    const prefix = `${(graphs += 1)}-`
    const entities = [person(`${prefix}ada`, "counts"), person(`${prefix}alan`)]
    yield* client.callTool("create_entities", { entities })
    yield* client.callTool("create_relations", { relations: [knows(`${prefix}ada`, `${prefix}alan`)] })
    return prefix
  })

const inGraph = (args: (prefix: string) => JsonObject) => (at: At) => Effect.map(graph(at), args)

const structured = true
const done = (message: string) => ({ success: true, message })

/** How names begin, by the first of them. */
const prefixOf = (name: unknown): string => /^\d+-/.exec(String(name))?.[0] ?? assert.fail(`no name: ${String(name)}`)

const changes: Tests = {
  ...tool("create_entities", {
    args: () =>
      Effect.sync(() => {
        const prefix = `${(graphs += 1)}-`
        return { entities: [person(`${prefix}grace`, "compiles", "jokes"), person(`${prefix}john`)] }
      }),
    seen: (result, at, args) =>
      Effect.gen(function* () {
        const entities = args["entities"] as ReadonlyArray<JsonObject>
        assert.deepStrictEqual(result.structuredContent, { entities })
        assert.deepStrictEqual(kept(at, prefixOf(entities[0]?.["name"])), entities.map(entity))
        const again = yield* at.client.callTool("create_entities", args)
        assert.deepStrictEqual(again.structuredContent, { entities: [] })
      }),
    wrong: { entities: [{ name: "nobody" }] },
    structured
  }),
  ...tool("create_relations", {
    args: inGraph((prefix) => ({ relations: [knows(`${prefix}alan`, `${prefix}ada`)] })),
    seen: check((result, at, { relations }) => {
      const [first] = relations as ReadonlyArray<JsonObject>
      assert.deepStrictEqual(result.structuredContent, { relations })
      assert.deepInclude(kept(at, prefixOf(first?.["from"])), relation(first!))
    }),
    wrong: { relations: [{ from: "here" }] },
    structured
  }),
  ...tool("add_observations", {
    args: inGraph((prefix) => ({ observations: [{ entityName: `${prefix}ada`, contents: ["counts", "writes"] }] })),
    seen: (result, at, { observations }) =>
      Effect.gen(function* () {
        const [{ entityName } = { entityName: "" }] = observations as ReadonlyArray<{ readonly entityName: string }>
        assert.deepStrictEqual(result.structuredContent, { results: [{ entityName, addedObservations: ["writes"] }] })
        assert.deepInclude(kept(at, entityName), entity(person(entityName, "counts", "writes")))
        const nobody = { observations: [{ entityName: "nobody", contents: ["is"] }] }
        yield* failsWith(at, "add_observations", nobody, "Entity with name nobody not found")
      }),
    wrong: { observations: ["counts"] },
    structured
  }),
  ...tool("delete_entities", {
    args: inGraph((prefix) => ({ entityNames: [`${prefix}ada`] })),
    seen: check((result, at, { entityNames }) => {
      const prefix = prefixOf(entityNames)
      assert.deepStrictEqual(result.structuredContent, done("Entities deleted successfully"))
      // what she knew is gone with her
      assert.deepStrictEqual(kept(at, prefix), [entity(person(`${prefix}alan`))])
    }),
    wrong: {},
    structured
  }),
  ...tool("delete_observations", {
    args: inGraph((prefix) => ({ deletions: [{ entityName: `${prefix}ada`, observations: ["counts"] }] })),
    seen: check((result, at, { deletions }) => {
      const [{ entityName } = { entityName: "" }] = deletions as ReadonlyArray<{ readonly entityName: string }>
      assert.deepStrictEqual(result.structuredContent, done("Observations deleted successfully"))
      assert.deepInclude(kept(at, entityName), entity(person(entityName)))
    }),
    wrong: {},
    structured
  }),
  ...tool("delete_relations", {
    args: inGraph((prefix) => ({ relations: [knows(`${prefix}ada`, `${prefix}alan`)] })),
    seen: check((result, at, { relations }) => {
      const [first] = relations as ReadonlyArray<JsonObject>
      assert.deepStrictEqual(result.structuredContent, done("Relations deleted successfully"))
      const types = kept(at, prefixOf(first?.["from"])).map(({ type }) => type)
      assert.deepStrictEqual(types, ["entity", "entity"])
    }),
    wrong: {},
    structured
  })
}

interface Graph {
  readonly entities: ReadonlyArray<{ readonly name: string }>
  readonly relations: ReadonlyArray<{ readonly from: string }>
}

/** The part of a graph whose names begin so. */
const part = (value: unknown, prefix: string): Graph => {
  const { entities, relations } = value as Graph
  return {
    entities: entities.filter(({ name }) => name.startsWith(prefix)),
    relations: relations.filter(({ from }) => from.startsWith(prefix))
  }
}

const whole = (prefix: string) => ({
  entities: [person(`${prefix}ada`, "counts"), person(`${prefix}alan`)],
  relations: [knows(`${prefix}ada`, `${prefix}alan`)]
})

const looks: Tests = {
  ...tool("read_graph", {
    seen: (_, at) =>
      Effect.gen(function* () {
        const prefix = yield* graph(at)
        const { structuredContent } = yield* at.client.callTool("read_graph")
        assert.deepStrictEqual<object>(part(structuredContent, prefix), whole(prefix))
      }),
    structured
  }),
  ...tool("search_nodes", {
    args: inGraph((prefix) => ({ query: `${prefix}ADA` })),
    seen: check((result, _, { query }) => {
      const prefix = prefixOf(query)
      const { relations } = whole(prefix)
      assert.deepStrictEqual(result.structuredContent, { entities: [person(`${prefix}ada`, "counts")], relations })
    }),
    wrong: { query: 1 },
    structured
  }),
  ...tool("open_nodes", {
    args: inGraph((prefix) => ({ names: [`${prefix}alan`, "nobody"] })),
    seen: check((result, _, { names }) => {
      const prefix = prefixOf(names)
      const { relations } = whole(prefix)
      assert.deepStrictEqual(result.structuredContent, { entities: [person(`${prefix}alan`)], relations })
    }),
    wrong: {},
    structured
  })
}

export const memory: Foreign = {
  name: "memory",
  start: (place) => ({ args: [program], env: { MEMORY_FILE_PATH: fileOf(place) } }),
  tests: {
    ...every("2025-11-25", { name: "memory-server", version: "0.6.3" }),
    ...lists.tools,
    ...lists.resources,
    // it says that its lists may change; they never do, whatever is done with the graph
    "capability tools.listChanged": (at) => unchanged(at),
    "capability resources.listChanged": (at) => unchanged(at),
    "capability resources.subscribe": (at) =>
      Effect.gen(function* () {
        const heard = yield* collected(at.client.notifications)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const updates = yield* collected(yield* at.client.updates(uri))
            yield* graph(at)
            assert.deepStrictEqual(yield* atLeast("updates", updates, 2), [uri, uri])
          })
        )
        const before = heard.length
        yield* graph(at)
        // what is wrongly told would be told before this answer
        yield* at.client.ping()
        assert.strictEqual(heard.length, before)
      }),
    "tools: none by that name": (at) => failsWith(at, "none", {}, "Tool none not found"),
    ...changes,
    ...looks,
    "resources: none by that URI": ({ client }) => refused(-32602, client.readResource("memory://none")),
    [`resource ${uri}`]: (at) =>
      Effect.gen(function* () {
        const prefix = yield* graph(at)
        const { contents } = yield* at.client.readResource(uri)
        assert.strictEqual(contents.length, 1)
        const [only] = contents
        if (only === undefined || !("text" in only)) return assert.fail("it is not text")
        assert.deepInclude(only, { uri, mimeType: "application/json" })
        assert.deepStrictEqual<object>(part(JSON.parse(only.text), prefix), whole(prefix))
      })
  }
}

const unchanged = (at: At) =>
  Effect.gen(function* () {
    const heard = yield* collected(yield* at.client.changes)
    yield* graph(at)
    assert.deepStrictEqual(heard, [])
  })
