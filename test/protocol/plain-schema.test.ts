/**
 * The short way to a JSON Schema gives exactly what the long way gives, to the order of its keys, or nothing.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { described, fromSchema } from "../../src/protocol/internal/jsonSchema.ts"
import { plainSchema } from "../../src/protocol/internal/plainSchema.ts"
import { property } from "../laws/support/law.ts"

type Some = Schema.Constraint

const leaves: ReadonlyArray<Some> = [
  Schema.String,
  Schema.Finite,
  Schema.Boolean,
  Schema.Literal("a"),
  Schema.Literals(["a", "b"]),
  Schema.Literals([1, 2]),
  Schema.Literal(5n),
  Schema.Null,
  Schema.Number,
  Schema.Int,
  Schema.Date,
  Schema.Unknown,
  Schema.Struct({}),
  Schema.Record(Schema.String, Schema.Finite),
  Schema.Tuple([Schema.String, Schema.Finite]),
  Schema.Union([Schema.String, Schema.Finite]),
  Schema.Union([Schema.Literal("a"), Schema.Literal(1)]),
  Schema.Union([Schema.Literal("a").annotate({ description: "the first" }), Schema.Literal("b")]),
  Schema.NonEmptyString,
  Schema.FiniteFromString,
  Schema.String.annotate({ identifier: "Named" }),
  Schema.String.annotate({ examples: ["x"] }),
  Schema.String.annotate({ default: "x" }),
  Schema.Finite.annotate({ examples: [1] }),
  Schema.NullOr(Schema.String)
]

/** What is done to a schema, by a digit. */
const wrapped = (schema: Some, how: number): Some => {
  const top = schema as Schema.Top
  switch (how) {
    case 0:
      return top.annotate({ description: "said" })
    case 1:
      return top.annotate({ title: "Title", description: "said" })
    case 2:
      return Schema.Array(top)
    case 3:
      return Schema.Struct({ one: top, two: Schema.optionalKey(top) })
    case 4:
      return Schema.Struct({ one: top.pipe(Schema.annotateKey({ description: "of the field" })) })
    case 5:
      return Schema.Struct({ "a b": Schema.optional(top), __proto__x: Schema.String })
    default:
      return top
  }
}

const digits = Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 }))).pipe(
  Schema.check(Schema.isMaxLength(4))
)

describe("a plain schema", () => {
  property(
    "is described as by the long way",
    { leaf: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: leaves.length - 1 })), how: digits },
    { way: ["short", "long"] },
    ({ how, leaf }, seen) =>
      Effect.sync(() => {
        const schema = how.reduce(wrapped, leaves[leaf]!)
        const plain = plainSchema(schema.ast)
        seen("way", plain === undefined ? "long" : "short")
        assert.strictEqual(JSON.stringify(fromSchema(schema)), JSON.stringify(described(schema)))
      })
  )

  it("is what most tools have", () => {
    const schema = Schema.Struct({
      query: Schema.String.annotate({ description: "what to look for" }),
      limit: Schema.optionalKey(Schema.Finite.annotate({ description: "how many" })),
      mode: Schema.Literals(["fast", "exact"])
    })
    assert.isDefined(plainSchema(schema.ast))
  })
})
