/**
 * How the vocabulary names its shapes, so that a revision can say which fields and members it has.
 *
 * A `shape` is a struct with the specification's name; a `part` is a group of fields that many shapes share (the
 * specification's base interfaces); a `choice` is a union with a name, whose members a revision lists by their names.
 * Every schema is declared once, with the fields of all revisions. What a revision lacks is in `revisions/`, not here.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

const PART = "mcp-effect/part"
const DATA = "mcp-effect/data"

/** A struct named as the specification names it. */
export const shape = <const Fields extends Schema.Struct.Fields>(name: string, fields: Fields): Schema.Struct<Fields> =>
  Schema.Struct(fields).annotate({ identifier: name })

/** An open object that is somebody's data, such as a JSON Schema: checked, but never taken apart by a projection. */
export const data = <const Fields extends Schema.Struct.Fields>(name: string, fields: Fields) =>
  Schema.StructWithRest(Schema.Struct(fields), [Schema.Record(Schema.String, Schema.Unknown)]).annotate({
    identifier: name,
    [DATA]: true
  })

/** Fields that many shapes share. A revision lists them once, under this name. */
export const part = <const Fields extends Schema.Struct.Fields>(name: string, fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [key, (field as Schema.Top).annotateKey({ [PART]: name })])
  ) as unknown as Fields

/** A union with a name. Members are found in the order given, so the more specific ones come first. */
export const choice = <const Members extends ReadonlyArray<Schema.Constraint>>(
  name: string,
  members: Members
): Schema.Union<Members> => Schema.Union(members).annotate({ identifier: name })

/** The name of a shape or choice. */
export const nameOf = (ast: SchemaAST.AST): string | undefined => SchemaAST.resolveIdentifier(ast)

/** The name under which a revision lists a field: its part's, else its shape's. */
export const ownerOf = (field: SchemaAST.AST, shape: string | undefined): string | undefined => {
  const annotations: { readonly [key: string]: unknown } | undefined = field.context?.annotations
  const part = annotations?.[PART]
  return typeof part === "string" ? part : shape
}

/** A field that was made from a declared one, still of the same part. */
export const asDeclared = (field: Schema.Constraint, declared: Schema.Constraint): Schema.Constraint => {
  const part = ownerOf(declared.ast, undefined)
  return part === undefined || ownerOf(field.ast, undefined) === part
    ? field
    : (field as Schema.Top).annotateKey({ [PART]: part })
}

/** Whether a shape is somebody's data. */
export const isData = (ast: SchemaAST.AST): boolean => SchemaAST.resolveAt<boolean>(DATA)(ast) === true
