/**
 * A server behind HTTP without sockets, and its clients in the hands of a test.
 *
 * `web` serves an application by `McpHttp.layerWeb`; `ask` sends one request and gives a `Heard`: what has arrived so far,
 * how the response is written, and how the client goes away. A response is read as fast as it comes, unless the test wants
 * to read on later, or never. `open` shakes hands and gives a legacy session. Who calls, a header says.
 */
import { assert } from "@effect/vitest"
import { Context, Effect, Exit, Layer, Scope } from "effect"
import { type EventStore, McpLimits, McpServer } from "mcp-effect"
import * as McpHttp from "mcp-effect/McpHttp"
import * as McpTransport from "mcp-effect/McpTransport"
import type { McpTest } from "mcp-effect/testing"
import { modernMeta, request, versions } from "./app.ts"
import { settle } from "./law.ts"

/** An event as it was written. */
export interface SseEvent {
  readonly id: string | undefined
  readonly retry: string | undefined
  readonly data: string
}

type Names = { readonly [name: string]: string }

/** What a client hears of one request. */
export class Heard {
  status: number | undefined
  headers: Headers | undefined
  /** Events that had data, or an id; comments are counted only. */
  readonly events: Array<SseEvent> = []
  comments = 0
  body = ""
  /** The response is complete, or broke. */
  ended = false
  /** The client is gone. */
  gone = false
  readonly #abort = new AbortController()
  #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  #text = ""
  #reading: boolean
  #pulling = false
  readonly #decoder = new TextDecoder()

  constructor(reading: boolean) {
    this.#reading = reading
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  get isStream(): boolean {
    return this.headers?.get("content-type")?.startsWith("text/event-stream") === true
  }

  /** The messages that have arrived, in order. */
  get messages(): ReadonlyArray<McpTest.Json> {
    const texts = this.isStream ? this.events.map(({ data }) => data).filter((data) => data !== "") : [this.body]
    return texts.filter((text) => text !== "").map((text) => JSON.parse(text) as McpTest.Json)
  }

  /** The id of the event that has arrived last. */
  get lastId(): string | undefined {
    return this.events.findLast(({ id }) => id !== undefined)?.id
  }

  took(response: Response): void {
    if (this.gone) return void response.body?.cancel().catch(() => {})
    this.status = response.status
    this.headers = response.headers
    if (response.body === null) this.ended = true
    else this.#reader = response.body.getReader()
    this.#pump()
  }

  /** Reads from now on. */
  read(): void {
    if (this.#reading) return
    this.#reading = true
    if (!this.#pulling) this.#pump()
  }

  /** The client goes away: it lets go of the request, or of the body that it reads. */
  drop(how: "request" | "body" = "body"): void {
    this.gone = true
    if (how === "request" || this.#reader === undefined) this.#abort.abort()
    else void this.#reader.cancel().catch(() => {})
  }

  #pump(): void {
    const reader = this.#reader
    if (reader === undefined) return
    this.#pulling = true
    void reader.read().then(
      ({ done, value }) => {
        this.#pulling = false
        if (this.gone) return
        if (value !== undefined) this.#take(this.#decoder.decode(value, { stream: true }))
        if (done) this.ended = true
        else if (this.#reading) this.#pump()
      },
      () => {
        this.ended = true
      }
    )
  }

  #take(text: string): void {
    if (!this.isStream) {
      this.body += text
      return
    }
    const blocks = (this.#text + text).split("\n\n")
    this.#text = blocks.pop()!
    for (const block of blocks) this.#event(block.split("\n"))
  }

  #event(lines: ReadonlyArray<string>): void {
    const field = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2)
    const [id, retry, data] = [field("id"), field("retry"), field("data")]
    if (data === undefined) this.comments += 1
    else this.events.push({ id, retry, data })
  }
}

export interface Options {
  readonly http?: Parameters<typeof McpHttp.layerWeb>[0]
  readonly limits?: Partial<McpLimits.Limits>
  readonly events?: Layer.Layer<EventStore.EventStore>
}

export interface Ask {
  readonly body?: string | undefined
  readonly headers?: Names | undefined
  readonly url?: string | undefined
  /** Of the response only the first piece is read, until the test says so. */
  readonly unread?: boolean | undefined
}

export interface Web {
  /** Sends a request, as far as that goes at once. */
  ask(method: string, ask?: Ask): Heard
  /** Posts a message, with the headers that its era wants. */
  post(message: McpTest.Json, headers?: Names, ask?: Ask): Heard
  /** Ends the server. */
  readonly close: Effect.Effect<void>
}

/** Who calls, and whom the test calls nobody is not let in. */
export const WHO = "x-who"

const authenticate = Layer.succeed(McpTransport.Authenticate, (headers) => {
  const id = headers[WHO] ?? "somebody"
  return id === "nobody"
    ? Effect.fail(new McpTransport.Unauthenticated({ detail: "Say who you are", challenge: "Who" }))
    : Effect.succeed({ id, scopes: [], claims: {} })
})

const both = { "content-type": "application/json", accept: "application/json, text/event-stream" }

const isJson = (value: unknown): value is McpTest.Json => typeof value === "object" && value !== null

/** The headers that a modern message wants, by what it says. */
export const headersFor = ({ method, params }: McpTest.Json): Names => {
  const said = isJson(params) ? params : {}
  const meta = isJson(said["_meta"]) ? said["_meta"] : {}
  const version = meta["io.modelcontextprotocol/protocolVersion"]
  if (typeof version !== "string") return {}
  const name = method === "resources/read" ? said["uri"] : said["name"]
  return {
    "mcp-protocol-version": version,
    "mcp-method": String(method),
    ...(typeof name === "string" ? { "mcp-name": name } : undefined)
  }
}

/** Serves an application until it is closed, at the latest with the scope. */
export const web = (
  app: Layer.Layer<never, never, McpTransport.McpListener>,
  { events, http, limits }: Options = {}
): Effect.Effect<Web, never, Scope.Scope> =>
  Effect.gen(function* () {
    const ambient = yield* Effect.context<never>()
    const scope = yield* Scope.fork(yield* Effect.scope)
    const limiting = Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, ...limits })
    const around = Layer.merge(authenticate, events === undefined ? limiting : Layer.provideMerge(events, limiting))
    const served = McpServer.serve(app).pipe(Layer.provideMerge(McpHttp.layerWeb(http)), Layer.provide(around))
    const handler = Context.get(yield* Layer.buildWithScope(served, scope), McpHttp.WebHandler)
    const ask: Web["ask"] = (method, { body, headers = {}, unread, url = "http://localhost/mcp" } = {}) => {
      const heard = new Heard(unread !== true)
      const init = { method, headers, signal: heard.signal, ...(body === undefined ? undefined : { body }) }
      const asking = Effect.map(handler.handle(new Request(url, init)), (response) => heard.took(response))
      Effect.runForkWith(ambient)(asking)
      return heard
    }
    return {
      ask,
      post: (message, headers = {}, options = {}) =>
        ask("POST", {
          body: JSON.stringify(message),
          ...options,
          headers: { ...both, ...headersFor(message), ...headers }
        }),
      close: Effect.suspend(() => Scope.close(scope, Exit.void))
    }
  })

