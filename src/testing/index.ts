/** Entry `mcp-effect/testing`: scripted peers, faults and transcripts for tests. */
export * as McpTest from "./McpTest.ts"
