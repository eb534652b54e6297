/**
 * Clients that go away over HTTP: they open sessions and leave them, drop the connection of a request that is running, or
 * that of a stream. Each ends when the server cannot hear of it any more.
 */
import { Effect } from "effect"
import { Agent, request } from "node:http"
import { connect } from "node:net"

const LEGACY = "2025-11-25"
const MODERN = "2026-07-28"

const accept = "application/json, text/event-stream"
const meta = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientCapabilities": {}
}

interface Message {
  readonly method: string
  readonly params?: object
}

const bodyOf = (message: Message, id?: number): string => JSON.stringify({ jsonrpc: "2.0", id, ...message })

/** How a connection is let go of: with what was sent still going out, or at once. */
const manners = ["destroy", "resetAndDestroy"] as const

export class Abandoning {
  readonly #url: URL
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 })

  constructor(url: string) {
    this.#url = new URL(url)
  }

  /** Lets go of the connections that are kept for later. */
  readonly close: Effect.Effect<void> = Effect.sync(() => this.#agent.destroy())

  /** Opens a session; with `settled` the client goes on after the handshake. */
  session(settled: boolean): Effect.Effect<string> {
    const params = { protocolVersion: LEGACY, capabilities: {}, clientInfo: { name: "passer-by", version: "1.0.0" } }
    return Effect.gen({ self: this }, function* () {
      const id = yield* this.#post(bodyOf({ method: "initialize", params }, 1), {})
      const headers = { "mcp-session-id": id, "mcp-protocol-version": LEGACY }
      if (settled) yield* this.#post(bodyOf({ method: "notifications/initialized" }), headers)
      return id
    })
  }

  /** A modern call of `wait`, dropped once its handler has spoken, or, with `early`, once it has been written. */
  call(index: number, early: boolean): Effect.Effect<void> {
    const body = bodyOf({ method: "tools/call", params: { name: "wait", _meta: { ...meta, progressToken: 1 } } }, index)
    return this.#dropped("POST", { ...this.#modern("tools/call"), "mcp-name": "wait" }, body, index, early)
  }

  /** A modern subscription, dropped once it is acknowledged. */
  listen(index: number): Effect.Effect<void> {
    const params = { notifications: { toolsListChanged: true }, _meta: meta }
    const body = bodyOf({ method: "subscriptions/listen", params }, index)
    return this.#dropped("POST", this.#modern("subscriptions/listen"), body, index, false)
  }

  /** A session that is used, and the stream of its GET, dropped once it is there. */
  stand(index: number): Effect.Effect<void> {
    return Effect.gen({ self: this }, function* () {
      const headers = { "mcp-session-id": yield* this.session(true), "mcp-protocol-version": LEGACY }
      yield* this.#post(bodyOf({ method: "tools/call", params: { name: "echo" } }, 2), headers)
      yield* this.#dropped("GET", headers, "", index, false)
    })
  }

  #modern(method: string): { readonly [name: string]: string } {
    return { "mcp-protocol-version": MODERN, "mcp-method": method }
  }

  /** Posts a message, and gives the id of the session once the whole answer has come. */
  #post(body: string, headers: { readonly [name: string]: string }): Effect.Effect<string> {
    return Effect.callback((resume) => {
      const asked = request(
        this.#url,
        {
          method: "POST",
          agent: this.#agent,
          headers: { accept, "content-type": "application/json", "content-length": body.length, ...headers }
        },
        (response) => {
          const id = response.headers["mcp-session-id"]
          response.resume().on("end", () => {
            const { statusCode = 0 } = response
            resume(statusCode < 300 ? Effect.succeed(String(id)) : Effect.die(new Error(`status ${statusCode}`)))
          })
        }
      )
      asked.on("error", (error) => resume(Effect.die(error)))
      asked.end(body)
    })
  }

  #dropped(
    method: string,
    headers: { readonly [name: string]: string },
    body: string,
    index: number,
    early: boolean
  ): Effect.Effect<void> {
    const lines = {
      host: this.#url.host,
      accept,
      ...(body === "" ? undefined : { "content-type": "application/json", "content-length": String(body.length) }),
      ...headers
    }
    const head = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
    return Effect.callback<void>((resume) => {
      const socket = connect(Number(this.#url.port), this.#url.hostname)
      const drop = () => void socket[manners[index % 2]!]()
      socket.on("close", () => resume(Effect.void))
      socket.on("error", (error) => resume(Effect.die(error)))
      socket.on("data", (chunk) => {
        if (!String(chunk).startsWith("HTTP/1.1 200")) resume(Effect.die(new Error(String(chunk))))
        drop()
      })
      socket.write(`${method} ${this.#url.pathname} HTTP/1.1\r\n${head.join("")}\r\n${body}`, () => {
        if (early) drop()
      })
    })
  }
}
