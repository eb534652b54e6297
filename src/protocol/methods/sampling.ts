/**
 * Chapter `client/sampling`: a server asks the client's model.
 *
 * In 2026-07-28 it is only an input request (`mrtr.ts`), and deprecated.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/sampling
 */
import * as Schema from "effect/Schema"
import { choice, shape } from "../internal/shape.ts"
import * as McpContent from "../McpContent.ts"
import * as McpMethod from "../McpMethod.ts"
import { HostRequestParams, HostResult, JsonObject, Meta, Role, TaskAugmentedRequestParams } from "../McpSchema.ts"
import { Tool } from "./tools.ts"

/** The model wants a tool called. Since 2025-11-25. */
export const ToolUseContent = shape("ToolUseContent", {
  type: Schema.Literal("tool_use"),
  id: Schema.String,
  name: Schema.String,
  input: JsonObject,
  ...Meta
})
export interface ToolUseContent extends Schema.Schema.Type<typeof ToolUseContent> {}

/** What the tool said. Since 2025-11-25. */
export const ToolResultContent = shape("ToolResultContent", {
  type: Schema.Literal("tool_result"),
  toolUseId: Schema.String,
  content: Schema.Array(McpContent.Block),
  structuredContent: Schema.optionalKey(McpContent.StructuredContent),
  isError: Schema.optionalKey(Schema.Boolean),
  ...Meta
})
export interface ToolResultContent extends Schema.Schema.Type<typeof ToolResultContent> {}

const blocks = [McpContent.Text, McpContent.Image, McpContent.Audio, ToolUseContent, ToolResultContent] as const

export const SamplingMessageContentBlock = Schema.Union(blocks)
export type SamplingMessageContentBlock = typeof SamplingMessageContentBlock.Type

/** One block, or, since 2025-11-25, several. */
export const SamplingContent = choice("SamplingContent", [
  ...blocks,
  Schema.Array(SamplingMessageContentBlock).annotate({ identifier: "SamplingMessageContentBlocks" })
])

export const SamplingMessage = shape("SamplingMessage", {
  role: Role,
  content: SamplingContent,
  /** Since 2025-11-25. */
  _meta: Schema.optionalKey(JsonObject)
})
export interface SamplingMessage extends Schema.Schema.Type<typeof SamplingMessage> {}

const priority = Schema.optionalKey(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })))

/** What matters in choosing a model, each from 0 to 1; hints are tried in order. */
export const ModelPreferences = shape("ModelPreferences", {
  /** A part of a model's name. */
  hints: Schema.optionalKey(Schema.Array(Schema.Struct({ name: Schema.optionalKey(Schema.String) }))),
  costPriority: priority,
  speedPriority: priority,
  intelligencePriority: priority
})
export interface ModelPreferences extends Schema.Schema.Type<typeof ModelPreferences> {}

export const ToolChoice = shape("ToolChoice", {
  mode: Schema.optionalKey(Schema.Literals(["auto", "required", "none"]))
})

export const CreateMessageRequestParams = shape("CreateMessageRequestParams", {
  messages: Schema.Array(SamplingMessage),
  modelPreferences: Schema.optionalKey(ModelPreferences),
  systemPrompt: Schema.optionalKey(Schema.String),
  /** Deprecated but for `none`. */
  includeContext: Schema.optionalKey(Schema.Literals(["none", "thisServer", "allServers"])),
  temperature: Schema.optionalKey(Schema.Finite),
  maxTokens: Schema.Int,
  stopSequences: Schema.optionalKey(Schema.Array(Schema.String)),
  metadata: Schema.optionalKey(JsonObject),
  tools: Schema.optionalKey(Schema.Array(Tool)),
  toolChoice: Schema.optionalKey(ToolChoice),
  ...TaskAugmentedRequestParams,
  ...HostRequestParams
})
export interface CreateMessageRequestParams extends Schema.Schema.Type<typeof CreateMessageRequestParams> {}

export const CreateMessageResult = shape("CreateMessageResult", {
  role: Role,
  content: SamplingContent,
  model: Schema.String,
  /** `endTurn`, `stopSequence`, `maxTokens`, `toolUse`, or the provider's own word. */
  stopReason: Schema.optionalKey(Schema.String),
  ...HostResult
})
export interface CreateMessageResult extends Schema.Schema.Type<typeof CreateMessageResult> {}

export const CreateMessage = McpMethod.request("sampling/createMessage", {
  params: CreateMessageRequestParams,
  result: CreateMessageResult,
  capability: "sampling"
})
