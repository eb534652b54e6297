/**
 * Chapter `server/discover`: what a modern server speaks and offers, in one stateless request.
 *
 * It replaces the handshake of the legacy era; every server of 2026-07-28 answers it, and a client probes with it.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/discover
 */
import * as Schema from "effect/Schema"
import * as McpMethod from "../McpMethod.ts"
import { JsonObject, NoParams, ServerCapabilities } from "../McpSchema.ts"

export const DiscoverResult = Schema.Struct({
  supportedVersions: Schema.Array(Schema.String),
  capabilities: ServerCapabilities,
  instructions: Schema.optionalKey(Schema.String),
  _meta: Schema.optionalKey(JsonObject)
})
export interface DiscoverResult extends Schema.Schema.Type<typeof DiscoverResult> {}

export const Discover = McpMethod.request("server/discover", { params: NoParams, result: DiscoverResult })
