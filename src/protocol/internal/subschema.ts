/**
 * One subschema of a stranger's schema: what it holds, where it is, and what it refers to.
 *
 * Its place is a link to its parent instead of a path, because long paths of many subschemas would fill the memory. A
 * path is written only where something is wrong.
 */
import { step } from "./jsonCopy.ts"
import { InvalidJsonSchema, type Reason } from "./jsonSchemaErrors.ts"

export type RawObject = { readonly [keyword: string]: unknown }
export type Raw = boolean | RawObject

/** A part of the document with a URI of its own: the root, and each subschema with an id. */
export interface Resource {
  readonly uri: URL
  readonly root: Subschema
  readonly anchors: Map<string, Subschema>
  /** The anchors that dynamic references mean; `""` is `$recursiveAnchor`. */
  readonly dynamic: Set<string>
}

export interface Subschema {
  readonly raw: Raw
  readonly parent: Subschema | undefined
  /** What leads here from the parent: a keyword, and the name or index behind it. */
  readonly key: ReadonlyArray<string | number>
  /** Set as soon as the ids on the way here are read. */
  resource: Resource | undefined
  /** By keyword; with the name or index behind it, or nothing where a keyword holds one schema. */
  readonly children: Map<string, ReadonlyMap<string | number | undefined, Subschema>>
  /** What `$ref`, `$dynamicRef` and `$recursiveRef` mean. */
  readonly targets: Array<Subschema>
  /** Whether `$ref` hides what stands beside it. */
  readonly alone: boolean
}

export const isObject = (value: unknown): value is RawObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const MAX_PATH = 500

export const pathOf = (schema: Subschema): string => {
  const steps: Array<string> = []
  for (let at: Subschema | undefined = schema; at !== undefined; at = at.parent) steps.push(at.key.map(step).join(""))
  const path = steps.toReversed().join("")
  return path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path
}

export const fail = (at: Subschema, reason: Reason, detail: string): never => {
  throw new InvalidJsonSchema({ reason, path: pathOf(at), detail })
}

/** Text of a stranger, as it may stand in a message. */
export const shown = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
