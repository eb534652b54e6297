/**
 * The official SDK v2 over HTTP, on plain node:http: its handler, which makes a server for each request, for the modern
 * era and for the legacy one without sessions; a transport for each session; and, since that handler gives JSON in the
 * modern era only, a transport for each request where JSON without sessions is asked for. Command line: see `../args.ts`.
 */
import {
  type NodeIncomingMessageLike,
  NodeStreamableHTTPServerTransport,
  toNodeHandler
} from "@modelcontextprotocol/node"
import { createMcpHandler, type CreateMcpHandlerOptions } from "@modelcontextprotocol/server"
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import * as args from "../args.ts"
import { makeFactory } from "./v2-app.ts"

args.overHttp()
const make = makeFactory(args.tools())
const response = args.response()
const enableJsonResponse = response === "json"
const sessions = new Map<string, NodeStreamableHTTPServerTransport>()

const stateless = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const transport = new NodeStreamableHTTPServerTransport({ enableJsonResponse })
  const server = make()
  response.on("close", () => {
    void transport.close()
    void server.close()
  })
  await server.connect(transport)
  await transport.handleRequest(request, response)
}

const stateful = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const given = request.headers["mcp-session-id"]
  if (given !== undefined) {
    const known = sessions.get(String(given))
    if (known === undefined) response.writeHead(404).end()
    else await known.handleRequest(request, response)
    return
  }
  const transport = new NodeStreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id)
  })
  await make().connect(transport)
  await transport.handleRequest(request, response)
}

const handled = (options?: CreateMcpHandlerOptions): RequestListener => {
  const handler = toNodeHandler(createMcpHandler(make, options))
  // its types were written without exactOptionalPropertyTypes: a request of node:http is what it takes
  return (request, response) => handler(request as NodeIncomingMessageLike, response)
}

const listener = (): RequestListener => {
  if (args.era() === "modern") return handled({ responseMode: response, legacy: "reject" })
  if (args.sessions() === "stateful") return stateful
  return enableJsonResponse ? stateless : handled()
}

createServer(listener()).listen(args.port(), "127.0.0.1")
