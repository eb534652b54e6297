/**
 * Arguments of a tool as HTTP headers: the annotation `x-mcp-header`, and the text of a header (since 2026-07-28).
 *
 * A property of an `inputSchema` that is annotated with a name is sent as `Mcp-Param-<name>` too, so that who stands
 * between client and server can route by it; the server refuses a call whose header and argument differ. It sends and
 * refuses nothing itself. `Mcp-Name` has the same text as these headers.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http
 */
import * as Data from "effect/Data"
import * as Base64 from "effect/encoding/Base64"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import { isByName, isObject, type Part, partsOf, wayTo } from "./internal/schemaParts.ts"

/** A property whose argument is sent as a header. */
export interface HeaderParam {
  /** What the schema says, in its case. Two names of a tool differ by more than case. */
  readonly name: string
  /** `Mcp-Param-<name>`. To be compared without regard to case. */
  readonly header: string
  /** The names of the properties that lead to it, from the root. */
  readonly path: ReadonlyArray<string>
  readonly type: "string" | "integer" | "boolean"
}

/** An annotation that makes its tool unusable over HTTP. */
export class InvalidHeaderAnnotation extends Data.TaggedError("InvalidHeaderAnnotation")<{
  /** Where in the schema, as a JSON pointer. */
  readonly pointer: string
  readonly detail: string
}> {
  override get message(): string {
    return `The annotation "${ANNOTATION}" at ${JSON.stringify(this.pointer)} is not valid: ${this.detail}`
  }
}

/** The text of a header that cannot be read. */
export class InvalidHeaderValue extends Data.TaggedError("InvalidHeaderValue")<{
  readonly detail: string
}> {
  override get message(): string {
    return `The value of the header cannot be read: ${this.detail}`
  }
}

/** The key that says so in a schema. */
export const ANNOTATION = "x-mcp-header"
const TYPES = ["string", "integer", "boolean"] as const
const MAX_PARTS = 100_000
const MAX_LEVELS = 50

const nameProblem = (name: string): string | undefined => {
  const bad = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/u.exec(name)
  if (bad !== null) {
    const what = `${JSON.stringify(bad[0])} at position ${bad.index}`
    return `its name has ${what}; letters, digits and !#$%&'*+-.^_\`|~ are allowed`
  }
  return name === "" ? "its name is empty" : undefined
}

const isType = (type: unknown): type is HeaderParam["type"] => TYPES.some((allowed) => allowed === type)

const shown = (value: unknown): string => {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 50))
  if (value === undefined || value === null) return value === null ? "null" : "nothing"
  return Array.isArray(value) ? "a list" : `${typeof value === "object" ? "an" : "a"} ${typeof value}`
}

/** What an annotated part says, or why it may not. */
const paramOf = (part: Part): HeaderParam | string => {
  const { [ANNOTATION]: name, type } = part.value
  if (part.kind !== "property") return `only "properties" may lead from the root to an annotated property`
  if (part.depth > 2 * MAX_LEVELS) return `the property is nested deeper than ${MAX_LEVELS} levels`
  if (typeof name !== "string") return `the name of a header is expected, not ${shown(name)}`
  const problem = nameProblem(name)
  if (problem !== undefined) return problem
  if (!isType(type)) {
    return `the "type" of the property is to be "string", "integer" or "boolean", not ${shown(type)}`
  }
  const path = wayTo(part).flatMap(({ key, kind }) => (kind === "property" ? [key] : []))
  return { name, header: `Mcp-Param-${name}`, path, type }
}

/** The annotated properties of a tool's `inputSchema`, in its order; fails at the first one that is not valid. */
export const params = (inputSchema: unknown): Result.Result<ReadonlyArray<HeaderParam>, InvalidHeaderAnnotation> => {
  const found = new Map<string, HeaderParam>()
  const fail = (part: Part, detail: string) => {
    const pointer = wayTo(part).map(({ step }) => step)
    return Result.fail(new InvalidHeaderAnnotation({ pointer: pointer.join(""), detail }))
  }
  const rest: Array<Part> = isObject(inputSchema)
    ? [{ kind: "root", value: inputSchema, parent: undefined, key: "", step: "", depth: 0 }]
    : []
  let parts = 0
  for (let part = rest.pop(); part !== undefined; part = rest.pop()) {
    if (++parts > MAX_PARTS) return fail(part, `the schema has more than ${MAX_PARTS} parts`)
    for (const inner of partsOf(part).toReversed()) rest.push(inner)
    if (isByName(part) || part.value[ANNOTATION] === undefined) continue
    const param = paramOf(part)
    if (typeof param === "string") return fail(part, param)
    const same = found.get(param.name.toLowerCase())
    if (same !== undefined) return fail(part, `"${param.name}" is the name of "${same.path.join(".")}" already`)
    found.set(param.name.toLowerCase(), param)
  }
  return Result.succeed([...found.values()])
}

