/**
 * JSON text without its secrets: what stands under a name that says so is replaced, at any depth.
 *
 * It is for logs and transcripts that people read. It looks at names only; a secret in the middle of a text stays.
 */
import * as Result from "effect/Result"

const SECRET = /token|secret|password|passwd|authorization|credential|api[-_]?key|private[-_]?key|cookie/i

/** What begins like a secret's name, and is none. */
const HARMLESS = new Set(["progressToken", "maxTokens"])

export const REDACTED = "<redacted>"

const isSecret = (name: string, value: unknown): boolean =>
  value !== null && value !== undefined && SECRET.test(name) && !HARMLESS.has(name)

/** A value as JSON text; what is nested too deeply to be written again is named instead. */
export const written = (value: unknown, replacer?: (name: string, value: unknown) => unknown): string =>
  Result.getOrElse(
    Result.try(() => JSON.stringify(value, replacer)),
    () => JSON.stringify("<nested too deeply to be shown>")
  )

/** The text of a message with its secrets replaced; a text that is no JSON stays as it is. */
export const redacted = (text: string): string => {
  // a name may be written with escapes
  if (!SECRET.test(text) && !text.includes("\\u")) return text
  const parsed = Result.try(() => JSON.parse(text) as unknown)
  return Result.isFailure(parsed)
    ? text
    : written(parsed.success, (name, value) => (isSecret(name, value) ? REDACTED : value))
}
