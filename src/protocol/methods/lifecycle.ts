/**
 * Chapter `basic/lifecycle`: how a legacy conversation opens.
 *
 * The client sends `initialize` with its latest revision, the server answers with the one they will speak, and the
 * client confirms with `notifications/initialized`. Gone in 2026-07-28.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
 */
import * as Schema from "effect/Schema"
import * as McpMethod from "../McpMethod.ts"
import { ClientCapabilities, Implementation, JsonObject, NoParams, ServerCapabilities } from "../McpSchema.ts"

export const InitializeParams = Schema.Struct({
  protocolVersion: Schema.String,
  capabilities: ClientCapabilities,
  clientInfo: Implementation,
  _meta: Schema.optionalKey(JsonObject)
})
export interface InitializeParams extends Schema.Schema.Type<typeof InitializeParams> {}

export const InitializeResult = Schema.Struct({
  protocolVersion: Schema.String,
  capabilities: ServerCapabilities,
  serverInfo: Implementation,
  instructions: Schema.optionalKey(Schema.String),
  _meta: Schema.optionalKey(JsonObject)
})
export interface InitializeResult extends Schema.Schema.Type<typeof InitializeResult> {}

export const Initialize = McpMethod.request("initialize", { params: InitializeParams, result: InitializeResult })

export const Initialized = McpMethod.notification("notifications/initialized", { params: NoParams })
