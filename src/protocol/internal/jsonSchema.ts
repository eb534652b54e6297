/**
 * From Effect Schemas to clean JSON Schema 2020-12, once per definition.
 *
 * Effect describes the JSON side of a schema; this pass makes it what a model should read: the root in place of a
 * `$ref`, no `additionalProperties: true`, a plain `number` where Effect also allows the strings "NaN" and "Infinity".
 * It does not validate anything.
 */
import * as Schema from "effect/Schema"
import type { JsonObject } from "../McpSchema.ts"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isNonFiniteUnion = (options: ReadonlyArray<unknown>): boolean => {
  const [number, strings] = options
  return (
    options.length === 2 &&
    isObject(number) &&
    isObject(strings) &&
    number["type"] === "number" &&
    Array.isArray(strings["enum"]) &&
    strings["enum"].includes("NaN")
  )
}

const clean = (node: unknown): unknown => {
  if (Array.isArray(node)) return node.map(clean)
  if (!isObject(node)) return node
  const { additionalProperties, anyOf, ...rest } = node
  if (Array.isArray(anyOf) && isNonFiniteUnion(anyOf)) return { ...(clean(anyOf[0]) as JsonObject), ...rest }
  const out: { [key: string]: unknown } = {}
  for (const [key, value] of Object.entries(rest)) out[key] = isData(key) ? value : clean(value)
  if (anyOf !== undefined) out["anyOf"] = clean(anyOf)
  if (additionalProperties !== undefined && additionalProperties !== true) {
    out["additionalProperties"] = clean(additionalProperties)
  }
  return out
}

/** Keywords whose value is data, not a schema. */
const isData = (key: string): boolean =>
  key === "default" || key === "examples" || key === "const" || key === "enum" || key === "required"

const withoutRootReference = (root: JsonObject, definitions: JsonObject): JsonObject => {
  const reference = root["$ref"]
  if (typeof reference !== "string") return root
  const target = definitions[reference.slice("#/$defs/".length)]
  const { $ref: _, ...rest } = root
  return isObject(target) ? { ...target, ...rest } : root
}

const referencesIn = (value: unknown): ReadonlyArray<string> =>
  [...JSON.stringify(value).matchAll(/"#\/\$defs\/([^"]*)"/g)].map((match) => match[1]!)

const usedDefinitions = (root: JsonObject, definitions: JsonObject): JsonObject => {
  const used: { [name: string]: unknown } = {}
  const queue = [...referencesIn(root)]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (name in used || definitions[name] === undefined) continue
    used[name] = definitions[name]
    queue.push(...referencesIn(definitions[name]))
  }
  return used
}

/** The JSON Schema of a schema's JSON side. */
export const fromSchema = (schema: Schema.Constraint): JsonObject => {
  const document = Schema.toJsonSchemaDocument(schema)
  const definitions = clean(document.definitions) as JsonObject
  const root = withoutRootReference(clean(document.schema) as JsonObject, definitions)
  const used = usedDefinitions(root, definitions)
  return Object.keys(used).length === 0 ? root : { ...root, $defs: used }
}

/** The JSON Schema of a tool's parameters: always an object at its root. */
export const fromParameters = (schema: Schema.Constraint): JsonObject => {
  const { not, ...root } = fromSchema(schema)
  if (isObject(not) && not["type"] === "null") return { type: "object", properties: {} }
  return root["type"] === "object" ? root : { type: "object", ...root, ...(not === undefined ? undefined : { not }) }
}
