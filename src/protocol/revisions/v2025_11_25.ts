/**
 * Revision 2025-11-25: the last one that opens with `initialize`.
 *
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25
 */
import type { AnyNotification, AnyRequest } from "../McpMethod.ts"
import { type McpRevision, table } from "../McpRevision.ts"
import { type JsonObject, metaKeys } from "../McpSchema.ts"
import { Cancelled } from "../methods/cancellation.ts"
import { Initialize, Initialized } from "../methods/lifecycle.ts"
import { LogMessage, SetLevel } from "../methods/logging.ts"
import { Ping } from "../methods/ping.ts"
import { Progress } from "../methods/progress.ts"
import { CallTool, ListTools, ToolListChanged } from "../methods/tools.ts"

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)

/** An output schema whose root is not an object, and the results that follow it, come only with 2026-07-28. */
const objectOutputsOnly = (result: JsonObject): JsonObject => ({
  ...result,
  tools: (result["tools"] as ReadonlyArray<JsonObject>).map((tool) => {
    const { outputSchema, ...rest } = tool
    return isObject(outputSchema) && outputSchema["type"] === "object" ? tool : rest
  })
})

const objectContentOnly = (result: JsonObject): JsonObject => {
  const { structuredContent, ...rest } = result
  if (structuredContent === undefined || isObject(structuredContent)) return result
  return { ...rest, _meta: { ...(rest["_meta"] as JsonObject | undefined), [metaKeys.value]: structuredContent } }
}

export const v2025_11_25: McpRevision = {
  version: "2025-11-25",
  era: "legacy",
  client: {
    requests: table<AnyRequest>(Initialize, Ping, ListTools, CallTool, SetLevel),
    notifications: table<AnyNotification>(Initialized, Cancelled, Progress)
  },
  server: {
    requests: table<AnyRequest>(Ping),
    notifications: table<AnyNotification>(Cancelled, Progress, LogMessage, ToolListChanged)
  },
  errors: {
    Parse: -32700,
    Envelope: -32600,
    Duplicate: -32600,
    MethodNotFound: -32601,
    InvalidParams: -32602,
    InvalidMeta: -32602,
    NotInitialized: -32602,
    UnknownTool: -32602,
    UnsupportedVersion: -32602,
    MissingCapability: -32602,
    HeaderMismatch: -32600,
    Internal: -32603,
    Busy: 503,
    RateLimited: 429,
    Forbidden: 403
  },
  project: { "tools/list": objectOutputsOnly, "tools/call": objectContentOnly },
  envelope: () => undefined,
  policy: { argumentErrors: "result" }
}
