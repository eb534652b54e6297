/**
 * What a definition's schemas are published as: clean JSON Schema 2020-12, which a model can read.
 *
 * Everything is observed where it is published, at a definition's `codecs`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { McpDefinition, type McpSchema } from "mcp-effect"
import { property } from "../laws/support/law.ts"

type Json = McpSchema.JsonObject

const published = <P extends Schema.Struct.Fields>(parameters: P): Json =>
  McpDefinition.make("tool", { parameters: Schema.Struct(parameters) as Schema.Constraint as never }).codecs.inputSchema

const input = (parameters: Schema.Constraint): Json =>
  McpDefinition.make("tool", { parameters: parameters as never }).codecs.inputSchema

const output = (success: Schema.Constraint): Json | undefined =>
  McpDefinition.make("tool", { success }).codecs.outputSchema

const number = { type: "number" }
const string = { type: "string" }

describe("parameters", () => {
  it("none are an object without properties", () => {
    assert.deepStrictEqual(McpDefinition.make("tool").codecs.inputSchema, { type: "object", properties: {} })
    assert.deepStrictEqual(published({}), { type: "object", properties: {} })
  })

  it("fields are an object with what is required", () => {
    const schema = published({ a: Schema.Finite, b: Schema.optionalKey(Schema.String) })
    assert.deepStrictEqual(schema, { type: "object", properties: { a: number, b: string }, required: ["a"] })
  })

  it("keep what describes them", () => {
    const schema = published({ a: Schema.Finite.annotate({ description: "how many", title: "A" }) })
    assert.deepStrictEqual(schema["properties"], { a: { ...number, description: "how many", title: "A" } })
  })

  it("keep their limits", () => {
    const schema = published({
      s: Schema.String.pipe(Schema.check(Schema.isMaxLength(5))),
      n: Schema.Finite.pipe(Schema.check(Schema.isGreaterThanOrEqualTo(1)))
    })
    assert.deepStrictEqual(schema["properties"], {
      s: { ...string, maxLength: 5 },
      n: { ...number, minimum: 1 }
    })
  })

  it("a union is an object whose shape is one of several", () => {
    const schema = input(Schema.Union([Schema.Struct({ a: Schema.Finite }), Schema.Struct({ b: Schema.String })]))
    assert.deepStrictEqual(schema, {
      type: "object",
      anyOf: [
        { type: "object", properties: { a: number }, required: ["a"] },
        { type: "object", properties: { b: string }, required: ["b"] }
      ]
    })
  })

  it("a record says what its values are", () => {
    assert.deepStrictEqual(input(Schema.Record(Schema.String, Schema.Finite)), {
      type: "object",
      additionalProperties: number
    })
    assert.deepStrictEqual(input(Schema.Record(Schema.String, Schema.Unknown)), { type: "object" })
  })
})

describe("numbers", () => {
  it.each<[string, Schema.Constraint, unknown]>([
    ["plain", Schema.Number, number],
    ["in a list", Schema.Array(Schema.Number), { type: "array", items: number }],
    ["in a record", Schema.Record(Schema.String, Schema.Number), { type: "object", additionalProperties: number }],
    ["or null", Schema.NullOr(Schema.Number), { anyOf: [number, { type: "null" }] }],
    ["or a string", Schema.Union([Schema.Number, Schema.String]), { anyOf: [number, string] }]
  ])("%s: not as a union with NaN", (_, schema, expected) => {
    assert.deepStrictEqual(published({ value: schema })["properties"], { value: expected })
    assert.deepStrictEqual(output(schema), expected)
  })

  it("a union of literals that the author wrote stays", () => {
    const schema = published({ value: Schema.Literals(["NaN", "low"]) })
    assert.deepStrictEqual(schema["properties"], { value: { type: "string", enum: ["NaN", "low"] } })
  })
})

it("what is said about a field stands beside its schema", () => {
  const field = Schema.optionalKey(Schema.Finite).pipe(Schema.annotateKey({ description: "how much" }))
  assert.deepStrictEqual(published({ field })["properties"], { field: { type: "number", description: "how much" } })
})

describe("properties are data", () => {
  const keywords = ["default", "examples", "const", "enum", "required", "anyOf", "additionalProperties", "type", "not"]

  it.each(keywords)("one may be called %s", (name) => {
    const expected = { type: "object", properties: { [name]: number, other: string }, required: [name, "other"] }
    assert.deepStrictEqual(published({ [name]: Schema.Number, other: Schema.String }), expected)
  })

  it.each(keywords)("one called %s may be an object", (name) => {
    const inner = { type: "object", properties: { x: number }, required: ["x"] }
    const schema = published({ [name]: Schema.Struct({ x: Schema.Number }) })
    assert.deepStrictEqual(schema, { type: "object", properties: { [name]: inner }, required: [name] })
  })

  it.each(["__proto__", "constructor", "toString"])("one may be called %s", (name) => {
    const properties = published({ [name]: Schema.Finite })["properties"] as Json
    assert.deepStrictEqual(Object.getOwnPropertyDescriptor(properties, name)?.value, number)
  })

  it("what an author gives as an example is published as it is", () => {
    const example = { additionalProperties: true }
    const Value = Schema.Struct({ additionalProperties: Schema.Boolean }).annotate({ examples: [example] })
    const { value } = published({ value: Value })["properties"] as { readonly value: Json }
    assert.deepStrictEqual(value["examples"], [example])
  })
})

class Point extends Schema.Class<Point>("Point")({ x: Schema.Finite }) {}
class Spot extends Schema.Class<Spot>("shop/Spot")({ x: Schema.Finite }) {}
class Odd extends Schema.Class<Odd>("a~b/c d%")({ x: Schema.Finite }) {}
const Constructor = Schema.Struct({ x: Schema.Finite }).annotate({ identifier: "constructor" })

interface Tree {
  readonly label: string
  readonly children: ReadonlyArray<Tree>
}
const Tree = Schema.Struct({
  label: Schema.String,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
}).annotate({ identifier: "trees/Tree" })

const pointed = { type: "object", properties: { x: number }, required: ["x"] }

/** What the references of a schema point at, by RFC 6901 in a URI fragment; `undefined` where they dangle. */
const targets = (root: Json): ReadonlyArray<unknown> =>
  [...JSON.stringify(root).matchAll(/"\$ref":("(?:[^"\\]|\\.)*")/g)].map((match) => {
    const path = decodeURIComponent(JSON.parse(match[1]!) as string).split("/")
    return path
      .slice(1)
      .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
      .reduce<unknown>((node, key) => (Object.hasOwn(node as object, key) ? (node as Json)[key] : undefined), root)
  })

