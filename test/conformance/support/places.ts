/**
 * Where a chapter of the specification is tried: each revision, in memory and over bytes.
 *
 * A chapter's tests are one body, written once: `everywhere("tools", (place) => { it.effect(…) })`. A place connects our
 * client to an application, or gives a raw peer that has shaken hands where its revision does.
 */
import { describe } from "@effect/vitest"
import { type Cause, Effect, Exit, Fiber, Layer, Queue, Scope, Sink, Stdio, Stream } from "effect"
import { McpClient, type McpError, McpServer, McpStdio, type McpTransport } from "mcp-effect"
import type { McpRevision } from "mcp-effect/McpRevision"
import { revisions } from "mcp-effect/revisions"
import { McpTest } from "mcp-effect/testing"
import { lines } from "../../../src/transport/internal/lines.ts"

export type App<E = never> = Layer.Layer<never, E, McpTransport.McpListener>

export interface Place {
  readonly revision: string
  readonly spoken: McpRevision
  readonly era: "legacy" | "modern"
  readonly transport: "memory" | "stdio"
  /** Whether the revision is that one or a later one. */
  since(version: string): boolean
  /** Our client, speaking the revision. */
  connect<E>(
    app: App<E>,
    options?: McpClient.ConnectOptions
  ): Effect.Effect<McpClient.Service, McpError.McpError | E, Scope.Scope>
  /** A raw peer; in a legacy revision it has been initialized, with these capabilities of the client. */
  raw<E>(app: App<E>, capabilities?: object): Effect.Effect<Raw, E, Scope.Scope>
  /** A raw peer that has said nothing yet. */
  bare<E>(app: App<E>, capabilities?: object): Effect.Effect<Raw, E, Scope.Scope>
  /** A request of the revision, with the `_meta` that it wants. */
  message(id: string | number, method: string, params?: object, meta?: object): McpTest.Json
}

export interface Raw extends McpTest.RawPeer {
  /** A request of the revision, with the `_meta` that it wants. */
  message(id: string | number, method: string, params?: object, meta?: object): McpTest.Json
  /** Sends a request and waits for the reply with its id; what comes before that is kept in `received`. */
  ask(id: string | number, method: string, params?: object, meta?: object): Effect.Effect<McpTest.Json>
  /** What the handshake answered; empty in a modern revision. */
  readonly opened: McpTest.Json
  /** The server goes down, as it does when it is told to: it drains, and then lets go of everything. */
  readonly shutDown: Effect.Effect<void>
}

/** A peer whose server can be told to go down. */
type Served = McpTest.RawPeer & Pick<Raw, "shutDown">

type Bytes = Queue.Queue<Uint8Array, Cause.Done>

const into = (queue: Bytes) =>
  Sink.forEach((chunk: string | Uint8Array) =>
    Queue.offer(queue, typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk)
  )

/** Serves an application on an in-process pipe of bytes, and gives the client's end. */
const piped = <E>(app: App<E>): Effect.Effect<McpTransport.McpTransport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const toServer: Bytes = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    const toClient: Bytes = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    const stdio = Stdio.layerTest({ stdin: Stream.fromQueue(toServer), stdout: () => into(toClient) })
    yield* Effect.forkScoped(
      Effect.ensuring(
        Effect.provide(McpServer.launch(app), Layer.provide(McpStdio.layerServer, stdio)),
        Queue.end(toClient)
      )
    )
    yield* Effect.addFinalizer(() => Queue.end(toServer))
    return lines({ readable: Stream.fromQueue(toClient), writable: into(toServer), maxBytes: 8 * 1024 * 1024 })
  })

