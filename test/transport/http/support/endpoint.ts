/**
 * An endpoint without a socket, and the clients of its tests: `serve` is a server behind `McpHttp.layerWeb`.
 *
 * What is sent is what the test says, beside a content type and `Accept`; `modern` and `opened` say what a well-behaved
 * client of either era says. Nothing here sleeps: the clock is the test's.
 */
import { assert } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { McpServer, type McpTransport } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import * as McpHttp from "../../../../src/transport/McpHttp.ts"
import { modernMeta, request, versions } from "../../../laws/support/app.ts"
import { Answer } from "./answer.ts"

export type App<E = never> = Layer.Layer<never, E, McpTransport.McpListener>
export type Headers = { readonly [name: string]: string }

export interface Sent {
  readonly method?: string
  readonly url?: string
  readonly headers?: Headers
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
  readonly signal?: AbortSignal
}

export interface Endpoint {
  /** Sends a request as it is. */
  send(sent: Sent): Effect.Effect<Answer>
  /** Posts a message, or a text, with the headers that every client sends; one that is "" is left out. */
  post(message: unknown, headers?: Headers, signal?: AbortSignal): Effect.Effect<Answer>
  /** Drains, and lets go of everything. */
  readonly shutDown: Effect.Effect<void>
}

const usual = { "content-type": "application/json", accept: "application/json, text/event-stream" }
const URL = "http://localhost/mcp"

/** Without those that are "". */
const present = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""))

export const textOf = (message: unknown): string => (typeof message === "string" ? message : JSON.stringify(message))

/** Serves an application until the scope closes, or until it is shut down. */
export const serve = <E>(
  app: App<E>,
  options: Omit<McpHttp.ServerOptions, "path"> = {}
): Effect.Effect<Endpoint, E, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const built = Layer.build(Layer.provideMerge(McpServer.serve(app), McpHttp.layerWeb(options)))
    const { handle } = Context.get(yield* Scope.provide(built, scope), McpHttp.WebHandler)
    const send: Endpoint["send"] = ({ body, headers = {}, method = "POST", signal, url = URL }) =>
      Effect.suspend(() => {
        const init: RequestInit & { duplex?: "half" } = { method, headers }
        if (signal !== undefined) init.signal = signal
        if (body !== undefined) Object.assign(init, { body, duplex: "half" })
        return Effect.map(handle(new Request(url, init)), (response) => new Answer(response))
      })
    return {
      send,
      post: (message, headers = {}, signal) =>
        send({
          body: textOf(message),
          headers: present({ ...usual, ...headers }),
          ...(signal === undefined ? {} : { signal })
        }),
      shutDown: Scope.close(scope, Exit.void)
    }
  })

const named: { readonly [method: string]: string } = {
  "tools/call": "name",
  "prompts/get": "name",
  "resources/read": "uri"
}

/** The headers of a modern message. */
export const modernHeaders = (message: McpTest.Json): Headers => {
  const method = String(message["method"])
  const params = (message["params"] ?? {}) as McpTest.Json
  const name = named[method] === undefined ? undefined : params[named[method]]
  return {
    "mcp-protocol-version": versions.modern,
    "mcp-method": method,
    ...(typeof name === "string" ? { "mcp-name": name } : {})
  }
}

/** Posts a modern message with the headers that it wants. */
export const modern = (endpoint: Endpoint, message: McpTest.Json, headers: Headers = {}, signal?: AbortSignal) =>
  endpoint.post(message, { ...modernHeaders(message), ...headers }, signal)

export { modernMeta, versions }

/** A legacy client that has a session. */
export interface Client {
  readonly session: string
  /** What the handshake answered. */
  readonly opened: McpTest.Json
  readonly headers: Headers
  post(message: unknown, headers?: Headers): Effect.Effect<Answer>
  get(headers?: Headers): Effect.Effect<Answer>
  delete(headers?: Headers): Effect.Effect<Answer>
  /** The reply to a request. */
  ask(id: string | number, method: string, params?: McpTest.Json, meta?: McpTest.Json): Effect.Effect<McpTest.Json>
}

export interface Opening {
  readonly revision?: string
  readonly headers?: Headers
  /** Sends no `notifications/initialized`. */
  readonly half?: boolean
}

export const initialize = (revision: string = versions.legacy): McpTest.Json =>
  request("legacy", "handshake", "initialize", {
    protocolVersion: revision,
    capabilities: {},
    clientInfo: { name: "raw", version: "1.0.0" }
  })

export const INITIALIZED = { jsonrpc: "2.0", method: "notifications/initialized" }

/** A client of a session that is there already. */
export const clientOf = (endpoint: Endpoint, session: string, headers: Headers, opened: McpTest.Json = {}): Client => {
  const own = { "mcp-session-id": session, ...headers }
  const client: Client = {
    session,
    opened,
    headers: own,
    post: (message, more = {}) => endpoint.post(message, { ...own, ...more }),
    get: (more = {}) =>
      endpoint.send({ method: "GET", headers: present({ accept: "text/event-stream", ...own, ...more }) }),
    delete: (more = {}) => endpoint.send({ method: "DELETE", headers: present({ ...own, ...more }) }),
    ask: (id, method, params, meta) =>
      Effect.flatMap(client.post(request("legacy", id, method, params, meta)), ({ reply }) => reply)
  }
  return client
}

/** Opens a session. */
export const opened = (
  endpoint: Endpoint,
  { half = false, headers = {}, revision = versions.legacy }: Opening = {}
): Effect.Effect<Client> =>
  Effect.gen(function* () {
    const answer = yield* endpoint.post(initialize(revision), headers)
    assert.strictEqual(answer.status, 200)
    const session = answer.header("mcp-session-id") ?? assert.fail("there is no session")
    const reply = yield* answer.reply
    const version = revision < "2025-06-18" ? {} : { "mcp-protocol-version": revision }
    const client = clientOf(endpoint, session, { ...version, ...headers }, reply["result"] as McpTest.Json)
    if (!half) {
      const done = yield* client.post(INITIALIZED)
      assert.strictEqual(done.status, 202)
      yield* done.nothing
    }
    return client
  })
