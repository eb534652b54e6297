/**
 * The ids and anchors of a stranger's schema, and what its references mean.
 *
 * References are resolved inside the document. One that leaves it is refused, also when it is a well-known URI: nothing
 * is ever fetched. A dynamic reference is understood where only one part of the document can answer it, which makes it
 * an ordinary one; otherwise it is refused.
 */
import { type Dialect, dialectOf, keywordsOf } from "./jsonKeywords.ts"
import { fail, isObject, type Raw, type RawObject, type Resource, shown, type Subschema } from "./subschema.ts"

const BASE = new URL("schema://document/")
const MAX_URI = 2048

/** Adds a place that no keyword makes a schema, but that is pointed at as one. */
type Add = (raw: Raw, parent: Subschema, key: ReadonlyArray<string>) => Subschema

export class SchemaResources {
  readonly #dialect: Dialect
  readonly #add: Add
  readonly #byUri = new Map<string, Resource>()

  constructor(dialect: Dialect, add: Add) {
    this.#dialect = dialect
    this.#add = add
  }

  /** Reads what a subschema says of itself. Parents come before their children. */
  identify(schema: Subschema): void {
    const raw = schema.raw
    if (isObject(raw)) this.#requireDialect(schema, raw["$schema"])
    const id = isObject(raw) && !schema.alone ? raw[this.#dialect === "draft-04" ? "id" : "$id"] : undefined
    if (typeof id === "string" && !id.startsWith("#")) {
      schema.resource = this.#declare(schema, this.#uri(schema, id, schema.resource?.uri ?? BASE))
    }
    const resource = (schema.resource ??= this.#declare(schema, BASE))
    if (typeof id === "string" && /^#./.test(id)) this.#anchor(schema, resource, id.slice(1))
    if (!isObject(raw)) return
    for (const keyword of ["$anchor", "$dynamicAnchor"]) {
      const name = this.#value(raw, keyword)
      if (name === undefined) continue
      this.#anchor(schema, resource, name)
      if (keyword === "$dynamicAnchor") resource.dynamic.add(name)
    }
  }

  /** What the references of a subschema mean, once all of the document is read. */
  resolve(schema: Subschema): void {
    if (!isObject(schema.raw)) return
    for (const keyword of ["$ref", "$dynamicRef", "$recursiveRef"]) {
      const reference = this.#value(schema.raw, keyword)
      if (reference !== undefined) schema.targets.push(this.#target(schema, keyword, reference))
    }
  }

  #value(raw: RawObject, keyword: string): string | undefined {
    const value = keywordsOf(this.#dialect).has(keyword) ? raw[keyword] : undefined
    return typeof value === "string" ? value : undefined
  }

  #requireDialect(schema: Subschema, declared: unknown): void {
    if (declared === undefined || (typeof declared === "string" && dialectOf(declared) === this.#dialect)) return
    fail(schema, "UnknownDialect", `a document has one dialect, and this part has ${shown(String(declared))}`)
  }

  #declare(root: Subschema, uri: URL): Resource {
    const resource: Resource = { uri, root, anchors: new Map(), dynamic: new Set() }
    const name = withoutFragment(uri)
    if (this.#byUri.has(name)) fail(root, "Malformed", `two subschemas have the id ${shown(name)}`)
    this.#byUri.set(name, resource)
    if (isObject(root.raw) && root.raw["$recursiveAnchor"] === true) resource.dynamic.add("")
    return resource
  }

  #anchor(schema: Subschema, resource: Resource, name: string): void {
    const other = resource.anchors.get(name)
    if (other !== undefined && other !== schema) fail(schema, "Malformed", `two anchors are called ${shown(name)}`)
    resource.anchors.set(name, schema)
  }

  #uri(schema: Subschema, text: string, base: URL): URL {
    try {
      if (text.length <= MAX_URI) return new URL(text, base)
    } catch {
      // it is said below
    }
    return fail(schema, "Malformed", `${shown(text)} is not a usable URI`)
  }

  #target(schema: Subschema, keyword: string, reference: string): Subschema {
    const [resource, fragment] = this.#split(schema, reference)
    const target = this.#find(resource, fragment)
    if (target === undefined) return fail(schema, "UnresolvedReference", `nothing is at ${shown(reference)}`)
    const name = keyword === "$recursiveRef" ? "" : fragment
    if (keyword !== "$ref" && target.resource?.dynamic.has(name)) this.#requireOneAnswer(schema, name, reference)
    return target
  }

  #split(schema: Subschema, reference: string): readonly [Resource, fragment: string] {
    const own = schema.resource!
    if (reference.startsWith("#")) return [own, decoded(reference.slice(1))]
    const uri = this.#uri(schema, reference, own.uri)
    const resource = this.#byUri.get(withoutFragment(uri))
    if (resource !== undefined) return [resource, decoded(uri.hash.slice(1))]
    return fail(schema, "RemoteReference", `${shown(reference)} is not in this document, and nothing is fetched`)
  }

  #find(resource: Resource, fragment: string): Subschema | undefined {
    if (fragment === "") return resource.root
    if (!fragment.startsWith("/")) return resource.anchors.get(fragment)
    const names = fragment.slice(1).split("/")
    const keys = names.map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"))
    let place: unknown = resource.root.raw
    for (const key of keys) place = own(place, key)
    return typeof place === "boolean" || isObject(place) ? this.#add(place, resource.root, keys) : undefined
  }

  #requireOneAnswer(schema: Subschema, name: string, reference: string): void {
    const answers = [...this.#byUri.values()].filter(({ dynamic }) => dynamic.has(name))
    if (answers.length > 1) fail(schema, "Unsupported", `what ${shown(reference)} means depends on the way to it`)
  }
}

const own = (value: unknown, key: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, key) ? (value as RawObject)[key] : undefined

const withoutFragment = (uri: URL): string => uri.href.slice(0, uri.href.length - uri.hash.length).replace(/#$/, "")

const decoded = (fragment: string): string => {
  try {
    return decodeURIComponent(fragment)
  } catch {
    return fragment
  }
}
