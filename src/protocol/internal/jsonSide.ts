/**
 * The JSON side of a schema, as a schema of its own that knows what is said of the other side.
 *
 * Effect describes what travels, and drops what an author said of the decoded value: of a number, a date, a class. This
 * carries titles, descriptions, examples and names over to what travels, and says which strings are dates and URLs. A
 * number is one that JSON can write: Effect's strings for `NaN` and the infinities are accepted, but not advertised.
 */
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"
import * as SchemaTransformation from "effect/SchemaTransformation"
import { ANNOTATION } from "../McpHeader.ts"
import { published } from "./jsonChecks.ts"

type Said = { readonly [annotation: string]: unknown }

/** The transformation of a declaration's own JSON codec. */
const codecOf = ({ ast }: { readonly ast: SchemaAST.Declaration }): unknown => {
  const codec = ast.annotations?.["toCodecJson"] as ((types: ReadonlyArray<never>) => SchemaAST.Link) | undefined
  return codec?.([]).transformation
}

/** Transformations from a string, with the format of the strings that they make. */
const FORMATS = new Map<unknown, string>([
  [SchemaTransformation.dateFromString, "date-time"],
  [SchemaTransformation.dateTimeUtcFromString, "date-time"],
  [codecOf(Schema.DateTimeUtc), "date-time"],
  [SchemaTransformation.urlFromString, "uri"]
])

const annotate = (ast: SchemaAST.AST, said: Said): SchemaAST.AST =>
  Object.keys(said).length === 0 ? ast : (Schema.make(ast) as Schema.Top).annotate(said).ast

const [writtenNumber] = Schema.toCodecJson(Schema.Number).ast.encoding!

/** A number that is written as a number, or else as "NaN", "Infinity" or "-Infinity". */
const isWrittenNumber = ({ encoding }: SchemaAST.AST): boolean =>
  encoding?.length === 1 && encoding[0].transformation === writtenNumber.transformation

/** A schema and those it is made from, down to what travels. */
const chainOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  const chain = [ast]
  for (let at = ast; at.encoding !== undefined && !isWrittenNumber(at); at = chain[chain.length - 1]!) {
    chain.push(...at.encoding.map(({ to }) => to))
  }
  return chain
}

const last = <A>(list: ReadonlyArray<A>): A => list[list.length - 1]!

/** The last step to what travels, and the schema that it is taken from. */
const lastStepOf = (ast: SchemaAST.AST): readonly [owner: SchemaAST.AST, link: SchemaAST.Link] | undefined => {
  let step: readonly [SchemaAST.AST, SchemaAST.Link] | undefined
  for (let at = ast; at.encoding !== undefined; at = step[1].to) step = [at, last(at.encoding)]
  return step
}

/** Values of the decoded side as they travel, as far as they do without services. */
const encodedAll = (ast: SchemaAST.AST, values: ReadonlyArray<unknown>): ReadonlyArray<unknown> => {
  const encode = Schema.encodeUnknownExit(Schema.make(ast) as unknown as Schema.Codec<unknown>)
  return values.flatMap((value) => {
    const exit = encode(value)
    return Exit.isSuccess(exit) ? [exit.value] : []
  })
}

/** What is said of a schema, or of the nearest one that it is made from. */
const saidOf = (chain: ReadonlyArray<SchemaAST.AST>): Said => {
  const own = chain[0]!
  const said: { [annotation: string]: unknown } = {}
  for (const key of ["title", "description", "identifier", ANNOTATION]) {
    const value = chain
      .slice(0, -1)
      .map(SchemaAST.resolveAt<unknown>(key))
      .find((found) => typeof found === "string")
    if (value !== undefined) said[key] = value
  }
  const { default: initial, examples } = SchemaAST.resolve(own) ?? {}
  const [first] = initial === undefined ? [] : encodedAll(own, [initial])
  if (first !== undefined) said["default"] = first
  if (Array.isArray(examples)) said["examples"] = encodedAll(own, examples)
  return said
}

/** What is said of a field stays with the field, whatever its schema is made from. */
const withKey = (side: SchemaAST.AST, ast: SchemaAST.AST): SchemaAST.AST => {
  const said = ast.context?.annotations
  if (said === undefined || side.context?.annotations !== undefined) return side
  return (Schema.make(side) as Schema.Top).pipe(Schema.annotateKey(said)).ast
}

type Container = SchemaAST.Objects | SchemaAST.Arrays | SchemaAST.Union

