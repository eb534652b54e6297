/**
 * The official SDK v1 over HTTP, legacy era only, on plain node:http: a transport for each session, or, without
 * sessions, a server and a transport for each request (it refuses to use one twice). Command line: see `../args.ts`.
 */
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js"
import { randomUUID } from "node:crypto"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import * as args from "../args.ts"
import { makeFactory } from "./v1-app.ts"

args.overHttp()
if (args.era() === "modern") args.notOffered("the SDK v1 has no modern era")
const make = makeFactory(args.tools())
const enableJsonResponse = args.response() === "json"
const sessions = new Map<string, StreamableHTTPServerTransport>()

const stateless = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse })
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
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: randomUUID,
    enableJsonResponse,
    onsessioninitialized: (id) => void sessions.set(id, transport),
    onsessionclosed: (id) => void sessions.delete(id)
  })
  await make().connect(transport)
  await transport.handleRequest(request, response)
}

createServer(args.sessions() === "stateless" ? stateless : stateful).listen(args.port(), "127.0.0.1")
