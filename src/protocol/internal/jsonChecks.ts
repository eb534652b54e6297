/**
 * The checks of an Effect Schema as they are published.
 *
 * JSON Schema's patterns are expressions with the flag `u`, and Effect publishes those that have it. Most authors write
 * none: an expression without flags is published too where it means the same with `u`. And what is said of a check that
 * JSON Schema does not know is published, although the check is left to the decoder.
 */
import type * as SchemaAST from "effect/SchemaAST"

type Check = SchemaAST.Check<unknown>

/** Whether nothing in an expression without flags matches half of a character of two units. */
const isUnicode = (source: string): boolean => {
  const plain = source.replaceAll(/\\[dwsbnrtfv^$\\.*+?()[\]{}|/-]/g, "").replaceAll(/\[(?!\^)[^\]]*\]/g, "")
  try {
    return /^[\x20-\x7e]*$/.test(source) && !/[.[\\]/.test(plain) && new RegExp(source, "u").unicode
  } catch {
    return false
  }
}

interface Pattern {
  readonly id?: unknown
  readonly payload?: { readonly flags?: unknown; readonly source?: unknown }
}

/** Whether Effect, or the author, says nothing of what a check is in JSON Schema. */
const isUnsaid = (check: Check): boolean => {
  const callback = check.annotations?.["toJsonSchema"] as ((input: unknown) => unknown) | undefined
  const said = callback?.({ type: "string", schemas: [] })
  return Array.isArray(said) && Object.keys(said[0] ?? {}).length === 0
}

/** The expression of a check that has no flags and is not published yet. */
const sourceOf = (check: Check): string | undefined => {
  const { id, payload } = (check.annotations?.["representation"] ?? {}) as Pattern
  if (id !== "effect/schema/isPattern" || payload?.flags !== "" || typeof payload.source !== "string") return undefined
  return isUnsaid(check) ? payload.source : undefined
}

const isKnown = (check: Check): boolean =>
  check.annotations?.["toJsonSchema"] !== undefined || (check._tag === "FilterGroup" && check.checks.some(isKnown))

const publish = (check: Check): Check => {
  const pattern = sourceOf(check)
  if (pattern !== undefined && isUnicode(pattern)) return as(check, () => ({ pattern }))
  return isKnown(check) || check.annotations === undefined ? check : as(check, () => [{}, true])
}

const as = (check: Check, toJsonSchema: () => unknown): Check => check.annotate({ toJsonSchema } as never)

/** The checks with all that can be said of them. */
export const published = (checks: SchemaAST.Checks | undefined): SchemaAST.Checks | undefined =>
  checks?.map(publish) as SchemaAST.Checks | undefined
