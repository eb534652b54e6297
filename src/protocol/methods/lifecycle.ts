/**
 * Chapter `basic/lifecycle`: how a legacy conversation opens.
 *
 * The client sends `initialize` with its latest revision, the server answers with the one they will speak, and the
 * client confirms with `notifications/initialized`. Gone in 2026-07-28.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import {
  ClientCapabilities,
  Implementation,
  NoDetails,
  RequestParams,
  Result,
  ServerCapabilities
} from "../McpSchema.ts"

export const InitializeRequestParams = shape("InitializeRequestParams", {
  /** The revision the client would like to speak. */
  protocolVersion: Schema.String,
  capabilities: ClientCapabilities,
  clientInfo: Implementation,
  ...RequestParams
})
export interface InitializeRequestParams extends Schema.Schema.Type<typeof InitializeRequestParams> {}

export const InitializeResult = shape("InitializeResult", {
  /** The revision that will be spoken. */
  protocolVersion: Schema.String,
  capabilities: ServerCapabilities,
  serverInfo: Implementation,
  /** How to use the server, for the model. */
  instructions: Schema.optionalKey(Schema.String),
  ...Result
})
export interface InitializeResult extends Schema.Schema.Type<typeof InitializeResult> {}

export const Initialize = McpMethod.request("initialize", { params: InitializeRequestParams, result: InitializeResult })

export const Initialized = McpMethod.notification("notifications/initialized", { params: NoDetails })
