/**
 * The official SDK v1 with much to offer, measured as `../large-load.ts` says; legacy era only.
 */
import type { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import * as args from "../args.ts"
import { measure, type Size } from "../large-load.ts"
import { documents, summaries } from "../tools.ts"
import { TextTransport } from "./text-transport.ts"
import { makeServer } from "./v1-app.ts"
import { summaryArgs } from "./zod-tools.ts"

if (args.era() === "modern") args.notOffered("the SDK v1 has no modern era")

const makeLarge = ({ prompts, resources, tools }: Size): McpServer => {
  const server = makeServer(tools)
  for (const { description, name, text, uri } of documents(resources)) {
    server.registerResource(name, uri, { description, mimeType: "text/plain" }, async () => ({
      contents: [{ uri, mimeType: "text/plain", text }]
    }))
  }
  for (const { description, name } of summaries(prompts)) {
    server.registerPrompt(name, { description, argsSchema: summaryArgs() }, async ({ topic }) => ({
      messages: [{ role: "user", content: { type: "text", text: topic } }]
    }))
  }
  return server
}

await measure(async (size) => {
  const transport = new TextTransport()
  await makeLarge(size).connect(transport)
  return transport
})
