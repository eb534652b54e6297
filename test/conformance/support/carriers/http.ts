/**
 * Messages as HTTP requests and responses, without sockets: the endpoint is called in process.
 *
 * The raw peer behaves as a client must: headers that say what the message says, the session once there is one, a stream
 * for what is said unasked after its handshake. A request is on its way when `send` ends, a notification has been taken.
 * What comes, by whichever stream, arrives in one order. A modern request is cancelled by letting go of its response.
 */
import { Cause, Context, Effect, Exit, Fiber, Layer, Queue, Scope, Stream } from "effect"
import { HttpClient } from "effect/http/HttpClient"
import * as HttpClients from "effect/http/HttpClient"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import { EventStore, McpClient, McpServer } from "mcp-effect"
import * as JsonRpc from "mcp-effect/JsonRpc"
import * as McpHeader from "mcp-effect/McpHeader"
import * as McpHttp from "mcp-effect/McpHttp"
import * as McpHttpClient from "mcp-effect/McpHttpClient"
import type { McpRevision } from "mcp-effect/McpRevision"
import type { McpTest } from "mcp-effect/testing"
import { settle } from "../../../laws/support/law.ts"
import type { App, Carrier, Served } from "./carrier.ts"

const URL = "http://localhost/mcp"
const VERSION = "mcp-protocol-version"
const SESSION = "mcp-session-id"
const EVENTS = "text/event-stream"

type Handle = (request: Request) => Effect.Effect<Response>
type Headers = { readonly [name: string]: string }

/** How an endpoint serves. */
export type Options = Parameters<typeof McpHttp.layerWeb>[0]

/** Serves an application at an endpoint whose streams can be taken up again. */
const endpoint = <E>(app: App<E>, options: Options): Effect.Effect<Handle, E, Scope.Scope> =>
  Effect.map(
    Layer.build(
      McpServer.serve(app).pipe(Layer.provideMerge(McpHttp.layerWeb(options)), Layer.provide(EventStore.layerMemory))
    ),
    (context) => Context.get(context, McpHttp.WebHandler).handle
  )

const clientOf = (handle: Handle): HttpClient =>
  HttpClients.make((request, url, signal) => {
    const { body, headers, method } = request
    const init = { method, headers, signal, ...(body._tag === "Uint8Array" ? { body: body.body.slice() } : {}) }
    return Effect.map(handle(new Request(url, init)), (response) => HttpClientResponse.fromWeb(request, response))
  })

const connect =
  (options: Options): Carrier["connect"] =>
  (app, { version }, connecting) =>
    Effect.gen(function* () {
      const handle = yield* endpoint(app, options)
      const made = Effect.provideService(McpHttpClient.make(URL), HttpClient, clientOf(handle))
      return yield* McpClient.connect(yield* Effect.orDie(made), { ...connecting, revision: version })
    })

const isJson = (value: unknown): value is McpTest.Json => typeof value === "object" && value !== null

/** The messages of a response, each as text; a body that is no message is a defect of the server. */
const messagesIn = (response: Response): Stream.Stream<string> => {
  const { body, headers } = response
  const type = headers.get("content-type")
  if (body === null || type === null) return Stream.empty
  const bytes = Stream.fromReadableStream({ evaluate: () => body, onError: (cause) => cause })
  const texts = Stream.orDie(Stream.decodeText(bytes))
  if (type !== EVENTS) return Stream.fromEffect(Stream.mkString(texts))
  return Stream.splitLines(texts).pipe(
    Stream.filter((line) => line.startsWith("data: {") || line.startsWith("data: [")),
    Stream.map((line) => line.slice("data: ".length))
  )
}

/** One client of an endpoint. */
class Peer {
  readonly received: Array<string> = []
  readonly #handle: Handle
  readonly #revision: McpRevision
  readonly #scope: Scope.Scope
  readonly #arrived: Queue.Queue<McpTest.Json>
  readonly #open = new Map<JsonRpc.Id, Fiber.Fiber<void>>()
  #session: string | undefined
  #isAgreed = false
  #isStanding = false

  constructor(handle: Handle, revision: McpRevision, scope: Scope.Scope, arrived: Queue.Queue<McpTest.Json>) {
    this.#handle = handle
    this.#revision = revision
    this.#scope = scope
    this.#arrived = arrived
  }

