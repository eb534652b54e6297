/**
 * An HTTP server in the hands of a test: each request waits to be answered as the test wants.
 *
 * It listens on a port of its own until the scope closes. `next` is the next request, in order of arrival, with its body
 * read; what is done with it is said at once. Nothing here sleeps, so that the clock is the test's.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Queue, type Scope } from "effect"
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"

export type Json = { readonly [name: string]: unknown }
type Headers = { readonly [name: string]: string }

/** An event, or a message in one. */
export interface Event {
  readonly id?: string
  readonly kind?: string
  readonly retry?: number
  readonly data?: unknown
}

/** A stream of events under way. */
export class Events {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  /** Sends text as it is. */
  raw(text: string): this {
    this.#response.write(text)
    return this
  }

  event({ data, id, kind, retry }: Event): this {
    const lines = [
      ...(id === undefined ? [] : [`id: ${id}`]),
      ...(kind === undefined ? [] : [`event: ${kind}`]),
      ...(retry === undefined ? [] : [`retry: ${retry}`]),
      `data: ${data === undefined ? "" : typeof data === "string" ? data : JSON.stringify(data)}`
    ]
    return this.raw(`${lines.join("\n")}\n\n`)
  }

  message(message: Json, id?: string): this {
    return this.event({ data: { jsonrpc: "2.0", ...message }, ...(id === undefined ? {} : { id }) })
  }

  end(): void {
    this.#response.end()
  }

  /** Breaks the connection off. */
  cut(): void {
    this.#response.destroy()
  }
}

/** A request that waits for its answer. */
export class Asked {
  readonly method: string
  readonly headers: { readonly [name: string]: string | ReadonlyArray<string> | undefined }
  readonly text: string
  readonly url: string
  readonly #response: ServerResponse
  readonly #gone = Deferred.makeUnsafe<void>()

  constructor(request: IncomingMessage, response: ServerResponse, text: string) {
    this.method = request.method ?? ""
    this.url = request.url ?? ""
    this.headers = request.headers
    this.text = text
    this.#response = response
    response.on("close", () => {
      if (!response.writableFinished) Deferred.doneUnsafe(this.#gone, Effect.void)
    })
  }

  /** Waits until the client has gone away before the answer was complete. */
  get gone(): Effect.Effect<void> {
    return Deferred.await(this.#gone)
  }

  /** The message that was posted. */
  get message(): Json {
    return JSON.parse(this.text) as Json
  }

  get params(): Json {
    return (this.message["params"] ?? {}) as Json
  }

  status(status: number, body = "", headers: Headers = {}): void {
    this.#response.writeHead(status, headers).end(body)
  }

  json(body: unknown, status = 200, headers: Headers = {}): void {
    this.status(status, JSON.stringify(body), { "content-type": "application/json", ...headers })
  }

  /** Replies to the request with a result. */
  result(result: unknown, headers: Headers = {}): void {
    this.json({ jsonrpc: "2.0", id: this.message["id"], result }, 200, headers)
  }

  /** Replies to the request with an error. */
  error(code: number, status = 200, data?: unknown, id: unknown = this.message["id"]): void {
    this.json({ jsonrpc: "2.0", id, error: { code, message: `error ${code}`, data } }, status)
  }

  events(headers: Headers = {}): Events {
    this.#response.writeHead(200, { "content-type": "text/event-stream", ...headers })
    this.#response.flushHeaders()
    return new Events(this.#response)
  }

  cut(): void {
    this.#response.destroy()
  }
}

export interface HttpPeer {
  readonly url: string
  /** The next request; waits for it. */
  readonly next: Effect.Effect<Asked>
  /** The next request, which has to be this: an HTTP method, or the method of a message. */
  expect(what: string): Effect.Effect<Asked>
  /** How many requests have come that nobody has looked at. */
  readonly waiting: Effect.Effect<number>
  /** Connections that are open. */
  readonly sockets: () => number
}

/** Listens on a port of its own until the scope closes. */
export const listening = (
  onRequest: RequestListener,
  make: (listener: RequestListener) => Server = createServer
): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.callback<Server>((resume) => {
      const server = make(onRequest)
      server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) =>
      Effect.callback<void>((resume) => {
        server.close(() => resume(Effect.void))
        server.closeAllConnections()
      })
  )

export const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`

const what = (asked: Asked): string => {
  if (asked.text === "") return asked.method
  const name = asked.message["method"]
  return typeof name === "string" ? name : "reply"
}

/** A server that takes back no sessions: it says so by itself, unless `deletes` says that the test answers. */
export const httpPeerWith = Effect.fnUntraced(function* (options: { readonly deletes: boolean }) {
  const asked = yield* Queue.unbounded<Asked>()
  let open = 0
  const server = yield* listening((request, response) => {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const one = new Asked(request, response, Buffer.concat(chunks).toString())
      if (one.method === "DELETE" && !options.deletes) one.status(405)
      else Queue.offerUnsafe(asked, one)
    })
  })
  server.on("connection", (socket) => {
    open += 1
    socket.on("close", () => (open -= 1))
  })
  const next = Queue.take(asked)
  const peer: HttpPeer = {
    url: urlOf(server),
    next,
    expect: (wanted) =>
      Effect.map(next, (one) => {
        assert.strictEqual(what(one), wanted)
        return one
      }),
    waiting: Queue.size(asked),
    sockets: () => open
  }
  return peer
})

export const httpPeer: Effect.Effect<HttpPeer, never, Scope.Scope> = httpPeerWith({ deletes: false })
