/**
 * The official SDKs on plain node:http, as their documentation shows it: a transport for each session, or, without
 * sessions, a server and a transport for each request (they refuse to use one twice). The two SDKs differ in their
 * classes only, which they bring.
 */
import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"

interface Transport {
  handleRequest(request: IncomingMessage, response: ServerResponse): Promise<void>
  close(): Promise<void>
}

interface Server<T> {
  connect(transport: T): Promise<void>
  close(): Promise<void>
}

interface TransportOptions {
  enableJsonResponse: boolean
  sessionIdGenerator?: () => string
  onsessioninitialized?: (id: string) => void
  onsessionclosed?: (id: string) => void
}

type Listener = (request: IncomingMessage, response: ServerResponse) => Promise<void>

export const listeners = <T extends Transport>(
  make: () => Server<NoInfer<T>>,
  HttpTransport: new (options: TransportOptions) => T,
  enableJsonResponse: boolean
): { readonly stateful: Listener; readonly stateless: Listener } => {
  const sessions = new Map<string, T>()
  return {
    stateless: async (request, response) => {
      const transport = new HttpTransport({ enableJsonResponse })
      const server = make()
      response.on("close", () => {
        void transport.close()
        void server.close()
      })
      await server.connect(transport)
      await transport.handleRequest(request, response)
    },
    stateful: async (request, response) => {
      const given = request.headers["mcp-session-id"]
      if (given !== undefined) {
        const known = sessions.get(String(given))
        if (known === undefined) response.writeHead(404).end()
        else await known.handleRequest(request, response)
        return
      }
      const transport: T = new HttpTransport({
        sessionIdGenerator: randomUUID,
        enableJsonResponse,
        onsessioninitialized: (id) => void sessions.set(id, transport),
        onsessionclosed: (id) => void sessions.delete(id)
      })
      await make().connect(transport)
      await transport.handleRequest(request, response)
    }
  }
}