describe("named schemas", () => {
  const named: ReadonlyArray<[string, Schema.Constraint]> = [
    ["a class", Point],
    ["a class with a path for a name", Spot],
    ["a class with an odd name", Odd],
    ["a struct called constructor", Constructor]
  ]

  it.each(named)("%s at the root stands in place", (_, schema) => {
    assert.deepStrictEqual(input(schema), pointed)
    assert.deepStrictEqual(output(schema), pointed)
  })

  it.each(named)("%s inside is found where its reference points", (_, schema) => {
    for (const root of [published({ a: schema, b: schema }), output(Schema.Array(schema))!]) {
      const found = targets(root)
      assert.isAbove(found.length + Number(JSON.stringify(root).includes('"x"')), 0)
      for (const target of found) assert.deepStrictEqual(target, pointed, JSON.stringify(root))
    }
  })

  it("a recursive one refers to itself, also at the root", () => {
    for (const root of [input(Tree), output(Tree)!, published({ tree: Tree })]) {
      const found = targets(root)
      assert.isAbove(found.length, 0)
      for (const target of found) assert.deepInclude(target, { type: "object", required: ["label", "children"] })
    }
    assert.strictEqual(input(Tree)["type"], "object")
    assert.deepStrictEqual(Object.keys(input(Tree)["properties"] as Json), ["label", "children"])
  })

  it("$defs are there only where something refers to them", () => {
    assert.notProperty(input(Spot), "$defs")
    assert.notProperty(published({ a: Schema.String }), "$defs")
    const defs = published({ a: Spot, b: Spot })["$defs"] as Json | undefined
    assert.isAtMost(Object.keys(defs ?? {}).length, 1)
  })
})

describe("success", () => {
  it("content blocks have no output schema", () => {
    assert.isUndefined(McpDefinition.make("tool").codecs.outputSchema)
  })

  it("may be anything, and then its root is no object", () => {
    assert.deepStrictEqual(output(Schema.Array(Schema.String)), { type: "array", items: string })
    assert.deepStrictEqual(output(Schema.String), string)
  })

  it("is described as it travels", () => {
    assert.deepStrictEqual(output(Schema.Struct({ at: Schema.Date })), {
      type: "object",
      properties: { at: { ...string, format: "date-time" } },
      required: ["at"]
    })
  })
})

const leaves = {
  string: Schema.String,
  number: Schema.Number,
  finite: Schema.Finite,
  int: Schema.Int,
  boolean: Schema.Boolean,
  literal: Schema.Literals(["a", "b"]),
  date: Schema.Date,
  point: Point,
  spot: Spot,
  unknown: Schema.Unknown
} as const
const wrappers = {
  plain: (schema: Schema.Constraint) => schema,
  list: (schema: Schema.Constraint) => Schema.Array(schema),
  nullable: (schema: Schema.Constraint) => Schema.NullOr(schema),
  record: (schema: Schema.Constraint) => Schema.Record(Schema.String, schema),
  nested: (schema: Schema.Constraint) => Schema.Struct({ inner: schema })
} as const
const leafNames = Object.keys(leaves) as ReadonlyArray<keyof typeof leaves>
const wrapperNames = Object.keys(wrappers) as ReadonlyArray<keyof typeof wrappers>

property(
  "any parameters are an object, free of what a model should not read, with every reference in place",
  {
    fields: Schema.Array(
      Schema.Struct({
        name: Schema.String,
        leaf: Schema.Literals(leafNames),
        inner: Schema.Literals(wrapperNames),
        outer: Schema.Literals(wrapperNames)
      })
    ).pipe(Schema.check(Schema.isMaxLength(6)))
  },
  { leaf: leafNames, wrapper: wrapperNames },
  ({ fields }, seen) =>
    Effect.sync(() => {
      const struct: { [name: string]: Schema.Constraint } = Object.create(null)
      for (const { inner, leaf, name, outer } of fields) {
        seen("leaf", leaf)
        seen("wrapper", inner)
        seen("wrapper", outer)
        struct[name] = wrappers[outer](wrappers[inner](leaves[leaf]))
      }
      const schema = published(struct)
      const text = JSON.stringify(schema)
      assert.strictEqual(schema["type"], "object", text)
      assert.sameMembers(Object.keys(schema["properties"] as Json), Object.keys(struct), text)
      assert.notInclude(text, '"NaN"')
      assert.notInclude(text, '"additionalProperties":true')
      assert.notInclude(targets(schema), undefined, text)
      for (const name of Object.keys((schema["$defs"] as Json | undefined) ?? {})) {
        assert.include(text, `#/$defs/${encodeURIComponent(name.replaceAll("~", "~0").replaceAll("/", "~1"))}`)
      }
    })
)
