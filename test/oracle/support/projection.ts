/**
 * What became of a value in a projection: whether all is there that had to stay, and who is to blame if it cannot be said.
 *
 * Both follow our schema as the vocabulary has it, beside the same schema as the revision has it. They ask for the
 * projection of a part only to know that it is none.
 */
import * as SchemaAST from "effect/SchemaAST"
import { makeCheck } from "../../../src/protocol/internal/check.ts"
import { type Anatomy, optionOf } from "../../../src/protocol/internal/restrict.ts"
import { isData, nameOf } from "../../../src/protocol/internal/shape.ts"
import { inexpressible, type McpRevision } from "../../../src/protocol/McpRevision.ts"
import { metaKeys } from "../../../src/protocol/McpSchema.ts"
import { isObject } from "./amend.ts"
import type { Json } from "./files.ts"

const fieldsOf = (schema: Anatomy) => schema.fields ?? schema.schema?.fields

const cannot = (revision: McpRevision, schema: Anatomy, value: unknown): boolean =>
  revision.project(schema, value) === inexpressible

const memberOf = ({ members = [] }: Anatomy, value: unknown): Anatomy | undefined =>
  members.find((member) => makeCheck(member)(value) === undefined)

const partsOf = (schema: Anatomy, value: unknown): ReadonlyArray<readonly [part: Anatomy, value: unknown]> => {
  const fields = fieldsOf(schema)
  if (fields !== undefined) {
    const own = Object.entries(fields).filter(([key]) => Object.hasOwn(value as object, key))
    return own.map(([key, field]) => [field, (value as Json)[key]])
  }
  const { value: element } = schema
  return element === undefined ? [] : Object.values(value as object).map((item) => [element, item])
}

/** The innermost shape or member that a revision cannot express. */
export const culprit = (revision: McpRevision, schema: Anatomy, value: unknown): string => {
  const inner = optionOf(schema)
  if (inner !== undefined) return culprit(revision, inner, value)
  const name = nameOf(schema.ast) ?? schema.ast._tag
  if (isData(schema.ast)) return name
  if (schema.members !== undefined) {
    const member = memberOf(schema, value)
    if (member === undefined) return name
    const ownName = nameOf(member.ast) ?? member.ast._tag
    return cannot(revision, member, value) ? culprit(revision, member, value) : `${ownName} in ${name}`
  }
  const part = partsOf(schema, value).find(([part, value]) => cannot(revision, part, value))
  return part === undefined ? name : culprit(revision, ...part)
}

type Lost = string | undefined

const firstLost = <A>(items: ReadonlyArray<A>, of: (item: A) => Lost): Lost => {
  for (const item of items) {
    const found = of(item)
    if (found !== undefined) return found
  }
  return undefined
}

/** Where something is gone that had to stay, or stays that had to go. */
export const lost = (revision: McpRevision, schema: Anatomy, before: unknown, after: unknown): Lost => {
  if (after === before) return undefined
  const inner = optionOf(schema)
  if (inner !== undefined) return lost(revision, inner, before, after)
  const fields = fieldsOf(schema)
  if (fields !== undefined && isObject(before)) {
    if (!isObject(after)) return "an object became something else"
    return isData(schema.ast) ? lostOfData(before, after) : lostOfFields(revision, schema, before, after)
  }
  if (schema.members !== undefined) {
    const member = memberOf(schema, before)
    const listed = (revision.schema(schema) as Anatomy).members ?? [revision.schema(schema)]
    const has = member !== undefined && listed.some((one) => nameOf(one.ast) === nameOf(member.ast))
    return has && !cannot(revision, member, before) ? lost(revision, member, before, after) : undefined
  }
  const { value: element } = schema
  if (element === undefined) return "changed"
  if (Array.isArray(before)) return lostOfItems(revision, element, before, after as ReadonlyArray<unknown>)
  return firstLost(Object.keys(before as Json), (key) => {
    if (!Object.hasOwn(after as Json, key)) return `the entry ${key} is gone`
    return lost(revision, element, (before as Json)[key], (after as Json)[key])
  })
}

const lostOfData = (before: Json, after: Json): Lost =>
  firstLost(Object.keys(before), (key) =>
    key === "properties" || after[key] === before[key] ? undefined : `the keyword ${key} has changed`
  )

const lostOfItems = (
  revision: McpRevision,
  element: Anatomy,
  before: ReadonlyArray<unknown>,
  after: ReadonlyArray<unknown>
): Lost => {
  const said = before.filter((item) => !cannot(revision, element, item))
  if (said.length !== after.length) return `${after.length} items of ${said.length} that can be said`
  return firstLost([...said.keys()], (index) => lost(revision, element, said[index], after[index]))
}

const lostOfFields = (revision: McpRevision, schema: Anatomy, before: Json, projected: Json): Lost => {
  const declared = fieldsOf(schema)!
  const own = fieldsOf(revision.schema(schema)) ?? {}
  const after = nameOf(schema.ast) === "CallToolResult" ? withoutKept(before, projected) : projected
  const added = Object.keys(after).find((key) => !Object.hasOwn(before, key))
  if (added !== undefined) return `${added} is new`
  return firstLost(Object.keys(before), (key) => {
    if (!Object.hasOwn(declared, key)) return after[key] === before[key] ? undefined : `the unknown ${key} has changed`
    if (!Object.hasOwn(own, key)) return Object.hasOwn(after, key) ? `${key} is still there` : undefined
    const field = declared[key]!
    if (Object.hasOwn(after, key)) return lost(revision, field, before[key], after[key])
    return cannot(revision, field, before[key]) && SchemaAST.isOptional(own[key]!.ast) ? undefined : `${key} is gone`
  })
}

/** Without the structured result that went to `_meta`, if that is where it went. */
const withoutKept = (before: Json, after: Json): Json => {
  if (!Object.hasOwn(before, "structuredContent") || Object.hasOwn(after, "structuredContent")) return after
  const { _meta, ...rest } = after
  if (!isObject(_meta) || _meta[metaKeys.value] !== before["structuredContent"]) return after
  const { [metaKeys.value]: _, ...meta } = _meta
  return Object.hasOwn(before, "_meta") ? { ...rest, _meta: meta } : rest
}
