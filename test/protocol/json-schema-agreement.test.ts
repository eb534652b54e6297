/**
 * The schemas that are published and the decoders behind them agree.
 *
 * For every schema of JSON-SCHEMA.md: what a value is encoded to, the published schema accepts, and what it refuses, the
 * decoder refuses. The exceptions are a table of their own. The verdict on a published schema is that of `McpJsonSchema`,
 * which knows nothing of Effect.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Exit, Result, Schema } from "effect"
import { McpDefinition } from "mcp-effect"
import * as McpJsonSchema from "../../src/protocol/McpJsonSchema.ts"
import { property, RUNS } from "../laws/support/law.ts"
import { mutated } from "./support/mutated.ts"
import { differences, type Row, rows } from "./support/schemaTable.ts"

/** A schema from both sides. */
const sides = (schema: Schema.Constraint) => {
  const { codecs } = McpDefinition.make("row", { success: schema })
  const codec = codecs.success!
  const validator = Result.getOrThrow(McpJsonSchema.validator(codecs.outputSchema))
  return {
    encode: (value: unknown) => codec.encode(value) as Effect.Effect<unknown, unknown>,
    decodes: (json: unknown) => Effect.map(Effect.exit(codec.decode(json) as Effect.Effect<unknown>), Exit.isSuccess),
    accepts: (json: unknown): boolean => {
      const result = validator.validate(json)
      if (Result.isSuccess(result)) return true
      if (result.failure._tag === "UncheckedValue") throw result.failure
      return false
    }
  }
}

/** Names that no two programs agree about. */
const isWellFormed = (json: unknown): boolean => !/\\ud[89a-f][\da-f]{2}/.test(JSON.stringify(json))

/** What Effect writes for numbers that JSON does not have, wherever a number is. */
const isWrittenNumber = (json: unknown): boolean => /"(?:NaN|-?Infinity)"/.test(JSON.stringify(json))

const isExcepted = (text: string, json: unknown): boolean =>
  text === "Schema.Struct({})" ? json !== null : /Number\b|FromMillis/.test(text) && isWrittenNumber(json)

const canBeGenerated = ({ text }: Row) => text !== "Schema.Never"

/** How often a changed value was accepted, and how often refused. */
const tried = { accepted: 0, refused: 0 }

describe("every schema", () => {
  for (const { schema, text } of rows.filter(canBeGenerated)) {
    property(
      text,
      { value: Arbitrary.schema(schema as Schema.Top), at: Schema.Natural, how: Schema.Natural },
      {},
      ({ at, how, value }) =>
        Effect.gen(function* () {
          const { accepts, decodes, encode } = sides(schema)
          const json: unknown = JSON.parse(JSON.stringify(yield* encode(value)))
          if (!isWellFormed(json) || isExcepted(text, json)) return
          assert.isTrue(accepts(json), `published, of ${JSON.stringify(json)}`)
          const other = mutated(json, at, how)
          const accepted = accepts(other)
          tried[accepted ? "accepted" : "refused"]++
          if (accepted || isExcepted(text, other)) return
          assert.isFalse(yield* decodes(other), `decoded, though not published: ${JSON.stringify(other)}`)
        }),
      { runs: Math.ceil(RUNS / 10) }
    )
  }
})

it("every schema was tried with values that it refuses", () => {
  const runs = Math.ceil(RUNS / 10) * rows.length
  assert.isAbove(tried.refused, runs / 4)
  assert.isAbove(tried.accepted, runs / 20)
})

describe("the exceptions", () => {
  it.effect.each(differences)("$text: $value", ({ schema, value }) =>
    Effect.gen(function* () {
      const { accepts, decodes } = sides(schema)
      assert.isFalse(accepts(value), "not published")
      assert.isTrue(yield* decodes(value), "decoded")
    })
  )

  it("are of schemas in the table", () => {
    const known = new Set(rows.map(({ text }) => text))
    assert.deepStrictEqual(
      differences.filter(({ text }) => !known.has(text)),
      []
    )
  })
})
