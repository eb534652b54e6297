/**
 * The vocabulary as a list: every row (request or notification) of every chapter, and every payload to be tried.
 *
 * `nodesOf` says of which parts of a value a schema speaks, so that tests can change just these; `examplesOf` makes
 * values that have every field and every member of every choice. Both read the schemas' ASTs, not the code under test.
 */
import { Arbitrary, Schema, SchemaAST, SchemaParser } from "effect"
import { McpContent, type McpMethod, type McpRevision, McpSchema } from "mcp-effect"
import * as cancellation from "../../../src/protocol/methods/cancellation.ts"
import * as completion from "../../../src/protocol/methods/completion.ts"
import * as discover from "../../../src/protocol/methods/discover.ts"
import * as elicitation from "../../../src/protocol/methods/elicitation.ts"
import * as errors from "../../../src/protocol/methods/errors.ts"
import * as tasksExtension from "../../../src/protocol/methods/extensions/tasks.ts"
import * as lifecycle from "../../../src/protocol/methods/lifecycle.ts"
import * as logging from "../../../src/protocol/methods/logging.ts"
import * as mrtr from "../../../src/protocol/methods/mrtr.ts"
import * as pagination from "../../../src/protocol/methods/pagination.ts"
import * as ping from "../../../src/protocol/methods/ping.ts"
import * as progress from "../../../src/protocol/methods/progress.ts"
import * as prompts from "../../../src/protocol/methods/prompts.ts"
import * as resources from "../../../src/protocol/methods/resources.ts"
import * as roots from "../../../src/protocol/methods/roots.ts"
import * as sampling from "../../../src/protocol/methods/sampling.ts"
import * as subscriptions from "../../../src/protocol/methods/subscriptions.ts"
import * as tasks from "../../../src/protocol/methods/tasks.ts"
import * as tools from "../../../src/protocol/methods/tools.ts"

/** The modules of all chapters, by their path under `methods/`. */
export const chapters: { readonly [chapter: string]: { readonly [name: string]: unknown } } = {
  cancellation,
  completion,
  discover,
  elicitation,
  errors,
  "extensions/tasks": tasksExtension,
  lifecycle,
  logging,
  mrtr,
  pagination,
  ping,
  progress,
  prompts,
  resources,
  roots,
  sampling,
  subscriptions,
  tasks,
  tools
}

export interface Row {
  readonly chapter: string
  readonly method: McpMethod.AnyRequest | McpMethod.AnyNotification
}

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const isRow = (value: unknown): value is Row["method"] =>
  isObject(value) && (value["_tag"] === "Request" || value["_tag"] === "Notification")

/** All rows of all chapters. */
export const rows: ReadonlyArray<Row> = Object.entries(chapters).flatMap(([chapter, module]) =>
  Object.values(module)
    .filter(isRow)
    .map((method) => ({ chapter, method }))
)

/** The extension that a chapter belongs to, if it does. */
export const extensionOf = (chapter: string): string | undefined => {
  const id = chapter.startsWith("extensions/") ? chapters[chapter]?.["id"] : undefined
  return typeof id === "string" ? id : undefined
}

export type Kind = "params" | "result" | "data"

/** Something that travels: the parameters or result of a row, or a shape that travels inside of others. */
export interface Payload {
  readonly chapter: string
  /** The method, or the shape's name in its module. */
  readonly name: string
  readonly kind: Kind
  /** What a revision knows it by, in all that it is asked. */
  readonly schema: Schema.Constraint
}

/** Shapes that no row has as its own, but that travel: in results of other rows, in errors, in `_meta`. */
const alone = (chapter: string, ...names: ReadonlyArray<string>): ReadonlyArray<Payload> =>
  names.map((name) => ({ chapter, name, kind: "data", schema: chapters[chapter]?.[name] as Schema.Constraint }))

export const payloads: ReadonlyArray<Payload> = [
  ...rows.flatMap(({ chapter, method }): ReadonlyArray<Payload> => {
    const params: Payload = { chapter, name: method.name, kind: "params", schema: method.params }
    return method._tag === "Notification"
      ? [params]
      : [params, { chapter, name: method.name, kind: "result", schema: method.result }]
  }),
  ...alone("mrtr", "InputRequest", "InputResponse", "InputRequiredResult"),
  ...alone("tasks", "CreateTaskResult", "RelatedTaskMetadata"),
  ...alone("extensions/tasks", "CreateTaskResult", "DetailedTask"),
  ...alone("errors", "ErrorObject", "UnsupportedProtocolVersionData"),
  ...alone("errors", "MissingRequiredClientCapabilityData", "URLElicitationRequiredData")
]

export const titleOf = ({ chapter, kind, name }: Payload): string => `${chapter}: ${name} ${kind}`

export const find = (title: string): Payload => {
  const payload = payloads.find((payload) => titleOf(payload) === title)
  if (payload === undefined) throw new Error(`There is no payload "${title}"`)
  return payload
}

/** The chapters that have payloads. */
export const tried: ReadonlyArray<string> = [...new Set(payloads.map(({ chapter }) => chapter))]

