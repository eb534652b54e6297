/**
 * A uri as the matcher reads it: in ASCII, with upper-case escapes, and with what each character can be part of.
 *
 * A character that is escaped, however many escapes it takes, is one character of the kind `PLAIN`. It does not know
 * templates.
 */

// What a character can be part of; 0 is what cannot stand in a uri.
export const PLAIN = 1
export const COMMA = 2
export const SLASH = 4
export const SEGMENT = 8
const QUESTION = 16
const OTHER = 32
/** Not the first unit of its escape sequence. */
export const INSIDE = 64
export const PATH = PLAIN | COMMA | SEGMENT
export const QUERY = PATH | SLASH | QUESTION
export const ANY = QUERY | OTHER

const KINDS = new Uint8Array(128)
for (const [kind, chars] of [
  [PLAIN, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"],
  [COMMA, ","],
  [SLASH, "/"],
  [SEGMENT, ":@!$&'()*+;="],
  [QUESTION, "?"],
  [OTHER, "#[]"]
] as const) {
  for (const char of chars) KINDS[char.charCodeAt(0)] = kind
}

/** A uri in ASCII with upper-case escapes, and the kinds of its units; that of the end is 0. */
export interface Uri {
  readonly text: string
  readonly kinds: Uint8Array
}

/** With everything escaped that is not ASCII; fails at half a surrogate pair. */
export const ascii = (text: string): string =>
  text.replace(/%[0-9A-Fa-f]{2}|\P{ASCII}/gu, (found) =>
    found.startsWith("%") ? found.toUpperCase() : encodeURIComponent(found)
  )

/** How many units the escape sequence at `at` has, by its first byte. */
const escapeLength = (text: string, at: number): number => {
  const byte = Number.parseInt(text.slice(at + 1, at + 3), 16)
  if (byte < 0x80) return 3
  return byte < 0xe0 ? 6 : byte < 0xf0 ? 9 : 12
}

const kindsOf = (text: string): Uint8Array => {
  const kinds = new Uint8Array(text.length + 1)
  for (let at = 0; at < text.length;) {
    const escaped = text[at] === "%"
    const end = at + (escaped ? escapeLength(text, at) : 1)
    kinds[at] = escaped ? PLAIN : KINDS[text.charCodeAt(at)]!
    kinds.fill(INSIDE, at + 1, end)
    at = end
  }
  return kinds
}

/** The uri, unless an escape or a surrogate in it is bad. */
export const uriOf = (uri: string): Uri | undefined => {
  try {
    const text = ascii(uri)
    decodeURIComponent(text)
    return { text, kinds: kindsOf(text) }
  } catch {
    return undefined
  }
}
