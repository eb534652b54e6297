/**
 * A revision that nobody has published, to see what one costs: it adds a method and a notification, removes a method,
 * changes a shape, an error code and a header.
 */
import { Schema } from "effect"
import { McpMethod, type McpRevision, McpSchema } from "mcp-effect"
import { v2026_07_28 } from "../../../src/protocol/revisions/v2026_07_28.ts"

export const Weather = McpMethod.request("weather/get", {
  params: Schema.Struct({ place: Schema.String, ...McpSchema.RequestParams }),
  result: Schema.Struct({ sky: Schema.Literals(["clear", "cloudy"]), ...McpSchema.Result })
})

export const v2099_01_01: McpRevision.McpRevision = v2026_07_28.extend({
  version: "2099-01-01",
  client: { requests: { adds: ["weather/get"], loses: ["completion/complete"] } },
  server: { notifications: { adds: ["notifications/weather"] } },
  shapes: {
    Tool: { fields: { colour: Schema.String }, loses: ["description"] },
    ContentBlock: { loses: ["AudioContent"] }
  },
  errors: { ResourceNotFound: -32033 },
  policy: { headers: { ...v2026_07_28.policy.headers, method: "Mcp-Verb" } }
})
