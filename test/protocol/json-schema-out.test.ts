/**
 * What is said of a schema is published whatever the schema is, and what JSON cannot say is refused where it is defined.
 *
 * The walk that refuses is held against Effect: what it lets pass can be written as JSON, and of what it refuses Effect
 * would publish something that is not so, or nothing at all.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Exit, Option, Schema } from "effect"
import * as Mac from "effect/crypto/Mac"
import * as NetAddress from "effect/net/NetAddress"
import { McpDefinition, McpTool } from "mcp-effect"
import { rows } from "./support/schemaTable.ts"

type Json = { readonly [keyword: string]: unknown }

const output = (schema: Schema.Constraint): Json => McpDefinition.make("row", { success: schema }).codecs.outputSchema!

/** A field, or the items of a list, with what its reference points at. */
const inside = (root: Json, part: "properties" | "items"): Json => {
  const found = part === "items" ? root["items"] : (root["properties"] as Json)["field"]
  const { $ref, ...json } = found as Json
  const name = typeof $ref === "string" ? $ref.slice("#/$defs/".length) : undefined
  return name === undefined ? json : { ...((root["$defs"] as Json)[name] as Json), ...json }
}

const field = (schema: Schema.Constraint): Json => inside(output(Schema.Struct({ field: schema })), "properties")

const refusal = (make: () => unknown): McpDefinition.InexpressibleSchema => {
  try {
    make()
  } catch (error) {
    assert.instanceOf(error, McpDefinition.InexpressibleSchema)
    return error
  }
  throw new Error("Not refused")
}

describe("what is said of a schema is published", () => {
  it.each(rows.map(({ schema, text }) => [text, schema as Schema.Top] as const))("%s", (_, schema) => {
    const said = { title: "Title", description: "what it is" }
    assert.deepInclude(field(schema.annotate(said)), said)
    assert.deepInclude(output(schema.annotate(said)), said)
    assert.deepInclude(field(schema.pipe(Schema.annotateKey(said))), said)
    assert.deepInclude(field(Schema.optionalKey(schema.annotate(said))), said)
    assert.deepInclude(inside(output(Schema.Array(schema.annotate(said))), "items"), said)
  })

  it("what is said of the field comes before what is said of its schema", () => {
    const schema = Schema.Number.annotate({ description: "a number" })
    assert.deepInclude(field(schema.pipe(Schema.annotateKey({ description: "the size" }))), { description: "the size" })
  })

  it("what is said of the decoded value comes before what is said of what travels", () => {
    const text = Schema.String.annotate({ description: "text" })
    assert.deepInclude(field(text.pipe(Schema.decodeTo(Schema.String))), { description: "text" })
    const date = Schema.DateFromString.annotate({ description: "a date" })
    assert.deepStrictEqual(field(date), { type: "string", description: "a date", format: "date-time" })
  })

  it("examples and defaults travel like other values, and are left out where they cannot", () => {
    const initial = Schema.BigInt.annotate({ default: 5n, examples: [1n, 2n] })
    assert.deepInclude(field(initial), { default: "5", examples: ["1", "2"] })
    const point = Schema.Struct({ at: Schema.Date }).annotate({ examples: [{ at: new Date(0) }] })
    assert.deepInclude(field(point), { examples: [{ at: "1970-01-01T00:00:00.000Z" }] })
    const broken = Schema.Date.annotate({ examples: [new Date(Number.NaN), new Date(0)] })
    assert.deepInclude(field(broken), { examples: ["1970-01-01T00:00:00.000Z"] })
  })

  it("an author's own word on a pattern stands", () => {
    const pattern = Schema.isPattern(/^[a-z]+$/, { toJsonSchema: () => ({ pattern: "^own$" }) } as never)
    assert.deepStrictEqual(field(Schema.String.check(pattern)), { type: "string", pattern: "^own$" })
    assert.deepStrictEqual(field(Schema.String.check(Schema.isPattern(/^.$/u))), { type: "string", pattern: "^.$" })
  })
})

describe("what has a name", () => {
  class Spot extends Schema.Class<Spot>("Spot")({ x: Schema.Finite }) {}
  const Named = Schema.Struct({ x: Schema.Finite }).annotate({ identifier: "Named" })

  it.each([
    ["Spot", Spot],
    ["Named", Named]
  ] as const)("%s is defined once, however it is used", (name, schema) => {
    const used = output(
      Schema.Struct({
        a: schema,
        b: Schema.optionalKey(schema),
        c: Schema.optional(schema),
        d: Schema.Array(schema),
        e: schema.pipe(Schema.annotateKey({ description: "said" })),
        f: Schema.optionalKey(schema).pipe(Schema.annotateKey({ description: "said" }))
      })
    )
    const $ref = `#/$defs/${name}`
    assert.deepStrictEqual(Object.keys(used["$defs"] as Json), [name])
    assert.deepStrictEqual(used["required"], ["a", "d", "e"])
    assert.deepStrictEqual(used["properties"], {
      a: { $ref },
      b: { $ref },
      c: { anyOf: [{ $ref }, { type: "null" }] },
      d: { type: "array", items: { $ref } },
      e: { $ref, description: "said" },
      f: { $ref, description: "said" }
    })
  })
})

