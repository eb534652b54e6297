/**
 * JSON Schemas given by strangers: prepared once, then values are checked by them, within bounds.
 *
 * A remote tool's schema, or what a server asks a person for, is data of someone else. Nothing of it is fetched or
 * evaluated as code, `pattern` runs in linear time, and depth, size and steps are bounded: what goes beyond is a typed
 * error, never a crash or a wait. `format` is an annotation and is not checked. The validator behind this module is
 * `@cfworker/json-schema`; nothing of it is seen outside.
 */
import { format, validate as validateWith } from "@cfworker/json-schema"
import * as Result from "effect/Result"
import { Copying, NotCopied } from "./internal/jsonCopy.ts"
import { type Dialect, dialectOf } from "./internal/jsonKeywords.ts"
import {
  InvalidJsonSchema,
  InvalidValue,
  type Limits,
  type Problem,
  UncheckedValue
} from "./internal/jsonSchemaErrors.ts"
import { type Metered, meter, patternOf } from "./internal/meteredSchema.ts"
import { countingNames, Run, SPENT } from "./internal/metering.ts"
import { type Raw, shown } from "./internal/subschema.ts"
import { Subschemas } from "./internal/subschemas.ts"

export { InvalidJsonSchema, InvalidValue, UncheckedValue } from "./internal/jsonSchemaErrors.ts"
export type { Limits, Problem, Reason } from "./internal/jsonSchemaErrors.ts"
export type { Dialect } from "./internal/jsonKeywords.ts"

/** The values that hold where nothing else is given. */
export const defaults: Limits = {
  subschemas: 10_000,
  depth: 64,
  schemaSize: 1024 * 1024,
  valueSize: 8 * 1024 * 1024,
  patternStates: 50_000,
  steps: 1_000_000
}

export interface Options {
  /** The dialect of a schema without `$schema`. Default: 2020-12. */
  readonly dialect?: Dialect | undefined
  readonly limits?: Partial<Limits> | undefined
}

/** A schema, prepared. */
export interface Validator {
  readonly dialect: Dialect
  /** The schema as it came. */
  readonly schema: unknown
  /** Whether the schema accepts a value. The value is read once and is not kept. */
  readonly validate: (value: unknown) => Result.Result<void, InvalidValue | UncheckedValue>
}

const isSchema = (value: unknown): value is Raw =>
  typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value))

const readDialect = (schema: Raw, otherwise: Dialect): Dialect => {
  const uri = typeof schema === "boolean" ? undefined : schema["$schema"]
  if (uri === undefined) return otherwise
  const dialect = typeof uri === "string" ? dialectOf(uri) : undefined
  if (dialect !== undefined) return dialect
  const known = "known are drafts 2020-12, 2019-09, 07, 06 and 04 of json-schema.org"
  const detail = `its dialect is ${JSON.stringify(uri).slice(0, 200)}; ${known}`
  throw new InvalidJsonSchema({ reason: "UnknownDialect", path: "/$schema", detail })
}

const copySchema = (schema: unknown, limits: Limits): Raw => {
  try {
    const copy = new Copying({ depth: 2 * limits.depth, size: limits.schemaSize }).run(schema)
    if (isSchema(copy)) return copy
  } catch (error) {
    throw error instanceof NotCopied ? new InvalidJsonSchema(error) : error
  }
  throw new InvalidJsonSchema({ reason: "Malformed", path: "", detail: "a schema is an object, true or false" })
}

const prepare = (schema: unknown, options: Options): Validator => {
  const limits: Limits = { ...defaults, ...options.limits }
  const copy = copySchema(schema, limits)
  const dialect = readDialect(copy, options.dialect ?? "2020-12")
  const run = new Run()
  const metered = meter(new Subschemas(copy, dialect, limits), run, limits)
  return { dialect, schema, validate: (value) => check(value, dialect, metered, run, limits) }
}

