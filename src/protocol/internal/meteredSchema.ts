/**
 * A stranger's schema as the library behind `McpJsonSchema` gets it: one object for each subschema.
 *
 * References are resolved, booleans are written as schemas, and only keywords of the dialect are there. What has no bound
 * in the library has another form: `pattern` is a format that is lent to it, `patternProperties` are properties under
 * the names that the value has, and `uniqueItems` stands behind what counts the comparisons.
 */
import type { Limits } from "./jsonSchemaErrors.ts"
import { compile, type LinearPattern, Unsupported } from "./linearPattern.ts"
import { keywordsOf } from "./jsonKeywords.ts"
import { Applied, type Properties, type Run, Unique } from "./metering.ts"
import { fail, shown, type Subschema } from "./subschema.ts"
import type { Subschemas } from "./subschemas.ts"

type Keywords = { [keyword: string]: unknown }
type Format = (text: string) => boolean

/** What is handed to the library. */
export interface Metered {
  readonly root: Applied
  readonly lookup: { readonly [reference: string]: Applied }
  /** By the name under which the library is lent them. */
  readonly formats: ReadonlyMap<string, Format>
}

const LENGTH = "mcp-effect length"
const PATTERN = "mcp-effect pattern "

/** The pattern that a lent format stands for. */
export const patternOf = (format: string): string => format.slice(PATTERN.length)

/** Keywords that reach the library in another form, or not at all. */
const OTHERWISE = new Set(["id", "definitions", "pattern", "patternProperties", "uniqueItems"])

/** Data that a step may have to walk through. */
const DATA = ["enum", "const", "required", "dependentRequired", "type"]

const costOf = (raw: { readonly [keyword: string]: unknown }): number => {
  const names = ["properties", "dependencies", "dependentSchemas"].map((keyword) => Object.keys(raw[keyword] ?? {}))
  const data = DATA.map((keyword) => JSON.stringify(raw[keyword])?.length ?? 0)
  const sum = (sizes: ReadonlyArray<number>) => sizes.reduce((all, size) => all + size, 0)
  return 1 + sum(names.map(({ length }) => length)) / 16 + sum(data) / 64
}

class Building {
  readonly #document: Subschemas
  readonly #run: Run
  readonly #limits: Limits
  readonly #applied = new Map<Subschema, Applied>()
  readonly #references = new Map<Subschema, string>()
  readonly #patterns = new Map<string, LinearPattern>()
  readonly lookup: { [reference: string]: Applied } = Object.create(null)
  readonly formats = new Map<string, Format>()
  #states = 0

  constructor(document: Subschemas, run: Run, limits: Limits) {
    this.#document = document
    this.#run = run
    this.#limits = limits
    for (const schema of document.all) {
      this.#applied.set(schema, new Applied(run, typeof schema.raw === "boolean" ? 1 : costOf(schema.raw)))
    }
    for (const schema of document.all) this.#fill(schema)
  }

  of = (schema: Subschema): Applied => this.#applied.get(schema)!

  #fill(schema: Subschema): void {
    const applied = this.of(schema)
    const [$ref, ...others] = schema.targets.map((target) => this.#reference(target))
    if (schema.raw === false) Object.assign(applied, { enum: [] })
    else if (schema.alone) Object.assign(applied, { $ref })
    else if (schema.raw !== true) {
      Object.assign(applied, this.#keywords(schema, schema.raw), $ref === undefined ? undefined : { $ref })
      this.#nameByPattern(schema, applied)
      const more = others.map((other) => new Applied(this.#run, 1, { $ref: other }))
      if (schema.raw["uniqueItems"] === true) more.push(new Unique(this.#run))
      if (more.length > 0) Object.assign(applied, { allOf: [...this.#list(schema, "allOf"), ...more] })
    }
  }

  #reference(target: Subschema): string {
    const known = this.#references.get(target)
    if (known !== undefined) return known
    const reference = `schema ${this.#references.size}`
    this.#references.set(target, reference)
    this.lookup[reference] = this.of(target)
    return reference
  }

  #list(schema: Subschema, keyword: string): ReadonlyArray<Applied> {
    return [...(schema.children.get(keyword)?.values() ?? [])].map(this.of)
  }

  #keywords(schema: Subschema, raw: { readonly [keyword: string]: unknown }): Keywords {
    const keywords: Keywords = {}
    for (const keyword of keywordsOf(this.#document.dialect).keys()) {
      const value = raw[keyword]
      if (value === undefined || keyword.startsWith("$") || OTHERWISE.has(keyword)) continue
      const children = schema.children.get(keyword)
      if (children === undefined) keywords[keyword] = value
      else if (children.has(undefined)) keywords[keyword] = this.of(children.get(undefined)!)
      else if (Array.isArray(value)) keywords[keyword] = this.#list(schema, keyword)
      else keywords[keyword] = this.#byName(children, value as object)
    }
    const format = this.#format(schema, raw)
    return format === undefined ? keywords : { ...keywords, format }
  }

  /** Schemas by name; lists of names, which `dependencies` may have among them, stay as they are. */
  #byName(children: ReadonlyMap<string | number | undefined, Subschema>, value: object): object {
    const byName = Object.entries(value).map(([name, part]) => {
      const child = children.get(name)
      return [name, child === undefined ? part : this.of(child)] as const
    })
    return Object.fromEntries(byName)
  }

  /** Whatever the library does with a whole string is paid for by a format, which it asks last. */
  #format(schema: Subschema, raw: { readonly [keyword: string]: unknown }): string | undefined {
    const source = raw["pattern"]
    if (typeof source === "string") {
      const pattern = this.#pattern(schema, source)
      this.formats.set(PATTERN + source, (text) => this.#run.test(pattern, text))
      return PATTERN + source
    }
    if (raw["minLength"] === undefined && raw["maxLength"] === undefined) return undefined
    this.formats.set(LENGTH, (text) => {
      this.#run.spend(text.length / 64)
      return true
    })
    return LENGTH
  }

  #nameByPattern(schema: Subschema, applied: Applied): void {
    const children = schema.children.get("patternProperties")
    if (children === undefined) return
    const patterns = [...children].map(
      ([source, child]) => [this.#pattern(schema, String(source)), this.of(child)] as const
    )
    const own = (applied as { readonly properties?: Properties }).properties ?? {}
    Object.defineProperty(applied, "properties", { get: () => this.#run.named(applied, patterns, own) })
  }

  #pattern(schema: Subschema, source: string): LinearPattern {
    let pattern = this.#patterns.get(source)
    if (pattern === undefined) {
      pattern = compileAt(schema, source)
      this.#patterns.set(source, pattern)
      this.#states += pattern.states
      const { patternStates } = this.#limits
      if (this.#states > patternStates) fail(schema, "TooLarge", `its patterns have more than ${patternStates} states`)
    }
    return pattern
  }
}

const compileAt = (schema: Subschema, source: string): LinearPattern => {
  try {
    return compile(source)
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    return fail(schema, "Pattern", `the pattern ${shown(source)}: ${error.detail}`)
  }
}

/** Prepares a document for the library; throws `InvalidJsonSchema`. */
export const meter = (document: Subschemas, run: Run, limits: Limits): Metered => {
  const { formats, lookup, of } = new Building(document, run, limits)
  return { root: of(document.root), lookup, formats }
}