  readonly send: Served["send"] = (sent) =>
    Effect.suspend(() => {
      const text = typeof sent === "string" ? sent : JSON.stringify(sent)
      const message = JsonRpc.decode(text)
      if (message._tag === "Notification" && message.method === "notifications/cancelled") {
        const id = isJson(message.params) ? message.params["requestId"] : undefined
        if (this.#revision.era === "modern") return this.#letGo(id)
      }
      const posted = this.#exchange("POST", text, this.#headers(message))
      const isAnswered = message._tag === "Request" || message._tag === "Malformed"
      if (!isAnswered) return Effect.andThen(posted, this.#stand(message))
      return Effect.flatMap(this.#fork(posted), (fiber) => {
        if (message._tag === "Request") this.#keep(message.id, fiber)
        return settle
      })
    })

  /** The client is gone: it gives its session back, and lets go of everything. */
  readonly end: Effect.Effect<void> = Effect.suspend(() =>
    Effect.andThen(
      this.#session === undefined ? Effect.void : this.#exchange("DELETE", undefined, this.#standing()),
      Effect.forEach([...this.#open.values()], (fiber) => Fiber.interrupt(fiber), { discard: true })
    )
  )

  /** What every message of this conversation carries. */
  #standing(): Headers {
    const { policy, version } = this.#revision
    return {
      ...(this.#session === undefined ? {} : { [SESSION]: this.#session }),
      ...(this.#isAgreed && policy.headers.version !== undefined ? { [VERSION]: version } : {})
    }
  }

  /** What a message wants: of a modern one, that it says itself which revision it follows. */
  #headers(message: JsonRpc.Message | JsonRpc.Malformed): Headers {
    const both = { "content-type": "application/json", accept: `application/json, ${EVENTS}` }
    const { method, params } = "method" in message ? message : { method: "", params: undefined }
    const meta = isJson(params) && isJson(params["_meta"]) ? params["_meta"] : {}
    const named = meta["io.modelcontextprotocol/protocolVersion"]
    const isOpening = method === "initialize" && named === undefined
    if (named === undefined && (this.#revision.era === "legacy" || isOpening)) return { ...both, ...this.#standing() }
    const field = McpHeader.nameField(method)
    const name = field !== undefined && isJson(params) ? params[field] : undefined
    return {
      ...both,
      [VERSION]: typeof named === "string" ? named : this.#revision.version,
      "mcp-method": method,
      ...(typeof name === "string" ? { "mcp-name": McpHeader.encodeValue(name) } : {})
    }
  }

  #keep(id: JsonRpc.Id, fiber: Fiber.Fiber<void>): void {
    this.#open.set(id, fiber)
    fiber.addObserver(() => {
      if (this.#open.get(id) === fiber) this.#open.delete(id)
    })
  }

  #fork(effect: Effect.Effect<void>) {
    return Effect.forkIn(effect, this.#scope, { startImmediately: true })
  }

  /** One HTTP request, until its response has ended. What breaks it breaks whoever waits for a message. */
  #exchange(method: string, body: string | undefined, headers: Headers): Effect.Effect<void> {
    const init = { method, headers, ...(body === undefined ? {} : { body }) }
    const answered = Effect.flatMap(
      Effect.suspend(() => this.#handle(new Request(URL, init))),
      (response) => {
        if (response.ok) this.#agree(response)
        // whether there is a stream for what is said unasked is the server's to say
        return method === "GET" && !response.ok ? Effect.void : this.#take(messagesIn(response))
      }
    )
    return Effect.catchDefect(answered, (defect) => Effect.asVoid(Queue.failCause(this.#arrived, Cause.die(defect))))
  }

  /** The first success is that of the handshake. */
  #agree(response: Response): void {
    if (!this.#isAgreed) this.#session = response.headers.get(SESSION) ?? undefined
    this.#isAgreed = true
  }

  #take(texts: Stream.Stream<string>): Effect.Effect<void> {
    return Stream.runForEach(texts, (text) =>
      Effect.sync(() => {
        const message = JSON.parse(text) as McpTest.Json
        this.received.push(text)
        Queue.offerUnsafe(this.#arrived, message)
      })
    )
  }

  /** With the end of a handshake the stream for what is said unasked is opened, once. */
  #stand(message: JsonRpc.Message | JsonRpc.Malformed): Effect.Effect<void> {
    const opens = message._tag === "Notification" && message.method === "notifications/initialized"
    if (!opens || this.#isStanding || this.#session === undefined) return Effect.void
    this.#isStanding = true
    const standing = this.#exchange("GET", undefined, { ...this.#standing(), accept: EVENTS })
    return Effect.andThen(this.#fork(standing), settle)
  }

  #letGo(id: unknown): Effect.Effect<void> {
    const fiber = typeof id === "string" || typeof id === "number" ? this.#open.get(id) : undefined
    return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
  }
}

const serve =
  (options: Options): Carrier["serve"] =>
  (app, revision) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(yield* Effect.scope)
      const handle = yield* Scope.provide(endpoint(app, options), scope)
      const arrived = yield* Queue.unbounded<McpTest.Json>()
      const { end, received, send } = new Peer(handle, revision, yield* Scope.fork(yield* Effect.scope), arrived)
      return { end, received, send, next: Queue.take(arrived), shutDown: Scope.close(scope, Exit.void) }
    })

export const http = (options: Options = {}): Carrier => ({ connect: connect(options), serve: serve(options) })
