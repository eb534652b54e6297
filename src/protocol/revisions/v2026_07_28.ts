/**
 * Revision 2026-07-28: stateless. No handshake, no ping, no requests from the server; every request carries `_meta`,
 * every result a `resultType`, and questions travel inside results.
 *
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28
 */
import type { EnvelopeFacts, McpRevision } from "../McpRevision.ts"
import { type JsonObject, Meta, metaKeys } from "../McpSchema.ts"
import { tasks, v2025_11_25 } from "./v2025_11_25.ts"

const cacheable = new Set([
  "server/discover",
  "tools/list",
  "prompts/list",
  "resources/list",
  "resources/templates/list",
  "resources/read"
])

const envelope = (method: string, facts: EnvelopeFacts): JsonObject => ({
  resultType: "complete",
  ...(cacheable.has(method) ? facts.cache : undefined),
  _meta: { [metaKeys.serverInfo]: facts.serverInfo }
})

export const v2026_07_28: McpRevision = v2025_11_25.extend({
  version: "2026-07-28",
  client: {
    requests: {
      adds: ["server/discover", "subscriptions/listen"],
      loses: ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe", ...tasks]
    },
    notifications: {
      loses: [
        "notifications/initialized",
        "notifications/progress",
        "notifications/roots/list_changed",
        "notifications/tasks/status"
      ]
    }
  },
  server: {
    requests: { loses: ["ping", "roots/list", "sampling/createMessage", "elicitation/create", ...tasks] },
    notifications: {
      adds: ["notifications/subscriptions/acknowledged"],
      loses: ["notifications/tasks/status", "notifications/elicitation/complete"]
    }
  },
  extensions: {
    "io.modelcontextprotocol/tasks": {
      client: { requests: new Set(["tasks/get", "tasks/update", "tasks/cancel"]), notifications: new Set() },
      server: { requests: new Set(), notifications: new Set(["notifications/tasks"]) }
    }
  },
  shapes: {
    RequestParams: { has: ["_meta!"] },
    RequestMetaObject: {
      adds: [`${metaKeys.protocolVersion}!`, `${metaKeys.clientCapabilities}!`, metaKeys.clientInfo, metaKeys.logLevel]
    },
    Result: { adds: ["resultType!"] },
    ResultMetaObject: { adds: [metaKeys.serverInfo] },
    NotificationMetaObject: { adds: [metaKeys.subscriptionId] },
    CacheableResult: { adds: ["ttlMs!", "cacheScope!"] },
    InputResponseRequestParams: { adds: ["inputResponses", "requestState"] },
    TaskAugmentedRequestParams: { loses: ["task"] },
    ClientCapabilities: { loses: ["tasks"] },
    RootsCapability: { loses: ["listChanged"] },
    ServerCapabilities: { loses: ["tasks"] },
    Tool: { loses: ["execution"] },
    InputSchema: { loses: ["properties", "required"] },
    OutputSchema: { loses: ["type", "properties", "required"] },
    StructuredContent: { adds: ["StructuredValue"] },
    CancelledNotificationParams: { has: ["requestId!", "reason"] },
    ElicitRequestURLParams: { loses: ["elicitationId"] },
    HostRequestParams: { loses: ["_meta"] },
    HostResult: { loses: ["_meta"] },
    ListRootsRequestParams: { fields: Meta },
    CreateMessageResult: { fields: Meta }
  },
  errors: {
    ResourceNotFound: -32602,
    UrlElicitationRequired: -32021,
    UnsupportedVersion: -32022,
    MissingCapability: -32021,
    HeaderMismatch: -32020
  },
  policy: {
    era: "modern",
    headers: {
      version: "MCP-Protocol-Version",
      method: "Mcp-Method",
      name: "Mcp-Name",
      param: "Mcp-Param-"
    },
    cacheable,
    interactive: new Set(["tools/call", "prompts/get", "resources/read"]),
    forgiven: new Set(["Result", "CacheableResult"]),
    envelope
  }
})
