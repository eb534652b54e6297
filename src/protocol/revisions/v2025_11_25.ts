/**
 * Revision 2025-11-25: icons, tasks, elicitation by URL, sampling with tools. The last that opens with `initialize`.
 *
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25
 */
import type { McpRevision } from "../McpRevision.ts"
import { v2025_06_18 } from "./v2025_06_18.ts"

/** The requests of core tasks. */
export const tasks = ["tasks/get", "tasks/result", "tasks/list", "tasks/cancel"]

export const v2025_11_25: McpRevision = v2025_06_18.extend({
  version: "2025-11-25",
  client: { requests: { adds: tasks }, notifications: { adds: ["notifications/tasks/status"] } },
  server: {
    requests: { adds: tasks },
    notifications: { adds: ["notifications/tasks/status", "notifications/elicitation/complete"] }
  },
  shapes: {
    Icons: { adds: ["icons"] },
    Implementation: { adds: ["description", "websiteUrl"] },
    TaskAugmentedRequestParams: { adds: ["task"] },
    ClientCapabilities: { adds: ["tasks"] },
    SamplingCapability: { adds: ["context", "tools"] },
    ElicitationCapability: { adds: ["form", "url"] },
    ServerCapabilities: { adds: ["tasks"] },
    Tool: { adds: ["execution"] },
    InputSchema: { adds: ["$schema"] },
    OutputSchema: { adds: ["$schema"] },
    SamplingContent: { adds: ["ToolUseContent", "ToolResultContent", "SamplingMessageContentBlocks"] },
    SamplingMessage: { adds: ["_meta"] },
    CreateMessageRequestParams: { adds: ["tools", "toolChoice"] },
    CancelledNotificationParams: { has: ["requestId", "reason"] },
    ElicitRequestParams: { adds: ["ElicitRequestURLParams"] },
    ElicitRequestURLParams: { has: ["mode", "message", "url", "elicitationId!"] },
    ElicitRequestFormParams: { adds: ["mode"] },
    RequestedSchema: { adds: ["$schema"] },
    PrimitiveSchemaDefinition: {
      adds: [
        "UntitledSingleSelectEnumSchema",
        "TitledSingleSelectEnumSchema",
        "UntitledMultiSelectEnumSchema",
        "TitledMultiSelectEnumSchema"
      ]
    },
    StringSchema: { adds: ["default"] },
    NumberSchema: { adds: ["default"] },
    LegacyTitledEnumSchema: { adds: ["default"] },
    ElicitedValue: { adds: ["ElicitedStrings"] }
  },
  errors: { UrlElicitationRequired: -32042 },
  policy: { argumentErrors: "result", priming: true }
})
