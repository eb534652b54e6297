/**
 * The official SDK v1 over HTTP, legacy era only, on plain node:http: see `http-listeners.ts`. Command line: see
 * `../args.ts`.
 */
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import { createServer } from "node:http"
import * as args from "../args.ts"
import { listeners } from "./http-listeners.ts"
import { makeFactory } from "./v1-app.ts"

args.overHttp()
if (args.era() === "modern") args.notOffered("the SDK v1 has no modern era")
const offered = listeners(makeFactory(args.tools()), StreamableHTTPServerTransport, args.response() === "json")

createServer(offered[args.sessions()]).listen(args.port(), "127.0.0.1")
