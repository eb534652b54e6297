/**
 * Schemas of strangers: values and names that are odd, and patterns that are hostile.
 *
 * What is not JSON is told apart from what is refused. A name is never anything but a name, and a pattern runs in linear
 * time or not at all.
 */
import { runInNewContext } from "node:vm"
import { assert, describe, it } from "@effect/vitest"
import { format } from "@cfworker/json-schema"
import { Option, Result } from "effect"
import { prepared, problems, refusal, verdict } from "./support/jsonSchemaIn.ts"

describe("what is not JSON", () => {
  const circle: { [name: string]: unknown } = { a: 1 }
  circle["self"] = [circle]

  it.each<[string, unknown, string]>([
    ["undefined", undefined, ""],
    ["NaN", [Number.NaN], "/0"],
    ["Infinity", JSON.parse('{"a":1e999}'), "/a"],
    ["a bigint", { "a/b": 1n }, "/a~1b"],
    ["a symbol", Symbol("a"), ""],
    ["a function", () => 1, ""],
    ["a date", new Date(0), ""],
    ["a map", { a: new Map() }, "/a"],
    ["a hole", [1, , 2], "/1"], // oxlint-disable-line no-sparse-arrays
    ["a circle", circle, "/self/0"],
    ["half a surrogate pair in a name", { a: { "\ud800": 1 } }, "/a"]
  ])("%s", (_, value, path) => {
    assert.deepInclude(refusal({ enum: [value] }), { reason: "NotJson", path: `/enum/0${path}` })
    const error = Result.getFailure(prepared(true).validate(value))
    assert.deepInclude(Option.getOrThrow(error), { _tag: "UncheckedValue", reason: "NotJson", path })
  })

  it("objects without a prototype and of another realm are", () => {
    assert.isFalse(verdict({ type: "string" }, Object.create(null)))
    assert.isTrue(verdict({ type: "object" }, Object.assign(Object.create(null), { a: 1 })))
    assert.isTrue(verdict({ const: { a: [1] } }, runInNewContext("({ a: [1] })")))
  })

  it("half a surrogate pair in a string is a character", () => {
    assert.isTrue(verdict({ maxLength: 1, minLength: 1, pattern: "^.$" }, "\ud800"))
  })

  it("numbers are what JavaScript makes of them", () => {
    assert.isTrue(verdict(JSON.parse('{ "type": "integer", "minimum": 9007199254740993 }'), 2 ** 53))
    assert.isTrue(verdict({ multipleOf: 0.01 }, 19.99))
    assert.isFalse(verdict({ multipleOf: 1e-7 }, 1.5e-8))
    assert.isTrue(verdict({ multipleOf: 1e-300 }, 1.7e308))
  })
})

describe("names", () => {
  const odd = ["__proto__", "constructor", "toString", "hasOwnProperty", "", "a/b", "%", "~"]

  it.each(odd)("%j is one like any other", (name) => {
    const own = (value: unknown) => Object.fromEntries([[name, value]])
    const schema = { properties: own({ type: "string" }), required: [name], additionalProperties: false }
    assert.isTrue(verdict(schema, own("a")))
    assert.isFalse(verdict(schema, own(1)))
    assert.isFalse(verdict(schema, {}))
    assert.isFalse(verdict({ properties: own(false) }, own(1)))
    assert.isTrue(verdict({ properties: own(false) }, {}))
    assert.isFalse(verdict({ patternProperties: { "": false } }, own(1)))
    assert.isFalse(verdict({ const: own(1) }, own(2)))
    assert.isFalse(verdict({ dependentRequired: own(["other"]) }, own(1)))
    assert.isFalse(verdict({ unevaluatedProperties: false }, own(1)))
    assert.strictEqual(
      problems(schema, own(1)).problems[0]?.path,
      `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`
    )
  })

  it("keywords are read from the schema alone", () => {
    assert.isTrue(verdict({ toString: "a", valueOf: { type: "string" } }, 1))
    assert.isTrue(verdict(JSON.parse('{"__proto__":{"type":"string"}}'), 1))
    assert.isTrue(verdict({ __absolute_ref__: "x", __absolute_uri__: "y" }, 1))
  })

  it("the schema that was given is not changed, and changing it changes nothing", () => {
    const schema = { properties: { a: { $ref: "#/$defs/a" } }, $defs: { a: { type: "string", pattern: "^a" } } }
    const before = structuredClone(schema)
    const one = prepared(Object.freeze(schema))
    one.validate({ a: "a" })
    assert.deepStrictEqual(schema, before)
    schema.$defs.a.type = "number"
    assert.isTrue(Result.isSuccess(one.validate({ a: "a" })))
  })
})

