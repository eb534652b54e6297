/**
 * Revision 2024-11-05: the first.
 *
 * It lists what it has of every shape that a later revision changed; what no file lists has always been the same.
 * Specification: https://modelcontextprotocol.io/specification/2024-11-05
 */
import * as Schema from "effect/Schema"
import { first, type McpRevision } from "../McpRevision.ts"
import { JsonObject } from "../McpSchema.ts"

/** What it says of the schemas of tools: that they are schemas of objects, of the simple kind. */
const objectSchema = {
  properties: Schema.optionalKey(Schema.Record(Schema.String, JsonObject)),
  required: Schema.optionalKey(Schema.Array(Schema.String))
}

export const v2024_11_05: McpRevision = first({
  version: "2024-11-05",
  client: {
    requests: {
      adds: [
        "initialize",
        "ping",
        "tools/list",
        "tools/call",
        "resources/list",
        "resources/templates/list",
        "resources/read",
        "resources/subscribe",
        "resources/unsubscribe",
        "prompts/list",
        "prompts/get",
        "completion/complete",
        "logging/setLevel"
      ]
    },
    notifications: {
      adds: [
        "notifications/initialized",
        "notifications/cancelled",
        "notifications/progress",
        "notifications/roots/list_changed"
      ]
    }
  },
  server: {
    requests: { adds: ["ping", "roots/list", "sampling/createMessage"] },
    notifications: {
      adds: [
        "notifications/cancelled",
        "notifications/progress",
        "notifications/message",
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
        "notifications/resources/updated"
      ]
    }
  },
  shapes: {
    RequestParams: { has: ["_meta"] },
    HostRequestParams: { has: ["_meta"] },
    Result: { has: ["_meta"] },
    HostResult: { has: ["_meta"] },
    CacheableResult: { has: [] },
    InputResponseRequestParams: { has: [] },
    TaskAugmentedRequestParams: { has: [] },
    RequestMetaObject: { has: ["progressToken"] },
    ResultMetaObject: { has: [] },
    NotificationMetaObject: { has: [] },
    BaseMetadata: { has: ["name"] },
    Icons: { has: [] },
    Meta: { has: [] },
    Annotations: { has: ["audience", "priority"] },
    Implementation: { has: ["version"] },
    ClientCapabilities: { has: ["experimental", "roots", "sampling", "extensions"] },
    RootsCapability: { has: ["listChanged"] },
    SamplingCapability: { has: [] },
    ServerCapabilities: { has: ["experimental", "logging", "prompts", "resources", "tools", "extensions"] },
    ContentBlock: { has: ["TextContent", "ImageContent", "EmbeddedResource"] },
    SamplingContent: { has: ["TextContent", "ImageContent"] },
    StructuredContent: { has: ["StructuredObject"] },
    CallToolResult: { has: ["content", "isError"] },
    Tool: { has: ["description", "inputSchema"] },
    InputSchema: { has: ["type"], fields: objectSchema },
    OutputSchema: { has: [], fields: { type: Schema.Literal("object"), ...objectSchema } },
    CompleteRequestParams: { has: ["ref", "argument"] },
    CancelledNotificationParams: { has: ["requestId!", "reason"] },
    ProgressNotificationParams: { has: ["progressToken", "progress", "total"] },
    SamplingMessage: { has: ["role", "content"] },
    CreateMessageRequestParams: {
      has: [
        "messages",
        "modelPreferences",
        "systemPrompt",
        "includeContext",
        "temperature",
        "maxTokens",
        "stopSequences",
        "metadata"
      ]
    }
  },
  errors: {
    Parse: -32700,
    Envelope: -32600,
    Duplicate: -32600,
    MethodNotFound: -32601,
    InvalidParams: -32602,
    InvalidMeta: -32602,
    InvalidCursor: -32602,
    NotInitialized: -32602,
    UnknownTool: -32602,
    UnknownPrompt: -32602,
    ResourceNotFound: -32002,
    UrlElicitationRequired: -32602,
    Rejected: -1,
    UnsupportedVersion: -32602,
    MissingCapability: -32602,
    HeaderMismatch: -32600,
    Internal: -32603,
    Busy: 503,
    RateLimited: 429,
    Forbidden: 403
  },
  policy: {
    era: "legacy",
    argumentErrors: "protocol",
    batches: false,
    priming: false,
    headers: {},
    cacheable: new Set(),
    interactive: new Set(),
    forgiven: new Set(),
    envelope: () => undefined
  }
})
