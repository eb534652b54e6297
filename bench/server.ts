/**
 * Our server over stdio, written as a user writes it: public entries, default settings, both eras at once (so `--era`
 * is accepted and changes nothing).
 *
 *     npx node bench/server.ts [--transport stdio] --era legacy|modern --tools N [--handler sync|fn|suspend]
 *
 * It serves `add {a,b}` (text and `structuredContent {sum}`), `echo {payload}` (text), and N - 2 tools with full
 * schemas.
 */
import { McpNode } from "mcp-effect/node"
import { makeApp } from "./app.ts"
import * as args from "./args.ts"

args.transport()
args.era()
makeApp(args.tools(), args.handler()).pipe(McpNode.runStdio)
