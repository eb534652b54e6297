/**
 * Chapter `basic/utilities/progress`: how far a request has come.
 *
 * The asking side puts a `progressToken` into `_meta`; the answering side reports against it, strictly increasing,
 * until it answers.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/progress
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { Id, NotificationParams } from "../McpSchema.ts"

export const ProgressNotificationParams = shape("ProgressNotificationParams", {
  progressToken: Id,
  /** How much is done; larger in every report. */
  progress: Schema.Finite,
  /** How much there is to do, in the same unit, when known. */
  total: Schema.optionalKey(Schema.Finite),
  /** What is being done, for people. Since 2025-03-26. */
  message: Schema.optionalKey(Schema.String),
  ...NotificationParams
})
export interface ProgressNotificationParams extends Schema.Schema.Type<typeof ProgressNotificationParams> {}

export const Progress = McpMethod.notification("notifications/progress", { params: ProgressNotificationParams })
