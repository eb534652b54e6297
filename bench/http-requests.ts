/**
 * The bytes of HTTP requests, and where in an answer its message is. A request of the load is written once for each
 * connection, and of it only the digits that differ from call to call again: the driver must cost less than the server.
 */
import type { Era, Response, Sessions } from "./args.ts"
import type { HttpConnection } from "./http-connection.ts"
import { FIRST_ID, type Load, type Request } from "./requests.ts"

export interface Mode {
  readonly era: Era
  readonly sessions: Sessions
  readonly response: Response
}

export const PATH = "/mcp"

interface Called {
  readonly method: string
  readonly name?: string
}

const CALLED: { readonly [load in Load]: (era: Era) => Called } = {
  ping: (era) => ({ method: era === "modern" ? "server/discover" : "ping" }),
  add: () => ({ method: "tools/call", name: "add" }),
  echo10k: () => ({ method: "tools/call", name: "echo" }),
  echo1m: () => ({ method: "tools/call", name: "echo" }),
  list: () => ({ method: "tools/list" })
}

/** The head of a POST; `more` are further header lines, each with its line end. */
const headOf = (port: number, length: number, more: string): string =>
  `POST ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\n` +
  `Accept: application/json, text/event-stream\r\nContent-Length: ${length}\r\n${more}\r\n`

const eraHeaders = (era: Era, { method, name }: Called): string => {
  if (era === "modern") {
    const named = name === undefined ? "" : `Mcp-Name: ${name}\r\n`
    return `MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: ${method}\r\n${named}`
  }
  return method === "initialize" ? "" : "MCP-Protocol-Version: 2025-11-25\r\n"
}

export const sessionHeader = (session: string | undefined): string =>
  session === undefined ? "" : `Mcp-Session-Id: ${session}\r\n`

/** A POST of one message. */
export const post = (port: number, era: Era, body: { readonly method: string }, more = ""): string => {
  const text = JSON.stringify(body)
  return headOf(port, Buffer.byteLength(text), eraHeaders(era, body) + more) + text
}

export const remove = (port: number, session: string, more: string): string =>
  `DELETE ${PATH} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nMCP-Protocol-Version: 2025-11-25\r\n` +
  `${sessionHeader(session)}${more}\r\n`

/** A request of the load that can be written again and again with another id. */
export class Template {
  private readonly bytes: Buffer
  private readonly bodyAt: number
  private readonly request: Request

  constructor(port: number, era: Era, request: Request, session: string | undefined) {
    const start = Buffer.from(request.head(FIRST_ID))
    const length = start.length + (request.tail?.length ?? 0)
    const headers = eraHeaders(era, CALLED[request.load](era)) + sessionHeader(session)
    const head = Buffer.from(headOf(port, length, headers))
    this.bytes = Buffer.concat([head, start, request.tail ?? Buffer.alloc(0)])
    this.bodyAt = head.length
    this.request = request
  }

  /** The bytes of the request with this id; they are written over by the next. */
  with(id: number): Buffer {
    this.bytes.write(this.request.head(id), this.bodyAt, "latin1")
    return this.bytes
  }
}

const DATA = Buffer.from("\ndata:")

/** Where the message of an answer is: the body, or the data of its last event. */
export const messageOf = ({ body, eventStream, length }: HttpConnection): readonly [from: number, to: number] => {
  if (!eventStream) return [0, length]
  const seen = body.subarray(0, length)
  const line = seen.lastIndexOf(DATA)
  if (line < 0 && seen.indexOf("data:") !== 0) return [0, 0]
  const data = line < 0 ? DATA.length - 1 : line + DATA.length
  const from = body[data] === 32 ? data + 1 : data
  const end = seen.indexOf(10, from)
  return [from, end < 0 ? length : end]
}
