/** The bakery as a program that serves HTTP until it gets SIGTERM: `PORT=3000 node program.ts`. */
import { McpNode } from "mcp-effect/node"
import { app } from "./server.ts"

app.pipe(McpNode.runHttp({ port: Number(process.env["PORT"] ?? 3000) }))