const isContainer = (ast: SchemaAST.AST): ast is Container =>
  ast._tag === "Objects" || ast._tag === "Arrays" || ast._tag === "Union"

/** What a container is made of. It is the same for the same schema as a field that may be absent, and as one that may not. */
const partsOf = (ast: Container, identifier: unknown): ReadonlyArray<unknown> => [
  ...(ast._tag === "Objects" ? [ast.propertySignatures, ast.indexSignatures] : []),
  ...(ast._tag === "Arrays" ? [ast.elements, ast.rest] : []),
  ...(ast._tag === "Union" ? [ast.types] : []),
  ast.annotations,
  ast.checks,
  identifier
]

class Sides {
  readonly #known = new Map<SchemaAST.AST, SchemaAST.AST>()
  readonly #bodies: Array<readonly [parts: ReadonlyArray<unknown>, body: SchemaAST.AST]> = []

  of = (ast: SchemaAST.AST): SchemaAST.AST => {
    const known = this.#known.get(ast)
    if (known !== undefined) return known
    const side = this.#side(ast)
    this.#known.set(ast, side)
    return side
  }

  #side(ast: SchemaAST.AST): SchemaAST.AST {
    const chain = chainOf(ast)
    const end = last(chain)
    const { identifier, ...said } = saidOf(chain)
    if (end._tag === "String" && chain.length > 1) return this.#string(ast, end, said)
    if (!isContainer(end)) return withKey(annotate(this.#rebuilt(end), said), ast)
    const body = this.#body(end, identifier)
    const isBare = end.context === undefined && ast.context?.annotations === undefined
    if (isBare && Object.keys(said).length === 0) return body
    return withKey(new SchemaAST.Suspend(() => body, said, undefined, undefined, end.context), ast)
  }

  /** A container is one schema, however often it is used and whatever is said of it there: it is defined once. */
  #body(end: Container, identifier: unknown): SchemaAST.AST {
    const parts = partsOf(end, identifier)
    const known = this.#bodies.find(([others]) => parts.every((part, index) => part === others[index]))
    if (known !== undefined) return known[1]
    const body = this.#container(end)
    const named = identifier === undefined ? body : annotate(body, { identifier })
    this.#bodies.push([parts, named])
    return named
  }

  /** A string keeps the step to what it stands for: Effect describes what is in it, if it is JSON again. */
  #string(ast: SchemaAST.AST, end: SchemaAST.String, said: Said): SchemaAST.AST {
    const [owner, link] = lastStepOf(ast)!
    const format = end.checks === undefined ? FORMATS.get(link.transformation) : undefined
    const string = annotate(this.#rebuilt(end), format === undefined ? said : { ...said, format })
    const inside = isContainer(owner) ? this.#container(owner) : SchemaAST.toType(owner)
    return SchemaAST.decodeTo(withKey(string, ast), inside, link.transformation as Transformation)
  }

  #rebuilt(ast: SchemaAST.AST): SchemaAST.AST {
    const { annotations, context } = ast
    const checks = published(ast.checks)
    switch (ast._tag) {
      case "Number":
        return new SchemaAST.Number(annotations, [isFinite, ...(checks ?? [])], undefined, context)
      case "String":
        return new SchemaAST.String(annotations, checks, undefined, context)
      case "Suspend":
        return new SchemaAST.Suspend(() => this.of(ast.thunk()), annotations, checks, undefined, context)
      default:
        return ast
    }
  }

  #container(ast: Container): SchemaAST.AST {
    const { annotations } = ast
    const checks = published(ast.checks)
    switch (ast._tag) {
      case "Arrays":
        return new SchemaAST.Arrays(
          ast.isMutable,
          ast.elements.map(this.of),
          ast.rest.map(this.of),
          annotations,
          checks
        )
      case "Objects":
        return new SchemaAST.Objects(
          ast.propertySignatures.map(({ name, type }) => new SchemaAST.PropertySignature(name, this.of(type))),
          ast.indexSignatures.map(({ parameter, type }) => new SchemaAST.IndexSignature(parameter, this.of(type))),
          annotations,
          checks
        )
      case "Union":
        return new SchemaAST.Union(ast.types.map(this.of), ast.options, annotations, checks)
    }
  }
}

type Transformation = Parameters<typeof SchemaAST.decodeTo>[2]

const [isFinite] = Schema.Finite.ast.checks!

/** The JSON side of a schema. */
export const jsonSide = (schema: Schema.Constraint): Schema.Constraint =>
  Schema.make(new Sides().of(Schema.toCodecJson(schema).ast))