const arbitraries = new Map<Schema.Constraint, Arbitrary.Arbitrary<unknown>>()
const arbitraryOf = (schema: Schema.Constraint): Arbitrary.Arbitrary<unknown> => {
  let known = arbitraries.get(schema)
  if (known === undefined) arbitraries.set(schema, (known = Arbitrary.schema(schema)))
  return known
}

export interface Drawn {
  readonly title: string
  /** As it comes out of a message: plain JSON, its own copy. */
  readonly value: unknown
}

/** Chapters with many choices are drawn twice as often. */
const often = ["elicitation", "mrtr", "prompts", "sampling", "tools"]

/** A payload, first its chapter, and a value of it; `formOf` says which form of its schema is meant. */
export const drawn = (
  formOf: (payload: Payload) => Schema.Constraint,
  from: ReadonlyArray<Payload> = payloads
): Arbitrary.Arbitrary<Drawn> => {
  const chapters = [...new Set(from.map(({ chapter }) => chapter))]
  const weighted = [...chapters, ...chapters.filter((chapter) => often.includes(chapter))]
  const place = Schema.Struct({ chapter: Schema.Literals(weighted.map((_, index) => index)), pick: among(1000) })
  return Arbitrary.flatMap(Arbitrary.schema(place), ({ chapter, pick }) => {
    const own = from.filter((payload) => payload.chapter === weighted[chapter])
    const payload = own[pick % own.length]!
    return Arbitrary.map(arbitraryOf(formOf(payload)), (value) => ({ title: titleOf(payload), value: copy(value) }))
  })
}

/** An index among so many. */
export const among = (count: number) => Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: count - 1 }))

export const copy = <A>(value: A): A => JSON.parse(JSON.stringify(value)) as A

export type Path = ReadonlyArray<string | number>

/** A part of a value, and the schema that speaks of it. */
export interface Node {
  readonly path: Path
  readonly ast: SchemaAST.AST
  readonly value: unknown
  /** Whether it is a field, and one that must be there. */
  readonly field: "required" | "optional" | undefined
}

const fits = new Map<SchemaAST.AST, (value: unknown) => boolean>()
const fitsOf = (ast: SchemaAST.AST): ((value: unknown) => boolean) => {
  let known = fits.get(ast)
  if (known === undefined) fits.set(ast, (known = SchemaParser.is(Schema.make(ast))))
  return known
}

export const isLiterals = (ast: SchemaAST.AST): boolean =>
  SchemaAST.isLiteral(ast) || (SchemaAST.isUnion(ast) && ast.types.every(SchemaAST.isLiteral))

/** The parts of a value that a schema speaks of, from outside to inside; of a choice also the member that it is. */
export const nodesOf = (ast: SchemaAST.AST, value: unknown): ReadonlyArray<Node> => {
  const nodes: Array<Node> = []
  const visit = (ast: SchemaAST.AST, value: unknown, path: Path, field: Node["field"]): void => {
    nodes.push({ path, ast, value, field })
    if (SchemaAST.isObjects(ast) && isObject(value)) visitFields(ast, value, path)
    if (SchemaAST.isArrays(ast) && Array.isArray(value)) {
      value.forEach((item, index) => visit(ast.rest[0]!, item, [...path, index], undefined))
    }
    const member =
      SchemaAST.isUnion(ast) && !isLiterals(ast) ? ast.types.find((member) => fitsOf(member)(value)) : undefined
    if (member !== undefined) visit(member, value, path, field)
  }
  const visitFields = (ast: SchemaAST.Objects, value: { readonly [key: string]: unknown }, path: Path): void => {
    for (const { name, type } of ast.propertySignatures) {
      const key = String(name)
      const field = SchemaAST.isOptional(type) ? "optional" : "required"
      if (Object.hasOwn(value, key)) visit(type, value[key], [...path, key], field)
    }
    const rest = ast.indexSignatures[0]?.type
    if (rest === undefined || SchemaAST.isUnknown(rest)) return
    for (const key of Object.keys(value)) visit(rest, value[key], [...path, key], undefined)
  }
  visit(ast, value, [], undefined)
  return nodes
}

/** The choices in a value with the member that each is taken for: the first that fits, by names. */
export const chosen = (ast: SchemaAST.AST, value: unknown): ReadonlyArray<readonly [choice: string, member: string]> =>
  nodesOf(ast, value).flatMap((node, index, all) => {
    const [choice, member] = [node, all[index + 1]].map((one) => one && SchemaAST.resolveIdentifier(one.ast))
    return SchemaAST.isUnion(node.ast) && choice !== undefined ? [[choice, member ?? ""] as const] : []
  })

/**
 * Whether a value is, in the order of the vocabulary, a member of a choice that the revision lacks, although it may fit
 * one that the revision has: a string with an `enum` that has been spoilt is still a string.
 */
export const lacksMember = (revision: McpRevision.McpRevision, schema: Schema.Constraint, value: unknown): boolean =>
  chosen(schema.ast, value).some(([choice, member]) => revision.listings.get(choice)?.members?.has(member) === false)

