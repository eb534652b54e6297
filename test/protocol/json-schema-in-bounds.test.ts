/**
 * Schemas of strangers: everything is bounded.
 *
 * Schemas and values that would take all the stack, memory or time end with a typed error, and so soon that each of
 * these tests is quick; ordinary ones that are large are no trouble.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { prepared, problems, refusal, repeat, verdict } from "./support/jsonSchemaIn.ts"

describe("bounds", () => {
  const doubled = (levels: number, leaf: object) => {
    const twice = (index: number) => ({ allOf: [{ $ref: `#/$defs/a${index + 1}` }, { $ref: `#/$defs/a${index + 1}` }] })
    const $defs = Object.fromEntries(Array.from({ length: levels }, (_, index) => [`a${index}`, twice(index)]))
    return { $ref: "#/$defs/a0", $defs: { ...$defs, [`a${levels}`]: leaf } }
  }
  const numbers = (length: number) => Array.from({ length }, (_, index) => index)
  const names = (length: number) => Object.fromEntries(numbers(length).map((index) => [`n${index}`, index]))

  it("a schema that is too deep, by far and by one", () => {
    assert.strictEqual(refusal(repeat<unknown>(100_000, (items) => ({ items }), true)).reason, "TooDeep")
    assert.strictEqual(refusal(repeat<unknown>(65, (not) => ({ not }), {})).reason, "TooDeep")
    assert.isTrue(
      verdict(
        repeat<unknown>(64, (not) => ({ not }), {}),
        1
      )
    )
    const chain = Object.fromEntries(numbers(5000).map((index) => [`a${index}`, { $ref: `#/$defs/a${index + 1}` }]))
    assert.strictEqual(refusal({ $ref: "#/$defs/a0", $defs: { ...chain, a5000: true } }).reason, "TooDeep")
  })

  it("a schema that has too many subschemas, or is too large", () => {
    assert.strictEqual(refusal({ anyOf: numbers(10_000).map(() => true) }).reason, "TooLarge")
    assert.isTrue(verdict({ anyOf: numbers(9_999).map(() => true) }, 1))
    assert.strictEqual(refusal({ description: "a".repeat(1024 * 1024) }).reason, "TooLarge")
    assert.strictEqual(refusal(repeat<unknown>(60, (part) => ({ a: part, b: part }), 1)).reason, "TooLarge")
    assert.strictEqual(refusal({ allOf: [true, true] }, { limits: { subschemas: 2 } }).reason, "TooLarge")
  })

  it("a value that is too deep or too large", () => {
    const nested = (levels: number) => repeat<unknown>(levels, (inner) => [inner], 1)
    assert.strictEqual(verdict(true, nested(100_000)), "TooDeep")
    assert.strictEqual(verdict(true, nested(65)), "TooDeep")
    assert.isTrue(verdict({ items: { $ref: "#" } }, nested(64)))
    assert.strictEqual(verdict(true, "a".repeat(8 * 1024 * 1024)), "TooLarge")
    assert.strictEqual(
      verdict(
        true,
        repeat<unknown>(60, (part) => [part, part], 1)
      ),
      "TooLarge"
    )
  })

  it("references that double", () => {
    assert.isTrue(verdict(doubled(10, { type: "integer" }), 1))
    assert.strictEqual(verdict(doubled(30, { type: "integer" }), 1), "TooManySteps")
    assert.include(["TooManySteps", "TooComplex"], verdict(doubled(30, { type: "integer" }), "a"))
    const branches = { anyOf: [{ items: { $ref: "#" } }, { items: { $ref: "#" } }, { type: "string" }] }
    assert.strictEqual(
      verdict(
        branches,
        repeat<unknown>(40, (inner) => [inner], 1)
      ),
      "TooManySteps"
    )
  })

  it("unique items", () => {
    assert.isTrue(verdict({ uniqueItems: true }, numbers(5000)))
    assert.isFalse(verdict({ uniqueItems: true }, [...numbers(5000), 0]))
    assert.strictEqual(verdict({ uniqueItems: true }, numbers(100_000)), "TooManySteps")
    const alike = numbers(3000).map((index) => [...numbers(30), index])
    assert.strictEqual(verdict({ uniqueItems: true }, alike), "TooManySteps")
    assert.isTrue(verdict({ uniqueItems: false }, numbers(100_000)))
  })

  it("many subschemas and much of a value together", () => {
    const many = (schema: (index: number) => object) => ({ anyOf: numbers(4000).map(schema) })
    assert.strictEqual(
      verdict(
        many((index) => ({ required: [`x${index}`] })),
        names(50_000)
      ),
      "TooManySteps"
    )
    assert.strictEqual(
      verdict(
        many((index) => ({ minLength: 1e7 + index })),
        "a".repeat(1e6)
      ),
      "TooManySteps"
    )
    assert.strictEqual(
      verdict(
        many((index) => ({ pattern: `b${index}` })),
        "a".repeat(1e6)
      ),
      "TooManySteps"
    )
    assert.strictEqual(
      verdict(
        many((index) => ({ items: { const: -index } })),
        numbers(100_000)
      ),
      false
    )
    assert.strictEqual(verdict({ items: { enum: numbers(20_000) } }, numbers(20_000)), "TooManySteps")
    const patterns = Object.fromEntries(numbers(500).map((index) => [`^x${index}`, true]))
    assert.strictEqual(verdict({ patternProperties: patterns }, names(20_000)), "TooManySteps")
  })

  it("problems without number", () => {
    const schema = { properties: { a: { contains: { const: "a" } } } }
    assert.include([false, "TooComplex"], verdict(schema, { a: numbers(300_000) }))
    assert.isAtMost(problems({ items: { type: "string" } }, numbers(1000)).problems.length, 10)
  })

  it("schema and value, each deep, together", () => {
    const schema = {
      $defs: { a: repeat<object>(28, (inner) => ({ allOf: [inner] }), { items: { $ref: "#/$defs/a" } }) }
    }
    const value = repeat<unknown>(60, (inner) => [inner], 1)
    assert.include([true, "TooComplex"], verdict({ $ref: "#/$defs/a", ...schema }, value))
  })

  it("a large schema and a large value that are ordinary are no trouble", () => {
    const schema = {
      type: "array",
      items: {
        type: "object",
        properties: { id: { type: "integer" }, name: { type: "string", maxLength: 50 }, tags: { uniqueItems: true } },
        required: ["id"]
      }
    }
    const rows = numbers(10_000).map((id) => ({ id, name: `row ${id}`, tags: ["a", "b"] }))
    assert.isTrue(verdict(schema, rows))
    assert.isFalse(verdict(schema, [...rows, { id: "a" }]))
    assert.isTrue(verdict({ additionalProperties: { type: "number" } }, names(50_000)))
    const wide = { properties: Object.fromEntries(numbers(5000).map((index) => [`n${index}`, { type: "number" }])) }
    assert.isTrue(verdict(wide, names(5000)))
  })

  it("a validator that gave up goes on with the next value", () => {
    const one = prepared(doubled(30, { type: "integer" }), { limits: { steps: 1000 } })
    assert.isTrue(Result.isFailure(one.validate(1)))
    const other = prepared({ uniqueItems: true })
    assert.isTrue(Result.isFailure(other.validate(numbers(100_000))))
    assert.isTrue(Result.isSuccess(other.validate(numbers(1000))))
  })
})
