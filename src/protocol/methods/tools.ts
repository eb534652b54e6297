/**
 * Chapter `server/tools`: listing and calling tools.
 *
 * `arguments` and `structuredContent` are checked by the tool's own schemas, not here.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/server/tools
 */
import * as Schema from "effect/Schema"
import * as McpContent from "../McpContent.ts"
import * as McpMethod from "../McpMethod.ts"
import { JsonObject, NoParams, Tool } from "../McpSchema.ts"

export const ListToolsParams = Schema.UndefinedOr(
  Schema.Struct({ cursor: Schema.optionalKey(Schema.String), _meta: Schema.optionalKey(JsonObject) })
)

export const ListToolsResult = Schema.Struct({
  tools: Schema.Array(Tool),
  nextCursor: Schema.optionalKey(Schema.String),
  _meta: Schema.optionalKey(JsonObject)
})
export interface ListToolsResult extends Schema.Schema.Type<typeof ListToolsResult> {}

export const ListTools = McpMethod.request("tools/list", {
  params: ListToolsParams,
  result: ListToolsResult,
  capability: "tools"
})

export const CallToolParams = Schema.Struct({
  name: Schema.String,
  arguments: Schema.optionalKey(JsonObject),
  _meta: Schema.optionalKey(JsonObject)
})
export interface CallToolParams extends Schema.Schema.Type<typeof CallToolParams> {}

export const CallTool = McpMethod.request("tools/call", {
  params: CallToolParams,
  result: McpContent.Result,
  capability: "tools"
})

export const ToolListChanged = McpMethod.notification("notifications/tools/list_changed", { params: NoParams })
