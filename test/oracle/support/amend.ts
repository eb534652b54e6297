/**
 * Writes the listed differences into a schema of the specification, so that one verdict can be compared with ours exactly.
 *
 * Every place that is changed notes the difference by a keyword of its own: `forgiven` where only the change accepts,
 * `refused` where only the change refuses. It knows the keywords that these schemas use, and no others.
 */
import { type Difference, differences } from "../differences.ts"
import type { Json } from "./files.ts"
import { at, placesOf } from "./places.ts"

export const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const applies = ({ at }: Difference, path: string, node: Json): boolean =>
  typeof at === "function" ? at(node, path) : at.includes(path)

const withRequired = (node: Json, required: ReadonlyArray<unknown>): Json => {
  const { required: _, ...rest } = node
  return required.length === 0 ? rest : { ...rest, required }
}

const noted = (condition: Json, difference: string): Json => ({ if: condition, else: { forgiven: difference } })

/** Without the required fields that differences forgive. `if` is tried in order, which `anyOf` is not. */
const forgiving = (node: Json, all: ReadonlyArray<Difference>): Json => {
  const required = (node["required"] ?? []) as ReadonlyArray<string>
  const forgiven = all.flatMap(({ forgives = [], name }) => forgives.map((field) => [field, name] as const))
  if (forgiven.length === 0) return node
  const fields = forgiven.map(([field]) => field)
  const lenient = withRequired(
    node,
    required.filter((field) => !fields.includes(field))
  )
  return { allOf: [lenient, ...forgiven.map(([field, name]) => noted({ type: "object", required: [field] }, name))] }
}

const change = (node: Json, { accepts, name, requires }: Difference): Json => {
  const wider = accepts === undefined ? node : { if: node, else: { allOf: [accepts, { forgiven: name }] } }
  return requires === undefined ? wider : { allOf: [wider, { if: requires, else: { refused: name } }] }
}

const byName = (schemas: unknown, path: string, all: ReadonlyArray<Difference>): unknown =>
  isObject(schemas)
    ? Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, amend(schema, `${path}/${name}`, all)]))
    : schemas

const keyword = (name: string, value: unknown, path: string, all: ReadonlyArray<Difference>): unknown => {
  if (name === "properties") return byName(value, `${path}/properties`, all)
  if (name === "items" || name === "additionalProperties") return amend(value, `${path}/${name}`, all)
  if ((name === "anyOf" || name === "allOf") && Array.isArray(value)) {
    return value.map((member, index) => amend(member, `${path}/${name}/${index}`, all))
  }
  return value
}

const amend = (node: unknown, path: string, all: ReadonlyArray<Difference>): unknown => {
  if (!isObject(node)) return node
  const inside = Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, keyword(name, value, path, all)])
  )
  const here = all.filter((difference) => applies(difference, path, node))
  return here.reduce(change, forgiving(inside, here))
}

/** The key of a schema under which its definitions are. */
export const definitionsKey = (schema: Json): "$defs" | "definitions" => ("$defs" in schema ? "$defs" : "definitions")

type Change = (node: unknown, path: string) => unknown

const withPlaces = (schema: Json, version: string, change: Change): Json => {
  const key = definitionsKey(schema)
  const definitions = schema[key] as Json
  const own = Object.keys(definitions).map((name) => [name, name] as const)
  const all = [...own, ...placesOf(version)].map(([name, path]) => [name, change(at(definitions, path), path)] as const)
  return { ...schema, [key]: Object.fromEntries(all) }
}

/** The schema of a revision, in which also places have names. */
export const asItStands = (schema: Json, version: string): Json => withPlaces(schema, version, (node) => node)

/** The same, with the listed differences. */
export const amended = (schema: Json, version: string): Json => {
  const all = differences.filter((difference) => difference.in.includes(version))
  return withPlaces(schema, version, (node, path) => amend(node, path, all))
}
