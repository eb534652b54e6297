/**
 * Ordinary JSON Schemas and values, generated: small, and of few names, so that they have to do with each other.
 *
 * Each schema stands over a definition that it may refer to. It may refer to itself in a circle; it is then refused.
 */
import { Schema } from "effect"

type Node = Schema.Codec<unknown>

const name = Schema.Literals(["a", "b", "ab"])
const small = Schema.Literals([0, 1, 2, 3])
const number = Schema.Literals([-1, 0, 1, 1.5, 2, 3, 4])
const text = Schema.Literals(["", "a", "b", "ab", "ba", "aab", "😀"])
const pattern = Schema.Literals(["^a", "b$", "^[ab]{2}$", "^.$", "a+b"])
const maybe = Schema.optionalKey
const some = (item: Node) => Schema.Array(item).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3)))

export const Value: Node = Schema.Union([
  number,
  text,
  Schema.Boolean,
  Schema.Null,
  Schema.Array(Schema.suspend((): Node => Value)),
  Schema.Record(
    name,
    Schema.suspend((): Node => Value)
  ),
  Schema.Record(name, number)
])

const numbers = {
  type: Schema.Literals(["number", "integer"]),
  minimum: maybe(number),
  maximum: maybe(number),
  exclusiveMaximum: maybe(number),
  multipleOf: maybe(Schema.Literals([1, 2]))
}
const strings = {
  type: Schema.Literal("string"),
  minLength: maybe(small),
  maxLength: maybe(small),
  pattern: maybe(pattern)
}
const arrays = {
  type: maybe(Schema.Literals(["array", "string"])),
  minItems: maybe(small),
  maxItems: maybe(small),
  uniqueItems: maybe(Schema.Boolean)
}
const objects = (inner: Node) => ({
  type: maybe(Schema.Literals(["object", "array"])),
  properties: maybe(Schema.Record(name, inner)),
  patternProperties: maybe(Schema.Record(pattern, inner)),
  additionalProperties: maybe(inner),
  propertyNames: maybe(Schema.Struct(strings)),
  required: maybe(Schema.UniqueArray(name)),
  maxProperties: maybe(small)
})

const common = (inner: Node): ReadonlyArray<Node> => [
  Schema.Boolean,
  Schema.Struct(numbers),
  Schema.Struct(strings),
  Schema.Struct(objects(inner)),
  Schema.Struct({ ...arrays, items: maybe(inner), contains: maybe(inner) }),
  Schema.Struct({ enum: some(Value) }),
  Schema.Struct({ const: Value }),
  Schema.Struct({ anyOf: some(inner) }),
  Schema.Struct({ oneOf: some(inner) }),
  Schema.Struct({ allOf: some(inner), ...objects(inner) }),
  Schema.Struct({ not: inner }),
  Schema.Struct(Object.fromEntries(["if", "then", "else"].map((keyword) => [keyword, inner]))),
  Schema.Struct({ $ref: Schema.Literal("#/definitions/x") })
]

const older = (inner: Node): ReadonlyArray<Node> => [
  Schema.Struct({ ...arrays, items: some(inner), additionalItems: maybe(inner) }),
  Schema.Struct({ dependencies: Schema.Record(name, Schema.Union([inner, Schema.UniqueArray(name)])) })
]

const since2019 = (inner: Node): ReadonlyArray<Node> => [
  Schema.Struct({ ...objects(inner), dependentRequired: Schema.Record(name, Schema.UniqueArray(name)) }),
  Schema.Struct({ ...objects(inner), dependentSchemas: Schema.Record(name, inner), unevaluatedProperties: inner }),
  Schema.Struct({ anyOf: some(inner), unevaluatedProperties: inner }),
  Schema.Struct({ contains: inner, minContains: maybe(small), maxContains: maybe(small) })
]

const since2020 = (inner: Node): ReadonlyArray<Node> => [
  ...since2019(inner),
  Schema.Struct({ ...arrays, prefixItems: some(inner), items: maybe(inner) }),
  Schema.Struct({ anyOf: some(inner), prefixItems: some(inner), unevaluatedItems: inner }),
  Schema.Struct({ anyOf: some(inner), contains: inner, unevaluatedItems: inner })
]

const until2019 = (inner: Node): ReadonlyArray<Node> => [
  ...older(inner),
  ...since2019(inner),
  Schema.Struct({ anyOf: some(inner), items: some(inner), unevaluatedItems: inner }),
  Schema.Struct({ anyOf: some(inner), contains: inner, unevaluatedItems: inner })
]

const document = (more: (inner: Node) => ReadonlyArray<Node>) => {
  const inner: Node = Schema.suspend((): Node => node)
  const node = Schema.Union([...common(inner), ...more(inner)])
  return Schema.Struct({ allOf: Schema.Tuple([node]), definitions: Schema.Struct({ x: node }) })
}

export const documents = {
  "2020-12": document(since2020),
  "2019-09": document(until2019),
  "draft-07": document(older)
}
