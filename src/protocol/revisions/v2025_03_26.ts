/**
 * Revision 2025-03-26: batches, audio, annotations of tools, Streamable HTTP.
 *
 * Specification: https://modelcontextprotocol.io/specification/2025-03-26
 */
import type { McpRevision } from "../McpRevision.ts"
import { v2024_11_05 } from "./v2024_11_05.ts"

export const v2025_03_26: McpRevision = v2024_11_05.extend({
  version: "2025-03-26",
  shapes: {
    ServerCapabilities: { adds: ["completions"] },
    ContentBlock: { adds: ["AudioContent"] },
    SamplingContent: { adds: ["AudioContent"] },
    Tool: { adds: ["annotations"] },
    ProgressNotificationParams: { adds: ["message"] }
  },
  policy: { batches: true, headers: { session: "Mcp-Session-Id" } }
})
