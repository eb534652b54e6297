/**
 * The grammar of names: keys of `_meta`, ids of extensions, tools; and the formats of trace context.
 *
 * Each `…Problem` gives a sentence that says what is wrong, where, and what is allowed; `undefined` for a good name. It
 * refuses nothing itself: names from the other side are kept as they are. All take time linear in the name.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/index#_meta
 */

const MAX_SHOWN = 100

/** A name as it is shown in a sentence: quoted, and not the whole of it if it is long. */
const quoted = (name: string): string => JSON.stringify(name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name)

const charAt = (text: string, index: number): string => quoted(String.fromCodePoint(text.codePointAt(index) ?? 0))

const LETTER = /^[A-Za-z]/
const ALPHANUMERIC = /[A-Za-z0-9]$/

/** What is wrong with the label at `start`, as the end of a sentence. */
const labelProblem = (label: string, start: number): string | undefined => {
  if (label === "") return `has an empty label at position ${start}; a label is a letter, and what follows it`
  const bad = label.search(/[^A-Za-z0-9-]/)
  if (bad !== -1) {
    return `has ${charAt(label, bad)} at position ${start + bad}; labels are letters, digits and "-", with dots between`
  }
  if (!LETTER.test(label)) return `has a label at position ${start} that does not begin with a letter`
  if (!ALPHANUMERIC.test(label)) return `has a label at position ${start} that does not end with a letter or a digit`
  return undefined
}

const prefixProblem = (prefix: string): string | undefined => {
  let start = 0
  for (const label of prefix.split(".")) {
    const problem = labelProblem(label, start)
    if (problem !== undefined) return problem
    start += label.length + 1
  }
  return undefined
}

/** What is wrong with the part behind the prefix, which begins at `start`. It may be empty. */
const nameProblem = (name: string, start: number): string | undefined => {
  const bad = name.search(/[^A-Za-z0-9._-]/)
  if (bad !== -1) {
    const allowed = `letters, digits, "-", "_" and "." are allowed${start === 0 ? "" : ` behind the "/"`}`
    return `has ${charAt(name, bad)} at position ${start + bad}; ${allowed}`
  }
  if (name === "" || (/^[A-Za-z0-9]/.test(name) && ALPHANUMERIC.test(name))) return undefined
  return `has a name at position ${start} that does not begin and end with a letter or a digit`
}

/** The prefix of a key, without its slash; `undefined` if there is none. */
const prefixOf = (key: string): string | undefined => {
  const slash = key.indexOf("/")
  return slash === -1 ? undefined : key.slice(0, slash)
}

const keyProblem = (key: string): string | undefined => {
  const prefix = prefixOf(key)
  if (prefix === undefined) return nameProblem(key, 0)
  return prefixProblem(prefix) ?? nameProblem(key.slice(prefix.length + 1), prefix.length + 1)
}

/**
 * Why a key may not stand in `_meta`. A key is a name, of letters, digits, `-`, `_`, `.`, that begins and ends with a
 * letter or a digit; or a prefix, of labels with dots between, a slash, and a name. The name may be empty.
 */
export const metaKeyProblem = (key: string): string | undefined => {
  const problem = keyProblem(key)
  return problem === undefined ? undefined : `The key ${quoted(key)} ${problem}.`
}

/** Why an id is not that of an extension: a key of `_meta`, with a prefix in any case. */
export const extensionIdProblem = (id: string): string | undefined => {
  const none = `has no prefix; put the reversed name of a domain and "/" before it, as in "com.example/name"`
  const problem = prefixOf(id) === undefined ? none : keyProblem(id)
  return problem === undefined ? undefined : `The id ${quoted(id)} of an extension ${problem}.`
}

/** Keys without a prefix that the specification has given a meaning: the three of trace context by way of exception. */
const RESERVED = new Set(["progressToken", "traceparent", "tracestate", "baggage"])

/**
 * Whether the specification keeps a key to itself: where the second label of its prefix is `modelcontextprotocol` or
 * `mcp` (the rule since 2025-11-25), and the keys `progressToken`, `traceparent`, `tracestate` and `baggage`.
 */
export const isReservedMetaKey = (key: string): boolean => {
  const label = prefixOf(key)?.split(".")[1]
  return label === "modelcontextprotocol" || label === "mcp" || RESERVED.has(key)
}

const MAX_TOOL_NAME = 128

/** Why a name should not be that of a tool: 1 to 128 letters, digits, `_`, `-` and `.`. `a` and `A` are two names. */
export const toolNameProblem = (name: string): string | undefined => {
  if (name === "") return "The name of a tool is empty."
  const bad = name.search(/[^A-Za-z0-9_.-]/)
  if (bad !== -1) {
    const what = `${charAt(name, bad)} at position ${bad}`
    return `The name ${quoted(name)} of a tool has ${what}; letters, digits, "_", "-" and "." are allowed.`
  }
  if (name.length <= MAX_TOOL_NAME) return undefined
  return `The name ${quoted(name)} of a tool has ${name.length} characters; at most ${MAX_TOOL_NAME} are allowed.`
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?$/

/** Whether a value is a `traceparent` of W3C Trace Context: of version 00, or of a later one that begins like it. */
export const isTraceparent = (value: unknown): value is string => {
  const [, version, trace = "", parent = "", more] = typeof value === "string" ? (TRACEPARENT.exec(value) ?? []) : []
  if (version === undefined || version === "ff" || (version === "00" && more !== undefined)) return false
  return /[^0]/.test(trace) && /[^0]/.test(parent)
}

const trim = (text: string): string => text.replace(/^[ \t]+|(?<![ \t])[ \t]+$/g, "")

/** The members of a comma-separated list, or `undefined` if there are more than `limit`. */
const membersOf = (value: unknown, limit: number): ReadonlyArray<string> | undefined => {
  const members = typeof value === "string" ? value.split(",", limit + 1) : undefined
  return members === undefined || members.length > limit ? undefined : members.map(trim)
}

const STATE = /^[a-z0-9][a-z0-9_*/@-]{0,255}=[ -+\--<>-~]{0,255}[!-+\--<>-~]$/

/** Whether a value is a `tracestate` of W3C Trace Context: at most 32 members; empty ones and equal keys may be. */
export const isTracestate = (value: unknown): value is string =>
  membersOf(value, 32)?.every((member) => member === "" || STATE.test(member)) ?? false

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const OCTETS = /^[!#-+\--:<-[\]-~]*$/

const isBaggageEntry = (text: string, needsValue: boolean): boolean => {
  const sign = text.indexOf("=")
  if (sign === -1) return !needsValue && TOKEN.test(trim(text))
  return TOKEN.test(trim(text.slice(0, sign))) && OCTETS.test(trim(text.slice(sign + 1)))
}

/** Whether a value is a `baggage` of W3C Baggage: at most 180 members, each with a value and maybe properties. */
export const isBaggage = (value: unknown): value is string =>
  membersOf(value, 180)?.every((member) => {
    const entries = member.split(";")
    return entries.every((entry, index) => isBaggageEntry(entry, index === 0))
  }) ?? false
