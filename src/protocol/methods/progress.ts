/**
 * Chapter `basic/utilities/progress`: how far a request has come.
 *
 * The asking side puts a `progressToken` into `_meta`; the answering side reports against it, strictly increasing,
 * until it answers. Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/progress
 */
import * as Schema from "effect/Schema"
import * as McpMethod from "../McpMethod.ts"
import { Id, JsonObject } from "../McpSchema.ts"

export const ProgressParams = Schema.Struct({
  progressToken: Id,
  progress: Schema.Finite,
  total: Schema.optionalKey(Schema.Finite),
  message: Schema.optionalKey(Schema.String),
  _meta: Schema.optionalKey(JsonObject)
})
export interface ProgressParams extends Schema.Schema.Type<typeof ProgressParams> {}

export const Progress = McpMethod.notification("notifications/progress", { params: ProgressParams })
