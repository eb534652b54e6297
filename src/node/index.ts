/** Entry `mcp-effect/node`: running servers and reaching them on Node. */
export * as McpNode from "./McpNode.ts"
