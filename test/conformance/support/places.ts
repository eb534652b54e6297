/**
 * Where a chapter of the specification is tried: each revision, in memory, over bytes and over HTTP.
 *
 * A chapter's tests are one body, written once: `everywhere("tools", (place) => { it.effect(…) })`. A place connects our
 * client to an application, or gives a raw peer that has shaken hands where its revision does.
 */
import { describe } from "@effect/vitest"
import { Effect, type Scope } from "effect"
import type { McpClient, McpError } from "mcp-effect"
import type { McpRevision } from "mcp-effect/McpRevision"
import { revisions } from "mcp-effect/revisions"
import type { McpTest } from "mcp-effect/testing"
import type { App, Carrier, Served } from "./carriers/carrier.ts"
import { http } from "./carriers/http.ts"
import { memory } from "./carriers/memory.ts"
import { stdio } from "./carriers/stdio.ts"

export type { App } from "./carriers/carrier.ts"

type Transport = "memory" | "stdio" | "http" | "http without sessions" | "http without streams"

export interface Place {
  readonly revision: string
  readonly spoken: McpRevision
  readonly era: "legacy" | "modern"
  readonly transport: Transport
  /**
   * All messages go by one stream, which is there before anything is said. Over HTTP each request has a stream of its own,
   * and there is no conversation before a handshake opens one.
   */
  readonly oneStream: boolean
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

export interface Raw extends Served {
  /** A request of the revision, with the `_meta` that it wants. */
  message(id: string | number, method: string, params?: object, meta?: object): McpTest.Json
  /** Sends a request and waits for the reply with its id; what comes before that is kept in `received`. */
  ask(id: string | number, method: string, params?: object, meta?: object): Effect.Effect<McpTest.Json>
  /** What the handshake answered; empty in a modern revision. */
  readonly opened: McpTest.Json
}

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

const carriers: { readonly [T in Transport]: Carrier } = {
  memory,
  stdio,
  http: http(),
  "http without sessions": http({ sessions: "stateless" }),
  "http without streams": http({ response: "json" })
}

const placeAt = (spoken: McpRevision, transport: Transport): Place => {
  const carrier = carriers[transport]
  const bare: Place["bare"] = (app, capabilities = {}) =>
    Effect.map(carrier.serve(app, spoken), (peer) => speaking(peer, spoken, capabilities))
  return {
    revision: spoken.version,
    spoken,
    era: spoken.era,
    transport,
    oneStream: transport === "memory" || transport === "stdio",
    since: (version) => spoken.version >= version,
    message: messages(spoken, {}),
    connect: (app, options) => carrier.connect(app, spoken, options),
    raw: (app, capabilities = {}) =>
      Effect.flatMap(bare(app, capabilities), (raw) => opened(raw, spoken, capabilities)),
    bare
  }
}

/** Every place, in the order of the revisions. */
export const places: ReadonlyArray<Place> = revisions.flatMap((spoken) =>
  (["memory", "stdio", "http"] as const).map((transport) => placeAt(spoken, transport))
)

/**
 * An endpoint that gives less: each legacy request alone, or no streams. Modern requests are alone anyway; and a request
 * of 2024-11-05 that is alone cannot say that it is one.
 */
const lesser: ReadonlyArray<Place> = revisions.flatMap((spoken) => {
  const withoutStreams = placeAt(spoken, "http without streams")
  const isNamed = spoken.era === "legacy" && spoken.version !== "2024-11-05"
  return isNamed ? [withoutStreams, placeAt(spoken, "http without sessions")] : [withoutStreams]
})

/** One body of tests, in every place. */
export const everywhere = (chapter: string, body: (place: Place) => void): void => {
  describe.each(places)(`${chapter} in $revision, $transport`, body)
}

/** One body of tests of what is asked and answered, and no more: in every place, and at endpoints that give less. */
export const everywhereAtAll = (chapter: string, body: (place: Place) => void): void => {
  describe.each([...places, ...lesser])(`${chapter} in $revision, $transport`, body)
}
