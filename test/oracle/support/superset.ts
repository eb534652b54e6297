/**
 * A schema with the fields of all revisions, in which a revision's envelope is complete.
 *
 * Some fields are written around a payload by who sends it (`resultType`, how long to cache, `_meta` of a request), so a
 * projection does not have to add them: here they are there wherever the revision requires them.
 */
import type { Schema } from "effect"
import type { McpRevision } from "../../../src/protocol/McpRevision.ts"
import {
  type Anatomy,
  type Listings,
  makeRestrict,
  optionOf,
  type Restrict
} from "../../../src/protocol/internal/restrict.ts"
import { nameOf, ownerOf } from "../../../src/protocol/internal/shape.ts"
import { rows } from "./chapters.ts"

const ENVELOPE = new Set(["RequestParams", "RequestMetaObject", "Result", "CacheableResult"])

/** All fields of the parts of the envelope, by part. */
const declared = new Map<string, Set<string>>()

const collect = (schema: Anatomy): void => {
  const inner = optionOf(schema)
  if (inner !== undefined) return collect(inner)
  const fields = schema.fields ?? schema.schema?.fields ?? {}
  for (const [key, field] of Object.entries(fields)) {
    const owner = ownerOf(field.ast, nameOf(schema.ast)) ?? ""
    if (ENVELOPE.has(owner)) declared.set(owner, (declared.get(owner) ?? new Set()).add(key))
    collect(field)
  }
}
for (const { schema } of rows) collect(schema)

const listingsOf = ({ listings }: McpRevision): Listings =>
  new Map(
    [...declared].map(([owner, keys]) => {
      const own = listings.get(owner)?.members
      return [owner, { members: new Map([...keys].map((key) => [key, own?.get(key) === true])), fields: {} }]
    })
  )

const made = new Map<McpRevision, Restrict>()

export const supersetFor = (revision: McpRevision, schema: Schema.Constraint): Schema.Constraint => {
  let restrict = made.get(revision)
  if (restrict === undefined) made.set(revision, (restrict = makeRestrict(listingsOf(revision))))
  return restrict(schema)
}
