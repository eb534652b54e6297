/**
 * The official SDK v2 with much to offer, measured as `../large-load.ts` says, in both eras.
 */
import type { McpServer } from "@modelcontextprotocol/server"
import { serveStdio } from "@modelcontextprotocol/server/stdio"
import { z } from "zod"
import { measure, type Size } from "../large-load.ts"
import { documents, summaries } from "../tools.ts"
import { TextTransport } from "./text-transport.ts"
import { makeServer } from "./v2-app.ts"
import { summaryArgs } from "./zod-tools.ts"

const makeLarge = ({ prompts, resources, tools }: Size): McpServer => {
  const server = makeServer(tools)
  for (const { description, name, text, uri } of documents(resources)) {
    server.registerResource(name, uri, { description, mimeType: "text/plain" }, async () => ({
      contents: [{ uri, mimeType: "text/plain", text }]
    }))
  }
  for (const { description, name } of summaries(prompts)) {
    server.registerPrompt(name, { description, argsSchema: z.object(summaryArgs()) }, async ({ topic }) => ({
      messages: [{ role: "user", content: { type: "text", text: topic } }]
    }))
  }
  return server
}

await measure(async (size) => {
  const transport = new TextTransport()
  serveStdio(() => makeLarge(size), { transport })
  return transport
})
