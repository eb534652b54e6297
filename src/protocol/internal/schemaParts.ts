/**
 * The parts of a JSON Schema, each with where it is: what stands in data, and under names, is no keyword.
 *
 * Only `properties` lead from the root to a property; `McpHeader` looks for annotations there, and refuses them elsewhere.
 */
/** Keywords that hold data: what looks like an annotation in there is none. */
const DATA = new Set(["const", "default", "enum", "examples", "required", "x-mcp-header"])
/** Keywords that hold schemas by name: the names are no keywords. */
const NAMED = new Set(["properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"])

export type Json = { readonly [key: string]: unknown }

/** A part of a schema, and where it is. A `property` is one that only `properties` lead to from the root. */
export interface Part {
  readonly kind: "root" | "property" | "properties" | "named" | "other"
  readonly value: Json
  readonly parent: Part | undefined
  /** The key in the parent, and the step from there as a JSON pointer. */
  readonly key: string
  readonly step: string
  readonly depth: number
}

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

export const isByName = ({ kind }: Part): boolean => kind === "properties" || kind === "named"

const kindOf = (parent: Part, key: string): Part["kind"] => {
  if (isByName(parent)) return parent.kind === "properties" ? "property" : "other"
  if (key === "properties" && parent.kind !== "other") return "properties"
  return NAMED.has(key) ? "named" : "other"
}

/** The parts directly inside a part; those in a list are beside each other. */
export const partsOf = (parent: Part): ReadonlyArray<Part> =>
  Object.entries(parent.value).flatMap(([key, value]) => {
    if (!isByName(parent) && DATA.has(key)) return []
    const here = { parent, key, depth: parent.depth + 1 }
    const step = `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`
    if (isObject(value)) return [{ ...here, kind: kindOf(parent, key), value, step }]
    if (!Array.isArray(value)) return []
    return value.flatMap((item: unknown, index): ReadonlyArray<Part> =>
      isObject(item) ? [{ ...here, kind: "other", value: item, step: `${step}/${index}` }] : []
    )
  })

/** The parts that lead to a part, without the root. */
export const wayTo = (part: Part): ReadonlyArray<Part> => {
  const way: Array<Part> = []
  for (let at = part; at.parent !== undefined; at = at.parent) way.push(at)
  return way.toReversed()
}
