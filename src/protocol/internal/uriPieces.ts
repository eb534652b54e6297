/**
 * The pieces that a uri is matched by, and where in it each of them may begin.
 *
 * Each sweep goes over the uri once, from its end, and is told the positions where the piece may end: those from which
 * the rest of the pieces fits. Positions are those between characters: no value begins or ends inside an escape.
 */
import { type Expression, type Part, rules, type Variable } from "./uriParts.ts"
import { ANY, ascii, COMMA, INSIDE, PATH, PLAIN, QUERY, SEGMENT, SLASH, type Uri } from "./uriText.ts"

/** A literal; `borders[i]` is how much of its beginning is also the end of its first `i + 1` units. */
export interface Text {
  readonly _tag: "Text"
  readonly text: string
  readonly borders: ReadonlyArray<number>
}

/** One variable that stands without its name; with a `lead` before it, it may be absent. */
export interface Value {
  readonly _tag: "Value"
  readonly variable: Variable
  readonly lead: string
  readonly kinds: number
  readonly separator: string
}

/** The `name=value` pairs of an expression. */
export interface Pairs {
  readonly _tag: "Pairs"
  readonly lead: string
  readonly separator: string
  readonly kinds: number
  readonly variables: ReadonlyMap<string, Variable>
}

export type Piece = Text | Value | Pairs

const bordersOf = (text: string): ReadonlyArray<number> => {
  const borders = [0]
  for (let at = 1; at < text.length; at++) {
    let length = borders[at - 1]!
    while (length > 0 && text[length] !== text[at]) length = borders[length - 1]!
    borders.push(text[length] === text[at] ? length + 1 : 0)
  }
  return borders
}

const valueOf = (variable: Variable, index: number): Value => {
  const { first, reserved, separator } = rules[variable.operator]
  const between = separator === "/" ? SLASH : separator === "," ? COMMA : PLAIN
  const one = PLAIN | SEGMENT
  const kinds = reserved ? ANY : variable.explode ? one | between : one
  return { _tag: "Value", variable, lead: index === 0 ? first : separator, kinds, separator }
}

const pairsOf = ({ operator, variables }: Expression): Pairs => {
  const { first, separator } = rules[operator]
  const named = new Map(variables.map((variable) => [ascii(variable.name), variable]))
  return { _tag: "Pairs", lead: first, separator, kinds: operator === ";" ? PATH : QUERY, variables: named }
}

/** A literal or a named expression is one piece, any other expression one for each variable. */
export const piecesOf = (part: Part): ReadonlyArray<Piece> => {
  if (part._tag === "Expression") return rules[part.operator].named ? [pairsOf(part)] : part.variables.map(valueOf)
  const text = ascii(part.text)
  return [{ _tag: "Text", text, borders: bordersOf(text) }]
}

/** A set of positions, a bit for each. */
export class Positions {
  readonly #bits: Uint8Array
  isEmpty = true

  constructor(length: number) {
    this.#bits = new Uint8Array((length >> 3) + 1)
  }

  has(position: number): boolean {
    return ((this.#bits[position >> 3] ?? 0) & (1 << (position & 7))) !== 0
  }

  add(position: number): void {
    this.#bits[position >> 3]! |= 1 << (position & 7)
    this.isEmpty = false
  }
}

/** Where in the uri the text begins that ends at one of `ends`. */
const startsOfText = ({ kinds, text }: Uri, piece: Text, ends: Positions): Positions => {
  const starts = new Positions(text.length)
  const { borders, text: sought } = piece
  let matched = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    while (matched > 0 && (matched === sought.length || sought.charCodeAt(matched) !== unit)) {
      matched = borders[matched - 1]!
    }
    if (sought.charCodeAt(matched) === unit) matched++
    const start = at + 1 - sought.length
    if (matched === sought.length && ends.has(at + 1) && kinds[start] !== INSIDE) starts.add(start)
  }
  return starts
}

/** Where a value may begin that ends at one of `ends`; and, with a lead, where it may be absent. */
const startsOfValue = ({ kinds, text }: Uri, piece: Value, ends: Positions): Positions => {
  const starts = new Positions(text.length)
  const limit = piece.variable.prefix ?? text.length
  // characters between what stands right of here and the nearest end
  let distance = Infinity
  for (let at = text.length; at >= 0; at--) {
    const kind = kinds[at]!
    if (kind === INSIDE) continue
    const inside = (kind & piece.kinds) !== 0
    const present = piece.lead === "" ? inside && distance < limit : text[at] === piece.lead && distance <= limit
    const absent = piece.lead !== "" && ends.has(at)
    if (present || absent) starts.add(at)
    if (ends.has(at)) distance = 0
    else distance = inside ? distance + 1 : Infinity
  }
  return starts
}

/** Where pairs begin, at the lead or at a separator, that can go on to one of `ends`. */
export const pairsTo = ({ kinds, text }: Uri, piece: Pairs, ends: Positions): Positions => {
  const pairs = new Positions(text.length)
  const { lead, separator, variables } = piece
  const isEnd = (at: number): boolean => ends.has(at) || (text[at] === separator && pairs.has(at))
  // where the name ends that begins right of here; whether a value can begin right of here, and of the nearest "="
  let name = text.length
  let fits = false
  let fitsNamed = false
  for (let at = text.length; at >= 0; at--) {
    const kind = kinds[at]!
    if (kind === INSIDE) continue
    const char = text[at]
    if ((char === lead || char === separator) && variables.has(text.slice(at + 1, name))) {
      if (text[name] === "=" ? fitsNamed : isEnd(name)) pairs.add(at)
    }
    if (char === "=") fitsNamed = fits
    if ((kind & PLAIN) === 0) name = at
    fits = isEnd(at) || (fits && (kind & piece.kinds) !== 0 && char !== separator)
  }
  return pairs
}

/** Where pairs may begin whose last ends at one of `ends`, or where they may be absent. */
const startsOfPairs = (uri: Uri, piece: Pairs, ends: Positions): Positions => {
  const starts = new Positions(uri.text.length)
  const pairs = pairsTo(uri, piece, ends)
  for (let at = 0; at <= uri.text.length; at++) {
    if (ends.has(at) || (uri.text[at] === piece.lead && pairs.has(at))) starts.add(at)
  }
  return starts
}

/** Where the piece may begin, if it ends at one of `ends`. */
export const startsOf = (uri: Uri, piece: Piece, ends: Positions): Positions => {
  if (piece._tag === "Text") return startsOfText(uri, piece, ends)
  return piece._tag === "Value" ? startsOfValue(uri, piece, ends) : startsOfPairs(uri, piece, ends)
}
