/**
 * Revision 2026-07-28: stateless. No handshake, no ping, no requests from the server; every request carries `_meta`,
 * every result a `resultType`.
 *
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28
 */
import { extend, type EnvelopeFacts, type McpRevision } from "../McpRevision.ts"
import { type JsonObject, metaKeys } from "../McpSchema.ts"
import { Discover } from "../methods/discover.ts"
import { v2025_11_25 as previous } from "./v2025_11_25.ts"

const cacheable = new Set(["server/discover", "tools/list"])

const envelope = (method: string, facts: EnvelopeFacts): JsonObject => ({
  resultType: "complete",
  ...(cacheable.has(method) ? facts.cache : undefined),
  _meta: { [metaKeys.serverInfo]: facts.serverInfo }
})

export const v2026_07_28: McpRevision = {
  ...previous,
  version: "2026-07-28",
  era: "modern",
  client: {
    requests: extend(previous.client.requests, { add: [Discover], omit: ["initialize", "ping", "logging/setLevel"] }),
    notifications: extend(previous.client.notifications, {
      omit: ["notifications/initialized", "notifications/progress"]
    })
  },
  server: {
    requests: extend(previous.server.requests, { omit: ["ping"] }),
    notifications: previous.server.notifications
  },
  errors: { ...previous.errors, UnsupportedVersion: -32022, MissingCapability: -32021, HeaderMismatch: -32020 },
  project: {},
  envelope
}
