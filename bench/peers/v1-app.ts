/**
 * The application on the official SDK v1 (`@modelcontextprotocol/sdk`), which knows the legacy era only. Without
 * sessions its HTTP transport wants a server for each request; the schemas are made once for all of them.
 */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import { ADD, ECHO } from "../tools.ts"
import * as tools from "./zod-tools.ts"

export const makeFactory = (count: number): (() => McpServer) => {
  const { add, echo, searches } = tools.schemas(count)
  return () => {
    const server = new McpServer({ name: "bench", version: "1.0.0" }, { capabilities: { tools: {} } })
    server.registerTool("add", { description: ADD.description, ...add }, tools.add)
    server.registerTool("echo", { description: ECHO.description, ...echo }, tools.echo)
    for (const { name, ...config } of searches) server.registerTool(name, config, tools.search)
    return server
  }
}

export const makeServer = (count: number): McpServer => makeFactory(count)()
