/**
 * The subschemas of a stranger's schema: found, counted, and each reference resolved.
 *
 * A schema is refused here when a keyword is malformed, when it has too many subschemas, or when it would be applied to
 * one value again and again: references that lead in a circle without going deeper into the value.
 */
import { type Dialect, IN_PLACE, keywordsOf, type Kind, misfit, refStandsAlone } from "./jsonKeywords.ts"
import type { Limits } from "./jsonSchemaErrors.ts"
import { SchemaResources } from "./schemaResources.ts"
import { fail, isObject, type Raw, type Subschema } from "./subschema.ts"

/** A document being read; throws `InvalidJsonSchema`. */
export class Subschemas {
  readonly all: Array<Subschema> = []
  readonly root: Subschema
  readonly dialect: Dialect
  readonly #limits: Limits
  readonly #resources: SchemaResources
  readonly #byRaw = new Map<Raw, Subschema>()

  constructor(raw: Raw, dialect: Dialect, limits: Limits) {
    this.dialect = dialect
    this.#limits = limits
    this.#resources = new SchemaResources(dialect, (place, parent, key) => this.#add(place, parent, key))
    this.root = this.#add(raw, undefined, [])
    // grows while it is walked: a reference may point at a place that no keyword makes a schema
    for (const schema of this.all) this.#resources.resolve(schema)
    requireProgress(this.all, this.#limits.depth)
  }

  /** Adds a subschema and everything in it. It calls itself; the depth of the document is bounded. */
  #add(raw: Raw, parent: Subschema | undefined, key: Subschema["key"]): Subschema {
    const known = isObject(raw) ? this.#byRaw.get(raw) : undefined
    if (known !== undefined) return known
    const alone = isObject(raw) && typeof raw["$ref"] === "string" && refStandsAlone(this.dialect)
    const schema: Subschema = { raw, parent, key, alone, resource: parent?.resource, children: new Map(), targets: [] }
    this.all.push(schema)
    if (this.all.length > this.#limits.subschemas) {
      fail(schema, "TooLarge", `it has more than ${this.#limits.subschemas} subschemas`)
    }
    this.#resources.identify(schema)
    if (!isObject(raw)) return schema
    this.#byRaw.set(raw, schema)
    for (const [keyword, kind] of keywordsOf(this.dialect)) {
      if (raw[keyword] !== undefined) this.#descend(schema, keyword, kind, raw[keyword])
    }
    return schema
  }

  #descend(schema: Subschema, keyword: string, kind: Kind, value: unknown): void {
    const expected = misfit(kind, value)
    if (expected !== undefined) {
      const tuple = keyword === "items" && Array.isArray(value) ? "; a tuple is `prefixItems` in this dialect" : ""
      fail(schema, "Malformed", `\`${keyword}\` must be ${expected}${tuple}`)
    }
    const parts = partsOf(kind, value)
    if (parts === undefined) return
    const children = parts.map(([name, part]) => {
      const child = this.#add(part, schema, name === undefined ? [keyword] : [keyword, name])
      return [name, child] as const
    })
    schema.children.set(keyword, new Map(children))
  }
}

type Part = readonly [name: string | number | undefined, part: Raw]

/** The schemas that a keyword holds. */
const partsOf = (kind: Kind, value: unknown): ReadonlyArray<Part> | undefined => {
  switch (kind) {
    case "schema":
      return [[undefined, value as Raw]]
    case "schemas":
    case "items":
      return Array.isArray(value) ? value.map((part, index): Part => [index, part]) : [[undefined, value as Raw]]
    case "named":
    case "dependencies":
      return Object.entries(value as object).filter(([, part]) => !Array.isArray(part))
    default:
      return undefined
  }
}

/** The subschemas that are applied to the same value as this one. */
const inPlace = ({ alone, children, targets }: Subschema): ReadonlyArray<Subschema> =>
  alone ? targets : [...targets, ...IN_PLACE.flatMap((keyword) => [...(children.get(keyword)?.values() ?? [])])]

/** Refuses a schema that is applied to one value again and again, or through more than `depth` others. */
const requireProgress = (all: ReadonlyArray<Subschema>, depth: number): void => {
  const OPEN = -1
  const heights = new Map<Subschema, number>()
  const visit = (schema: Subschema, above: number): number => {
    const known = heights.get(schema)
    if (known === OPEN) fail(schema, "CyclicReference", "it leads back to itself without going deeper into the value")
    if (known !== undefined) return known
    let height = 0
    heights.set(schema, OPEN)
    if (above <= depth) for (const next of inPlace(schema)) height = Math.max(height, 1 + visit(next, above + 1))
    if (above + height > depth) fail(schema, "TooDeep", `more than ${depth} subschemas apply to one value, nested`)
    heights.set(schema, height)
    return height
  }
  for (const schema of all) visit(schema, 0)
}
