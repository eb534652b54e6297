/**
 * Chapter `server/discover`: what a modern server speaks and offers, in one stateless request.
 *
 * It replaces the handshake of the legacy era; every server of 2026-07-28 answers it, and a client probes with it.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/discover
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { CacheableResult, NoParams, Result, ServerCapabilities } from "../McpSchema.ts"

export const DiscoverResult = shape("DiscoverResult", {
  supportedVersions: Schema.Array(Schema.String),
  capabilities: ServerCapabilities,
  /** How to use the server, for the model. */
  instructions: Schema.optionalKey(Schema.String),
  ...CacheableResult,
  ...Result
})
export interface DiscoverResult extends Schema.Schema.Type<typeof DiscoverResult> {}

export const Discover = McpMethod.request("server/discover", { params: NoParams, result: DiscoverResult })
