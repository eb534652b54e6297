/**
 * The official client v2 with handlers for all that a server may ask, and our server that asks, on stdio and over HTTP.
 *
 * What the handlers were asked is kept, as the client has given it to them.
 */
import { Client, StreamableHTTPClientTransport, type ClientCapabilities } from "@modelcontextprotocol/client"
import { getDefaultEnvironment, StdioClientTransport } from "@modelcontextprotocol/client/stdio"
import { Deferred, Effect, Layer, Logger, type Scope } from "effect"
import { McpLimits, McpServer } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { join } from "node:path"
import { askingApp } from "../fixtures/askingApp.ts"
import { asked as ask, type Asked, type Result } from "./wholePeers.ts"

/** The mode of the client, and the revision that it comes to. */
export const eras = {
  legacy: { mode: "legacy", revision: "2025-11-25" },
  modern: { mode: { pin: "2026-07-28" }, revision: "2026-07-28" }
} as const
export type EraName = keyof typeof eras

type Transport = StdioClientTransport | StreamableHTTPClientTransport

const server = join(import.meta.dirname, "..", "fixtures", "asking.ts")

const overStdio: Effect.Effect<Transport> = Effect.sync(
  () =>
    new StdioClientTransport({
      command: process.execPath,
      args: ["--conditions=mcp-effect-source", server],
      env: getDefaultEnvironment(),
      stderr: "ignore"
    })
)

/** Connections that the client keeps for later are not waited for at the end. */
const brief = Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, lastWords: "50 millis" })

const overHttp = (options: Parameters<typeof McpNode.layerHttp>[0]): Effect.Effect<Transport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const listening = yield* Deferred.make<string>()
    const socket = McpNode.layerHttp({ ...options, port: 0, onListening: (url) => Deferred.succeed(listening, url) })
    const quiet = Layer.merge(Logger.layer([]), brief)
    yield* Layer.build(McpServer.serve(askingApp()).pipe(Layer.provide(socket), Layer.provide(quiet), Layer.orDie))
    return new StreamableHTTPClientTransport(new URL(yield* Deferred.await(listening)))
  })

/** Where our server is reached. */
export const places = {
  stdio: overStdio,
  "HTTP, stateful": overHttp({ sessions: "stateful" }),
  "HTTP, always as a stream": overHttp({ sessions: "stateful", response: "sse" }),
  "HTTP, stateless": overHttp({ sessions: "stateless" }),
  "HTTP, JSON only": overHttp({ sessions: "stateful", response: "json" })
} as const
export type PlaceName = keyof typeof places

/** What the client does when it is asked; a test may change it. */
export interface Answers {
  form: (params: Result) => Result
  page: () => Result
  model: () => string
}

export interface Answering {
  readonly revision: string | undefined
  readonly call: (name: string, args?: Result) => Asked
  readonly prompt: (name: string) => Asked
  readonly read: (uri: string) => Asked
  /** What was asked, in order; a test may empty it. */
  readonly asked: Array<{ readonly method: string; readonly params: Result }>
  readonly answers: Answers
}

export const able: ClientCapabilities = {
  elicitation: { form: { applyDefaults: true }, url: {} },
  sampling: {},
  roots: {}
}
export const root = { uri: "file:///workspace", name: "workspace" }

/** Fills in what is known of Ada. What has a default is left to the client. */
const filled = ({ message, requestedSchema }: Result): Result => {
  const { properties } = requestedSchema as { readonly properties: Result }
  const known: Result = { name: "Ada", size: "l", value: message === "Where?" ? "w" : "Ada" }
  return { action: "accept", content: Object.fromEntries(Object.entries(known).filter(([name]) => name in properties)) }
}

/** A client that answers everything. */
export const agreeable: Answers = { form: filled, page: () => ({ action: "accept" }), model: () => '{"sum":42}' }

/** A connected client, closed with the scope. */
export const answering = (
  place: PlaceName,
  era: EraName,
  capabilities: ClientCapabilities = able
): Effect.Effect<Answering, never, Scope.Scope> =>
  Effect.gen(function* () {
    const transport = yield* places[place]
    const client = new Client(
      { name: "official", version: "1.0.0" },
      { capabilities, versionNegotiation: { mode: eras[era].mode } }
    )
    const asked: Answering["asked"] = []
    const answers = { ...agreeable }
    if (capabilities.elicitation !== undefined) {
      client.setRequestHandler("elicitation/create", ({ method, params }) => {
        asked.push({ method, params: { ...params } })
        return (params.mode === "url" ? answers.page() : answers.form({ ...params })) as { action: "accept" }
      })
    }
    if (capabilities.sampling !== undefined) {
      client.setRequestHandler("sampling/createMessage", ({ method, params }) => {
        asked.push({ method, params: { ...params } })
        return { role: "assistant", model: "official", content: { type: "text", text: answers.model() } }
      })
    }
    if (capabilities.roots !== undefined) {
      client.setRequestHandler("roots/list", ({ method, params }) => {
        asked.push({ method, params: { ...params } })
        return { roots: [root] }
      })
    }
    yield* Effect.acquireRelease(
      Effect.promise(() => client.connect(transport)),
      () => Effect.promise(() => client.close())
    )
    return {
      revision: client.getNegotiatedProtocolVersion(),
      call: (name, args) => ask(() => client.callTool({ name, ...(args === undefined ? {} : { arguments: args }) })),
      prompt: (name) => ask(() => client.getPrompt({ name })),
      read: (uri) => ask(() => client.readResource({ uri })),
      asked,
      answers
    }
  })
