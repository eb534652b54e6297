/**
 * Chapter `server/utilities/completion`: what an argument of a prompt, or a variable of a URI template, may become.
 *
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/completion
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { BaseMetadata, RequestParams, Result } from "../McpSchema.ts"

export const PromptReference = shape("PromptReference", { type: Schema.Literal("ref/prompt"), ...BaseMetadata })

/** `ResourceReference` up to 2025-03-26. */
export const ResourceTemplateReference = shape("ResourceTemplateReference", {
  type: Schema.Literal("ref/resource"),
  /** A URI, or a template of URIs. */
  uri: Schema.String
})

export const CompleteRequestParams = shape("CompleteRequestParams", {
  ref: Schema.Union([PromptReference, ResourceTemplateReference]),
  /** What is being typed. */
  argument: Schema.Struct({ name: Schema.String, value: Schema.String }),
  /** What has been chosen already. */
  context: Schema.optionalKey(
    Schema.Struct({ arguments: Schema.optionalKey(Schema.Record(Schema.String, Schema.String)) })
  ),
  ...RequestParams
})
export interface CompleteRequestParams extends Schema.Schema.Type<typeof CompleteRequestParams> {}

/** How many values one completion may have. */
export const MAX_VALUES = 100

export const CompleteResult = shape("CompleteResult", {
  completion: Schema.Struct({
    values: Schema.Array(Schema.String).check(Schema.isMaxLength(MAX_VALUES)),
    /** How many there are in all, more than are sent perhaps. */
    total: Schema.optionalKey(Schema.Int),
    hasMore: Schema.optionalKey(Schema.Boolean)
  }),
  ...Result
})
export interface CompleteResult extends Schema.Schema.Type<typeof CompleteResult> {}

export const Complete = McpMethod.request("completion/complete", {
  params: CompleteRequestParams,
  result: CompleteResult,
  capability: "completions"
})
