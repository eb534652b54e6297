/**
 * What takes the place of what an older revision cannot express: one table for all revisions.
 *
 * What a revision lacks is in its own file; fields go, and unknown ones stay. Here is only what is not simply removed: a
 * content block becomes a text that says what was there, a titled choice becomes the older form of one, a result that
 * is not an object is kept under a key of ours. What is neither here nor optional cannot be said to that revision.
 */
import type { Projections } from "../internal/project.ts"
import { metaKeys } from "../McpSchema.ts"

type Members = { readonly [key: string]: unknown }

const text = (said: string): Members => ({ type: "text", text: said })

/** What a block says, as far as text can. */
const said = (block: Members): string => {
  switch (block["type"]) {
    case "text":
      return String(block["text"])
    case "resource_link":
      return `[resource ${String(block["name"])}: ${String(block["uri"])}]`
    case "resource":
      return `[resource ${String((block["resource"] as Members)["uri"])}]`
    case "tool_use":
      return `[call of tool ${String(block["name"])}]`
    case "tool_result":
      return (block["content"] as ReadonlyArray<Members>).map(said).join("\n")
    default:
      return `[${String(block["type"])}, ${String(block["mimeType"])}]`
  }
}

const titledChoice = (value: Members): Members | undefined => {
  const { oneOf, ...rest } = value
  if (!Array.isArray(oneOf)) return undefined
  const options = oneOf as ReadonlyArray<Members>
  return {
    ...rest,
    enum: options.map((option) => option["const"]),
    enumNames: options.map((option) => option["title"])
  }
}

/** `true` and `false` are schemas only since 2026-07-28. */
const schemaOf = (value: unknown): unknown => (value === true ? {} : value === false ? { not: {} } : value)

const withoutBooleanSchemas = (schema: Members): Members | undefined => {
  const { properties } = schema
  if (typeof properties !== "object" || properties === null || Array.isArray(properties)) return undefined
  const entries = Object.entries(properties).map(([name, value]) => [name, schemaOf(value)])
  return { ...schema, properties: Object.fromEntries(entries) }
}

export const projections: Projections = {
  standIns: {
    ContentBlock: (value) => text(said(value as Members)),
    SamplingContent: (value) =>
      text(Array.isArray(value) ? (value as ReadonlyArray<Members>).map(said).join("\n") : said(value as Members)),
    PrimitiveSchemaDefinition: (value) => titledChoice(value as Members),
    InputSchema: (value) => withoutBooleanSchemas(value as Members),
    OutputSchema: (value) => withoutBooleanSchemas(value as Members)
  },
  keeps: {
    CallToolResult: {
      structuredContent: (value, result) => ({
        ...result,
        _meta: { ...(result["_meta"] as Members | undefined), [metaKeys.value]: value }
      })
    }
  }
}
