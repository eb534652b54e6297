/**
 * Whether the values of a schema can be written as JSON, found out when a definition is made.
 *
 * A cheap walk over the encoded side, which describes and compiles nothing. It refuses symbols, and declarations that do
 * not say how their values are written (`Schema.instanceOf`, functions): for these Effect makes a codec that fails, or a
 * JSON Schema that says nothing. A suspended schema that is not defined yet is not looked into.
 */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

/** A definition with a schema whose values are no JSON. Thrown where the definition is made: a mistake of the program. */
export class InexpressibleSchema extends Data.TaggedError("InexpressibleSchema")<{
  /** The name of the tool. */
  readonly tool: string
  /** Where: `parameters`, `success` or `failure`, and the way from there. `[]` is an item, `*` is any name. */
  readonly path: ReadonlyArray<string>
  /** What stands there. */
  readonly found: string
  /** What to write instead. */
  readonly advice: string
}> {
  override get message(): string {
    const { advice, found, path, tool } = this
    return `The ${path.join(".")} of tool ${JSON.stringify(tool)} cannot be written as JSON: it is ${found}. ${advice}`
  }
}

type Path = ReadonlyArray<string>
type Fail = (path: Path, found: string, advice: string) => never

const SYMBOL = "Use a string literal, or a transformation from a string (`Schema.decodeTo`)"
const CODEC = "Give it a `toCodecJson` annotation, or transform it from a schema that JSON has (`Schema.decodeTo`)"
const KEY = "Use the schema of the key's format (`…FromFormat`)"
const OBJECT = "Arguments have names: put it into a field of `Schema.Struct`"

/** The last schema of the chain of transformations: what travels. */
const encoded = (ast: SchemaAST.AST): SchemaAST.AST => {
  let end = ast
  while (end.encoding !== undefined) end = end.encoding[end.encoding.length - 1]!.to
  return end
}

/** What a declaration is written as; nothing for one that is JSON already. */
const codecOf = (ast: SchemaAST.Declaration): SchemaAST.AST | "none" | undefined => {
  const codec: unknown = ast.annotations?.["toCodecJson"] ?? ast.annotations?.["toCodec"]
  if (typeof codec !== "function") return "none"
  const link: SchemaAST.Link | undefined = codec(
    ast.typeParameters.map((inner) => Schema.make(SchemaAST.toEncoded(inner)))
  )
  return link?.to
}

/** Keys of `effect/crypto` have a codec whose only answer is that they are secret. */
const isKey = (ast: SchemaAST.Declaration): boolean => {
  const { id } = (ast.annotations?.["representation"] ?? {}) as { readonly id?: unknown }
  return typeof id === "string" && id.startsWith("effect/crypto/")
}

/** A suspended schema; nothing where it is not defined yet. */
const suspended = (ast: SchemaAST.Suspend): SchemaAST.AST | undefined => {
  try {
    return ast.thunk()
  } catch {
    return undefined
  }
}

const nameOf = (ast: SchemaAST.Declaration): string => {
  const name = SchemaAST.resolveIdentifier(ast) ?? SchemaAST.resolveTitle(ast) ?? ast.annotations?.["expected"]
  return typeof name === "string"
    ? `a declaration (${name}) without a JSON codec`
    : "a declaration without a JSON codec"
}

const walk = (root: SchemaAST.AST, start: Path, fail: Fail): void => {
  const seen = new Set<SchemaAST.AST>()
  const visit = (ast: SchemaAST.AST, path: Path): void => {
    const end = encoded(ast)
    if (seen.has(end)) return
    seen.add(end)
    switch (end._tag) {
      case "Symbol":
      case "UniqueSymbol":
        return fail(path, "a symbol", SYMBOL)
      case "Declaration":
        return declaration(end, path)
      case "Objects":
        return objects(end, path)
      case "Arrays":
        return [...end.elements, ...end.rest].forEach((item) => visit(item, [...path, "[]"]))
      case "Union":
        return end.types.forEach((member) => visit(member, path))
      case "Suspend": {
        const inner = suspended(end)
        return inner === undefined ? undefined : visit(inner, path)
      }
    }
  }
  const declaration = (ast: SchemaAST.Declaration, path: Path): void => {
    if (isKey(ast)) fail(path, "a key, which is secret", KEY)
    const codec = codecOf(ast)
    if (codec === "none") fail(path, nameOf(ast), CODEC)
    else if (codec !== undefined) visit(codec, path)
  }
  const objects = (ast: SchemaAST.Objects, path: Path): void => {
    for (const { name, type } of ast.propertySignatures) {
      if (typeof name === "symbol") fail([...path, String(name)], "a field whose name is a symbol", "Use a string")
      visit(type, [...path, String(name)])
    }
    for (const { parameter, type } of ast.indexSignatures) {
      visit(parameter, [...path, "*"])
      visit(type, [...path, "*"])
    }
  }
  visit(root, start)
}

/** What stands in the way of a schema's JSON being an object; nothing when it is one, or may be anything. */
const notAnObject = (ast: SchemaAST.AST, seen: Set<SchemaAST.AST> = new Set()): string | undefined => {
  const end = encoded(ast)
  if (seen.has(end)) return undefined
  seen.add(end)
  switch (end._tag) {
    case "Objects":
    case "ObjectKeyword":
    case "Any":
    case "Unknown":
      return undefined
    case "Union":
      return end.types.map((member) => notAnObject(member, seen)).find((found) => found !== undefined)
    case "Suspend": {
      const inner = suspended(end)
      return inner === undefined ? undefined : notAnObject(inner, seen)
    }
    case "Declaration": {
      const codec = codecOf(end)
      return typeof codec === "object" ? notAnObject(codec, seen) : undefined
    }
    default:
      return NAMES[end._tag] ?? end._tag
  }
}

const NAMES: { readonly [tag: string]: string } = {
  Arrays: "an array",
  String: "a string",
  TemplateLiteral: "a string",
  BigInt: "a string",
  Number: "a number",
  Boolean: "true or false",
  Null: "null",
  Undefined: "null",
  Void: "null",
  Never: "nothing at all",
  Literal: "a literal",
  Enum: "a literal"
}

/** Throws `InexpressibleSchema` when a schema of a definition has no JSON, or its parameters are no object. */
export const requireExpressible = (
  tool: string,
  schemas: { readonly parameters: Schema.Constraint; readonly [part: string]: Schema.Constraint }
): void => {
  const fail: Fail = (path, found, advice) => {
    throw new InexpressibleSchema({ tool, path, found, advice })
  }
  for (const [part, { ast }] of Object.entries(schemas)) {
    walk(ast, [part], fail)
    const found = part === "parameters" ? notAnObject(ast) : undefined
    if (found !== undefined) fail([part], `${found}, not an object`, OBJECT)
  }
}
