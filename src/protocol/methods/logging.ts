/**
 * Chapter `server/utilities/logging`: log messages from server to client.
 *
 * In 2026-07-28 a request opts in by a level in its `_meta`; before, the server has one level per conversation.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/logging
 */
import * as Schema from "effect/Schema"
import * as McpMethod from "../McpMethod.ts"
import { EmptyResult, JsonObject, LogLevel } from "../McpSchema.ts"

export const SetLevelParams = Schema.Struct({ level: LogLevel, _meta: Schema.optionalKey(JsonObject) })
export interface SetLevelParams extends Schema.Schema.Type<typeof SetLevelParams> {}

/** Asks for messages from a level on, for the rest of a legacy conversation. */
export const SetLevel = McpMethod.request("logging/setLevel", {
  params: SetLevelParams,
  result: EmptyResult,
  capability: "logging"
})

export const LogMessageParams = Schema.Struct({
  level: LogLevel,
  logger: Schema.optionalKey(Schema.String),
  data: Schema.Unknown,
  _meta: Schema.optionalKey(JsonObject)
})
export interface LogMessageParams extends Schema.Schema.Type<typeof LogMessageParams> {}

export const LogMessage = McpMethod.notification("notifications/message", { params: LogMessageParams })
