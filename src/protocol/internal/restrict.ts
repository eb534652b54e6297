/**
 * A schema as one revision has it: with the fields and members that the revision lists, and no others.
 *
 * What the revision does not list is as the vocabulary declares it. A schema in which nothing differs is given back
 * itself, so that "this revision changes nothing here" is a comparison of references. Nothing is decoded here.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { asDeclared, nameOf, ownerOf } from "./shape.ts"

/** How a revision has a shape, part or choice. */
export interface Listing {
  /** The fields or members it has, and whether a field is required. Absent: as declared. */
  readonly members: ReadonlyMap<string, boolean> | undefined
  /** Fields that it declares anew, or adds. */
  readonly fields: Schema.Struct.Fields
}

export type Listings = ReadonlyMap<string, Listing>
export type Restrict = (schema: Schema.Constraint) => Schema.Constraint

/** What a schema is made of, as far as the vocabulary uses it. */
export interface Anatomy extends Schema.Constraint {
  readonly fields?: Schema.Struct.Fields
  readonly members?: ReadonlyArray<Schema.Constraint>
  readonly literals?: unknown
  readonly value?: Schema.Constraint
  readonly key?: Schema.Constraint
  readonly schema?: Anatomy
  readonly records?: ReadonlyArray<Schema.Constraint>
}

/**
 * Makes the function that restricts schemas to what is listed; each schema once. What parts require that are forgiven
 * stays optional.
 */
export const makeRestrict = (listings: Listings, forgiven: ReadonlySet<string> = new Set()): Restrict => {
  const done = new Map<Schema.Constraint, Schema.Constraint>()

  const fieldsOf = (fields: Schema.Struct.Fields, name: string | undefined): Schema.Struct.Fields => {
    const kept: { [name: string]: Schema.Constraint } = {}
    for (const [key, declared] of Object.entries(fields)) {
      const owner = ownerOf(declared.ast, name)
      const listing = owner === undefined ? undefined : listings.get(owner)
      const required = listing?.members?.get(key)
      if (listing?.members !== undefined && required === undefined) continue
      const field = restrict(declared)
      kept[key] = asDeclared(required === true && !forgiven.has(owner ?? "") ? withoutOption(field) : field, declared)
    }
    return { ...kept, ...(name === undefined ? undefined : addedTo(name)) }
  }

  const addedTo = (name: string): Schema.Struct.Fields => {
    const listing = listings.get(name)
    const fields = Object.entries(listing?.fields ?? {})
    return Object.fromEntries(fields.filter(([key]) => listing?.members?.has(key) ?? true))
  }

  const rebuild = (schema: Anatomy): Schema.Constraint => {
    const name = nameOf(schema.ast)
    if (schema.fields !== undefined) {
      const fields = fieldsOf(schema.fields, name)
      return same(fields, schema.fields) ? schema : named(Schema.Struct(fields), schema)
    }
    if (schema.records !== undefined && schema.schema?.fields !== undefined) {
      const fields = fieldsOf(schema.schema.fields, name)
      if (same(fields, schema.schema.fields)) return schema
      return named(Schema.StructWithRest(Schema.Struct(fields), schema.records as never), schema)
    }
    if (schema.members !== undefined && schema.literals === undefined) return choose(schema, schema.members, name)
    if (schema.value !== undefined) {
      const value = restrict(schema.value)
      if (value === schema.value) return schema
      return named(schema.key === undefined ? Schema.Array(value) : Schema.Record(Schema.String, value), schema)
    }
    return schema
  }

  const choose = (
    schema: Schema.Constraint,
    members: ReadonlyArray<Schema.Constraint>,
    name: string | undefined
  ): Schema.Constraint => {
    const listed = name === undefined ? undefined : listings.get(name)?.members
    const kept = members
      .filter((member) => listed === undefined || listed.has(nameOf(member.ast) ?? ""))
      .map((member) => restrict(member))
    if (kept.length === members.length && kept.every((member, index) => member === members[index])) return schema
    const [only] = kept
    return kept.length === 1 && only !== undefined ? only : named(Schema.Union(kept), schema)
  }

  const restrict: Restrict = (schema) => {
    const known = done.get(schema)
    if (known !== undefined) return known
    const inner = optionOf(schema)
    const restricted = inner === undefined ? rebuild(schema) : restrict(inner)
    const result =
      inner === undefined ? restricted : restricted === inner ? schema : Schema.optionalKey(restricted as Schema.Top)
    done.set(schema, result)
    return result
  }

  return restrict
}

/** What is inside an optional key. */
export const optionOf = (schema: Anatomy): Schema.Constraint | undefined =>
  SchemaAST.isOptional(schema.ast) ? schema.schema : undefined

const withoutOption = (field: Schema.Constraint): Schema.Constraint => optionOf(field) ?? field

const same = (a: Schema.Struct.Fields, b: Schema.Struct.Fields): boolean => {
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key])
}

const named = (schema: Schema.Top, original: Schema.Constraint): Schema.Constraint => {
  const identifier = nameOf(original.ast)
  return identifier === undefined ? schema : schema.annotate({ identifier })
}
