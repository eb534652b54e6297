/**
 * The dialects of JSON Schema, and what each of their keywords holds.
 *
 * A keyword that a dialect does not have is none there: it is neither applied nor looked into. The table also says what
 * is well-formed, so that the library behind it never meets a keyword of the wrong kind. Annotations, `format` among
 * them, are not in it.
 */

export type Dialect = "2020-12" | "2019-09" | "draft-07" | "draft-06" | "draft-04"

export type Kind =
  | "schema"
  | "schemas"
  | "named"
  | "items"
  | "dependencies"
  | "names"
  | "namesByName"
  | "type"
  | "list"
  | "any"
  | "number"
  | "positive"
  | "count"
  | "boolean"
  | "text"

type Keywords = { readonly [keyword: string]: Kind }

const OLDEST: Keywords = {
  $ref: "text",
  type: "type",
  enum: "list",
  multipleOf: "positive",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "boolean",
  exclusiveMaximum: "boolean",
  minLength: "count",
  maxLength: "count",
  pattern: "text",
  items: "items",
  additionalItems: "schema",
  minItems: "count",
  maxItems: "count",
  uniqueItems: "boolean",
  properties: "named",
  patternProperties: "named",
  additionalProperties: "schema",
  required: "names",
  minProperties: "count",
  maxProperties: "count",
  dependencies: "dependencies",
  allOf: "schemas",
  anyOf: "schemas",
  oneOf: "schemas",
  not: "schema",
  definitions: "named",
  id: "text"
}

const { id: _, ...WITHOUT_ID } = OLDEST

const DRAFT_06: Keywords = {
  ...WITHOUT_ID,
  $id: "text",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  const: "any",
  contains: "schema",
  propertyNames: "schema"
}

const CONDITION = ["if", "then", "else"]

const DRAFT_07: Keywords = { ...DRAFT_06, ...Object.fromEntries(CONDITION.map((name) => [name, "schema" as const])) }

const DRAFT_2019: Keywords = {
  ...DRAFT_07,
  $anchor: "text",
  $recursiveRef: "text",
  $recursiveAnchor: "boolean",
  $defs: "named",
  dependentRequired: "namesByName",
  dependentSchemas: "named",
  minContains: "count",
  maxContains: "count",
  unevaluatedItems: "schema",
  unevaluatedProperties: "schema"
}

const { $recursiveRef: _ref, $recursiveAnchor: _anchor, additionalItems: _items, ...STAYED } = DRAFT_2019

const DRAFT_2020: Keywords = {
  ...STAYED,
  $dynamicRef: "text",
  $dynamicAnchor: "text",
  prefixItems: "schemas",
  items: "schema"
}

const TABLES: { readonly [D in Dialect]: ReadonlyMap<string, Kind> } = {
  "2020-12": new Map(Object.entries(DRAFT_2020)),
  "2019-09": new Map(Object.entries(DRAFT_2019)),
  "draft-07": new Map(Object.entries(DRAFT_07)),
  "draft-06": new Map(Object.entries(DRAFT_06)),
  "draft-04": new Map(Object.entries(OLDEST))
}

export const keywordsOf = (dialect: Dialect): ReadonlyMap<string, Kind> => TABLES[dialect]

/** Dialects in which `$ref` hides everything beside it. */
export const refStandsAlone = (dialect: Dialect): boolean => dialect.startsWith("draft-")

/** Keywords whose schemas apply to the same value as the schema they stand in. */
export const IN_PLACE = ["allOf", "anyOf", "oneOf", "not", ...CONDITION, "dependentSchemas", "dependencies"]

/** The dialect that a `$schema` names. */
export const dialectOf = (uri: string): Dialect | undefined => {
  const match = /^https?:\/\/json-schema\.org\/(?:draft\/(2020-12|2019-09)|(draft-0[467]))\/schema#?$/.exec(uri)
  return (match?.[1] ?? match?.[2]) as Dialect | undefined
}

const TYPES = new Set(["null", "boolean", "object", "array", "number", "integer", "string"])

const isType = (value: unknown): boolean => typeof value === "string" && TYPES.has(value)
const isNames = (value: unknown): boolean => Array.isArray(value) && value.every((name) => typeof name === "string")
const isObject = (value: unknown): value is object =>
  typeof value === "object" && value !== null && !Array.isArray(value)
const isSchema = (value: unknown): boolean => typeof value === "boolean" || isObject(value)
const isNumber = (value: unknown): value is number => typeof value === "number"

const KINDS: { readonly [K in Kind]: readonly [fits: (value: unknown) => boolean, expected: string] } = {
  schema: [isSchema, "a schema"],
  schemas: [(value) => Array.isArray(value) && value.every(isSchema), "a list of schemas"],
  named: [(value) => isObject(value) && Object.values(value).every(isSchema), "schemas by name"],
  items: [(value) => isSchema(value) || KINDS.schemas[0](value), "a schema or a list of schemas"],
  dependencies: [
    (value) => isObject(value) && Object.values(value).every((part) => isSchema(part) || isNames(part)),
    "schemas or lists of names, by name"
  ],
  names: [isNames, "a list of names"],
  namesByName: [(value) => isObject(value) && Object.values(value).every(isNames), "lists of names, by name"],
  type: [(value) => isType(value) || (Array.isArray(value) && value.every(isType)), "a type, or a list of types"],
  list: [Array.isArray, "a list"],
  any: [() => true, "any JSON"],
  number: [isNumber, "a number"],
  positive: [(value) => isNumber(value) && value > 0, "a number above zero"],
  count: [(value) => isNumber(value) && Number.isInteger(value) && value >= 0, "a whole number, zero or more"],
  boolean: [(value) => typeof value === "boolean", "true or false"],
  text: [(value) => typeof value === "string", "a string"]
}

/** What a keyword of this kind should have been; nothing when it is that. */
export const misfit = (kind: Kind, value: unknown): string | undefined => {
  const [fits, expected] = KINDS[kind]
  return fits(value) ? undefined : expected
}