/**
 * Says of a field that its argument is sent as the header `Mcp-Param-<name>` too:
 * `parameters: { region: Schema.String.pipe(McpHeader.mirrored("Region")) }`. What travels is a string, a boolean or an
 * integer; a tool of which something else is said so cannot be registered.
 */
export const mirrored =
  (name: string) =>
  <S extends Schema.Top & { readonly Encoded: string | number | boolean }>(schema: S): S["Rebuild"] =>
    schema.annotate({ [ANNOTATION]: name })

/** The argument of a parameter as it is, `undefined` if there is none. */
export const argumentAt = (param: HeaderParam, args: unknown): unknown => {
  let value = args
  for (const key of param.path) {
    if (!isObject(value) || !Object.hasOwn(value, key)) return undefined
    value = value[key]
  }
  return value
}

const headerValue = (argument: unknown): string | number | boolean | undefined => {
  if (typeof argument === "number") return Math.abs(argument) <= Number.MAX_SAFE_INTEGER ? argument : undefined
  return typeof argument === "string" || typeof argument === "boolean" ? argument : undefined
}

/** What is to be sent for a parameter: a string, a boolean, or a number within ±(2^53-1). Nothing else has a header. */
export const valueAt = (param: HeaderParam, args: unknown): string | number | boolean | undefined =>
  headerValue(argumentAt(param, args))

const PREFIX = "=?base64?"
const SUFFIX = "?="

const isEncoded = (text: string): boolean =>
  text.length >= PREFIX.length + SUFFIX.length && text.startsWith(PREFIX) && text.endsWith(SUFFIX)

/** UTF-8 has no half surrogate pairs. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\uFFFD")

/**
 * The text of a header: the value as it is, or `=?base64?…?=` of its UTF-8 where it is not printable ASCII, begins or
 * ends with a space, or looks like base64 itself. Half a surrogate pair becomes U+FFFD.
 */
export const encodeValue = (value: string | number | boolean): string => {
  const text = String(value)
  const isPlain = /^[ -~]*$/.test(text) && !text.startsWith(" ") && !text.endsWith(" ")
  const looksEncoded = text.startsWith(PREFIX) && text.endsWith(SUFFIX)
  return isPlain && !looksEncoded ? text : PREFIX + Base64.encode(wellFormed(text)) + SUFFIX
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const decodeBase64 = (payload: string): string | undefined => {
  const bytes = Result.getOrUndefined(Base64.decode(payload))
  // decoders are lenient: what does not come out the same again was not written by the rules
  if (bytes === undefined || Base64.encode(bytes) !== payload) return undefined
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** The value that a header stands for, as text. Space around it does not count. */
export const decodeValue = (headerText: string): Result.Result<string, InvalidHeaderValue> => {
  const text = headerText.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, "")
  if (!/^[\t -~]*$/.test(text)) {
    return Result.fail(new InvalidHeaderValue({ detail: "it has characters other than printable ASCII and tabs" }))
  }
  if (!isEncoded(text)) return Result.succeed(text)
  const value = decodeBase64(text.slice(PREFIX.length, -SUFFIX.length))
  return value === undefined
    ? Result.fail(
        new InvalidHeaderValue({ detail: `what is between "${PREFIX}" and "${SUFFIX}" is not base64 of UTF-8` })
      )
    : Result.succeed(value)
}

/** Whether the text is that integer: `42.0` is 42. */
const isInteger = (text: string, integer: number): boolean => /^-?\d+(?:\.0+)?$/.test(text) && Number(text) === integer

const names: { readonly [method: string]: string } = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri",
  "tasks/get": "taskId",
  "tasks/update": "taskId",
  "tasks/cancel": "taskId"
}

/** The parameter of a method that is sent as `Mcp-Name`, if it has one. */
export const nameField = (method: string): string | undefined =>
  Object.hasOwn(names, method) ? names[method] : undefined

/** Whether the text of a header stands for a value. */
export const says = (headerText: string | undefined, value: string): boolean =>
  headerText !== undefined && Result.getOrUndefined(decodeValue(headerText)) === wellFormed(value)

/**
 * Whether a header says what the argument says, as the server has to ask. An argument that is null or absent must have
 * no header, every other must have one; so what has none, such as a list or an integer beyond ±(2^53-1), never agrees.
 */
export const agrees = (param: HeaderParam, headerText: string | undefined, argument: unknown): boolean => {
  if (argument === undefined || argument === null) return headerText === undefined
  const value = headerValue(argument)
  const text = headerText === undefined ? undefined : Result.getOrUndefined(decodeValue(headerText))
  if (value === undefined || text === undefined) return false
  const isNumeric = param.type === "integer" && typeof value === "number" && Number.isInteger(value)
  return isNumeric ? isInteger(text, value) : text === wellFormed(String(value))
}
