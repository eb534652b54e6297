/**
 * Schemas of strangers: their dialect, their references, and what is wrong with a schema or a value.
 *
 * What cannot be used is refused by a typed error that says where. Nothing is fetched or evaluated as code, which a
 * process of its own proves. Bounds, odd values and patterns have tests beside this one, and so has the agreement with
 * another validator.
 */
import { spawnSync } from "node:child_process"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type * as McpJsonSchema from "../../src/protocol/McpJsonSchema.ts"
import { prepared, problems, refusal, uri, verdict } from "./support/jsonSchemaIn.ts"

describe("dialects", () => {
  it("without $schema it is 2020-12, or what is given", () => {
    assert.strictEqual(prepared({}).dialect, "2020-12")
    assert.strictEqual(prepared(true).dialect, "2020-12")
    assert.strictEqual(prepared({}, { dialect: "draft-07" }).dialect, "draft-07")
  })

  it.each(Object.entries(uri))("%s is known by its $schema", (dialect, $schema) => {
    assert.strictEqual(prepared({ $schema }).dialect, dialect)
    assert.strictEqual(prepared({ $schema: $schema.replace("#", "").replace("http:", "https:") }).dialect, dialect)
  })

  it.each(["https://json-schema.org/draft/next/schema", "http://example.com/meta", "", 7])("%j is not", ($schema) => {
    const error = refusal({ $schema })
    assert.deepInclude(error, { reason: "UnknownDialect", path: "/$schema" })
    assert.include(error.message, JSON.stringify($schema))
  })

  it("a document has one", () => {
    const schema = { $defs: { a: { $id: "a", $schema: uri["draft-07"] } } }
    assert.deepInclude(refusal(schema), { reason: "UnknownDialect", path: "/$defs/a" })
    assert.isTrue(verdict({ $defs: { a: { $id: "a", $schema: uri["2020-12"] } } }, 1))
  })

  it("a tuple is written as the dialect has it", () => {
    const old = { items: [{ type: "string" }], additionalItems: false }
    assert.isFalse(verdict({ $schema: uri["draft-07"], ...old }, ["a", 1]))
    assert.isFalse(verdict({ $schema: uri["2019-09"], ...old }, [1]))
    const error = refusal(old)
    assert.deepInclude(error, { reason: "Malformed", path: "" })
    assert.include(error.message, "prefixItems")
    assert.isFalse(verdict({ prefixItems: [{ type: "string" }], items: false }, ["a", 1]))
  })

  it("keywords of another dialect are none", () => {
    const never: unknown = JSON.parse('{ "if": true, "then": false }')
    assert.isTrue(verdict(never, 1, { dialect: "draft-06" }))
    assert.isFalse(verdict(never, 1, { dialect: "draft-07" }))
    assert.isTrue(verdict({ $schema: uri["draft-04"], const: 1 }, 2))
    assert.isTrue(verdict({ dependentRequired: { a: ["b"] } }, { a: 1 }, { dialect: "draft-07" }))
    assert.isFalse(verdict({ $schema: uri["draft-04"], minimum: 1, exclusiveMinimum: true }, 1))
  })

  it("$ref hides what stands beside it up to draft-07", () => {
    const schema = { $ref: "#/definitions/a", maximum: 1, definitions: { a: { type: "integer" } } }
    assert.isTrue(verdict(schema, 2, { dialect: "draft-07" }))
    assert.isFalse(verdict(schema, 2))
    const circle = { ...schema, allOf: [{ $ref: "#" }] }
    assert.isTrue(verdict(circle, 2, { dialect: "draft-07" }))
    assert.strictEqual(refusal(circle).reason, "CyclicReference")
  })
})

