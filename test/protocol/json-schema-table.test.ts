/**
 * The tables of JSON-SCHEMA.md are true: every schema is published as the paper says, and refused where it says so.
 *
 * The first column of each table is evaluated, so the paper cannot speak of one schema and the test of another.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Schema } from "effect"
import { McpDefinition } from "mcp-effect"
import { definitions, headers, parameters, refused, rows } from "./support/schemaTable.ts"

const published = (success: Schema.Constraint): string =>
  JSON.stringify(McpDefinition.make("row", { success }).codecs.outputSchema)

const asParameters = (schema: Schema.Constraint): string =>
  JSON.stringify(McpDefinition.make("row", { parameters: schema as never }).codecs.inputSchema)

it("the tables have their columns", () => {
  const line = ["---", "---", "---"]
  assert.deepStrictEqual(headers("table"), [["Schema", "JSON Schema", "notes"], line])
  assert.deepStrictEqual(headers("parameters"), [["Schema", "JSON Schema", "notes"], line])
  assert.deepStrictEqual(headers("refused"), [["Schema", "where", "what"], line])
  assert.deepStrictEqual(headers("differences"), [["Schema", "value", "why"], line])
})

it("the names in the tables are what the paper says", () => {
  const [paper, test] = definitions
  assert.strictEqual(paper, test)
})

describe("as success", () => {
  it.each(rows.map(({ json, schema, text }) => [text, schema, json] as const))("%s", (_, schema, json) => {
    assert.strictEqual(published(schema), json)
  })

  it("no schema has two rows", () => {
    assert.strictEqual(new Set(rows.map(({ text }) => text)).size, rows.length)
    assert.isAbove(rows.length, 80)
  })
})

describe("as parameters", () => {
  it.each(parameters.map(({ json, schema, text }) => [text, schema, json] as const))("%s", (_, schema, json) => {
    assert.strictEqual(asParameters(schema), json)
  })
})

describe("refused", () => {
  it.each(refused.map(({ found, path, schema, text }) => [text, schema, path, found] as const))(
    "%s",
    (_, schema, path, found) => {
      try {
        McpDefinition.make("row", { success: schema })
      } catch (error) {
        assert.instanceOf(error, McpDefinition.InexpressibleSchema)
        assert.deepInclude(error, { tool: "row", path: path.split("."), found })
        return
      }
      assert.fail("not refused")
    }
  )
})
