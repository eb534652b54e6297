/**
 * The parts of a URI template, and what they expand to (RFC 6570, levels 1 to 4, without associative values).
 *
 * A template is literals and expressions; an operator's row in `rules` says how the variables of its expressions are
 * written. It does not read templates (`McpUriTemplate`) and does not match uris (`uriMatch`).
 */

export type Operator = "" | "+" | "#" | "." | "/" | ";" | "?" | "&"

export interface Variable {
  readonly name: string
  readonly operator: Operator
  readonly explode: boolean
  readonly prefix: number | undefined
}

/** Text that stands for itself; what a uri cannot hold is already escaped. */
export interface Literal {
  readonly _tag: "Literal"
  readonly text: string
}

export interface Expression {
  readonly _tag: "Expression"
  readonly operator: Operator
  readonly variables: ReadonlyArray<Variable>
}

export type Part = Literal | Expression

export type Value = string | ReadonlyArray<string> | undefined
export type Values = { readonly [name: string]: Value }

interface Rule {
  /** What comes before the first variable that is defined, and between two. */
  readonly first: string
  readonly separator: string
  /** Whether a value follows its name, and what follows the name of an empty value. */
  readonly named: boolean
  readonly empty: string
  /** Whether reserved characters and escapes are left as they are. */
  readonly reserved: boolean
}

const rule = (first: string, separator: string, more: Partial<Rule> = {}): Rule => ({
  first,
  separator,
  named: false,
  empty: "",
  reserved: false,
  ...more
})

export const rules: { readonly [O in Operator]: Rule } = {
  "": rule("", ","),
  "+": rule("", ",", { reserved: true }),
  "#": rule("#", ",", { reserved: true }),
  ".": rule(".", "."),
  "/": rule("/", "/"),
  ";": rule(";", ";", { named: true }),
  "?": rule("?", "&", { named: true, empty: "=" }),
  "&": rule("&", "&", { named: true, empty: "=" })
}

/** Replaces each half of a surrogate pair that stands alone, which UTF-8 cannot hold. */
const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, "\uFFFD")

const escapeMore = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase()}`

/** Everything but letters, digits and `-._~` is escaped. */
const encodePlain = (text: string): string => encodeURIComponent(wellFormed(text)).replace(/[!'()*]/g, escapeMore)

/** Reserved characters and escapes are kept. `encodeURI` would escape brackets, and escapes once more. */
const encodeReserved = (text: string): string =>
  encodeURI(wellFormed(text)).replace(/%25([0-9A-Fa-f]{2})|%5B|%5D/g, (found, digits?: string) =>
    digits === undefined ? decodeURIComponent(found) : `%${digits}`
  )

/** The text of a literal: what is not ASCII is escaped, everything else is allowed where it stands. */
export const encodeLiteral = (text: string): string => text.replace(/\P{ASCII}/gu, encodeURIComponent)

/** At most the first `limit` characters. */
export const cut = (text: string, limit: number | undefined): string =>
  limit === undefined || text.length <= limit
    ? text
    : Array.from(text.slice(0, 2 * limit))
        .slice(0, limit)
        .join("")

const expandVariable = (variable: Variable, value: Value): string | undefined => {
  const items = typeof value === "string" ? [cut(value, variable.prefix)] : (value ?? [])
  if (items.length === 0) return undefined
  const { empty, named, reserved, separator } = rules[variable.operator]
  const encoded = items.map(reserved ? encodeReserved : encodePlain)
  const withName = (text: string): string => (named ? variable.name + (text === "" ? empty : `=${text}`) : text)
  return variable.explode ? encoded.map(withName).join(separator) : withName(encoded.join(","))
}

const expandExpression = ({ operator, variables }: Expression, values: Values): string => {
  const { first, separator } = rules[operator]
  const texts = variables.flatMap((variable) => {
    const value = Object.hasOwn(values, variable.name) ? values[variable.name] : undefined
    return expandVariable(variable, value) ?? []
  })
  return texts.length === 0 ? "" : first + texts.join(separator)
}

/** The uri that the parts stand for. Variables without a value are left out. */
export const expand = (parts: ReadonlyArray<Part>, values: Values): string =>
  parts.map((part) => (part._tag === "Literal" ? part.text : expandExpression(part, values))).join("")
