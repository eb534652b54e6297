/**
 * What a value is made of: by our schema, which members of choices and which fields; by theirs, which names it may have.
 *
 * Both walks tell of places: a holder (object or array) and a key in it, present or not. Mutations choose among them, so
 * that what only one side knows is changed too.
 */
import type { Schema } from "effect"
import * as SchemaAST from "effect/SchemaAST"
import { type Check, makeCheck } from "../../../src/protocol/internal/check.ts"
import { type Anatomy, optionOf } from "../../../src/protocol/internal/restrict.ts"
import { nameOf } from "../../../src/protocol/internal/shape.ts"
import { isObject } from "./amend.ts"
import type { Json } from "./files.ts"

export type Holder = { [key: string]: unknown } | Array<unknown>

export interface Visitor {
  readonly place: (holder: Holder, key: string) => void
  /** A choice, and the member of it that a value is. */
  readonly member: (choice: string, member: string) => void
  readonly field: (name: string, present: boolean) => void
  /** An object that has fields, and the name of its shape. */
  readonly struct?: (holder: Holder, name: string) => void
}

type Walk = (value: unknown, visitor: Visitor) => void

interface Made {
  readonly walk: Walk
  /** Tells of all members and fields, whatever the value. */
  readonly tell: (visitor: Pick<Visitor, "member" | "field">) => void
}

const leaf: Made = { walk: () => {}, tell: () => {} }
const kept = new Map<string, Map<Schema.Constraint, Made>>()

/** `at` names what has no name of its own: the field it is in. */
export const walkOf = (schema: Anatomy, at: string): Made => {
  let bySchema = kept.get(at)
  if (bySchema === undefined) kept.set(at, (bySchema = new Map()))
  let made = bySchema.get(schema)
  if (made === undefined) bySchema.set(schema, (made = make(schema, at)))
  return made
}

const make = (schema: Anatomy, at: string): Made => {
  const inner = optionOf(schema)
  if (inner !== undefined) return walkOf(inner, at)
  const name = nameOf(schema.ast) ?? at
  const fields = schema.fields ?? schema.schema?.fields
  if (fields !== undefined) return struct(fields, name)
  if (schema.members !== undefined && schema.literals === undefined) return choice(schema.members, name)
  if (schema.value === undefined || SchemaAST.isUnknown(schema.value.ast)) return leaf
  return items(walkOf(schema.value, name))
}

const struct = (fields: Schema.Struct.Fields, name: string): Made => {
  const parts = Object.entries(fields).map(([key, field]) => ({
    key,
    own: `${name}.${key}`,
    optional: SchemaAST.isOptional(field.ast),
    made: walkOf(field, `${name}.${key}`)
  }))
  return {
    walk: (value, visitor) => {
      if (!isObject(value)) return
      visitor.struct?.(value, name)
      for (const { key, made, optional, own } of parts) {
        const present = Object.hasOwn(value, key)
        visitor.place(value, key)
        if (optional) visitor.field(own, present)
        if (present) made.walk(value[key], visitor)
      }
    },
    tell: (visitor) => {
      for (const { made, optional, own } of parts) {
        if (optional) visitor.field(own, true)
        made.tell(visitor)
      }
    }
  }
}

const labelOf = (member: Anatomy): string =>
  nameOf(member.ast) ?? (member.value === undefined ? member.ast._tag : `several ${labelOf(member.value)}`)

const fieldsOf = (schema: Anatomy): ReadonlyArray<string> => Object.keys(schema.fields ?? schema.schema?.fields ?? {})

/** The member that a value is meant to be: of those that it fits, the one with the fewest fields beside its own. */
const choice = (members: ReadonlyArray<Schema.Constraint>, name: string): Made => {
  const cases = members.map((member): { label: string; fits: Check; fields: ReadonlyArray<string>; made: Made } => ({
    label: labelOf(member),
    fits: makeCheck(member),
    fields: fieldsOf(member),
    made: walkOf(member, name)
  }))
  const distance = (fields: ReadonlyArray<string>, value: unknown): number => {
    const keys = isObject(value) ? Object.keys(value) : []
    return keys.filter((key) => !fields.includes(key)).length * 100 + fields.length
  }
  return {
    walk: (value, visitor) => {
      const fitting = cases.filter(({ fits }) => fits(value) === undefined)
      const [found] = fitting.sort((a, b) => distance(a.fields, value) - distance(b.fields, value))
      if (found === undefined) return
      visitor.member(name, found.label)
      found.made.walk(value, visitor)
    },
    tell: (visitor) => {
      for (const { label, made } of cases) {
        visitor.member(name, label)
        made.tell(visitor)
      }
    }
  }
}

const items = (item: Made): Made => ({
  walk: (value, visitor) => {
    if (typeof value !== "object" || value === null) return
    for (const key of Object.keys(value)) {
      visitor.place(value as Holder, key)
      item.walk((value as Json)[key], visitor)
    }
  },
  tell: item.tell
})

/** The plain schemas that a schema is made of: references followed, branches taken together. */
const plain = (schema: unknown, definitions: Json): ReadonlyArray<Json> => {
  if (!isObject(schema)) return []
  const { $ref, allOf = [], anyOf = [] } = schema as { readonly [key: string]: ReadonlyArray<unknown> }
  const inside = [...anyOf, ...allOf].flatMap((one) => plain(one, definitions))
  const name = typeof $ref === "string" ? ($ref as string).split("/").at(-1) : undefined
  return [schema, ...inside, ...(name === undefined ? [] : plain(definitions[name], definitions))]
}

/** Tells of the places that a schema of the specification knows in a value. */
export const theirPlaces = (schema: unknown, definitions: Json, value: unknown, place: Visitor["place"]): void => {
  if (typeof value !== "object" || value === null) return
  const schemas = plain(schema, definitions)
  const named = schemas.flatMap(({ properties }) => (isObject(properties) ? [properties] : []))
  for (const properties of named) {
    for (const key of Object.keys(properties)) if (isObject(value)) place(value as Holder, key)
  }
  for (const key of Object.keys(value)) {
    const inside = named.flatMap((properties) => (Object.hasOwn(properties, key) ? [properties[key]] : []))
    const others = schemas.map(({ additionalProperties, items }) =>
      Array.isArray(value) ? items : additionalProperties
    )
    const known = (inside.length > 0 ? inside : others).filter(isObject).filter((one) => Object.keys(one).length > 0)
    if (known.length === 0) continue
    place(value as Holder, key)
    theirPlaces({ anyOf: known }, definitions, (value as Json)[key], place)
  }
}
