/**
 * Clients that have agreed with an `HttpPeer`: the handshakes of both eras, as a plain server would answer them.
 */
import { Effect, Fiber, Layer, type Scope } from "effect"
import type { McpError } from "mcp-effect"
import { McpClient } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { type Asked, type HttpPeer, httpPeer } from "./httpPeer.ts"

export const LEGACY = "2025-11-25"
export const MODERN = "2026-07-28"

export const serverInfo = { name: "peer", version: "1.0.0" }
export const capabilities = { tools: {}, prompts: {}, resources: {}, logging: {} }

/** Connections without a proxy, whatever the environment says. */
export const reaching = (options: McpNode.HttpOptions = {}) => McpNode.layerWith({ proxy: false, ...options })

/** Begins to connect; the test plays the server. */
export const connecting = (
  peer: HttpPeer,
  options: McpClient.ConnectOptions & { readonly http?: McpNode.HttpOptions } = {}
): Effect.Effect<Fiber.Fiber<McpClient.Service, McpError.McpError>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const context = yield* Layer.buildWithScope(reaching(options.http), scope)
    return yield* Effect.forkScoped(Effect.provide(McpClient.connect(peer.url, options), context))
  })

export const initialized = (asked: Asked, version = LEGACY, headers: { readonly [name: string]: string } = {}): void =>
  asked.result({ protocolVersion: version, capabilities, serverInfo }, headers)

export const discovered = (asked: Asked, versions = [MODERN]): void =>
  asked.result({ supportedVersions: versions, capabilities, resultType: "complete", ttlMs: 0, cacheScope: "private" })

/** A client of a legacy server, with a session; the test answers what asks for the stream of what is said unasked. */
export const legacy = (
  peer: HttpPeer,
  options: McpClient.ConnectOptions & { readonly http?: McpNode.HttpOptions; readonly session?: string } = {}
) =>
  Effect.gen(function* () {
    const fiber = yield* connecting(peer, { revision: LEGACY, ...options })
    const session = options.session ?? "s-1"
    const headers = session === "" ? {} : { "mcp-session-id": session }
    initialized(yield* peer.expect("initialize"), options.revision ?? LEGACY, headers)
    const done = yield* peer.expect("notifications/initialized")
    done.status(202)
    const get = yield* peer.expect("GET")
    return { client: yield* Fiber.join(fiber), get, done }
  })

/** A client of a legacy server that has no stream for what is said unasked, and the server. */
export const withoutStream = Effect.gen(function* () {
  const peer = yield* httpPeer
  const { client, get } = yield* legacy(peer)
  get.status(405)
  return { client, peer }
})

/** A client of a modern server. */
export const modern = (
  peer: HttpPeer,
  options: McpClient.ConnectOptions & { readonly http?: McpNode.HttpOptions } = {}
) =>
  Effect.gen(function* () {
    const fiber = yield* connecting(peer, { revision: MODERN, ...options })
    discovered(yield* peer.expect("server/discover"))
    return yield* Fiber.join(fiber)
  })
