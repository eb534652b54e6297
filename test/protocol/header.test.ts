/**
 * Arguments as headers: which properties, what text, and when a header and an argument agree.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Result, Schema } from "effect"
import * as McpHeader from "../../src/protocol/McpHeader.ts"
import { property } from "../laws/support/law.ts"

const annotated = (name: unknown, type: unknown = "string") => ({ type, "x-mcp-header": name })
const object = (properties: object) => ({ type: "object", properties })

const read = (schema: unknown): ReadonlyArray<McpHeader.HeaderParam> => Result.getOrThrow(McpHeader.params(schema))

const refused = (schema: unknown): McpHeader.InvalidHeaderAnnotation => {
  const result = McpHeader.params(schema)
  assert.isTrue(Result.isFailure(result))
  return Result.getOrThrow(Result.flip(result))
}

describe("params", () => {
  it("are the annotated properties, in their order, at any depth", () => {
    const schema = object({
      region: annotated("Region"),
      query: { type: "string" },
      where: object({ "a/b": annotated("x.Y~1", "integer"), deep: object({ er: annotated("Method", "boolean") }) }),
      last: annotated("last")
    })
    assert.deepStrictEqual(read(schema), [
      { name: "Region", header: "Mcp-Param-Region", path: ["region"], type: "string" },
      { name: "x.Y~1", header: "Mcp-Param-x.Y~1", path: ["where", "a/b"], type: "integer" },
      { name: "Method", header: "Mcp-Param-Method", path: ["where", "deep", "er"], type: "boolean" },
      { name: "last", header: "Mcp-Param-last", path: ["last"], type: "string" }
    ])
  })

  it("every character of a token is one of a name", () => {
    const name = "!#$%&'*+-.^_`|~09azAZ"
    assert.deepStrictEqual(
      read(object({ a: annotated(name) })).map(({ header }) => header),
      [`Mcp-Param-${name}`]
    )
  })

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["true", true],
    ["a list", []],
    ["an empty schema", {}],
    ["no properties", { type: "object", additionalProperties: false }],
    ["properties that are none", { properties: [1, null, "a"], items: null }],
    ["a property of that name", object({ "x-mcp-header": { type: "string" } })],
    ["a property of that name in a definition", { $defs: { a: object({ "x-mcp-header": {} }) } }],
    ["data that looks like one", object({ a: { default: annotated("A"), enum: [annotated("B")] } })],
    ["examples that look like one", { examples: [annotated("A")], const: { properties: { a: annotated("A") } } }],
    ["an annotation of undefined", object({ a: annotated(undefined) })]
  ])("there are none in %s", (_, schema) => {
    assert.deepStrictEqual(read(schema), [])
  })

  it("properties are not taken for keywords", () => {
    const names = ["properties", "items", "$defs", "default", "enum", "__proto__", "constructor"]
    const schema = object(Object.fromEntries(names.map((name, index) => [name, annotated(`H${index}`)])))
    assert.deepStrictEqual(
      read(schema).map(({ path }) => path),
      names.map((name) => [name])
    )
  })

  it.each<[string, unknown, string]>([
    ["", "string", "its name is empty"],
    ["My Region", "string", '" " at position 2'],
    ["Region:Primary", "string", '":" at position 6'],
    ["Région", "string", '"é" at position 1'],
    ["Region\t1", "string", '"\\t" at position 6'],
    ["a\r\nX: y", "string", '"\\r" at position 1'],
    ["a/b", "string", '"/" at position 1'],
    ["a\uD800", "string", "at position 1"],
    [7 as never, "string", "expected, not a number"],
    [null as never, "string", "expected, not null"],
    [["a"] as never, "string", "expected, not a list"],
    ["A", "number", 'not "number"'],
    ["A", "object", 'not "object"'],
    ["A", "array", 'not "array"'],
    ["A", "null", 'not "null"'],
    ["A", ["string", "null"], "not a list"],
    ["A", undefined, "not nothing"],
    ["A", { type: "string" }, "not an object"]
  ])("the name %j at the type %j is not valid", (name, type, detail) => {
    const error = refused(object({ fine: annotated("Fine"), "a/b~c": { type, "x-mcp-header": name } }))
    assert.strictEqual(error._tag, "InvalidHeaderAnnotation")
    assert.strictEqual(error.pointer, "/properties/a~1b~0c")
    assert.include(error.detail, detail)
    assert.include(error.message, '"/properties/a~1b~0c"')
  })

  it.each([
    ["Region", "Region"],
    ["Region", "REGION"]
  ])("%s and %s are one name", (one, other) => {
    const error = refused(object({ a: object({ b: annotated(one) }), c: annotated(other) }))
    assert.strictEqual(error.pointer, "/properties/c")
    assert.include(error.detail, `"${other}" is the name of "a.b"`)
  })

  const inner = { properties: { b: annotated("B") } }
  it.each<[string, object]>([
    ["", annotated("A")],
    ["/items", { items: annotated("A") }],
    ["/properties/a/items/properties/b", object({ a: { items: inner } })],
    ["/properties/a/prefixItems/1", object({ a: { prefixItems: [{}, annotated("A")] } })],
    ["/oneOf/0/properties/b", { oneOf: [inner] }],
    ["/properties/a/anyOf/0", object({ a: { anyOf: [annotated("A")] } })],
    ["/allOf/0", { allOf: [annotated("A")] }],
    ["/not", { not: annotated("A") }],
    ["/if/properties/b", { if: inner }],
    ["/then/properties/b", JSON.parse('{"then":{"properties":{"b":{"type":"string","x-mcp-header":"B"}}}}')],
    ["/else/properties/b", { else: inner }],
    ["/$defs/A", { $defs: { A: annotated("A") }, properties: { a: { $ref: "#/$defs/A" } } }],
    ["/$defs/properties", { $defs: { properties: annotated("A") } }],
    ["/definitions/A/properties/b", { definitions: { A: inner } }],
    ["/patternProperties/^a", { patternProperties: { "^a": annotated("A") } }],
    ["/dependentSchemas/a/properties/b", { dependentSchemas: { a: inner } }],
    ["/additionalProperties", { additionalProperties: annotated("A") }],
    ["/unevaluatedProperties", { unevaluatedProperties: annotated("A") }],
    ["/propertyNames", { propertyNames: annotated("A") }],
    ["/contains", { contains: annotated("A") }],
    ["/x-new-keyword/properties/b", { "x-new-keyword": inner }]
  ])("nothing may be annotated at %j", (pointer, schema) => {
    const error = refused(schema)
    assert.strictEqual(error.pointer, pointer)
    assert.include(error.detail, `only "properties"`)
  })

  const nested = (levels: number, inside: object): object =>
    Array.from({ length: levels }).reduce<object>((schema) => object({ a: schema }), inside)

  it("bounds hold", () => {
    assert.strictEqual(read(nested(50, annotated("A")))[0]?.path.length, 50)
    assert.include(refused(nested(51, annotated("A"))).detail, "deeper than 50")
    assert.deepStrictEqual(read(nested(40_000, {})), [])
    assert.include(refused(nested(60_000, {})).detail, "more than 100000")
    const wide = object(Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`p${n}`, annotated(`H${n}`)])))
    assert.strictEqual(read(wide).length, 50_000)
  })
})

const param = (type: McpHeader.HeaderParam["type"], ...path: ReadonlyArray<string>): McpHeader.HeaderParam => ({
  name: "A",
  header: "Mcp-Param-A",
  path: path.length === 0 ? ["a"] : path,
  type
})

describe("valueAt", () => {
  it.each<[ReadonlyArray<string>, unknown, unknown]>([
    [["a"], { a: "x" }, "x"],
    [["a"], { a: "" }, ""],
    [["a"], { a: 7 }, 7],
    [["a"], { a: false }, false],
    [["a", "b"], { a: { b: "x" } }, "x"],
    [["a", "b"], { a: { b: null } }, undefined],
    [["a", "b"], { a: null }, undefined],
    [["a", "b"], { a: "b" }, undefined],
    [["0"], ["x"], undefined],
    [["a"], {}, undefined],
    [["a"], { a: ["x"] }, undefined],
    [["a"], { a: { b: 1 } }, undefined],
    [["a"], { a: Number.NaN }, undefined],
    [["a"], { a: 2 ** 53 - 1 }, 2 ** 53 - 1],
    [["a"], { a: 2 ** 53 }, undefined],
    [["a"], { a: -(2 ** 53) }, undefined],
    [["toString"], {}, undefined],
    [["__proto__"], JSON.parse('{"__proto__":"x"}'), "x"],
    [["a"], undefined, undefined]
  ])("%j of %j", (path, args, expected) => {
    assert.strictEqual(McpHeader.valueAt(param("string", ...path), args), expected)
  })

  it("argumentAt gives what is there, as it is", () => {
    const list = ["x"]
    assert.strictEqual(McpHeader.argumentAt(param("string"), { a: list }), list)
    assert.strictEqual(McpHeader.argumentAt(param("string"), { a: null }), null)
    assert.strictEqual(McpHeader.argumentAt(param("string"), { a: 2 ** 60 }), 2 ** 60)
    assert.isUndefined(McpHeader.argumentAt(param("string"), { b: 1 }))
    assert.isUndefined(McpHeader.argumentAt(param("string", "toString"), {}))
  })
})

describe("a value as text", () => {
  it.each<[string | number | boolean, string]>([
    ["us-west1", "us-west1"],
    ["us west 1", "us west 1"],
    ["file:///path/to/file%20name.txt", "file:///path/to/file%20name.txt"],
    ["", ""],
    [42, "42"],
    [-7, "-7"],
    [-0, "0"],
    [9007199254740991, "9007199254740991"],
    [true, "true"],
    [false, "false"],
    ["Hello, 世界", "=?base64?SGVsbG8sIOS4lueVjA==?="],
    ["日本語", "=?base64?5pel5pys6Kqe?="],
    [" padded ", "=?base64?IHBhZGRlZCA=?="],
    [" us-west1", "=?base64?IHVzLXdlc3Qx?="],
    ["us-west1 ", "=?base64?dXMtd2VzdDEg?="],
    [" us-west1 ", "=?base64?IHVzLXdlc3QxIA==?="],
    ["\tindented", "=?base64?CWluZGVudGVk?="],
    ["in\tside", "=?base64?aW4Jc2lkZQ==?="],
    ["line1\nline2", "=?base64?bGluZTEKbGluZTI=?="],
    ["line1\r\nline2", "=?base64?bGluZTENCmxpbmUy?="],
    ["\u0000", "=?base64?AA==?="],
    ["\u007F", "=?base64?fw==?="],
    ["=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="],
    ["=?base64?=", "=?base64?PT9iYXNlNjQ/PQ==?="],
    ["=?base64?", "=?base64?"],
    ["=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="],
    ["\uFEFFa", "=?base64?77u/YQ==?="]
  ])("%j is %s", (value, text) => {
    assert.strictEqual(McpHeader.encodeValue(value), text)
    assert.deepStrictEqual(McpHeader.decodeValue(text), Result.succeed(String(value)))
  })

  it("half a surrogate pair is replaced", () => {
    assert.strictEqual(McpHeader.encodeValue("a\uD800"), McpHeader.encodeValue("a\uFFFD"))
  })

  it.each([
    ["=?base64?SGVsbG8=?=", "Hello"],
    ["  foo\t ", "foo"],
    ["\t=?base64?SGVsbG8=?= ", "Hello"],
    ["a \t b", "a \t b"],
    ["=?base64??=", ""],
    ["SGVsbG8=", "SGVsbG8="],
    ["=?base64?SGVsbG8=", "=?base64?SGVsbG8="],
    ["SGVsbG8=?=", "SGVsbG8=?="],
    ["=?BASE64?SGVsbG8=?=", "=?BASE64?SGVsbG8=?="],
    ["=?base64?=", "=?base64?="],
    ["x=?base64?SGVsbG8=?=", "x=?base64?SGVsbG8=?="],
    ["", ""],
    ["   ", ""]
  ])("%j is read as %j", (text, value) => {
    assert.deepStrictEqual(McpHeader.decodeValue(text), Result.succeed(value))
  })

  it.each([
    ["no padding", "=?base64?SGVsbG8?="],
    ["too much padding", "=?base64?SGVsbG8==?="],
    ["padding alone", "=?base64?====?="],
    ["padding inside", "=?base64?SG=sbG8=?="],
    ["other characters", "=?base64?SGVs!!!bG8=?="],
    ["the other alphabet", "=?base64?_-8=?="],
    ["bits that say nothing", "=?base64?SGVsbG9=?="],
    ["a space inside", "=?base64?SGVs bG8=?="],
    ["one character", "=?base64?A?="],
    ["what is not UTF-8", "=?base64?/w==?="],
    ["an overlong slash", "=?base64?wK8=?="],
    ["a surrogate", "=?base64?7aCA?="],
    ["a letter that is not ASCII", "é"],
    ["a newline", "a\nb"],
    ["a carriage return", "a\r"],
    ["a null", "\u0000"],
    ["a delete", "\u007F"],
    ["a newline in base64", "=?base64?SGVs\nbG8=?="]
  ])("%s cannot be read", (_, text) => {
    const result = McpHeader.decodeValue(text)
    assert.isTrue(Result.isFailure(result))
    assert.isNotEmpty(Result.getOrThrow(Result.flip(result)).message)
  })

  it("a long one is read", () => {
    for (const unit of ["a", " ", "a ", "é", "\t", "=?"]) {
      const value = unit.repeat(1_000_000)
      assert.deepStrictEqual(McpHeader.decodeValue(McpHeader.encodeValue(value)), Result.succeed(value))
      McpHeader.decodeValue(`a${value}b`)
      McpHeader.decodeValue(`=?base64?${value}?=`)
      McpHeader.agrees(param("integer"), `0${value}`, 7)
    }
  })
})

describe("agrees", () => {
  it.each<[McpHeader.HeaderParam["type"], string | undefined, unknown, boolean]>([
    ["string", undefined, undefined, true],
    ["string", undefined, null, true],
    ["string", "", undefined, false],
    ["string", "null", null, false],
    ["string", undefined, "a", false],
    ["string", undefined, "", false],
    ["string", "", "", true],
    ["string", "=?base64??=", "", true],
    ["string", "a", "a", true],
    ["string", " a\t", "a", true],
    ["string", "A", "a", false],
    ["string", "=?base64?SGVsbG8=?=", "Hello", true],
    ["string", "=?base64?SGVsbG8?=", "Hello", false],
    ["string", "=?base64?SGVsbG8?=", "=?base64?SGVsbG8?=", false],
    ["string", "Héllo", "Héllo", false],
    ["string", McpHeader.encodeValue("a\uD800"), "a\uD800", true],
    ["string", "42.0", "42", false],
    ["boolean", "true", true, true],
    ["boolean", "false", false, true],
    ["boolean", "True", true, false],
    ["boolean", "false", true, false],
    ["boolean", undefined, false, false],
    ["integer", "42", 42, true],
    ["integer", "42.0", 42, true],
    ["integer", "42.000", 42, true],
    ["integer", "042", 42, true],
    ["integer", "=?base64?NDI=?=", 42, true],
    ["integer", "-7", -7, true],
    ["integer", "0", 0, true],
    ["integer", "0", -0, true],
    ["integer", "-0", 0, true],
    ["integer", undefined, 0, false],
    ["integer", "", 0, false],
    ["integer", "42.1", 42, false],
    ["integer", "42.", 42, false],
    ["integer", "0x2a", 42, false],
    ["integer", "4.2e1", 42, false],
    ["integer", "+42", 42, false],
    ["integer", "41.99999999999999999999", 42, false],
    ["integer", "9007199254740991", 9007199254740991, true],
    ["integer", "9007199254740992", 9007199254740992, false],
    ["integer", "9007199254740993", 9007199254740992, false],
    ["integer", "-9007199254740991", -9007199254740991, true],
    ["integer", "-9007199254740992", -9007199254740992, false],
    ["integer", "NaN", Number.NaN, false],
    // arguments of another type: the schema refuses them, the header only mirrors them
    ["integer", "42", "42", true],
    ["integer", "3.5", 3.5, true],
    ["string", "42", 42, true],
    ["string", "true", true, true],
    ["string", "a", ["a"], false],
    ["string", "[object Object]", {}, false],
    ["string", undefined, ["a"], false]
  ])("%s: the header %j and the argument %j: %s", (type, header, argument, expected) => {
    assert.strictEqual(McpHeader.agrees(param(type), header, argument), expected)
  })
})

const pieces = ["a", " ", "\t", "\n", "\r", "\u0000", "\u007F", "é", "世", "😀", "\uFEFF", "\uD800", "\uDC00"] as const
const shapes = ["pieces", "encoded", "any"] as const
const Pieces = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Literals([...pieces, "a", "b", "=?base64?", "?="])), { maxLength: 6 }),
  (parts) => parts.join("")
)
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\uFFFD")

property(
  "what is encoded is printable, and decoded as the same",
  { pieces: Pieces, any: Schema.String, shape: Schema.Literals(shapes) },
  { shape: shapes, text: ["plain", "base64"] },
  ({ any, pieces, shape }, seen) =>
    Effect.sync(() => {
      const value = shape === "any" ? any : shape === "pieces" ? pieces : McpHeader.encodeValue(pieces)
      const text = McpHeader.encodeValue(value)
      seen("shape", shape)
      seen("text", text === value ? "plain" : "base64")
      assert.match(text, /^(?:[!-~](?:[ -~]*[!-~])?)?$/)
      assert.deepStrictEqual(McpHeader.decodeValue(text), Result.succeed(wellFormed(value)))
      assert.deepStrictEqual(McpHeader.decodeValue(` ${text}\t`), Result.succeed(wellFormed(value)))
      assert.strictEqual(text === value, !/^[ ]|[ ]$|[^ -~]|^=\?base64\?(?:.*\?)?=$/.test(value))
      assert.isTrue(McpHeader.agrees(param("string"), text, value))
      assert.isFalse(McpHeader.agrees(param("string"), text, `${value}!`))
      assert.isFalse(McpHeader.agrees(param("string"), text, undefined))
    })
)

property(
  "an integer agrees with itself and with no other",
  { one: Schema.Int, other: Schema.Int, near: Schema.Boolean },
  { other: ["next", "any"] },
  ({ near, one, other: any }, seen) =>
    Effect.sync(() => {
      seen("other", near ? "next" : "any")
      const other = near ? one - Math.sign(one || 1) : any
      const text = McpHeader.encodeValue(one)
      assert.match(text, /^-?\d+$/)
      assert.isTrue(McpHeader.agrees(param("integer"), text, one))
      assert.isTrue(McpHeader.agrees(param("integer"), `${text}.0`, one))
      assert.strictEqual(McpHeader.agrees(param("integer"), text, other), one === other)
    })
)

const payloads = ["SGVs", "bG8", "w6k", "Q", "A", "/", "=", "==", "_", " ", "é", "\n"] as const
const Payload = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Literals([...payloads, "SGVs", "5pel"])), { maxLength: 4 }),
  (parts) => parts.join("")
)

property(
  "everything can be asked for its value, and base64 has one spelling",
  { payload: Payload, any: Schema.String },
  { text: ["read", "not read"] },
  ({ any, payload }, seen) =>
    Effect.sync(() => {
      for (const given of [payload, any]) {
        McpHeader.decodeValue(given)
        const value = McpHeader.decodeValue(`=?base64?${given}?=`)
        seen("text", Result.isSuccess(value) ? "read" : "not read")
        if (Result.isSuccess(value)) assert.strictEqual(Buffer.from(value.success).toString("base64"), given)
      }
    })
)
