/**
 * What is drawn in a case: a row of a chapter, a payload that our schema of it makes, and the id of the message.
 *
 * Arbitraries are made once per schema. The answers in a retry are deliberately not checked in its parameters but where
 * they are read; here they are answers as the chapter `mrtr` has them.
 */
import { Arbitrary, Schema } from "effect"
import type { Anatomy } from "../../../src/protocol/internal/restrict.ts"
import { Id } from "../../../src/protocol/McpSchema.ts"
import { InputResponses } from "../../../src/protocol/methods/mrtr.ts"
import { latestModern } from "../../../src/protocol/revisions/index.ts"
import { isObject } from "./amend.ts"
import type { RowOf } from "./chapters.ts"

const made = new Map<Schema.Constraint, Arbitrary.Arbitrary<unknown>>()

const arbitraryOf = (schema: Schema.Constraint): Arbitrary.Arbitrary<unknown> => {
  let arbitrary = made.get(schema)
  if (arbitrary === undefined) made.set(schema, (arbitrary = withAnswers(schema)))
  return arbitrary
}

const withAnswers = (schema: Anatomy): Arbitrary.Arbitrary<unknown> => {
  const payloads = Arbitrary.schema(schema)
  if (schema.fields?.["inputResponses"] === undefined) return payloads
  const answers = arbitraryOf(latestModern.schema(InputResponses))
  return Arbitrary.map(Arbitrary.all({ payload: payloads, answers }), ({ answers, payload }) =>
    isObject(payload) && "inputResponses" in payload ? { ...payload, inputResponses: answers } : payload
  )
}

const ids = Arbitrary.schema(Id)

export interface Drawn {
  /** The name of the row. */
  readonly name: string
  readonly payload: unknown
  readonly id: string | number
}

/** Rows, each as often, with payloads of the schema that `schemaOf` gives. */
export const drawn = (
  rows: ReadonlyArray<RowOf>,
  schemaOf: (row: RowOf) => Schema.Constraint
): Arbitrary.Arbitrary<Drawn> => {
  const byName = new Map(rows.map((row) => [row.name, arbitraryOf(schemaOf(row))]))
  return Arbitrary.flatMap(Arbitrary.schema(Schema.Literals([...byName.keys()])), (name) =>
    Arbitrary.map(Arbitrary.all({ payload: byName.get(name)!, id: ids }), ({ id, payload }) => ({ name, payload, id }))
  )
}

/** A value as it comes out of a message: plain JSON, its own copy. */
export const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value))
