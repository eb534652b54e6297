/**
 * Revision 2025-06-18: elicitation, structured results, links to resources, titles, `_meta` on everything; no batches.
 *
 * Specification: https://modelcontextprotocol.io/specification/2025-06-18
 */
import type { McpRevision } from "../McpRevision.ts"
import { v2025_03_26 } from "./v2025_03_26.ts"

export const v2025_06_18: McpRevision = v2025_03_26.extend({
  version: "2025-06-18",
  server: { requests: { adds: ["elicitation/create"] } },
  shapes: {
    BaseMetadata: { adds: ["title"] },
    Meta: { adds: ["_meta"] },
    Annotations: { adds: ["lastModified"] },
    ClientCapabilities: { adds: ["elicitation"] },
    ElicitationCapability: { has: [] },
    ContentBlock: { adds: ["ResourceLink"] },
    CallToolResult: { adds: ["structuredContent"] },
    Tool: { adds: ["outputSchema"] },
    CompleteRequestParams: { adds: ["context"] },
    ElicitRequestParams: { has: ["ElicitRequestFormParams"] },
    ElicitRequestFormParams: { has: ["message", "requestedSchema"] },
    RequestedSchema: { has: ["type", "properties", "required"] },
    PrimitiveSchemaDefinition: { has: ["StringSchema", "NumberSchema", "BooleanSchema", "LegacyTitledEnumSchema"] },
    StringSchema: { has: ["type", "minLength", "maxLength", "format", "title", "description"] },
    NumberSchema: { has: ["type", "minimum", "maximum", "title", "description"] },
    LegacyTitledEnumSchema: { has: ["type", "enum", "enumNames", "title", "description"] },
    ElicitedValue: { has: ["ElicitedString", "ElicitedNumber", "ElicitedBoolean"] }
  },
  policy: {
    batches: false,
    headers: { session: "Mcp-Session-Id", version: "MCP-Protocol-Version" }
  }
})