/** Prepares a schema: an object, `true` or `false`, as it came. It is copied for checking and never changed. */
export const validator = (schema: unknown, options: Options = {}): Result.Result<Validator, InvalidJsonSchema> => {
  try {
    return Result.succeed(prepare(schema, options))
  } catch (error) {
    if (error instanceof InvalidJsonSchema) return Result.fail(error)
    throw error
  }
}

type Outcome = ReturnType<typeof validateWith>

/** The version by which the library tells its rules apart. */
const version = (dialect: Dialect) =>
  dialect === "2020-12" || dialect === "2019-09" ? dialect : dialect === "draft-04" ? "4" : "7"

/** The patterns are lent to the library as formats for the time of one validation. */
const runLibrary = (value: unknown, dialect: Dialect, { formats, lookup, root }: Metered): Outcome => {
  for (const [name, test] of formats) format[name] = test
  try {
    return validateWith(value, root as never, version(dialect), lookup as never)
  } finally {
    for (const name of formats.keys()) delete format[name]
  }
}

const check = (
  value: unknown,
  dialect: Dialect,
  metered: Metered,
  run: Run,
  limits: Limits
): Result.Result<void, InvalidValue | UncheckedValue> => {
  const names = new Set<string>()
  try {
    const copying = new Copying({ depth: limits.depth, size: limits.valueSize }, (target, own) => {
      for (const name of own) names.add(name)
      return countingNames(run, target, own)
    })
    const copy = copying.run(value)
    run.begin(limits.steps, [...names])
    const { errors, valid } = runLibrary(copy, dialect, metered)
    return valid ? Result.succeed(undefined) : Result.fail(new InvalidValue({ problems: problemsOf(errors) }))
  } catch (error) {
    return Result.fail(unchecked(error, limits))
  }
}

const unchecked = (error: unknown, limits: Limits): UncheckedValue => {
  if (error instanceof NotCopied) return new UncheckedValue(error)
  if (error === SPENT) {
    const detail = `it takes more than ${limits.steps} steps`
    return new UncheckedValue({ reason: "TooManySteps", path: "", detail })
  }
  if (error instanceof RangeError) {
    const detail = "value and schema are nested too deeply together, or too many parts of the value do not fit"
    return new UncheckedValue({ reason: "TooComplex", path: "", detail })
  }
  throw error
}

const MAX_PROBLEMS = 10

/** Keywords that only say that a schema inside them was not satisfied; that one says why. */
const AROUND = new Set([
  ..."$ref allOf if properties additionalProperties unevaluatedProperties propertyNames items".split(" "),
  ..."prefixItems additionalItems unevaluatedItems dependentSchemas dependencies".split(" ")
])

const problemsOf = (errors: Outcome["errors"]): ReadonlyArray<Problem> => {
  const told = errors.filter(({ error, keyword }) => !AROUND.has(keyword) || error.includes("but does not have"))
  return (told.length > 0 ? told : errors).slice(0, MAX_PROBLEMS).map((unit) => ({
    path: decodeURIComponent(unit.instanceLocation.slice(1)),
    ...reasonOf(unit.keyword, decodeURIComponent(unit.keywordLocation.slice(1)), unit.error)
  }))
}

/** What is wrong, in the words of the schema as it came: some keywords reach the library in another form. */
const reasonOf = (keyword: string, schemaPath: string, error: string): Omit<Problem, "path"> => {
  if (keyword === "enum" && error.endsWith(" [].")) {
    return { schemaPath: schemaPath.replace(/\/enum$/, ""), message: "Nothing is allowed here." }
  }
  if (keyword === "uniqueItems")
    return { schemaPath: schemaPath.replace(/\/allOf\/\d+(?=\/uniqueItems$)/, ""), message: error }
  if (keyword !== "format") return { schemaPath, message: error.length > 300 ? `${error.slice(0, 300)}…` : error }
  const source = patternOf(error.slice('String does not match format "'.length, -'".'.length))
  return {
    schemaPath: schemaPath.replace(/\/format$/, "/pattern"),
    message: `String does not match pattern ${shown(source)}.`
  }
}
