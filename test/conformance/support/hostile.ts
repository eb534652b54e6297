/**
 * A server that says what a test wants, to a client of ours.
 *
 * `hostile` connects: the opening is answered well unless the script answers it, every other request with what the script
 * gives for it, and with nothing where it gives nothing. `deep` is JSON that can be read and not be written again by a
 * recursive writer. What the client logs is kept. Nothing is waited for that might not come: see `bounded`.
 */
import { Effect, type Fiber, Layer, Logger, References, type Scope } from "effect"
import { McpClient, McpLimits, type McpError } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { find } from "mcp-effect/revisions"
import { failureOf } from "../../laws/support/limits.ts"

/** A request of the client. */
export interface Asked {
  readonly id: number
  readonly method: string
  readonly params: McpTest.Json
}

/** What is sent for a request: messages, or text as it is; nothing at all for those that it leaves to the opening. */
export type Script = (asked: Asked) => ReadonlyArray<McpTest.Json | string> | undefined

export const rpc = (members: object): McpTest.Json => ({ jsonrpc: "2.0", ...members })
/** A result that is whole; what only a modern revision asks for is ignored by the others. */
export const result = ({ id }: Asked, members: object): McpTest.Json =>
  rpc({ id, result: { resultType: "complete", ttlMs: 0, cacheScope: "private", ...members } })
export const told = (method: string, params: object = {}): McpTest.Json => rpc({ method, params })
export const text = (asked: Asked, said: string): McpTest.Json =>
  result(asked, { content: [{ type: "text", text: said }] })

const capabilities = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { subscribe: true, listChanged: true },
  completions: {},
  logging: {}
}

/** What a well-behaved server answers to the opening of a revision. */
export const welcome = (version: string): McpTest.Json =>
  find(version)?.era === "modern"
    ? { supportedVersions: [version], capabilities }
    : { protocolVersion: version, capabilities, serverInfo: { name: "hostile", version: "1.0.0" } }

const opening = (version: string, asked: Asked) =>
  asked.method === "initialize" || asked.method === "server/discover" ? [result(asked, welcome(version))] : []

const isAsked = (message: McpTest.Json): boolean => message["id"] !== undefined && message["method"] !== undefined

/** A transport whose other end plays the script for as long as the scope is open. */
export const playing = (
  version: string,
  script: Script
): Effect.Effect<Effect.Success<ReturnType<typeof McpTest.scripted>>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const one = Effect.flatMap(peer.next, (message) => {
      if (!isAsked(message)) return Effect.void
      const asked = { params: {}, ...message } as unknown as Asked
      return Effect.forEach(script(asked) ?? opening(version, asked), (answer) => peer.send(answer), { discard: true })
    })
    yield* Effect.forkScoped(Effect.forever(one), { startImmediately: true })
    return { peer, transport }
  })

export interface Options extends McpClient.ConnectOptions {
  readonly limits?: Partial<McpLimits.Limits> | undefined
}

export interface Hostile {
  readonly client: McpClient.Service
  readonly peer: McpTest.RawPeer
  /** What the client has logged: while it connected, in the background, and in what was run by `heeding`. */
  readonly logged: ReadonlyArray<string>
  /** Runs an effect so that its log is kept, too. */
  heeding<A, E>(effect: Effect.Effect<A, E>): Effect.Effect<A, E>
}

/** A log in memory, debug lines included. */
export const kept = () => {
  const lines: Array<string> = []
  const logger = Logger.make<unknown, void>(({ message }) => void lines.push(String(message)))
  return {
    lines,
    layer: Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "All"))
  }
}

/** Connects to a server that plays the script. */
export const hostile = (
  version: string,
  script: Script,
  { limits, ...options }: Options = {}
): Effect.Effect<Hostile, McpError.McpError, Scope.Scope> =>
  Effect.gen(function* () {
    const { peer, transport } = yield* playing(version, script)
    const log = kept()
    const context = yield* Layer.build(log.layer)
    const client = yield* McpClient.connect(transport, { revision: version, ...options }).pipe(
      Effect.provideService(McpLimits.McpLimits, { ...McpLimits.defaults, ...limits }),
      Effect.provideContext(context)
    )
    return { client, peer, logged: log.lines, heeding: (effect) => Effect.provideContext(effect, context) }
  })

/** An array in an array, and so on, as text. */
export const deep = (depth = 100_000): string => "[".repeat(depth) + "]".repeat(depth)

/** What a fiber has failed with, to be looked into. It is not waited for. */
export const failed = <A, E>(fiber: Fiber.Fiber<A, E>): object => failureOf(fiber)

/** The requests of a method that a peer has received. */
export const asked = (peer: McpTest.RawPeer, method: string): ReadonlyArray<McpTest.Json> =>
  heard(peer).filter((message) => message["method"] === method)

export const heard = (peer: McpTest.RawPeer): ReadonlyArray<McpTest.Json> =>
  peer.received.map((text) => JSON.parse(text) as McpTest.Json)
