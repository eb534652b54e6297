/**
 * The official SDK v2 as a stdio server, in both eras (`serveStdio` decides by the first message; `--era` is accepted
 * and changes nothing). Command line: see `../args.ts`; its handler is always the plain async function.
 */
import { serveStdio } from "@modelcontextprotocol/server/stdio"
import * as args from "../args.ts"
import { makeServer } from "./v2-app.ts"

args.transport()
args.era()
const count = args.tools()
serveStdio(() => makeServer(count))
