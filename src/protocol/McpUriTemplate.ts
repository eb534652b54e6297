/**
 * URI templates as resources use them (RFC 6570): a uri from values, and the values back from a uri.
 *
 * `match` is the inverse of `expand`. It finds a reading of the uri where there is one; of several it takes, from left
 * to right, a variable rather than its absence, and the shortest value with which the rest fits. It never goes back: it
 * is linear in the uri. Values come back percent-decoded and unchecked: `..` and "/" may be in them.
 */
import * as Data from "effect/Data"
import * as Result from "effect/Result"
import { makeMatcher } from "./internal/uriMatch.ts"
import * as Parts from "./internal/uriParts.ts"

/** What stands before the names of an expression; `""` where there is nothing. */
export type Operator = Parts.Operator

/** One variable where it stands in a template: `{?path*}` is `path` with the operator `?`, exploded. */
export type Variable = Parts.Variable

/** Values to expand. An empty list is as good as none. A prefix length cuts strings, not lists. */
export type Values = Parts.Values

/** A list for an exploded variable, a string for every other, nothing for an absent one. It has no prototype. */
export type Matched = { readonly [name: string]: string | ReadonlyArray<string> }

export interface UriTemplate {
  readonly template: string
  /** In the order of the template. A variable that stands in it twice is in it twice. */
  readonly variables: ReadonlyArray<Variable>
  /** The uri for the values. Half a surrogate pair becomes U+FFFD. */
  expand(values: Values): string
  /**
   * The values that the uri was made of, or `undefined` if it was not made of this template.
   *
   * `{id}`, `{.id}` and `{/id}` take what one segment of a path may hold, but no comma: none of "/?#[],". What `expand`
   * escapes besides (`:@!$&'()*+;=`) is often written as it is. `{+path}` and `{#path}` take them all, `{?q}` and `{&q}` all but "&#[]", `{;p}` all but ";/?#[]". The
   * pairs of `{?a,b}` come in any order, and each may be absent. A variable that leaves no trace when it is empty
   * (`{id}`, `{+path}`) needs a character. If the same variable stands twice, both must be the same in that reading.
   * What is not ASCII may stand in the uri escaped or not. A uri with a bad escape or half a surrogate pair is made of
   * no template.
   */
  match(uri: string): Matched | undefined
}

/** A template that cannot be read. */
export class InvalidUriTemplate extends Data.TaggedError("InvalidUriTemplate")<{
  readonly template: string
  /** Where, counted from 0 in UTF-16 units. */
  readonly position: number
  readonly detail: string
}> {
  override get message(): string {
    const { detail, position, template } = this
    const shown = template.length > MAX_SHOWN ? `${template.slice(0, MAX_SHOWN)}…` : template
    return `${JSON.stringify(shown)} is not a URI template: at position ${position}, ${detail}`
  }
}

const MAX_SHOWN = 200
const MAX_LENGTH = 4096
const MAX_VARIABLES = 64

interface Problem {
  readonly _tag: "Problem"
  readonly position: number
  readonly detail: string
}

const problem = (position: number, detail: string): Problem => ({ _tag: "Problem", position, detail })

const NOT_LITERAL = /[\p{Control}\p{Surrogate} "<>\\^`|}]|%(?![0-9A-Fa-f]{2})/u

const readLiteral = (text: string, position: number): Parts.Literal | Problem => {
  const bad = NOT_LITERAL.exec(text)
  if (bad === null) return { _tag: "Literal", text: Parts.encodeLiteral(text) }
  const [char] = bad
  const at = position + bad.index
  if (char === "}") return problem(at, `"}" closes no brace; in a uri it is written %7D`)
  if (char === "%") return problem(at, `"%" is not followed by two hexadecimal digits; alone it is written %25`)
  return problem(at, `the character ${JSON.stringify(char)} cannot stand in a uri; escape it with "%"`)
}

const NAME = /^(?:\w|%[0-9A-Fa-f]{2})(?:\.?(?:\w|%[0-9A-Fa-f]{2}))*/

const firstOf = (text: string): string => JSON.stringify(Array.from(text.slice(0, 2))[0] ?? "")

/** One variable of an expression: its name, and `*` or a prefix length behind it. */
const readVariable = (text: string, operator: Parts.Operator, position: number): Variable | Problem => {
  const name = NAME.exec(text)?.[0] ?? ""
  const modifier = text.slice(name.length)
  if (name === "") {
    const found = text === "" ? "nothing" : firstOf(text)
    return problem(position, `a name is expected, of letters, digits, "_", escapes, and dots between, not ${found}`)
  }
  if (modifier === "" || modifier === "*") {
    return { name, operator, explode: modifier === "*", prefix: undefined }
  }
  const at = position + name.length
  if (/^:[1-9]\d{0,3}$/.test(modifier)) return { name, operator, explode: false, prefix: Number(modifier.slice(1)) }
  if (modifier.startsWith(":")) return problem(at, `a prefix length is a number from 1 to 9999, and nothing behind it`)
  const found = firstOf(modifier)
  return problem(at, `${found} cannot follow the name "${name}"; "*", ":" and a length, "," and "}" can`)
}

const readExpression = (body: string, position: number): Parts.Expression | Problem => {
  const char = body.slice(0, 1)
  if (char !== "" && "=,!@|".includes(char))
    return problem(position, `the operator "${char}" is reserved and not in use`)
  const operator = char in Parts.rules ? (char as Parts.Operator) : ""
  const variables: Array<Variable> = []
  let at = position + operator.length
  for (const text of body.slice(operator.length).split(",")) {
    const variable = readVariable(text, operator, at)
    if ("_tag" in variable) return variable
    variables.push(variable)
    at += text.length + 1
  }
  return { _tag: "Expression", operator, variables }
}

/** The part that begins at `at`, and where it ends. */
const readPart = (template: string, at: number): readonly [Parts.Part | Problem, end: number] => {
  if (template[at] !== "{") {
    const brace = template.indexOf("{", at)
    const end = brace === -1 ? template.length : brace
    return [readLiteral(template.slice(at, end), at), end]
  }
  const end = template.indexOf("}", at)
  return end === -1
    ? [problem(at, `"{" is never closed`), template.length]
    : [readExpression(template.slice(at + 1, end), at + 1), end + 1]
}

const readTemplate = (template: string): ReadonlyArray<Parts.Part> | Problem => {
  if (template.length > MAX_LENGTH) return problem(MAX_LENGTH, `it is longer than ${MAX_LENGTH} characters`)
  const parts: Array<Parts.Part> = []
  let variables = 0
  for (let at = 0; at < template.length;) {
    const [part, end] = readPart(template, at)
    if (part._tag === "Problem") return part
    if (part._tag === "Expression") variables += part.variables.length
    if (variables > MAX_VARIABLES) return problem(at, `there are more than ${MAX_VARIABLES} variables`)
    parts.push(part)
    at = end
  }
  return parts
}

/** Reads a template of at most 4,096 characters and 64 variables. */
export const parse = (template: string): Result.Result<UriTemplate, InvalidUriTemplate> => {
  const parts = readTemplate(template)
  if ("_tag" in parts) {
    return Result.fail(new InvalidUriTemplate({ template, position: parts.position, detail: parts.detail }))
  }
  return Result.succeed({
    template,
    variables: parts.flatMap((part) => (part._tag === "Expression" ? part.variables : [])),
    expand: (values) => Parts.expand(parts, values),
    match: makeMatcher(parts)
  })
}
