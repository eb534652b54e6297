/**
 * From Effect Schemas to clean JSON Schema 2020-12, once per definition.
 *
 * Effect describes the JSON side of a schema; this pass makes it what a model should read: the root in place of a `$ref`,
 * one `enum` for literals, what is said of a field beside its schema, and nothing that says nothing. It knows which
 * keywords hold schemas, so names of properties and data are left alone. It does not validate anything. JSON-SCHEMA.md
 * shows which schema becomes what.
 */
import * as Schema from "effect/Schema"
import { ANNOTATION } from "../McpHeader.ts"
import type { JsonObject } from "../McpSchema.ts"
import { jsonSide } from "./jsonSide.ts"
import { plainSchema } from "./plainSchema.ts"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** Keywords that hold one schema, a list of schemas, or schemas by name. Every other keyword holds data. */
const ONE = new Set("items additionalProperties propertyNames contains not if then else contentSchema".split(" "))
const MANY = new Set(["anyOf", "oneOf", "allOf", "prefixItems"])
const NAMED = new Set(["properties", "patternProperties", "$defs"])
const ANNOTATIONS = new Set(["title", "description", "default", "examples", ANNOTATION])

/** What stands beside a schema, and is no keyword of JSON Schema: the header of an argument, titles of words in a form. */
const carried = new Set([ANNOTATION, "enumNames"])

const isOnly = (schema: JsonObject, keywords: ReadonlySet<string>): boolean =>
  Object.keys(schema).every((keyword) => keywords.has(keyword))

const cleanByName = (schemas: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, clean(schema)]))

const cleanKeyword = (keyword: string, value: unknown): unknown => {
  if (ONE.has(keyword)) return clean(value)
  if (MANY.has(keyword) && Array.isArray(value)) return value.map(clean)
  return NAMED.has(keyword) && isObject(value) ? cleanByName(value) : value
}

/** What says nothing, or nothing that JSON Schema knows, or only what every number is that programs agree about. */
const isIdle = (keyword: string, value: unknown): boolean => {
  switch (keyword) {
    case "additionalProperties":
      return value === true || (isObject(value) && Object.keys(value).length === 0)
    case "format":
      return value === "byte"
    case "minimum":
      return value === Number.MIN_SAFE_INTEGER
    case "maximum":
      return value === Number.MAX_SAFE_INTEGER
    default:
      return false
  }
}

const clean = (schema: unknown): unknown => {
  if (!isObject(schema)) return schema
  const entries = Object.entries(schema).map(([keyword, value]) => [keyword, cleanKeyword(keyword, value)] as const)
  const cleaned = Object.fromEntries(entries.filter(([keyword, value]) => !isIdle(keyword, value)))
  const { type, ...rest } = withEmptyObject(withItems(withOneEnum(withoutIdleAllOf(cleaned))))
  return type === undefined ? rest : { type, ...rest }
}

/** Items that are all alike need no list of the first ones. */
const withItems = (schema: JsonObject): JsonObject => {
  const { prefixItems, ...rest } = schema
  const { items } = rest
  if (!Array.isArray(prefixItems) || items === undefined) return schema
  return prefixItems.every((first) => JSON.stringify(first) === JSON.stringify(items)) ? rest : schema
}

/** An object without fields is an object, not whatever is not null. */
const withEmptyObject = (schema: JsonObject): JsonObject => {
  const { not, ...rest } = schema
  return isObject(not) && not["type"] === "null" ? { type: "object", properties: {}, ...rest } : schema
}

const ENUM = new Set(["type", "enum"])

/** Literals of one or several types are one `enum`; alternatives are there once, and one alternative is none. */
const withOneEnum = (schema: JsonObject): JsonObject => {
  const { anyOf, ...rest } = schema
  if (!Array.isArray(anyOf)) return schema
  const members = [...new Map(anyOf.map((member) => [JSON.stringify(member), member as unknown])).values()]
  if (members.length === 1) return { ...(members[0] as JsonObject), ...rest }
  const literals = members.flatMap((member) =>
    isObject(member) && Array.isArray(member["enum"]) && isOnly(member, ENUM) ? [member["enum"]] : []
  )
  return literals.length === members.length ? { enum: literals.flat(), ...rest } : { ...rest, anyOf: members }
}

/** What is said of a field belongs beside its schema, and so does a schema that nothing stands beside. */
const withoutIdleAllOf = (schema: JsonObject): JsonObject => {
  const { allOf, ...rest } = schema
  if (!Array.isArray(allOf)) return schema
  const said: ReadonlyArray<JsonObject> = allOf.filter((member) => isObject(member) && isOnly(member, ANNOTATIONS))
  const others = allOf.filter((member) => !said.includes(member) && !isSaid(member, rest))
  const own = Object.assign({}, rest, ...said) as JsonObject
  if (others.length === 0) return own
  const [only] = others
  const fits = others.length === 1 && isObject(only) && Object.keys(only).every((keyword) => !(keyword in own))
  return fits && (only["$ref"] === undefined || isOnly(own, ANNOTATIONS))
    ? { ...only, ...own }
    : { ...own, allOf: others }
}

/** A member that only repeats the type. */
const isSaid = (member: unknown, { type }: JsonObject): boolean =>
  isObject(member) && Object.keys(member).length === 1 && member["type"] === type && type !== undefined

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
  return isObject(target) ? withoutRootReference({ ...target, ...rest }, definitions) : root
}

/** The JSON Schema of a schema's JSON side. */
export const fromSchema = (schema: Schema.Constraint): JsonObject => plainSchema(schema.ast) ?? described(schema)

/** The same for every schema, in more steps. */
export const described = (schema: Schema.Constraint): JsonObject => {
  const document = Schema.toJsonSchemaDocument(jsonSide(schema), { includeAnnotationKey: (key) => carried.has(key) })
  const definitions = new Map(Object.entries(cleanByName(document.definitions)))
  const root = withoutRootReference(clean(document.schema) as JsonObject, definitions)
  const used = definitionsUsedBy(root, definitions)
  return Object.keys(used).length === 0 ? root : { ...root, $defs: used }
}

/** The JSON Schema of a tool's parameters: always an object at its root. */
export const fromParameters = (schema: Schema.Constraint): JsonObject => {
  const root = fromSchema(schema)
  return root["type"] === "object" ? root : { type: "object", ...root }
}
