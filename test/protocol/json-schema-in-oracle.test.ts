/**
 * Ordinary schemas of strangers get the verdicts that Ajv gives, and patterns those of the engine of JavaScript.
 *
 * Schemas and values are generated together. Ajv makes code of schemas, so the library does not use it; here it is the
 * second opinion.
 */
import { assert } from "@effect/vitest"
import { Effect, Result, Schema } from "effect"
import { Ajv, type Options } from "ajv"
import { Ajv2019 } from "ajv/dist/2019.js"
import { Ajv2020 } from "ajv/dist/2020.js"
import * as McpJsonSchema from "../../src/protocol/McpJsonSchema.ts"
import { property, RUNS } from "../laws/support/law.ts"
import { documents, Value } from "./support/ordinarySchemas.ts"
import { verdict } from "./support/jsonSchemaIn.ts"

const options: Options = { strict: false, validateFormats: false, validateSchema: false, logger: false }
const oracles = { "2020-12": Ajv2020, "2019-09": Ajv2019, "draft-07": Ajv }

for (const dialect of ["2020-12", "2019-09", "draft-07"] as const) {
  property(
    `${dialect}: the same verdict as Ajv`,
    { schema: documents[dialect], values: Schema.Array(Value).pipe(Schema.check(Schema.isMinLength(3))) },
    { schema: ["usable", "circular"], verdict: ["accepted", "refused"] },
    (generated, seen) =>
      Effect.sync(() => {
        // Ajv wants objects with a prototype
        const { schema, values } = structuredClone(generated)
        const validator = McpJsonSchema.validator(schema, { dialect })
        seen("schema", Result.isSuccess(validator) ? "usable" : "circular")
        if (Result.isFailure(validator)) {
          assert.strictEqual(validator.failure.reason, "CyclicReference", validator.failure.message)
          return
        }
        const accepts = new oracles[dialect](options).compile(schema)
        for (const value of values) {
          const expected = accepts(value)
          seen("verdict", expected ? "accepted" : "refused")
          assert.strictEqual(verdict(schema, value, { dialect }), expected, JSON.stringify({ schema, value }))
        }
      }),
    // Ajv compiles each schema
    { runs: Math.ceil(RUNS / 3) }
  )
}

const pieces = [
  " ",
  ..."a b é 😀 - . ^ $ | ( (?: (?<n> ) [ [^ ] * + ? *? {2} {1,2} {0,} [a-c] [^\\s] [\\S] [] [^]".split(" "),
  ..."\\n \\t \\. \\d \\w \\W \\s \\S \\b \\B \\u0061 \\u{1F600} \\x62 \\cJ".split(" "),
  ..."\\p{L} \\P{L} \\p{Lu} \\p{Script=Latin}".split(" ")
]
const subjects = [
  "a",
  "b",
  "c",
  "A",
  "é",
  "😀",
  "\n",
  "\r",
  "\u2028",
  " ",
  "\u00a0",
  "\ufeff",
  "-",
  ".",
  "1",
  "_",
  "\ud800"
]

const isPattern = (source: string): boolean => {
  try {
    return new RegExp(source, "u").unicode
  } catch {
    return false
  }
}

const joined = (parts: ReadonlyArray<string>, least: number, most: number) =>
  Schema.Array(Schema.Literals(parts)).pipe(Schema.check(Schema.isMinLength(least), Schema.isMaxLength(most)))

property(
  "patterns: the same verdict as the engine of JavaScript",
  {
    parts: joined(pieces, 1, 6),
    texts: Schema.Array(joined(subjects, 0, 4)).pipe(Schema.check(Schema.isMinLength(5)))
  },
  { pattern: ["one", "none"], verdict: ["match", "no match"] },
  ({ parts, texts }, seen) =>
    Effect.sync(() => {
      const pattern = parts.join("")
      seen("pattern", isPattern(pattern) ? "one" : "none")
      if (!isPattern(pattern)) return
      const expression = new RegExp(pattern, "u")
      for (const text of texts.map((characters) => characters.join(""))) {
        // the engine of JavaScript finds \B inside a character of two units
        if (pattern.includes("\\B") && text.includes("😀")) continue
        const expected = expression.test(text)
        seen("verdict", expected ? "match" : "no match")
        assert.strictEqual(verdict({ pattern }, text), expected, JSON.stringify({ pattern, text }))
      }
    })
)
