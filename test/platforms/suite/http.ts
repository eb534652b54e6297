/**
 * HTTP by hand, with web APIs only: Requests as clients of either era write them, and streams of events as they come.
 *
 * `Fetch` is a handler as an Effect: interrupting it is what a lost connection is. `fetchOf` makes of it what the runtime
 * calls `fetch`, with an abort that reaches the handler, so that a client can be given it in place of the network.
 */
import { Effect, Exit, type Scope } from "effect"
import type { World } from "./world.ts"

export type Fetch = (request: Request) => Effect.Effect<Response>

/** Serves a world, for as long as the scope is open. */
export type Serve = (world: World) => Effect.Effect<Fetch, never, Scope.Scope>

export const ENDPOINT = "http://localhost/mcp"
export const EVENTS = "text/event-stream"
type Headers = { readonly [name: string]: string }

/** A message as a client sends it. */
export const post = (text: string, headers: Headers = {}, url = ENDPOINT): Request =>
  new Request(url, {
    method: "POST",
    headers: { "content-type": "application/json", accept: `application/json, ${EVENTS}`, ...headers },
    body: text
  })

export const ask = (id: number, method: string, params: object = {}): string =>
  JSON.stringify({ jsonrpc: "2.0", id, method, params })

export const notify = (method: string, params: object = {}): string =>
  JSON.stringify({ jsonrpc: "2.0", method, params })

const MODERN = "2026-07-28"
const modernMeta = {
  "io.modelcontextprotocol/protocolVersion": MODERN,
  "io.modelcontextprotocol/clientCapabilities": {}
}

/** A request of the modern era, with its headers. */
export const modern = (method: string, params: object, meta: object = {}, headers: Headers = {}): Request => {
  const name = "name" in params && typeof params.name === "string" ? { "mcp-name": params.name } : {}
  return post(ask(1, method, { ...params, _meta: { ...modernMeta, ...meta } }), {
    "mcp-protocol-version": MODERN,
    "mcp-method": method,
    ...name,
    ...headers
  })
}

const LEGACY = "2025-11-25"

export const INITIALIZE = ask(1, "initialize", {
  protocolVersion: LEGACY,
  capabilities: {},
  clientInfo: { name: "by hand", version: "1.0.0" }
})
export const initialized = notify("notifications/initialized")

/** Opens a legacy session; gives the answer, and the headers that everything later has. */
export const opened = (fetch: Fetch) =>
  Effect.map(fetch(post(INITIALIZE)), (response) => ({
    response,
    headers: { "mcp-session-id": response.headers.get("mcp-session-id") ?? "", "mcp-protocol-version": LEGACY }
  }))

export interface Message {
  readonly id?: unknown
  readonly method?: string
}

/** The messages of a body, one JSON or a stream of events, as they come. */
export interface Streamed {
  /** The next message; nothing when the body has ended. */
  readonly next: Effect.Effect<Message | undefined>
  /** All that comes until the body ends. */
  readonly all: Effect.Effect<ReadonlyArray<Message>>
  /** Lets go of the body. */
  readonly drop: Effect.Effect<void>
}

const dataOf = (event: string): string =>
  event
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trim())
    .join("\n")

/** Takes a body apart as it comes; `undefined` is its end. */
class Parser {
  readonly messages: Array<Message> = []
  readonly #isStream: boolean
  #rest = ""

  constructor(isStream: boolean) {
    this.#isStream = isStream
  }

  take(text: string | undefined): void {
    this.#rest += text ?? ""
    if (this.#isStream) {
      const events = this.#rest.split("\n\n")
      this.#rest = events.pop() ?? ""
      this.#add(events.map(dataOf))
    } else if (text === undefined) {
      this.#add([this.#rest])
      this.#rest = ""
    }
  }

  #add(texts: ReadonlyArray<string>): void {
    this.messages.push(...texts.filter((text) => text !== "").map((text) => JSON.parse(text) as Message))
  }
}

/** Reads a body; lets go of it when the scope closes. */
export const streamed = (response: Response): Effect.Effect<Streamed, never, Scope.Scope> =>
  Effect.gen(function* () {
    const reader = (response.body ?? new Blob([]).stream()).pipeThrough(new TextDecoderStream()).getReader()
    const parser = new Parser(response.headers.get("content-type")?.startsWith(EVENTS) === true)
    const next: Streamed["next"] = Effect.suspend(() => {
      const message = parser.messages.shift()
      if (message !== undefined) return Effect.succeed(message)
      return Effect.flatMap(
        Effect.promise(() => reader.read()),
        ({ done, value }) => {
          parser.take(value)
          return done && parser.messages.length === 0 ? Effect.succeed(undefined) : next
        }
      )
    })
    const all: Streamed["all"] = Effect.flatMap(next, (message) =>
      message === undefined ? Effect.succeed([]) : Effect.map(all, (others) => [message, ...others])
    )
    const drop = Effect.ignore(Effect.tryPromise(() => reader.cancel()))
    yield* Effect.addFinalizer(() => drop)
    return { next, all, drop }
  })

/** The body of an answer, which ends with an error when the request is aborted: then the handler's body is let go. */
const abortable = (body: ReadableStream<Uint8Array>, signal: AbortSignal): ReadableStream<Uint8Array> => {
  const reader = body.getReader()
  return new ReadableStream({
    start: (controller) =>
      signal.addEventListener("abort", () => {
        controller.error(signal.reason)
        void reader.cancel(signal.reason)
      }),
    pull: (controller) =>
      reader.read().then(({ done, value }) => {
        if (signal.aborted) return
        if (done) controller.close()
        else controller.enqueue(value)
      }),
    cancel: (reason) => reader.cancel(reason)
  })
}

/** What the runtime calls `fetch`, without a network. */
export const fetchOf =
  (handle: Fetch): typeof globalThis.fetch =>
  (input, init) => {
    const request = new Request(input, init)
    const { signal } = request
    const fiber = Effect.runFork(handle(request))
    const abort = () => void fiber.interruptUnsafe()
    signal.addEventListener("abort", abort)
    return new Promise((resolve, reject) => {
      fiber.addObserver((exit) => {
        signal.removeEventListener("abort", abort)
        if (Exit.isFailure(exit))
          return reject(signal.aborted ? signal.reason : new TypeError("The connection was lost"))
        const { body, headers, status } = exit.value
        resolve(new Response(body === null ? null : abortable(body, signal), { headers, status }))
      })
    })
  }
