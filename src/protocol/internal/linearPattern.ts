/**
 * A stranger's `pattern`, run in time linear in the string.
 *
 * ECMAScript's own engine backtracks, so a pattern may take for ever; here RE2's algorithm runs it. Both spell patterns
 * differently, so each piece is rewritten, or refused: what looks around or refers back (`(?=`, `\1`) has no linear time,
 * and some Unicode properties are unknown to RE2. Groups capture nothing.
 */
import { RE2JS } from "re2js"

export interface LinearPattern {
  readonly source: string
  /** What a test costs for each character, as the number of states. */
  readonly states: number
  readonly test: (text: string) => boolean
}

/** Why a pattern cannot be run. */
export class Unsupported {
  readonly detail: string
  constructor(detail: string) {
    this.detail = detail
  }
}

const MAX_LENGTH = 2000

/** White space and the ends of lines as ECMAScript has them, and what is neither. */
const SPACE = "\\t-\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
const NOT_SPACE =
  "\\x00-\\x08\\x0e-\\x1f!-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}" +
  "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"
const ANY = "[\\x00-\\x{10ffff}]"
const NOTHING = "[^\\x00-\\x{10ffff}]"
const DOT = "[^\\n\\r\\x{2028}\\x{2029}]"

/** The general categories by their long names. */
const CATEGORIES: { readonly [name: string]: string } = {
  Letter: "L",
  Uppercase_Letter: "Lu",
  Lowercase_Letter: "Ll",
  Mark: "M",
  Number: "N",
  Decimal_Number: "Nd",
  digit: "Nd",
  Punctuation: "P",
  Symbol: "S",
  Separator: "Z",
  Space_Separator: "Zs",
  Other: "C",
  Control: "Cc"
}

const hex = (code: number): string => `\\x{${code.toString(16)}}`

const property = (name: string, negated: boolean): string => {
  const [key, value] = name.includes("=") ? name.split("=", 2) : ["gc", name]
  const letter = negated ? "P" : "p"
  if (key === "gc" || key === "General_Category") {
    const category = CATEGORIES[value ?? ""] ?? value ?? ""
    if (/^[LMNPSZC][a-z]?$/.test(category)) return `\\${letter}{${category}}`
  } else if ((key === "sc" || key === "Script") && /^[A-Z][a-z_A-Z]+$/.test(value ?? "")) return `\\${letter}{${value}}`
  throw new Unsupported(`the property \\${letter}{${name}} is not known to the engine that runs in linear time`)
}

const CONTROLS: { readonly [letter: string]: string } = { n: "\\n", r: "\\r", t: "\\t", f: "\\f", v: "\\x0b" }

/** An escape of one code point, or of a class; the text after the backslash, and how much of it was read. */
const ESCAPES: ReadonlyArray<readonly [RegExp, (match: RegExpExecArray, inClass: boolean) => string]> = [
  [/^[dDwW]/, ([letter]) => `\\${letter}`],
  [/^s/, (_, inClass) => (inClass ? SPACE : `[${SPACE}]`)],
  [/^S/, (_, inClass) => (inClass ? NOT_SPACE : `[${NOT_SPACE}]`)],
  [/^b/, (_, inClass) => (inClass ? "\\x08" : "\\b")],
  [/^B/, (_, inClass) => (inClass ? "B" : "\\B")],
  [/^[nrtfv]/, ([letter]) => CONTROLS[letter]!],
  [/^0(?!\d)/, () => "\\x00"],
  [/^c([A-Za-z])/, ([, letter]) => hex(letter!.charCodeAt(0) % 32)],
  [/^[0c]/, () => refuse("an escape of the old syntax")],
  [/^u([dD][89abAB][\da-fA-F]{2})\\u([dD][c-fC-F][\da-fA-F]{2})/, ([, high, low]) => pair(high!, low!)],
  [/^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|u\{([\da-fA-F]+)\})/, ([, x, u, long]) => single(x ?? u ?? long!)],
  [/^([pP])\{([\w=]+)\}/, ([, letter, name]) => property(name!, letter === "P")],
  [/^(?:[1-9]|k<)/, () => refuse("a reference back to a group")],
  [/^[^]/u, ([char]) => hex(char.codePointAt(0)!)]
]

