/**
 * From Effect Schemas to clean JSON Schema 2020-12, once per definition.
 *
 * Effect describes the JSON side of a schema; this pass makes it what a model should read: the root in place of a
 * `$ref`, no `additionalProperties: true`, a plain `number` where Effect also allows the strings "NaN" and "Infinity".
 * It knows which keywords hold schemas, so names of properties and data are left alone. It does not validate anything.
 */
import * as Schema from "effect/Schema"
import type { JsonObject } from "../McpSchema.ts"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Keywords that hold one schema, a list of schemas, or schemas by name. Every other keyword holds data. */
const ONE = new Set(["items", "additionalProperties", "propertyNames", "contains", "not", "if", "then", "else"])
const MANY = new Set(["anyOf", "oneOf", "allOf", "prefixItems"])
const ANNOTATIONS = new Set(["title", "description", "default", "examples"])
const NAMED = new Set(["properties", "patternProperties", "$defs"])

/** The strings by which Effect writes numbers that JSON cannot. */
const isNonFinite = (schema: unknown): boolean =>
  isObject(schema) && schema["type"] === "string" && Array.isArray(schema["enum"]) && schema["enum"].includes("NaN")

const isNumber = (schema: unknown): boolean => isObject(schema) && schema["type"] === "number"

const cleanByName = (schemas: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, clean(schema)]))

const cleanKeyword = (keyword: string, value: unknown): unknown => {
  if (ONE.has(keyword)) return clean(value)
  if (MANY.has(keyword) && Array.isArray(value)) return value.map(clean)
  return NAMED.has(keyword) && isObject(value) ? cleanByName(value) : value
}

const clean = (schema: unknown): unknown => {
  if (!isObject(schema)) return schema
  const { anyOf, ...rest } = schema
  const cleaned = Object.fromEntries(
    Object.entries(rest)
      .filter(([keyword, value]) => keyword !== "additionalProperties" || value !== true)
      .map(([keyword, value]) => [keyword, cleanKeyword(keyword, value)])
  )
  if (!Array.isArray(anyOf)) return withoutLoneAnnotation(cleaned)
  const members = anyOf.some(isNumber) ? anyOf.filter((member) => !isNonFinite(member)) : anyOf
  return members.length === 1
    ? { ...(clean(members[0]) as JsonObject), ...cleaned }
    : { ...cleaned, anyOf: members.map(clean) }
}

/** What is said about a field, beside its schema, belongs to it. */
const withoutLoneAnnotation = (schema: JsonObject): JsonObject => {
  const { allOf, ...rest } = schema
  const [only, ...others] = Array.isArray(allOf) ? allOf : []
  const isAnnotation = isObject(only) && others.length === 0 && Object.keys(only).every((key) => ANNOTATIONS.has(key))
  return isAnnotation ? { ...rest, ...only } : schema
}

const PREFIX = "#/$defs/"

/** The name that a reference points to: percent-encoded, then escaped as a JSON pointer. */
const nameOf = (reference: string): string =>
  decodeURIComponent(reference.slice(PREFIX.length)).replaceAll("~1", "/").replaceAll("~0", "~")

const referencesIn = (value: unknown): ReadonlyArray<string> => {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (!isObject(value)) return []
  const { $ref, ...rest } = value
  const inside = Object.values(rest).flatMap(referencesIn)
  return typeof $ref === "string" && $ref.startsWith(PREFIX) ? [nameOf($ref), ...inside] : inside
}

const definitionsUsedBy = (root: JsonObject, definitions: ReadonlyMap<string, unknown>): JsonObject => {
  const used = new Map<string, unknown>()
  const queue = [...referencesIn(root)]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (used.has(name) || !definitions.has(name)) continue
    used.set(name, definitions.get(name))
    queue.push(...referencesIn(definitions.get(name)))
  }
  return Object.fromEntries(used)
}

const withoutRootReference = (root: JsonObject, definitions: ReadonlyMap<string, unknown>): JsonObject => {
  const { $ref, ...rest } = root
  const target = typeof $ref === "string" ? definitions.get(nameOf($ref)) : undefined
  return isObject(target) ? { ...target, ...rest } : root
}

/** The JSON Schema of a schema's JSON side. */
export const fromSchema = (schema: Schema.Constraint): JsonObject => {
  const document = Schema.toJsonSchemaDocument(schema)
  const definitions = new Map(Object.entries(cleanByName(document.definitions)))
  const root = withoutRootReference(clean(document.schema) as JsonObject, definitions)
  const used = definitionsUsedBy(root, definitions)
  return Object.keys(used).length === 0 ? root : { ...root, $defs: used }
}

/** The JSON Schema of a tool's parameters: always an object at its root. */
export const fromParameters = (schema: Schema.Constraint): JsonObject => {
  const { not, ...root } = fromSchema(schema)
  if (isObject(not) && not["type"] === "null") return { type: "object", properties: {} }
  return root["type"] === "object" ? root : { type: "object", ...root, ...(not === undefined ? undefined : { not }) }
}
