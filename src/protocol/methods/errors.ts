/**
 * Chapter `basic`, section errors: what an error object carries besides its code and message.
 *
 * The codes are in `revisions/`; here are the shapes of `data`, for who makes or reads such an error.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import { ClientCapabilities } from "../McpSchema.ts"
import { ElicitRequestURLParams } from "./elicitation.ts"

/** An error of JSON-RPC. */
export const ErrorObject = shape("Error", {
  code: Schema.Int,
  message: Schema.String,
  data: Schema.optionalKey(Schema.Unknown)
})
export interface ErrorObject extends Schema.Schema.Type<typeof ErrorObject> {}

/** Fault `UnsupportedVersion`: what is spoken, and what was asked for. */
export const UnsupportedProtocolVersionData = shape("UnsupportedProtocolVersionData", {
  supported: Schema.Array(Schema.String),
  requested: Schema.String
})
export interface UnsupportedProtocolVersionData extends Schema.Schema.Type<typeof UnsupportedProtocolVersionData> {}

/** Fault `MissingCapability`: what the client would have to declare. */
export const MissingRequiredClientCapabilityData = shape("MissingRequiredClientCapabilityData", {
  requiredCapabilities: ClientCapabilities
})
export interface MissingRequiredClientCapabilityData extends Schema.Schema.Type<
  typeof MissingRequiredClientCapabilityData
> {}

/** Fault `UrlElicitationRequired` (2025-11-25): the pages to visit before the request is sent again. */
export const URLElicitationRequiredData = shape("URLElicitationRequiredData", {
  elicitations: Schema.Array(ElicitRequestURLParams)
})
export interface URLElicitationRequiredData extends Schema.Schema.Type<typeof URLElicitationRequiredData> {}
