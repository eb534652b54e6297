/**
 * The official SDK v2 over HTTP, on plain node:http: its handler, which makes a server for each request, for the modern
 * era and for the legacy one without sessions; a transport for each session; and, since that handler gives JSON in the
 * modern era only, a transport for each request where JSON without sessions is asked for (`http-listeners.ts`). Command
 * line: see `../args.ts`.
 */
import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler
} from "@modelcontextprotocol/node"
import { createMcpHandler, type CreateMcpHandlerOptions } from "@modelcontextprotocol/server"
import { createServer, type RequestListener } from "node:http"
import * as args from "../args.ts"
import { listeners } from "./http-listeners.ts"
import { makeFactory } from "./v2-app.ts"

args.overHttp()
const make = makeFactory(args.tools())
const response = args.response()

const handled = (options?: CreateMcpHandlerOptions): RequestListener => {
  const handler = toNodeHandler(createMcpHandler(make, options))
  // its types were written without exactOptionalPropertyTypes: a request of node:http is what it takes
  return (request, response) => handler(request as NodeIncomingMessageLike, response)
}

const listener = (): RequestListener => {
  if (args.era() === "modern") return handled({ responseMode: response, legacy: "reject" })
  if (args.sessions() === "stateless" && response === "sse") return handled()
  return listeners(make, NodeStreamableHTTPServerTransport, response === "json")[args.sessions()]
}

createServer(listener()).listen(args.port(), "127.0.0.1")
