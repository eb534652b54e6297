/**
 * Chapter `server/prompts`: listing and getting prompts.
 *
 * The values of arguments are always strings on the wire.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/prompts
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import { PromptMessage } from "../McpContent.ts"
import * as McpMethod from "../McpMethod.ts"
import {
  BaseMetadata,
  CacheableResult,
  Icons,
  InputResponseRequestParams,
  Meta,
  NoDetails,
  RequestParams,
  Result
} from "../McpSchema.ts"
import { PaginatedRequestParams, PaginatedResult } from "./pagination.ts"

export const PromptArgument = shape("PromptArgument", {
  ...BaseMetadata,
  description: Schema.optionalKey(Schema.String),
  required: Schema.optionalKey(Schema.Boolean)
})
export interface PromptArgument extends Schema.Schema.Type<typeof PromptArgument> {}

/** A prompt as a list shows it. */
export const Prompt = shape("Prompt", {
  ...BaseMetadata,
  description: Schema.optionalKey(Schema.String),
  arguments: Schema.optionalKey(Schema.Array(PromptArgument)),
  ...Icons,
  ...Meta
})
export interface Prompt extends Schema.Schema.Type<typeof Prompt> {}

export const ListPromptsResult = shape("ListPromptsResult", {
  prompts: Schema.Array(Prompt),
  ...PaginatedResult,
  ...CacheableResult,
  ...Result
})
export interface ListPromptsResult extends Schema.Schema.Type<typeof ListPromptsResult> {}

export const ListPrompts = McpMethod.request("prompts/list", {
  params: PaginatedRequestParams,
  result: ListPromptsResult,
  capability: "prompts"
})

export const GetPromptRequestParams = shape("GetPromptRequestParams", {
  name: Schema.String,
  arguments: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)),
  ...InputResponseRequestParams,
  ...RequestParams
})
export interface GetPromptRequestParams extends Schema.Schema.Type<typeof GetPromptRequestParams> {}

export const GetPromptResult = shape("GetPromptResult", {
  description: Schema.optionalKey(Schema.String),
  messages: Schema.Array(PromptMessage),
  ...Result
})
export interface GetPromptResult extends Schema.Schema.Type<typeof GetPromptResult> {}

export const GetPrompt = McpMethod.request("prompts/get", {
  params: GetPromptRequestParams,
  result: GetPromptResult,
  capability: "prompts"
})

export const PromptListChanged = McpMethod.notification("notifications/prompts/list_changed", { params: NoDetails })
