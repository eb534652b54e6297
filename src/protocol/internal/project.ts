/**
 * From what the library says to what a revision can say: a projection, made once per schema and revision.
 *
 * Fields and members that the revision lacks go, named keys of `_meta` among them; what nobody has named stays. A member
 * that it lacks is replaced by its stand-in, where there is one (`revisions/projections.ts`), else the element of a list
 * is left out, an optional field is dropped, and what cannot be said without it is `inexpressible`. Nothing is copied
 * that does not change; a schema in which the revision changes nothing has no projection at all.
 */
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import { type Check, isObject, makeCheck } from "./check.ts"
import { type Anatomy, type Listings, optionOf, type Restrict } from "./restrict.ts"
import { isData, nameOf, ownerOf } from "./shape.ts"

type JsonObject = { readonly [key: string]: unknown }

/** What a value becomes that the revision cannot express. */
export const inexpressible: unique symbol = Symbol("inexpressible")

export type Project = (value: unknown) => unknown

/** What takes the place of what a revision lacks. */
export interface Projections {
  /** By choice or data shape: another value that says the same, if there is one. */
  readonly standIns: { readonly [name: string]: (value: unknown) => unknown }
  /** By shape and field: where the value of a field goes that the revision drops. */
  readonly keeps: {
    readonly [shape: string]: { readonly [field: string]: (value: unknown, projected: JsonObject) => JsonObject }
  }
}

/** Makes the function that gives schemas their projection; nothing where the revision changes nothing. */
export const makeProject = (
  listings: Listings,
  restrict: Restrict,
  { keeps, standIns }: Projections
): ((schema: Schema.Constraint) => Project | undefined) => {
  const done = new Map<Schema.Constraint, Project | undefined>()

  const struct = (fields: Schema.Struct.Fields, restricted: Schema.Struct.Fields, name: string | undefined) => {
    const required = Object.keys(fields).filter((key) => isRequired(restricted[key], fields[key], name))
    const redeclared = name === undefined ? undefined : listings.get(name)?.fields
    const kept = (name === undefined ? undefined : keeps[name]) ?? {}
    const steps = Object.entries(fields).flatMap(([key, field]) => {
      const project = fieldOf(field, restricted[key], redeclared !== undefined && Object.hasOwn(redeclared, key))
      const optional = restricted[key] === undefined || SchemaAST.isOptional(restricted[key].ast)
      return project === undefined ? [] : [{ key, project, optional, keep: kept[key] }]
    })
    if (steps.length === 0 && required.length === 0) return undefined
    return (value: unknown): unknown => {
      if (!isObject(value) || required.some((key) => !Object.hasOwn(value, key))) return inexpressible
      let result = value
      for (const { key, project, optional, keep } of steps) {
        if (!Object.hasOwn(result, key)) continue
        const before = result[key]
        const after = project(before)
        if (after === before) continue
        if (after !== inexpressible) result = { ...result, [key]: after }
        else if (optional) {
          const { [key]: _, ...rest } = result
          result = keep === undefined ? rest : keep(before, rest)
        } else return inexpressible
      }
      return result
    }
  }

  /** A field that the revision lacks goes; one that it declares anew must fit. */
  const fieldOf = (
    declared: Schema.Constraint,
    own: Schema.Constraint | undefined,
    redeclared: boolean
  ): Project | undefined => {
    if (own === undefined) return () => inexpressible
    return redeclared ? fitting(own) : of(declared)
  }

  const choice = (schema: Schema.Constraint, members: ReadonlyArray<Schema.Constraint>): Project | undefined => {
    const listed = listedOf(restrict(schema), members.length)
    const projects = members.map((member) => (listed.has(nameOf(member.ast)) ? of(member) : () => inexpressible))
    if (projects.every((project) => project === undefined)) return undefined
    const declared = members.map((member) => makeCheck(member))
    const own = members.map((member) => makeCheck(restrict(member)))
    const fits = (checks: ReadonlyArray<Check>, value: unknown) => checks.findIndex((fit) => fit(value) === undefined)
    const direct = (value: unknown, other: Project | undefined): unknown => {
      const index = fits(declared, value)
      const found = index === -1 ? fits(own, value) : index
      if (found === -1) return inexpressible
      const project = projects[found]
      const projected = project === undefined ? value : project(value)
      if (projected !== inexpressible || other === undefined) return projected
      return direct(other(value), undefined)
    }
    const standIn = standIns[nameOf(schema.ast) ?? ""]
    return (value) => direct(value, standIn)
  }

  const list = (element: Project): Project => {
    return (value) => {
      if (!Array.isArray(value)) return inexpressible
      const after = value.map((item) => element(item))
      if (after.every((item, index) => item === value[index])) return value
      return after.filter((item) => item !== inexpressible)
    }
  }

  const record = (element: Project): Project => {
    return (value) => {
      if (!isObject(value)) return inexpressible
      const entries = Object.entries(value).map(([key, item]) => [key, element(item)] as const)
      if (entries.every(([key, item]) => item === value[key])) return value
      if (entries.some(([, item]) => item === inexpressible)) return inexpressible
      return Object.fromEntries(entries)
    }
  }

  /** Data is not taken apart: it fits, or its stand-in does. */
  const data = (schema: Schema.Constraint): Project => {
    const own = fitting(restrict(schema))
    const declared = makeCheck(schema)
    const standIn = standIns[nameOf(schema.ast) ?? ""]
    return (value) => {
      const projected = own(value)
      const replaceable = projected === inexpressible && standIn !== undefined && declared(value) === undefined
      return replaceable ? own(standIn(value)) : projected
    }
  }

  const make = (schema: Anatomy): Project | undefined => {
    const restricted = restrict(schema) as Anatomy
    if (restricted === schema) return undefined
    const inner = optionOf(schema)
    if (inner !== undefined) return of(inner)
    if (isData(schema.ast)) return data(schema)
    if (schema.fields !== undefined) return struct(schema.fields, restricted.fields ?? {}, nameOf(schema.ast))
    if (schema.schema?.fields !== undefined) {
      return struct(schema.schema.fields, restricted.schema?.fields ?? {}, nameOf(schema.ast))
    }
    if (schema.members !== undefined) return choice(schema, schema.members)
    const element = schema.value === undefined ? undefined : of(schema.value)
    if (element === undefined) return undefined
    return schema.key === undefined ? list(element) : record(element)
  }

  const of = (schema: Schema.Constraint): Project | undefined => {
    if (!done.has(schema)) done.set(schema, make(schema))
    return done.get(schema)
  }

  return of
}

const fitting = (schema: Schema.Constraint): Project => {
  const fits = makeCheck(schema)
  return (value) => (fits(value) === undefined ? value : inexpressible)
}

/** A field of the shape's own that the revision requires and others do not. What parts require is written around. */
const isRequired = (
  restricted: Schema.Constraint | undefined,
  declared: Schema.Constraint | undefined,
  shape: string | undefined
): boolean =>
  restricted !== undefined &&
  declared !== undefined &&
  SchemaAST.isOptional(declared.ast) &&
  !SchemaAST.isOptional(restricted.ast) &&
  ownerOf(declared.ast, shape) === shape

/** The names of the members that a revision has, of a choice that it has restricted. */
const listedOf = (restricted: Anatomy, declared: number): { has(name: string | undefined): boolean } => {
  const members = restricted.members ?? [restricted]
  return members.length === declared && members.every((member) => nameOf(member.ast) === undefined)
    ? { has: () => true }
    : new Set(members.map((member) => nameOf(member.ast)))
}
