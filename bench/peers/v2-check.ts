/**
 * The checks of the SDK v2: its public zod schemas, which are those its server and client share for all revisions; what
 * they do to the `_meta` of 2026-07-28 besides is not public. Command line and output: as `../check-load.ts`.
 */
import { CallToolRequestParamsSchema, CallToolResultSchema, ListToolsResultSchema } from "@modelcontextprotocol/core"
import { run } from "../check-load.ts"

run({
  "call-meta": (params) => CallToolRequestParamsSchema.safeParse(params).success,
  call: (params) => CallToolRequestParamsSchema.safeParse(params).success,
  result: (result) => CallToolResultSchema.safeParse(result).success,
  list: (result) => ListToolsResultSchema.safeParse(result).success
})