describe("references", () => {
  const string = { type: "string" }

  it.each<[string, object]>([
    ["a pointer", { $ref: "#/$defs/a", $defs: { a: string } }],
    ["a pointer with escapes", { $ref: "#/$defs/a~1b%20~0c", $defs: { "a/b ~c": string } }],
    ["an anchor", { $ref: "#here", $defs: { a: { $anchor: "here", ...string } } }],
    ["an id", { $ref: "other", $defs: { a: { $id: "other", ...string } } }],
    ["its own id", { $id: "https://example.com/a", $ref: "https://example.com/a#/$defs/a", $defs: { a: string } }],
    [
      "a place that no keyword makes a schema",
      { $ref: "#/components/schemas/A", components: { schemas: { A: string } } }
    ],
    ["a dynamic anchor that is alone", { $dynamicRef: "#a", $defs: { a: { $dynamicAnchor: "a", ...string } } }],
    ["two at once", { $ref: "#/$defs/a", $dynamicRef: "#/$defs/b", $defs: { a: string, b: true } }]
  ])("%s is followed", (_, schema) => {
    assert.isTrue(verdict(schema, "a"))
    assert.isFalse(verdict(schema, 1))
  })

  it("the root is followed where the value goes deeper", () => {
    const tree = { type: "object", properties: { next: { $ref: "#" } }, additionalProperties: false }
    assert.isTrue(verdict(tree, { next: { next: {} } }))
    assert.isFalse(verdict(tree, { next: { next: { other: 1 } } }))
    const older = { $schema: uri["2019-09"], properties: { next: { $recursiveRef: "#" } }, maxProperties: 1 }
    assert.isFalse(verdict(older, { next: { a: 1, b: 1 } }))
  })

  it.each<[McpJsonSchema.Reason, string, object]>([
    ["UnresolvedReference", "/items", { items: { $ref: "#/$defs/a" } }],
    ["UnresolvedReference", "", { $ref: "#nowhere" }],
    ["UnresolvedReference", "", { $ref: "#/title", title: "a" }],
    ["UnresolvedReference", "", { $ref: "#/constructor" }],
    ["RemoteReference", "/properties/a", { properties: { a: { $ref: "https://example.com/a.json" } } }],
    ["RemoteReference", "", { $ref: "other.json#/$defs/a" }],
    ["RemoteReference", "", { $ref: "file:///etc/passwd" }],
    ["RemoteReference", "", { $ref: uri["2020-12"] }],
    ["Malformed", "", { $ref: "http://[" }],
    ["Malformed", "", { $ref: 7 }],
    ["CyclicReference", "", { $ref: "#" }],
    ["CyclicReference", "/$defs/a", { $ref: "#/$defs/a", $defs: { a: { allOf: [{ $ref: "#/$defs/a" }] } } }],
    ["CyclicReference", "", { dependentSchemas: { a: { $ref: "#" } } }],
    ["CyclicReference", "", { if: { not: { $dynamicRef: "#" } } }],
    ["Malformed", "/$defs/b", { $defs: { a: { $anchor: "x" }, b: { $anchor: "x" } } }],
    ["Malformed", "/$defs/b", { $defs: { a: { $id: "x" }, b: { $id: "x" } } }]
  ])("refused as %s at %j: %j", (reason, path, schema) => {
    assert.deepInclude(refusal(schema), { reason, path })
  })

  it("a dynamic reference is refused where what it means depends on the way to it", () => {
    const list = { $id: "list", items: { $dynamicRef: "#item" }, $defs: { any: { $dynamicAnchor: "item" } } }
    const schema = { $ref: "list", $defs: { list, item: { $dynamicAnchor: "item", type: "string" } } }
    assert.deepInclude(refusal(schema), { reason: "Unsupported", path: "/$defs/list/items" })
  })
})

describe("malformed schemas", () => {
  it.each<[unknown, string]>([
    [null, ""],
    [[], ""],
    ["string", ""],
    [{ type: "any" }, ""],
    [{ type: 7 }, ""],
    [{ properties: [] }, ""],
    [{ properties: { a: "string" } }, ""],
    [{ required: true }, ""],
    [{ items: { required: "a" } }, "/items"],
    [{ allOf: {} }, ""],
    [{ enum: "a" }, ""],
    [{ minLength: -1 }, ""],
    [{ multipleOf: 0 }, ""],
    [{ minimum: "1" }, ""],
    [{ exclusiveMinimum: true }, ""],
    [{ pattern: 1 }, ""]
  ])("%j", (schema, path) => {
    assert.deepInclude(refusal(schema), { reason: "Malformed", path })
  })

  it("annotations and unknown keywords may be anything", () => {
    assert.isTrue(verdict({ title: 1, format: {}, "x-any": [{ type: "any" }], default: { $ref: "#/nowhere" } }, 1))
  })
})

describe("problems", () => {
  it("say where, in the value and in the schema, and what", () => {
    const schema = {
      properties: {
        a: { items: { $ref: "#/$defs/b" } },
        c: { type: "string", pattern: "^c" },
        d: false,
        e: { uniqueItems: true }
      },
      $defs: { b: { type: "integer" } }
    }
    const error = (value: unknown) => problems(schema, value).problems
    assert.deepStrictEqual(error({ a: [1, "x"] }), [
      {
        path: "/a/1",
        schemaPath: "/properties/a/items/$ref/type",
        message: 'Instance type "string" is invalid. Expected "integer".'
      }
    ])
    assert.deepStrictEqual(error({ c: "x" }), [
      { path: "/c", schemaPath: "/properties/c/pattern", message: 'String does not match pattern "^c".' }
    ])
    assert.deepStrictEqual(error({ d: 1 }), [
      { path: "/d", schemaPath: "/properties/d", message: "Nothing is allowed here." }
    ])
    assert.deepInclude(error({ e: [1, 1] })[0], { path: "/e", schemaPath: "/properties/e/uniqueItems" })
    assert.strictEqual(problems(schema, { d: 1 }).message, "/d: Nothing is allowed here.")
  })
})

describe("the process", () => {
  it("evaluates no code and fetches nothing", () => {
    const module = join(import.meta.dirname, "../../src/protocol/McpJsonSchema.ts")
    const program = `
      globalThis.fetch = () => { throw new Error("fetched") }
      const { validator } = await import(${JSON.stringify(module)})
      const schema = { type: "object", properties: { a: { pattern: "^a+$" } }, patternProperties: { "^b": { $ref: "#/$defs/b" } }, $defs: { b: { uniqueItems: true } } }
      const one = validator(schema).success
      const tags = [{ a: "aa", b: [1, 2] }, { a: "b" }, { bb: [1, 1] }].map((value) => one.validate(value)._tag)
      const remote = validator({ $ref: "http://127.0.0.1:1/" }).failure.reason
      console.log(JSON.stringify([...tags, remote]))`
    const flags = ["--disallow-code-generation-from-strings", "--conditions=mcp-effect-source", "--no-warnings"]
    const { status, stderr, stdout } = spawnSync(process.execPath, [...flags, "--input-type=module", "-e", program], {
      encoding: "utf8"
    })
    assert.strictEqual(status, 0, stderr)
    assert.deepStrictEqual(JSON.parse(stdout), ["Success", "Failure", "Failure", "RemoteReference"])
  })
})
