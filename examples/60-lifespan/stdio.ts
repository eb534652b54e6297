/**
 * The explorer as a process: `node stdio.ts library.sqlite`. The file is open before the first client is let in, and
 * closed after the last call has ended.
 */
import { Layer } from "effect"
import { McpNode } from "mcp-effect/node"
import { Database } from "./database.ts"
import { app } from "./server.ts"

app.pipe(Layer.provide(Database.layer(process.argv[2] ?? "library.sqlite")), McpNode.runStdio)
