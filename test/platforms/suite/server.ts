/**
 * The world on a socket, on Node, for the clients of all platforms: it says where it listens.
 */
import { McpNode } from "mcp-effect/node"
import { world } from "./world.ts"

world().app.pipe(McpNode.runHttp({ port: 0 }))
