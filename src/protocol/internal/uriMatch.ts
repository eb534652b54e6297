/**
 * The values of a template back from a uri, in time linear in the uri.
 *
 * From the last piece to the first, one sweep each finds every position from which the rest of the pieces fits the rest
 * of the uri. One walk from the left then knows at each piece where it may end, and never goes back.
 */
import { cut, type Part, type Variable } from "./uriParts.ts"
import { type Pairs, pairsTo, type Piece, piecesOf, Positions, startsOf, type Value } from "./uriPieces.ts"
import { INSIDE, PLAIN, type Uri, uriOf } from "./uriText.ts"

/** What one variable was found to be. */
interface Found {
  readonly variable: Variable
  readonly value: string | ReadonlyArray<string>
}

/** Reads a value at `at`, if it is there, and gives its end. */
const readValue = ({ kinds, text }: Uri, piece: Value, ends: Positions, at: number, found: Array<Found>): number => {
  const { lead, separator, variable } = piece
  if (lead !== "" && text[at] !== lead) return at
  const start = at + lead.length
  let end = start
  for (let length = 0; ; length++) {
    if (ends.has(end) && (lead !== "" || length > 0)) {
      const value = text.slice(start, end)
      const items = variable.explode ? value.split(separator) : [value]
      const decoded = items.map(decodeURIComponent)
      found.push({ variable, value: variable.explode ? decoded : decoded[0]! })
      return end
    }
    if ((kinds[end]! & piece.kinds) === 0 || length === variable.prefix) return at
    do end++
    while (kinds[end] === INSIDE)
  }
}

/** The pairs of an exploded variable are one list, every other stands for itself. */
const foundIn = (pairs: ReadonlyArray<readonly [Variable, string]>): ReadonlyArray<Found> => {
  const lists = new Map<Variable, Array<string>>()
  return pairs.flatMap(([variable, value]): ReadonlyArray<Found> => {
    if (!variable.explode) return [{ variable, value }]
    const list = lists.get(variable)
    if (list !== undefined) {
      list.push(value)
      return []
    }
    const first = [value]
    lists.set(variable, first)
    return [{ variable, value: first }]
  })
}

/** Reads the pairs at `at`, if they are there, and gives their end. */
const readPairs = (uri: Uri, piece: Pairs, ends: Positions, at: number, found: Array<Found>): number => {
  const { kinds, text } = uri
  const begins = pairsTo(uri, piece, ends)
  const isEnd = (at: number): boolean => ends.has(at) || (text[at] === piece.separator && begins.has(at))
  const pairs: Array<readonly [Variable, string]> = []
  let end = at
  for (let before = piece.lead; text[end] === before && begins.has(end); before = piece.separator) {
    let name = end + 1
    while ((kinds[name]! & (PLAIN | INSIDE)) !== 0) name++
    const variable = piece.variables.get(text.slice(end + 1, name))!
    const start = text[name] === "=" ? name + 1 : name
    end = start
    if (start > name) while (!isEnd(end)) end++
    pairs.push([variable, decodeURIComponent(text.slice(start, end))])
  }
  for (const one of foundIn(pairs)) found.push(one)
  return end
}

const read = (uri: Uri, piece: Piece, ends: Positions, at: number, found: Array<Found>): number => {
  if (piece._tag === "Text") return at + piece.text.length
  return piece._tag === "Value" ? readValue(uri, piece, ends, at, found) : readPairs(uri, piece, ends, at, found)
}

const isSame = (one: Found["value"], other: Found["value"]): boolean =>
  typeof one === "string" || typeof other === "string"
    ? one === other
    : one.length === other.length && one.every((item, index) => item === other[index])

/** Whether `found` is what is left of the value `whole` in its place. */
const agrees = ({ value, variable }: Found, whole: Found["value"]): boolean =>
  isSame(value, typeof whole === "string" ? cut(whole, variable.prefix) : whole)

/** The values by name, if all that was found of a variable agrees. Without a prototype: a name may be `__proto__`. */
const valuesOf = (found: ReadonlyArray<Found>): { readonly [name: string]: Found["value"] } | undefined => {
  const values: { [name: string]: Found["value"] } = Object.create(null)
  for (const { value, variable } of found) {
    const known = values[variable.name]
    if (known === undefined || value.length > known.length) values[variable.name] = value
  }
  return found.every((one) => agrees(one, values[one.variable.name]!)) ? values : undefined
}

/** Where each piece has to end, so that those behind it fit the rest of the uri. */
const endsOf = (uri: Uri, pieces: ReadonlyArray<Piece>): ReadonlyArray<Positions> | undefined => {
  let ends = new Positions(uri.text.length)
  ends.add(uri.text.length)
  const all: Array<Positions> = []
  for (const piece of pieces.toReversed()) {
    all.push(ends)
    ends = startsOf(uri, piece, ends)
    if (ends.isEmpty) return undefined
  }
  return ends.has(0) ? all.toReversed() : undefined
}

/** What reads the values of these parts from a uri. */
export const makeMatcher = (parts: ReadonlyArray<Part>) => {
  const pieces = parts.flatMap(piecesOf)
  const [first] = pieces
  return (given: string): { readonly [name: string]: string | ReadonlyArray<string> } | undefined => {
    const uri = uriOf(given)
    if (uri === undefined || (first?._tag === "Text" && !uri.text.startsWith(first.text))) return undefined
    const ends = endsOf(uri, pieces)
    if (ends === undefined) return undefined
    const found: Array<Found> = []
    pieces.reduce((at, piece, index) => read(uri, piece, ends[index]!, at, found), 0)
    return valuesOf(found)
  }
}