/** A raw peer at the client's end of a pipe. */
const rawPiped = <E>(app: App<E>): Effect.Effect<Served, never, Scope.Scope> =>
  Effect.gen(function* () {
    const toServer: Bytes = yield* Queue.unbounded<Uint8Array, Cause.Done>()
    const arrived = yield* Queue.unbounded<McpTest.Json>()
    const received: Array<string> = []
    let rest = ""
    const stdout = Sink.forEach((chunk: string | Uint8Array) => {
      const texts = (rest + (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk))).split("\n")
      rest = texts.pop() ?? ""
      received.push(...texts)
      return Queue.offerAll(
        arrived,
        texts.map((text) => JSON.parse(text) as McpTest.Json)
      )
    })
    const stdio = Stdio.layerTest({ stdin: Stream.fromQueue(toServer), stdout: () => stdout })
    const serving = yield* Effect.forkScoped(
      Effect.provide(McpServer.launch(app), Layer.provide(McpStdio.layerServer, stdio))
    )
    yield* Effect.addFinalizer(() => Queue.end(toServer))
    const encoder = new TextEncoder()
    return {
      send: (message) =>
        Effect.asVoid(
          Queue.offer(toServer, encoder.encode(`${typeof message === "string" ? message : JSON.stringify(message)}\n`))
        ),
      next: Queue.take(arrived),
      received,
      end: Effect.asVoid(Queue.end(toServer)),
      shutDown: Fiber.interrupt(serving)
    }
  })

/** A raw peer in memory; the conversation goes on when the server ends. */
const rawInMemory = <E>(app: App<E>): Effect.Effect<Served, E, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const acceptor = yield* Scope.provide(McpTest.acceptor(app), scope)
    const { peer, transport } = yield* McpTest.scripted()
    yield* Effect.forkScoped(acceptor.run(transport))
    return { ...peer, shutDown: Scope.close(scope, Exit.void) }
  })

const metaOf = (revision: McpRevision, capabilities: object): object =>
  revision.era === "legacy"
    ? {}
    : {
        "io.modelcontextprotocol/protocolVersion": revision.version,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1.0.0" }
      }

const messages =
  (revision: McpRevision, capabilities: object): Place["message"] =>
  (id, method, params = {}, meta = {}) => ({
    jsonrpc: "2.0",
    id,
    method,
    params: { ...params, _meta: { ...metaOf(revision, capabilities), ...meta } }
  })

const speaking = (peer: Served, revision: McpRevision, capabilities: object): Raw => {
  const message = messages(revision, capabilities)
  const replyTo = (id: string | number): Effect.Effect<McpTest.Json> =>
    Effect.flatMap(peer.next, (next) =>
      next["id"] === id && next["method"] === undefined ? Effect.succeed(next) : replyTo(id)
    )
  const ask: Raw["ask"] = (id, method, params, meta) =>
    Effect.andThen(peer.send(message(id, method, params, meta)), replyTo(id))
  return { ...peer, message, ask, opened: {} }
}

const opened = (raw: Raw, revision: McpRevision, capabilities: object): Effect.Effect<Raw> =>
  Effect.gen(function* () {
    if (revision.era === "modern") return raw
    const clientInfo = { name: "raw", version: "1.0.0" }
    const { result } = yield* raw.ask("handshake", "initialize", {
      protocolVersion: revision.version,
      capabilities,
      clientInfo
    })
    yield* raw.send({ jsonrpc: "2.0", method: "notifications/initialized" })
    return { ...raw, opened: result as McpTest.Json }
  })

/** Every place, in the order of the revisions. */
export const places: ReadonlyArray<Place> = revisions.flatMap((spoken) =>
  (["memory", "stdio"] as const).map((transport): Place => ({
    revision: spoken.version,
    spoken,
    era: spoken.era,
    transport,
    since: (version) => spoken.version >= version,
    message: messages(spoken, {}),
    connect: (app, options) =>
      transport === "memory"
        ? McpClient.connect(app, { ...options, revision: spoken.version })
        : Effect.flatMap(piped(app), (pipe) => McpClient.connect(pipe, { ...options, revision: spoken.version })),
    raw: (app, capabilities = {}) =>
      Effect.flatMap(transport === "memory" ? rawInMemory(app) : rawPiped(app), (peer) =>
        opened(speaking(peer, spoken, capabilities), spoken, capabilities)
      ),
    bare: (app, capabilities = {}) =>
      Effect.map(transport === "memory" ? rawInMemory(app) : rawPiped(app), (peer) =>
        speaking(peer, spoken, capabilities)
      )
  }))
)

/** One body of tests, in every place. */
export const everywhere = (chapter: string, body: (place: Place) => void): void => {
  describe.each(places)(`${chapter} in $revision, $transport`, body)
}
