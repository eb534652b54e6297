/**
 * From a flat Effect Schema to the form that a user fills in, in each revision's words, and from the form to a value.
 *
 * A field is a text, a number, a boolean, one of some words, or a list of them; words may have titles. What else a schema
 * can say no form can ask for: `fieldsOf` throws for it, when the question is made.
 */
import type { JsonObject } from "../../../protocol/McpSchema.ts"
import { inexpressible, type McpRevision } from "../../../protocol/McpRevision.ts"
import { Elicit } from "../../../protocol/methods/elicitation.ts"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const FORMATS = ["email", "uri", "date", "date-time"]
const SAID = ["title", "description", "default"] as const

const pick = (schema: JsonObject, keys: ReadonlyArray<string>): JsonObject =>
  Object.fromEntries(keys.filter((key) => schema[key] !== undefined).map((key) => [key, schema[key]]))

/** Words with titles, as `anyOf` of one word each. */
const titledOf = (schema: JsonObject): ReadonlyArray<JsonObject> | undefined => {
  const options = schema["anyOf"] ?? schema["oneOf"]
  if (!Array.isArray(options)) return undefined
  const titled = options.map((option: unknown) => {
    if (!isObject(option)) return undefined
    const [word] = Array.isArray(option["enum"]) && option["enum"].length === 1 ? option["enum"] : [option["const"]]
    return typeof word === "string" ? { const: word, title: String(option["title"] ?? word) } : undefined
  })
  return titled.every((option) => option !== undefined) ? titled : undefined
}

const isWords = (values: unknown): values is ReadonlyArray<string> =>
  Array.isArray(values) && values.every((value) => typeof value === "string")

const selectOf = (schema: JsonObject): JsonObject | undefined => {
  const titled = titledOf(schema)
  if (titled !== undefined) return { oneOf: titled }
  return isWords(schema["enum"]) ? { enum: schema["enum"], ...pick(schema, ["enumNames"]) } : undefined
}

const itemsOf = (items: unknown): JsonObject | undefined => {
  if (!isObject(items)) return undefined
  const titled = titledOf(items)
  if (titled !== undefined) return { anyOf: titled }
  return isWords(items["enum"]) ? { type: "string", enum: items["enum"] } : undefined
}

/** A field as a form has it, or why it is none. */
const fieldOf = (name: string, schema: unknown): JsonObject => {
  if (!isObject(schema))
    throw new Error(`The field "${name}" of a form has to be a text, a number, a boolean or a choice`)
  const said = pick(schema, SAID)
  const select = selectOf(schema)
  if (select !== undefined) return { type: "string", ...said, ...select }
  switch (schema["type"]) {
    case "string": {
      const { format } = schema
      const known = typeof format === "string" && FORMATS.includes(format) ? { format } : {}
      return { type: "string", ...said, ...pick(schema, ["minLength", "maxLength"]), ...known }
    }
    case "number":
    case "integer":
      return { type: schema["type"], ...said, ...pick(schema, ["minimum", "maximum"]) }
    case "boolean":
      return { type: "boolean", ...said }
    case "array": {
      const items = itemsOf(schema["items"])
      if (items !== undefined) return { type: "array", ...said, ...pick(schema, ["minItems", "maxItems"]), items }
    }
  }
  throw new Error(
    `The field "${name}" cannot stand in a form: it has to be a text, a number, a boolean, one of some words, or a list of them`
  )
}

/** The form that a JSON Schema of an object describes. Throws for what no form can ask. */
export const formOf = (schema: JsonObject): JsonObject => {
  const properties = schema["properties"] ?? {}
  if (schema["type"] !== "object" || !isObject(properties)) throw new Error("A form asks for an object of fields")
  const fields = Object.entries(properties).map(([name, field]) => [name, fieldOf(name, field)])
  return { type: "object", properties: Object.fromEntries(fields), ...pick(schema, ["required"]) }
}

/** The parameters of a question by a form in a revision, or a sentence where it cannot say it. */
export const formParams = (message: string, form: JsonObject, revision: McpRevision): JsonObject | string => {
  const projected = revision.project(Elicit.params, { mode: "form", message, requestedSchema: form })
  return projected === inexpressible || revision.check(Elicit.params, projected) !== undefined
    ? `Revision ${revision.version} has no such form`
    : (projected as JsonObject)
}