describe("what JSON cannot say", () => {
  const map = Schema.instanceOf(Map)

  it("is refused in every part of a definition, with the name of the tool", () => {
    const parts = { parameters: { a: map }, success: Schema.Struct({ a: map }), failure: Schema.Struct({ a: map }) }
    for (const [part, schema] of Object.entries(parts)) {
      const error = refusal(() => McpDefinition.make("broken", { [part]: schema }))
      assert.deepInclude(error, { _tag: "InexpressibleSchema", tool: "broken", path: [part, "a"] })
      assert.strictEqual(
        error.message,
        `The ${part}.a of tool "broken" cannot be written as JSON: it is a declaration without a JSON codec. ` +
          "Give it a `toCodecJson` annotation, or transform it from a schema that JSON has (`Schema.decodeTo`)"
      )
    }
    assert.strictEqual(refusal(() => McpTool.make("other", { success: map })).tool, "other")
  })

  it("may stand on the decoded side, which does not travel", () => {
    const symbols = Schema.String.pipe(
      Schema.decodeTo(Schema.Symbol, {
        decode: { run: Option.map(Symbol.for) } as never,
        encode: { run: Option.map(String) } as never
      })
    )
    assert.deepStrictEqual(output(symbols), { type: "string" })
  })

  it("may say itself how it is written", () => {
    const written = map.annotate({
      toCodecJson: () => Schema.link()(Schema.String, { decode: {}, encode: {} } as never)
    } as never)
    assert.deepStrictEqual(output(written), { type: "string" })
  })

  it("is found behind recursion, and recursion that is not defined yet is no trouble", () => {
    interface Chain {
      readonly next: Chain | null
      readonly symbol: symbol
    }
    const Chain = Schema.Struct({
      next: Schema.NullOr(Schema.suspend((): Schema.Codec<Chain> => Chain)),
      symbol: Schema.Symbol
    })
    assert.deepInclude(
      refusal(() => McpDefinition.make("chain", { success: Chain })),
      { path: ["success", "symbol"] }
    )
    const early = McpDefinition.make("early", { success: Schema.suspend(() => Later) })
    const Later = Schema.Struct({ a: Schema.String })
    assert.deepInclude(early.codecs.outputSchema, { type: "object" })
  })

  it("keys are secret", () => {
    const error = refusal(() => McpDefinition.make("key", { parameters: { key: Schema.MacKey(Mac.hmacSha256) } }))
    assert.deepInclude(error, { found: "a key, which is secret", path: ["parameters", "key"] })
  })
})

describe("parameters are an object", () => {
  it.each([
    ["a string", Schema.String],
    ["a string", Schema.Date],
    ["a number", Schema.Number],
    ["an array", Schema.Array(Schema.String)],
    ["an array", Schema.HashMap(Schema.String, Schema.String)],
    ["null", Schema.NullOr(Schema.Struct({ a: Schema.String }))],
    ["a literal", Schema.Literals(["a", "b"])],
    ["nothing at all", Schema.Never],
    ["true or false", Schema.suspend(() => Schema.Boolean)],
    ["a string", Schema.fromJsonString(Schema.Struct({ a: Schema.String }))]
  ] as const)("%s is none: %#", (found, schema) => {
    const error = refusal(() => McpDefinition.make("row", { parameters: schema as never }))
    assert.deepInclude(error, { path: ["parameters"], found: `${found}, not an object` })
  })
})

describe("the walk agrees with Effect", () => {
  /** Effect writes the symbols that are registered, and fails with others. */
  const symbols = ["Symbol", "PropertyKey", "StandardSchemaV1FailureResult"]
  const exported = Object.entries(Schema as { readonly [name: string]: unknown }).flatMap(([name, value]) =>
    Schema.isSchema(value) ? [[name, value as Schema.Top] as const] : []
  )

  const isExpressible = (schema: Schema.Constraint): boolean => {
    try {
      return McpDefinition.make("row", { success: schema }) !== undefined
    } catch (error) {
      assert.instanceOf(error, McpDefinition.InexpressibleSchema)
      return false
    }
  }

  const samplesOf = (schema: Schema.Top) =>
    Effect.orElseSucceed(
      Effect.suspend(() => Arbitrary.sampleEffect(Arbitrary.schema(schema), { count: 20, seed: 1 })).pipe(
        Effect.catchDefect(() => Effect.succeed([]))
      ),
      () => []
    )

  const isWritten = (schema: Schema.Top, value: unknown) =>
    Effect.map(
      Effect.exit(Schema.encodeUnknownEffect(Schema.toCodecJson(schema))(value) as Effect.Effect<unknown>),
      Exit.isSuccess
    )

  it.effect("on all schemas that Effect has and can make values of", () =>
    Effect.gen(function* () {
      let tried = 0
      for (const [name, schema] of exported) {
        const samples = yield* samplesOf(schema)
        if (samples.length === 0 || symbols.includes(name)) continue
        const written = yield* Effect.forEach(samples, (value) => isWritten(schema, value))
        assert.strictEqual(isExpressible(schema), written.includes(true), name)
        tried++
      }
      assert.isAbove(tried, 60)
    })
  )

  it.effect.each<[string, Schema.Constraint, unknown]>([
    ["an address", Schema.IpAddress, NetAddress.ipFromStringUnsafe("127.0.0.1")],
    ["a map", Schema.instanceOf(Map), new Map()],
    ["a function", Schema.declare((value) => typeof value === "function"), () => 1],
    ["a symbol", Schema.UniqueSymbol(Symbol("own")), Symbol("own")],
    ["a map in an option", Schema.Option(Schema.instanceOf(Map)), Option.some(new Map())]
  ])("on what Effect would publish and not write: %s", ([, schema, value]) =>
    Effect.gen(function* () {
      assert.isFalse(isExpressible(schema))
      assert.isFalse(yield* isWritten(schema as Schema.Top, value))
      assert.isDefined(Schema.toJsonSchemaDocument(schema))
    })
  )

  it("on what Effect throws at", () => {
    const schema = Schema.Struct({ [Symbol.for("a")]: Schema.String })
    assert.isFalse(isExpressible(schema))
    assert.throws(() => Schema.toJsonSchemaDocument(schema))
  })
})
