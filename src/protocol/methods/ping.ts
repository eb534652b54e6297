/**
 * Chapter `basic/utilities/ping`: is the other side there? Either side may ask; gone in 2026-07-28.
 *
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/basic/utilities/ping
 */
import * as McpMethod from "../McpMethod.ts"
import { EmptyResult, NoParams } from "../McpSchema.ts"

export const Ping = McpMethod.request("ping", { params: NoParams, result: EmptyResult })
