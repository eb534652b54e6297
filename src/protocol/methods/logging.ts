/**
 * Chapter `server/utilities/logging`: log messages from server to client.
 *
 * In 2026-07-28 a request opts in by a level in its `_meta`; before, the server has one level per conversation.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/logging
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { EmptyResult, LoggingLevel, NotificationParams, RequestParams } from "../McpSchema.ts"

export const SetLevelRequestParams = shape("SetLevelRequestParams", { level: LoggingLevel, ...RequestParams })
export interface SetLevelRequestParams extends Schema.Schema.Type<typeof SetLevelRequestParams> {}

/** Asks for messages from a level on, for the rest of a legacy conversation. */
export const SetLevel = McpMethod.request("logging/setLevel", {
  params: SetLevelRequestParams,
  result: EmptyResult,
  capability: "logging"
})

export const LoggingMessageNotificationParams = shape("LoggingMessageNotificationParams", {
  level: LoggingLevel,
  /** Which part of the server says it. */
  logger: Schema.optionalKey(Schema.String),
  /** Any JSON: a sentence, or an object. */
  data: Schema.Unknown,
  ...NotificationParams
})
export interface LoggingMessageNotificationParams extends Schema.Schema.Type<typeof LoggingMessageNotificationParams> {}

export const LoggingMessage = McpMethod.notification("notifications/message", {
  params: LoggingMessageNotificationParams
})
