/** Shorthands for the tests of stranger's schemas: prepare one, ask for a verdict, expect a refusal. */
import { assert } from "@effect/vitest"
import { Result } from "effect"
import * as McpJsonSchema from "../../../src/protocol/McpJsonSchema.ts"

export const prepared = (schema: unknown, options?: McpJsonSchema.Options): McpJsonSchema.Validator =>
  Result.getOrThrow(McpJsonSchema.validator(schema, options))

/** Why no validator can be made of a schema. */
export const refusal = (schema: unknown, options?: McpJsonSchema.Options): McpJsonSchema.InvalidJsonSchema => {
  const result = McpJsonSchema.validator(schema, options)
  if (Result.isSuccess(result)) throw new Error(`Not refused: ${JSON.stringify(schema).slice(0, 200)}`)
  assert.instanceOf(result.failure, McpJsonSchema.InvalidJsonSchema)
  return result.failure
}

/** `true`, `false`, or why it is not known. */
export const verdict = (schema: unknown, value: unknown, options?: McpJsonSchema.Options): boolean | string => {
  const result = prepared(schema, options).validate(value)
  if (Result.isSuccess(result)) return true
  return result.failure._tag === "InvalidValue" ? false : result.failure.reason
}

/** What is wrong with a value. */
export const problems = (schema: unknown, value: unknown): McpJsonSchema.InvalidValue => {
  const result = prepared(schema).validate(value)
  if (Result.isSuccess(result)) throw new Error(`Accepted: ${JSON.stringify(value).slice(0, 200)}`)
  if (result.failure._tag !== "InvalidValue") throw result.failure
  return result.failure
}

export const repeat = <A>(times: number, wrap: (inner: A) => A, inner: A): A =>
  Array.from({ length: times }).reduce<A>((value) => wrap(value), inner)

export const uri = {
  "2020-12": "https://json-schema.org/draft/2020-12/schema",
  "2019-09": "https://json-schema.org/draft/2019-09/schema",
  "draft-07": "http://json-schema.org/draft-07/schema#",
  "draft-06": "http://json-schema.org/draft-06/schema#",
  "draft-04": "http://json-schema.org/draft-04/schema#"
} as const
