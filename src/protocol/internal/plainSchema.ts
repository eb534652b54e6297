/**
 * The JSON Schema of a schema that says nothing but what JSON has: texts, finite numbers, booleans, words, lists, objects.
 *
 * Most fields of most tools are such, and a server with many of them describes them as it starts. It gives exactly what
 * the long way (`jsonSide.ts`, then Effect's own description) gives, or nothing: whatever has a check, a transformation, a
 * name, an example or anything else to say goes that way.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import type { JsonObject } from "../McpSchema.ts"

const [finite] = Schema.Finite.ast.checks!
const ofFinite = new Set(Object.keys(finite.annotations ?? {}))
const none: ReadonlySet<string> = new Set()

/** Effect's check of a finite number; what is said of such a number is said of its check. */
const isFinite = ({ checks }: SchemaAST.AST): boolean =>
  checks?.length === 1 && checks[0]._tag === "Filter" && finite._tag === "Filter" && checks[0].run === finite.run

/** What is said of a schema for people; nothing when it says more than that. */
const saidOf = (ast: SchemaAST.AST, besides: ReadonlySet<string> = none): JsonObject | undefined => {
  if (ast.context?.annotations !== undefined) return undefined
  const { description, title, ...others } = SchemaAST.resolve(ast) ?? {}
  if (![title, description].every((text) => text === undefined || typeof text === "string")) return undefined
  if (Object.keys(others).some((key) => !besides.has(key))) return undefined
  return {
    ...(title === undefined ? undefined : { title }),
    ...(description === undefined ? undefined : { description })
  }
}

const withSaid = (schema: JsonObject, said: JsonObject | undefined): JsonObject | undefined =>
  said === undefined ? undefined : { ...schema, ...said }

/** Words, or numbers, of which the value is one. */
const enumOf = (literals: ReadonlyArray<unknown>): JsonObject | undefined => {
  const type = typeof literals[0]
  const known = type === "string" || type === "number"
  return known && new Set(literals).size === literals.length && literals.every((literal) => typeof literal === type)
    ? { type, enum: literals }
    : undefined
}

const literalsOf = (types: ReadonlyArray<SchemaAST.AST>): ReadonlyArray<unknown> =>
  types.map((type) =>
    type._tag === "Literal" && type.annotations === undefined && type.context === undefined ? type.literal : undefined
  )

const objectOf = ({ indexSignatures, propertySignatures }: SchemaAST.Objects): JsonObject | undefined => {
  if (indexSignatures.length > 0 || propertySignatures.length === 0) return undefined
  const properties: { [name: string]: JsonObject } = {}
  const required: Array<string> = []
  for (const { name, type } of propertySignatures) {
    const schema = plainSchema(type)
    if (schema === undefined || typeof name !== "string" || name === "__proto__") return undefined
    properties[name] = schema
    if (type.context?.isOptional !== true) required.push(name)
  }
  return { type: "object", properties, ...(required.length === 0 ? undefined : { required }) }
}

const arrayOf = ({ elements, rest }: SchemaAST.Arrays): JsonObject | undefined => {
  const [item] = rest
  const items = elements.length > 0 || rest.length !== 1 || item === undefined ? undefined : plainSchema(item)
  return items === undefined ? undefined : { type: "array", items }
}

/** The JSON Schema of a plain schema; nothing when it is not plain. */
export const plainSchema = (ast: SchemaAST.AST): JsonObject | undefined => {
  if (ast.encoding !== undefined) return undefined
  if (ast._tag === "Number") return isFinite(ast) ? withSaid({ type: "number" }, saidOf(ast, ofFinite)) : undefined
  if (ast.checks !== undefined) return undefined
  const schema = bodyOf(ast)
  return schema === undefined ? undefined : withSaid(schema, saidOf(ast))
}

const bodyOf = (ast: SchemaAST.AST): JsonObject | undefined => {
  switch (ast._tag) {
    case "String":
      return { type: "string" }
    case "Boolean":
      return { type: "boolean" }
    case "Literal":
      return enumOf([ast.literal])
    case "Union":
      return enumOf(literalsOf(ast.types))
    case "Arrays":
      return arrayOf(ast)
    case "Objects":
      return objectOf(ast)
    default:
      return undefined
  }
}
