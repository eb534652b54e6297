/**
 * Whether a JSON value is what a schema says, as a function made once per schema.
 *
 * The schemas of the vocabulary are identities, so a payload is checked and passed on as it is. This is the hot path's
 * check: no copies, no effects, and words only when something is wrong. It knows just the kinds of schema that the
 * vocabulary is made of and refuses others when it is made. A test holds it against Effect's own decoder.
 */
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

/** What is wrong: where, and what. */
interface Problem {
  readonly path: ReadonlyArray<string | number>
  readonly what: string
}

type Test = (value: unknown) => Problem | undefined

/** Why a value does not fit, as one line; nothing when it fits. */
export type Check = (value: unknown) => string | undefined

const wrong = (expected: string): Problem => ({ path: [], what: `expected ${expected}` })

const missing: Problem = { path: [], what: "is missing" }

const at = (key: string | number, problem: Problem): Problem => ({ ...problem, path: [key, ...problem.path] })

const when = (fits: (value: unknown) => boolean, expected: string): Test => {
  const problem = wrong(expected)
  return (value) => (fits(value) ? undefined : problem)
}

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const anObject = wrong("an object")

const objects = (ast: SchemaAST.Objects): Test => {
  const fields = ast.propertySignatures.map(({ name, type }) => ({
    name: String(name),
    optional: SchemaAST.isOptional(type),
    test: compile(type)
  }))
  const index = ast.indexSignatures[0]
  const rest = index === undefined || SchemaAST.isUnknown(index.type) ? undefined : compile(index.type)
  return (value) => {
    if (!isObject(value)) return anObject
    for (const { name, optional, test } of fields) {
      if (Object.hasOwn(value, name)) {
        const problem = test(value[name])
        if (problem !== undefined) return at(name, problem)
      } else if (!optional) return at(name, missing)
    }
    if (rest === undefined) return undefined
    for (const key of Object.keys(value)) {
      const problem = rest(value[key])
      if (problem !== undefined) return at(key, problem)
    }
    return undefined
  }
}

const arrays = (ast: SchemaAST.Arrays): Test => {
  const element = compile(ast.rest[0] ?? SchemaAST.unknown)
  const notArray = wrong("an array")
  return (value) => {
    if (!Array.isArray(value)) return notArray
    for (let index = 0; index < value.length; index++) {
      const problem = element(value[index])
      if (problem !== undefined) return at(index, problem)
    }
    return undefined
  }
}

/** Where the value has the literal field of one member only, that member says what is wrong. */
const union = (ast: SchemaAST.Union): Test => {
  const members = ast.types.map(compile)
  const tags = ast.types.map(tagsOf)
  const none = wrong(words(ast))
  const untold = untoldOf(tags.filter((_, index) => ast.types[index]?._tag === "Objects")) ?? none
  return (value) => {
    const told: Array<Problem> = []
    for (let index = 0; index < members.length; index++) {
      const problem = members[index]?.(value)
      if (problem === undefined) return undefined
      if (isObject(value) && tags[index]?.some(({ key, literal }) => value[key] === literal)) told.push(problem)
    }
    if (told.length === 1) return told[0]
    return told.length === 0 && isObject(value) ? untold : none
  }
}

/** A field of a member whose value is a literal. */
interface Tag {
  readonly key: string
  readonly literal: unknown
  readonly required: boolean
}

/** What is wrong with an object that has no member's literal, where all members ask for one in the same field. */
const untoldOf = (tags: ReadonlyArray<ReadonlyArray<Tag>>): Problem | undefined => {
  const asked = tags.map((own) => own.filter(({ required }) => required))
  const key = asked[0]?.find(({ key }) => asked.every((own) => own.some((other) => other.key === key)))?.key
  if (key === undefined) return undefined
  const literals = asked.flatMap((own) => own.flatMap((tag) => (tag.key === key ? [JSON.stringify(tag.literal)] : [])))
  return at(key, wrong([...new Set(literals)].join(" or ")))
}

const tagsOf = (ast: SchemaAST.AST): ReadonlyArray<Tag> =>
  SchemaAST.isObjects(ast)
    ? ast.propertySignatures.flatMap(({ name, type }) =>
        SchemaAST.isLiteral(type)
          ? [{ key: String(name), literal: type.literal, required: !SchemaAST.isOptional(type) }]
          : []
      )
    : []

const words = (ast: SchemaAST.AST): string => {
  switch (ast._tag) {
    case "Union":
      return [...new Set(ast.types.map(words))].join(" or ")
    case "Literal":
      return JSON.stringify(ast.literal)
    case "Objects":
      return SchemaAST.resolveIdentifier(ast) ?? "an object"
    case "Arrays":
      return "an array"
    case "String":
      return "a string"
    case "Number":
      return "a number"
    case "Boolean":
      return "true or false"
    case "Null":
      return "null"
    default:
      return "any JSON"
  }
}

const kind = (ast: SchemaAST.AST): Test => {
  switch (ast._tag) {
    case "String":
      return when((value) => typeof value === "string", "a string")
    case "Number":
      return when((value) => typeof value === "number", "a number")
    case "Boolean":
      return when((value) => typeof value === "boolean", "true or false")
    case "Null":
      return when((value) => value === null, "null")
    case "Literal":
      return when((value) => value === ast.literal, JSON.stringify(ast.literal))
    case "Unknown":
      return () => undefined
    case "Objects":
      return objects(ast)
    case "Arrays":
      return arrays(ast)
    case "Union":
      return union(ast)
    default:
      throw new Error(`A payload cannot be made of ${ast._tag}`)
  }
}

const filtersOf = (check: SchemaAST.Check<unknown>): ReadonlyArray<SchemaAST.Filter<unknown>> =>
  check._tag === "Filter" ? [check] : check.checks.flatMap(filtersOf)

/** A schema's own conditions, such as a range, are tried after its kind. */
const compile = (ast: SchemaAST.AST): Test => {
  const base = kind(ast)
  const filters = ast.checks?.flatMap(filtersOf)
  if (filters === undefined) return base
  return (value) => {
    const problem = base(value)
    if (problem !== undefined) return problem
    const failed = filters.find((filter) => filter.run(value, ast, {}) !== undefined)
    return failed === undefined ? undefined : wrong(failed.annotations?.expected ?? words(ast))
  }
}

/** A key in the sentence of a problem: short, and on one line. */
const shown = (key: string | number): string =>
  typeof key === "number" || /^[\w$@/.-]{1,64}$/.test(key)
    ? String(key)
    : JSON.stringify(key.slice(0, 64)).replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, escaped)

const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`

/** Makes the check of a schema. */
export const makeCheck = (schema: Schema.Constraint): Check => {
  const test = compile(schema.ast)
  return (value) => {
    const problem = test(value)
    if (problem === undefined) return undefined
    return problem.path.length === 0 ? problem.what : `${problem.path.map(shown).join(".")}: ${problem.what}`
  }
}
