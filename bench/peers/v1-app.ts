/**
 * The application on the official SDK v1 (`@modelcontextprotocol/sdk`), which knows the legacy era only.
 */
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import { ADD, ECHO, fillers } from "../tools.ts"
import * as tools from "./zod-tools.ts"

export const makeServer = (count: number): McpServer => {
  const server = new McpServer({ name: "bench", version: "1.0.0" }, { capabilities: { tools: {} } })
  server.registerTool(
    "add",
    {
      description: ADD.description,
      inputSchema: tools.addInput,
      outputSchema: tools.addOutput
    },
    tools.add
  )
  server.registerTool("echo", { description: ECHO.description, inputSchema: tools.echoInput }, tools.echo)
  for (const { description, name } of fillers(count)) {
    const config = { description, inputSchema: tools.searchInput(), outputSchema: tools.searchOutput() }
    server.registerTool(name, config, tools.search)
  }
  return server
}