describe("patterns", () => {
  it("run in linear time", () => {
    const hostile = `${"a".repeat(100_000)}!`
    for (const pattern of ["^(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*)*b$", "^(\\w*)*$"]) {
      assert.isFalse(verdict({ pattern }, hostile), pattern)
      assert.isFalse(verdict({ propertyNames: { pattern } }, { [hostile]: 1 }), pattern)
      assert.isTrue(verdict({ patternProperties: { [pattern]: false } }, { [hostile]: 1 }), pattern)
    }
  })

  it.each([
    "(?=a)b",
    "(?!a)b",
    "(?<=a)b",
    "(?<!a)b",
    "(a)\\1",
    "(?<n>a)\\k<n>",
    "a{1001}",
    "(a{500}){3}",
    "(",
    "[",
    "\\p{Emoji}"
  ])("%s is refused where it stands", (pattern) => {
    assert.deepInclude(refusal({ items: { pattern } }), { reason: "Pattern", path: "/items" })
    assert.deepInclude(refusal({ patternProperties: { [pattern]: true } }), { reason: "Pattern", path: "" })
  })

  it("mean what they mean in JavaScript", () => {
    const ends = ["\n", "\r", "\u2028", "\u2029"]
    const spaces = [
      ...ends,
      " ",
      "\t",
      "\v",
      "\f",
      "\u00a0",
      "\u1680",
      "\u2003",
      "\u202f",
      "\u205f",
      "\u3000",
      "\ufeff"
    ]
    for (const text of [...spaces, "a", "\u0085", "\u180e", "\u200b", "😀"]) {
      const isSpace = spaces.includes(text)
      assert.strictEqual(verdict({ pattern: "^.$" }, text), !ends.includes(text), JSON.stringify(text))
      assert.strictEqual(verdict({ pattern: "^\\s$" }, text), isSpace, JSON.stringify(text))
      assert.strictEqual(verdict({ pattern: "^\\S$" }, text), !isSpace, JSON.stringify(text))
      assert.strictEqual(verdict({ pattern: "^[\\S]$" }, text), !isSpace, JSON.stringify(text))
    }
  })

  it("leave nothing behind in the library that they are lent to", () => {
    assert.isFalse(verdict({ pattern: "^a", maxLength: 2 }, "b"))
    assert.strictEqual(verdict({ items: { pattern: "^a" } }, ["a", "a"], { limits: { steps: 2 } }), "TooManySteps")
    const lent = Object.keys(format).filter((name) => name.startsWith("mcp-effect"))
    assert.deepStrictEqual(lent, [])
  })

  it("too many states are refused", () => {
    assert.strictEqual(refusal({ pattern: "[a-z]{1000}".repeat(60) }).reason, "TooLarge")
    assert.strictEqual(refusal({ pattern: "a".repeat(3000) }).reason, "Pattern")
  })

  it("names by pattern are joined with those that are named, and are evaluated", () => {
    const schema = {
      properties: { ab: { minimum: 5 } },
      patternProperties: { "^a": { type: "integer" }, b$: { maximum: 9 } },
      additionalProperties: { type: "string" }
    }
    for (const [value, valid] of [
      [{ ab: 7 }, true],
      [{ ab: 3 }, false],
      [{ ab: 10 }, false],
      [{ ab: 7.5 }, false],
      [{ b: "x", a: 1 }, true],
      [{ a: "x" }, false],
      [{ c: "x" }, true],
      [{ c: 1 }, false]
    ] as const) {
      assert.strictEqual(verdict(schema, value), valid, JSON.stringify(value))
    }
    assert.isTrue(verdict({ allOf: [{ patternProperties: { "^a": true } }], unevaluatedProperties: false }, { a: 1 }))
    assert.isFalse(verdict({ allOf: [{ patternProperties: { "^a": true } }], unevaluatedProperties: false }, { b: 1 }))
    assert.isFalse(verdict({ items: { patternProperties: { "^a": { items: { minimum: 1 } } } } }, [{ ab: [0] }]))
  })

  it("format is an annotation", () => {
    for (const format of ["email", "uri", "date-time", "regex", "mcp-effect length", "toString"]) {
      assert.isTrue(verdict({ format }, "no"), format)
    }
  })
})