/** Values with all fields (or only those that must be there), and together with all members of all choices. */
export const examplesOf = (ast: SchemaAST.AST, fields: "all" | "required" = "all"): ReadonlyArray<unknown> => {
  switch (ast._tag) {
    case "String":
      return ["text"]
    case "Number":
      return [1]
    case "Boolean":
      return [true]
    case "Null":
      return [null]
    case "Literal":
      return [ast.literal]
    case "Union":
      return (isLiterals(ast) ? ast.types.slice(0, 1) : ast.types).flatMap((type) => examplesOf(type, fields))
    case "Arrays":
      return [examplesOf(ast.rest[0]!, fields)]
    case "Objects":
      return objectsOf(ast, fields)
    default:
      return [{ any: [1, "two", null, { three: true }] }]
  }
}

const objectsOf = (ast: SchemaAST.Objects, fields: "all" | "required"): ReadonlyArray<unknown> => {
  const own = ast.propertySignatures.filter(({ type }) => fields === "all" || !SchemaAST.isOptional(type))
  const rest = ast.indexSignatures.flatMap(({ type }) => examplesOf(type, fields))
  const all = [
    ...own.map(({ name, type }) => [String(name), examplesOf(type, fields)] as const),
    ...rest.map((value, index) => [`key${index}`, [value]] as const)
  ]
  const count = Math.max(1, ...all.map(([, values]) => values.length))
  return Array.from({ length: count }, (_, index) =>
    Object.fromEntries(all.map(([name, values]) => [name, values[index % values.length]]))
  )
}

/** What takes the place of a value that is taken away. */
export const gone: unique symbol = Symbol("gone")

/** A copy of a value with something else at a path. Everything beside the path is shared. */
export const replaced = (value: unknown, path: Path, other: unknown): unknown => {
  const [key, ...rest] = path
  if (key === undefined) return other
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? replaced(item, rest, other) : item))
  const entries = Object.entries(value as object).map(([name, item]) =>
    name === key ? [name, replaced(item, rest, other)] : [name, item]
  )
  return Object.fromEntries(entries.filter(([, item]) => item !== gone))
}

/** Ways to make something wrong, or odd, of a value. */
export const wrongs = ["delete", "null", "type", "literal", "extra", "surrogate", "number"] as const
export type Wrong = (typeof wrongs)[number]

const anything = [7, "other", true, [], {}, ["x"], { x: 1 }]
const numbers = [2 ** 53, -(2 ** 53), 0.5, -0, JSON.parse("1e400"), 1e308]
const extra = `{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"toString":7,"x-own":null}`

const sortOf = (value: unknown): string => (value === null ? "null" : Array.isArray(value) ? "array" : typeof value)

/** What comes instead of the value of a node. */
const othersOf = (wrong: Wrong, { ast, field, value }: Node): ReadonlyArray<unknown> => {
  switch (wrong) {
    case "delete":
      return field === undefined ? [] : [gone]
    case "null":
      return [null]
    case "type":
      return anything.filter((other) => sortOf(other) !== sortOf(value))
    case "literal":
      return isLiterals(ast) ? ["no such word", ""] : []
    case "extra":
      return isObject(value)
        ? [JSON.parse(`${JSON.stringify(value).slice(0, -1)}${comma(value)}${extra.slice(1)}`)]
        : []
    case "surrogate":
      return SchemaAST.isString(ast) ? ["\ud800", "\udfff x"] : []
    case "number":
      return SchemaAST.isNumber(ast) ? numbers : []
  }
}

const comma = (value: object): string => (Object.keys(value).length === 0 ? "" : ",")

export interface Mutation {
  /** The value with one thing changed. */
  readonly value: unknown
  readonly wrong: Wrong
  readonly at: Node
  /** What is there instead; `gone` when it is taken away. */
  readonly other: unknown
}

/** One of the mutations of a kind that a value of a schema has; of the next kind when it has none. */
export const mutation = (ast: SchemaAST.AST, value: unknown, wrong: Wrong, pick: number): Mutation => {
  const all = nodesOf(ast, value).flatMap((at) => othersOf(wrong, at).map((other) => ({ at, other, wrong })))
  const found = all[pick % Math.max(1, all.length)]
  if (found === undefined) return mutation(ast, value, wrongs[(wrongs.indexOf(wrong) + 1) % wrongs.length]!, pick)
  return { ...found, value: replaced(value, found.at.path, found.other) }
}

/** Freezes a value and all that it holds. Does not recurse: a value may be very deep. */
export const frozen = <A>(value: A): A => {
  const left: Array<unknown> = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== "object" || next === null || Object.isFrozen(next)) continue
    Object.freeze(next)
    for (const inner of Object.values(next)) left.push(inner)
  }
  return value
}

/** Shapes beside the rows and their chapters, for tables of names. */
export const shared: ReadonlyArray<unknown> = [...Object.values(McpSchema), ...Object.values(McpContent)]
