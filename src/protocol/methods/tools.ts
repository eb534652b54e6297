/**
 * Chapter `server/tools`: listing and calling tools.
 *
 * `arguments` and `structuredContent` are checked by the tool's own schemas, not here.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/tools
 */
import * as Schema from "effect/Schema"
import { data, shape } from "../internal/shape.ts"
import * as McpContent from "../McpContent.ts"
import * as McpMethod from "../McpMethod.ts"
import {
  BaseMetadata,
  CacheableResult,
  Icons,
  InputResponseRequestParams,
  JsonObject,
  Meta,
  NoDetails,
  RequestParams,
  Result,
  TaskAugmentedRequestParams
} from "../McpSchema.ts"
import { PaginatedRequestParams, PaginatedResult } from "./pagination.ts"

/** A JSON Schema whose root is an object. */
export const InputSchema: Schema.Codec<{ readonly type: "object"; readonly [keyword: string]: unknown }> = data(
  "InputSchema",
  { type: Schema.Literal("object"), $schema: Schema.optionalKey(Schema.String) }
)

/** A JSON Schema; its root is an object up to 2025-11-25. */
export const OutputSchema: Schema.Codec<JsonObject> = data("OutputSchema", {
  $schema: Schema.optionalKey(Schema.String)
})

/** Hints about a tool's behaviour; clients treat them as untrusted. */
export const ToolAnnotations = shape("ToolAnnotations", {
  title: Schema.optionalKey(Schema.String),
  /** It changes nothing. Default: false. */
  readOnlyHint: Schema.optionalKey(Schema.Boolean),
  /** It may destroy what was there. Default: true. */
  destructiveHint: Schema.optionalKey(Schema.Boolean),
  /** Calling it again with the same arguments changes nothing more. Default: false. */
  idempotentHint: Schema.optionalKey(Schema.Boolean),
  /** It reaches things outside this server. Default: true. */
  openWorldHint: Schema.optionalKey(Schema.Boolean)
})
export interface ToolAnnotations extends Schema.Schema.Type<typeof ToolAnnotations> {}

/** How a tool may be run (2025-11-25). */
export const ToolExecution = shape("ToolExecution", {
  taskSupport: Schema.optionalKey(Schema.Literals(["forbidden", "optional", "required"]))
})

/** A tool as a list shows it. */
export const Tool = shape("Tool", {
  ...BaseMetadata,
  description: Schema.optionalKey(Schema.String),
  inputSchema: InputSchema,
  outputSchema: Schema.optionalKey(OutputSchema),
  annotations: Schema.optionalKey(ToolAnnotations),
  execution: Schema.optionalKey(ToolExecution),
  ...Icons,
  ...Meta
})
export interface Tool extends Schema.Schema.Type<typeof Tool> {}

export const ListToolsResult = shape("ListToolsResult", {
  tools: Schema.Array(Tool),
  ...PaginatedResult,
  ...CacheableResult,
  ...Result
})
export interface ListToolsResult extends Schema.Schema.Type<typeof ListToolsResult> {}

export const ListTools = McpMethod.request("tools/list", {
  params: PaginatedRequestParams,
  result: ListToolsResult,
  capability: "tools"
})

export const CallToolRequestParams = shape("CallToolRequestParams", {
  name: Schema.String,
  arguments: Schema.optionalKey(JsonObject),
  ...InputResponseRequestParams,
  ...TaskAugmentedRequestParams,
  ...RequestParams
})
export interface CallToolRequestParams extends Schema.Schema.Type<typeof CallToolRequestParams> {}

export const CallTool = McpMethod.request("tools/call", {
  params: CallToolRequestParams,
  result: McpContent.Result,
  capability: "tools"
})

export const ToolListChanged = McpMethod.notification("notifications/tools/list_changed", { params: NoDetails })