const refuse = (what: string): never => {
  throw new Unsupported(`${what} cannot be run in linear time`)
}

const pair = (high: string, low: string): string =>
  hex(String.fromCharCode(Number.parseInt(high, 16), Number.parseInt(low, 16)).codePointAt(0)!)

const single = (digits: string): string => {
  const code = Number.parseInt(digits, 16)
  return code >= 0xd800 && code <= 0xdfff ? refuse("half a surrogate pair") : hex(code)
}

/** Reads a pattern from left to right. */
class Translation {
  readonly #source: string
  #at = 0
  #out = ""

  constructor(source: string) {
    this.#source = source
  }

  run(): string {
    while (this.#at < this.#source.length) this.#piece()
    return this.#out
  }

  #take(expression: RegExp): RegExpExecArray | undefined {
    const match = expression.exec(this.#source.slice(this.#at, this.#at + 256))
    if (match === null) return undefined
    this.#at += match[0].length
    return match
  }

  #piece(): void {
    if (this.#take(/^\\/)) this.#out += this.#escape(false)
    else if (this.#take(/^\[/)) this.#out += this.#class()
    else if (this.#take(/^\./)) this.#out += DOT
    else if (this.#take(/^\(\?<?[=!]/)) refuse("looking around")
    else if (this.#take(/^\(\?:|^\(\?<[^>]*>|^\((?!\?)/)) this.#out += "(?:"
    else this.#out += this.#take(/^(?:[)|^$]|(?:[*+?]|\{\d+(?:,\d*)?\})\??)/)?.[0] ?? this.#literal()
  }

  #literal(): string {
    const [char] = this.#take(/^[^]/u)!
    return char === "(" ? refuse("a group with flags") : hex(char.codePointAt(0)!)
  }

  #escape(inClass: boolean): string {
    for (const [expression, write] of ESCAPES) {
      const match = this.#take(expression)
      if (match !== undefined) return write(match, inClass)
    }
    return "\\x5c"
  }

  #class(): string {
    const negated = this.#take(/^\^/) !== undefined
    let members = ""
    while (this.#take(/^\]/) === undefined) members += this.#member()
    if (members === "") return negated ? ANY : NOTHING
    return `[${negated ? "^" : ""}${members}]`
  }

  /** One member of a class. A hyphen stays one between two characters; anywhere else it stands for itself. */
  #member(): string {
    const first = this.#atom()
    if (!isOne(first) || this.#take(/^-(?!\])/) === undefined) return first
    const last = this.#atom()
    return isOne(last) ? `${first}-${last}` : `${first}${hex(45)}${last}`
  }

  #atom(): string {
    return this.#take(/^\\/) ? this.#escape(true) : hex(this.#take(/^[^]/u)![0].codePointAt(0)!)
  }
}

const isOne = (atom: string): boolean => /^\\(?:x(?:[\da-f]{2}|\{[\da-f]+\})|[nrtf])$/.test(atom)

const isPattern = (source: string, flags: string): boolean => {
  try {
    return new RegExp(source, flags).source.length > 0
  } catch {
    return false
  }
}

/** Prepares a pattern; throws `Unsupported`. */
export const compile = (source: string): LinearPattern => {
  if (source.length > MAX_LENGTH) throw new Unsupported(`it is longer than ${MAX_LENGTH} characters`)
  if (!isPattern(source, "u") && !isPattern(source, "")) throw new Unsupported("it is not a regular expression")
  const translated = new Translation(source).run()
  try {
    const engine = RE2JS.compile(translated)
    return { source, states: engine.programSize(), test: (text) => engine.test(text) }
  } catch (error) {
    throw new Unsupported(error instanceof Error ? error.message : String(error))
  }
}
