/**
 * The everything-server at `http://localhost:N/mcp`, for the official suite: `npx node test/conformance/server.ts --port N`.
 */
import { McpNode } from "mcp-effect/node"
import { parseArgs } from "node:util"
import { app } from "./fixtures/app.ts"

const { values } = parseArgs({ options: { port: { type: "string", default: "3000" } } })

app.pipe(McpNode.runHttp({ port: Number(values.port) }))
