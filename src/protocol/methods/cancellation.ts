/**
 * Chapter `basic/utilities/cancellation`: the sender of a request no longer wants its answer.
 *
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/cancellation
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { Id, NotificationParams } from "../McpSchema.ts"

export const CancelledNotificationParams = shape("CancelledNotificationParams", {
  requestId: Schema.optionalKey(Id),
  /** Why, for people. */
  reason: Schema.optionalKey(Schema.String),
  ...NotificationParams
})
export interface CancelledNotificationParams extends Schema.Schema.Type<typeof CancelledNotificationParams> {}

export const Cancelled = McpMethod.notification("notifications/cancelled", { params: CancelledNotificationParams })