/** One session of a client. */
export interface Session {
  readonly id: string
  readonly headers: Names
  post(message: McpTest.Json, ask?: Ask): Heard
  get(headers?: Names, ask?: Ask): Heard
  delete(): Heard
}

/** Waits until a response has come, or all of it. */
export const answered = (heard: Heard): Effect.Effect<boolean> => waiting(() => heard.status !== undefined)
export const complete = (heard: Heard): Effect.Effect<boolean> => waiting(() => heard.ended)

/** Turns of the loop until something holds, but not for ever; tells whether it does. */
export const waiting = (holds: () => boolean): Effect.Effect<boolean> =>
  Effect.suspend(() =>
    holds() ? Effect.succeed(true) : Effect.map(Effect.repeat(settle, { until: holds, times: 100 }), holds)
  )

const hello = (version: string) =>
  request("legacy", "handshake", "initialize", {
    protocolVersion: version,
    capabilities: {},
    clientInfo: { name: "laws", version: "1.0.0" }
  })

/** Shakes hands, as somebody. */
export const open = ({ ask, post }: Web, who = "somebody", version: string = versions.legacy): Effect.Effect<Session> =>
  Effect.gen(function* () {
    const opened = post(hello(version), { [WHO]: who })
    assert.isTrue(yield* complete(opened), "initialize is not answered")
    const id = opened.headers?.get("mcp-session-id") ?? ""
    assert.notStrictEqual(id, "", `no session: ${opened.status} ${opened.body}`)
    const headers = { [WHO]: who, "mcp-session-id": id, "mcp-protocol-version": version }
    const ready = post({ jsonrpc: "2.0", method: "notifications/initialized" }, headers)
    assert.isTrue(yield* answered(ready))
    assert.strictEqual(ready.status, 202)
    return {
      id,
      headers,
      post: (message, ask) => post(message, headers, ask),
      get: (more = {}, rest = {}) =>
        ask("GET", { ...rest, headers: { accept: "text/event-stream", ...headers, ...more } }),
      delete: () => ask("DELETE", { headers })
    }
  })

/** A notification in the modern era. */
export const modernNotification = (method: string, params: McpTest.Json): McpTest.Json => ({
  jsonrpc: "2.0",
  method,
  params: { ...params, _meta: modernMeta }
})
