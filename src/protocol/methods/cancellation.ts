/**
 * Chapter `basic/utilities/cancellation`: the sender of a request no longer wants its answer.
 *
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/cancellation
 */
import * as Schema from "effect/Schema"
import * as McpMethod from "../McpMethod.ts"
import { Id, JsonObject } from "../McpSchema.ts"

export const CancelledParams = Schema.Struct({
  requestId: Schema.optionalKey(Id),
  reason: Schema.optionalKey(Schema.String),
  _meta: Schema.optionalKey(JsonObject)
})

export const Cancelled = McpMethod.notification("notifications/cancelled", { params: CancelledParams })
