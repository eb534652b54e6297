/**
 * The checks of the SDK v1: its zod schemas. It has no revisions: all that its schemas do not name, such as the `_meta`
 * of 2026-07-28, passes unchecked. Command line and output: as `../check-load.ts`.
 */
import {
  CallToolRequestParamsSchema,
  CallToolResultSchema,
  ListToolsResultSchema
} from "@modelcontextprotocol/sdk/types.js"
import { run } from "../check-load.ts"

run({
  "call-meta": (params) => CallToolRequestParamsSchema.safeParse(params).success,
  call: (params) => CallToolRequestParamsSchema.safeParse(params).success,
  result: (result) => CallToolResultSchema.safeParse(result).success,
  list: (result) => ListToolsResultSchema.safeParse(result).success
})
