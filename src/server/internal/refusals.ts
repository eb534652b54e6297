/**
 * What may be told of an error that a handler or middleware failed with: refusals by guards and limits, and faults.
 *
 * Everything else is a defect and stays inside. How they are written, `boundary` knows.
 */
import {
  Busy,
  ElicitCancelled,
  ElicitDeclined,
  Forbidden,
  McpError,
  McpFault,
  RateLimited
} from "../../protocol/McpError.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"

export type Refusal = Forbidden | RateLimited | Busy

const isRefusal = (error: unknown): error is Refusal =>
  error instanceof Forbidden || error instanceof RateLimited || error instanceof Busy

/** The refusal that an error is, or carries as its reason. */
export const refusalOf = (error: unknown): Refusal | undefined => {
  const reason = error instanceof McpError ? error.reason : error
  return isRefusal(reason) ? reason : undefined
}

export const dataOf = (refusal: Refusal): JsonObject | undefined => {
  switch (refusal._tag) {
    case "Forbidden":
      return { guard: refusal.guard }
    case "RateLimited":
      return refusal.retryAfterMs === undefined ? undefined : { retryAfterMs: refusal.retryAfterMs }
    case "Busy":
      return undefined
  }
}

/** The user has not answered. */
export const isUnanswered = (error: unknown): error is ElicitDeclined | ElicitCancelled =>
  error instanceof ElicitDeclined || error instanceof ElicitCancelled

/** What the client would have to be able to do, where that is what went wrong. */
export const missingOf = (error: unknown): McpFault | undefined => {
  const reason = error instanceof McpError ? error.reason : undefined
  if (reason?._tag !== "Unsupported" || reason.requires === undefined) return undefined
  return new McpFault({
    fault: "MissingCapability",
    detail: reason.message,
    data: { requiredCapabilities: reason.requires }
  })
}

/** What an error is on the wire; nothing when it is none that may be told. */
export const faultOf = (error: unknown): McpFault | undefined => {
  if (error instanceof McpFault) return error
  if (isUnanswered(error)) return new McpFault({ fault: "Rejected", detail: error.message })
  const missing = missingOf(error)
  if (missing !== undefined) return missing
  if (error instanceof McpError && error.reason._tag === "InvalidAnswer") {
    return new McpFault({ fault: "InvalidParams", detail: error.message })
  }
  const refusal = refusalOf(error)
  if (refusal !== undefined) {
    const data = dataOf(refusal)
    return new McpFault({ fault: refusal._tag, detail: refusal.detail, ...(data === undefined ? undefined : { data }) })
  }
  return error instanceof McpError ? new McpFault({ fault: "Internal", detail: error.message }) : undefined
}
