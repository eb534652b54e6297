/** The weather station as a process: a host starts it with `node stdio.ts`. */
import { McpNode } from "mcp-effect/node"
import { app } from "./server.ts"

McpNode.runStdio(app)
