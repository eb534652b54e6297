/**
 * The official server SDK v2 behind a port of this process, as a deployment would put it there: modern requests by its
 * entry, legacy ones by sessions whose streams can be taken up again, or without sessions.
 *
 * The SDK speaks in web requests and responses; what stands between them and `node:http` is here.
 */
import {
  createMcpHandler,
  isLegacyRequest,
  McpServer,
  WebStandardStreamableHTTPServerTransport
} from "@modelcontextprotocol/server"
import { Effect, type Scope } from "effect"
import { randomUUID } from "node:crypto"
import type { IncomingMessage, ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setTimeout as pause } from "node:timers/promises"
import { z } from "zod"
import { listening, urlOf } from "../../transport/support/httpPeer.ts"

type Handle = (request: Request) => Promise<Response>

const text = (value: string) => ({ content: [{ type: "text" as const, text: value }] })

/** What happened to the calls of `slow`, in order. */
export type Journal = Array<`${"started" | "interrupted"} ${string}`>

const makeServer = (journal: Journal) => (): McpServer => {
  const server = new McpServer({ name: "official", version: "2.4.0" }, { capabilities: { tools: {}, logging: {} } })
  const numbers = {
    inputSchema: z.object({ a: z.number(), b: z.number() }),
    outputSchema: z.object({ sum: z.number() })
  }
  server.registerTool("add", numbers, ({ a, b }) => ({ ...text(`${a + b}`), structuredContent: { sum: a + b } }))
  const work = z.object({ name: z.string(), steps: z.number(), pause: z.number() })
  server.registerTool("slow", { inputSchema: work }, async ({ name, pause: ms, steps }, { mcpReq }) => {
    journal.push(`started ${name}`)
    mcpReq.signal.addEventListener("abort", () => journal.push(`interrupted ${name}`))
    const progressToken = mcpReq._meta?.progressToken
    for (let step = 1; step <= steps; step++) {
      await pause(ms, undefined, { signal: mcpReq.signal })
      const progress = { progressToken, progress: step, total: steps, message: `${name} ${step}` }
      if (progressToken !== undefined) await mcpReq.notify({ method: "notifications/progress", params: progress })
    }
    return text(`${name} took ${steps} steps`)
  })
  server.registerTool("grow", {}, () => {
    server.registerTool(`tool-${randomUUID()}`, {}, () => text("grown"))
    return text("more")
  })
  return server
}

const webRequest = async (request: IncomingMessage, signal: AbortSignal): Promise<Request> => {
  const chunks: Array<Buffer> = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)] as [string, string])
  const body = request.method === "POST" ? Buffer.concat(chunks) : null
  return new Request(`http://${request.headers.host}${request.url}`, {
    method: request.method ?? "GET",
    headers,
    body,
    signal
  })
}

const serve = async (handle: Handle, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const gone = new AbortController()
  response.on("close", () => gone.abort())
  const answer = await handle(await webRequest(request, gone.signal))
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  response.flushHeaders()
  if (answer.body === null) response.end()
  else await pipeline(Readable.fromWeb(answer.body as Parameters<typeof Readable.fromWeb>[0]), response)
}

/** What a server has sent on its streams, by event id. */
const makeEvents = () => {
  const kept: Array<{ readonly id: string; readonly stream: string; readonly message: never }> = []
  return {
    storeEvent: async (stream: string, message: unknown) => {
      const id = `${stream}/${kept.length}`
      kept.push({ id, stream, message: message as never })
      return id
    },
    replayEventsAfter: async (last: string, { send }: { send: (id: string, message: never) => Promise<void> }) => {
      const at = kept.findIndex(({ id }) => id === last)
      const stream = kept[at]?.stream ?? ""
      for (const event of kept.slice(at + 1)) if (event.stream === stream) await send(event.id, event.message)
      return stream
    }
  }
}

type Sessions = Map<string, WebStandardStreamableHTTPServerTransport>

/** Sessions of legacy clients. */
const sessions = (make: () => McpServer, open: Sessions): Handle => {
  return async (request) => {
    const known = request.headers.get("mcp-session-id")
    if (known !== null) {
      const transport = open.get(known)
      return transport === undefined ? new Response(null, { status: 404 }) : transport.handleRequest(request)
    }
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      eventStore: makeEvents(),
      onsessioninitialized: (id) => void open.set(id, transport),
      onsessionclosed: (id) => void open.delete(id)
    })
    await make().connect(transport)
    return transport.handleRequest(request)
  }
}

export interface Official {
  readonly url: string
  readonly journal: Journal
  /** The HTTP requests that have come, by method, with the method of the message that was posted. */
  readonly requests: ReadonlyArray<string>
  /** Forgets every session. */
  forget(): void
}

/** `sessions` and `stateless` serve both eras, and legacy clients so; `legacy` knows nothing of the modern one. */
export const officialHttp = (
  mode: "sessions" | "stateless" | "legacy",
  responseMode: "auto" | "sse" | "json" = "auto"
): Effect.Effect<Official, never, Scope.Scope> =>
  Effect.gen(function* () {
    const journal: Journal = []
    const requests: Array<string> = []
    const make = makeServer(journal)
    const open: Sessions = new Map()
    const legacy = sessions(make, open)
    const modern = createMcpHandler(make, { legacy: mode === "stateless" ? "stateless" : "reject", responseMode })
    const handle: Handle = async (request) => {
      const posted = request.method === "POST" ? ((await request.clone().json()) as { readonly method?: string }) : {}
      requests.push(`${request.method} ${posted.method ?? ""}`.trim())
      if (mode === "legacy") return legacy(request)
      return mode === "sessions" && (await isLegacyRequest(request)) ? legacy(request) : modern.fetch(request)
    }
    const server = yield* listening((request, response) => {
      serve(handle, request, response).catch(() => response.destroy())
    })
    return { url: urlOf(server), journal, requests, forget: () => open.clear() }
  })
