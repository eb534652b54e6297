/**
 * The application on the official SDK v2 (`@modelcontextprotocol/server`), registered as its documentation shows. One
 * factory serves both eras.
 */
import { McpServer } from "@modelcontextprotocol/server"
import { z } from "zod"
import { ADD, ECHO, fillers } from "../tools.ts"
import * as tools from "./zod-tools.ts"

export const makeServer = (count: number): McpServer => {
  const server = new McpServer({ name: "bench", version: "1.0.0" }, { capabilities: { tools: {} } })
  server.registerTool(
    "add",
    {
      description: ADD.description,
      inputSchema: z.object(tools.addInput),
      outputSchema: z.object(tools.addOutput)
    },
    tools.add
  )
  server.registerTool("echo", { description: ECHO.description, inputSchema: z.object(tools.echoInput) }, tools.echo)
  for (const { description, name } of fillers(count)) {
    const config = {
      description,
      inputSchema: z.object(tools.searchInput()),
      outputSchema: z.object(tools.searchOutput())
    }
    server.registerTool(name, config, tools.search)
  }
  return server
}
