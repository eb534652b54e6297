/**
 * The official SDK v1 as a stdio server; legacy era only. Command line: see `../args.ts`; its handler is always the
 * plain async function.
 */
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js"
import * as args from "../args.ts"
import { makeServer } from "./v1-app.ts"

args.transport()
if (args.era() === "modern") args.notOffered("the SDK v1 has no modern era")
await makeServer(args.tools()).connect(new StdioServerTransport())
