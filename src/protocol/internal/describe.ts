/**
 * What is wrong with a value, as one line for the person or model that reads it.
 *
 * Schema failures name the path and what was expected; several of them are joined. This is the only place that turns a
 * schema's issue into words, for payloads of the protocol and for the arguments and results of tools alike.
 */
import type * as Cause from "effect/Cause"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"

const format = SchemaIssue.makeFormatterStandardSchemaV1()

const describeError = (error: Schema.SchemaError): string =>
  format(error.issue)
    .issues.map((issue) => {
      const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".")
      return path === "" ? issue.message : `${path}: ${issue.message}`
    })
    .join("; ")

/**
 * Whether a decoder refused what it was given: it failed, or, where a schema calls itself, was given more than it could
 * walk over. Any other defect is the schema's own.
 */
export const isMisfit = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some(
    (reason) => reason._tag === "Fail" || (reason._tag === "Die" && reason.defect instanceof RangeError)
  )

/** Describes the failure of a decoder or encoder. A defect in it is not described: its text stays in the process. */
export const describeFailure = (cause: Cause.Cause<unknown>): string => {
  for (const reason of cause.reasons) {
    if (reason._tag === "Fail" && Schema.isSchemaError(reason.error)) return describeError(reason.error)
  }
  return "The value could not be checked against its schema"
}
