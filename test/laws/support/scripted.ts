/**
 * A client whose server is the test, and waits that end.
 *
 * `scriptedClient` connects a client to a raw peer and answers its handshake by hand, in either era; `calls` reads which
 * requests it has written. `until` and `bounded` give a broken engine a fixed number of turns and then let the test go
 * on to its own assertion, so that nothing hangs.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope } from "effect"
import { McpClient } from "mcp-effect"
import * as McpLimits from "mcp-effect/McpLimits"
import { McpTest } from "mcp-effect/testing"
import { type Era, modernMeta, versions } from "./app.ts"
import { settle } from "./law.ts"

/** Waits until something is so, but not for ever; tells whether it is. */
export const until = (condition: () => boolean): Effect.Effect<boolean> =>
  Effect.suspend(() =>
    condition() ? Effect.succeed(true) : Effect.map(Effect.repeat(settle, { until: condition, times: 100 }), condition)
  )

/** Runs an effect that must come to its end without time passing. */
export const bounded = <A, E>(what: string, effect: Effect.Effect<A, E>): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkDetach(effect, { startImmediately: true })
    assert.isTrue(yield* until(() => fiber.pollUnsafe() !== undefined), `${what} does not end`)
    return yield* Fiber.await(fiber)
  })

/** What the test answers to the first request of a client. */
export const welcome = (era: Era, id: unknown): McpTest.Json => ({
  jsonrpc: "2.0",
  id,
  result:
    era === "modern"
      ? { resultType: "complete", supportedVersions: [versions.modern], capabilities: { tools: {} }, _meta: modernMeta }
      : {
          protocolVersion: versions.legacy,
          capabilities: { tools: {} },
          serverInfo: { name: "the test", version: "1.0.0" }
        }
})

export interface ScriptedClient {
  readonly client: McpClient.Service
  readonly peer: McpTest.RawPeer
  /** What it fails with, and whether it takes what is written, is in the hands of the test too. */
  readonly faulty: McpTest.Faulty
  /** Closes the client's own scope. */
  readonly close: Effect.Effect<void>
}

/** A connected client, for as long as the scope is open or until it is closed. */
export const scriptedClient = (
  era: Era,
  limits: Partial<McpLimits.Limits> = {}
): Effect.Effect<ScriptedClient, unknown, Scope.Scope> =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    const faulty = yield* McpTest.faulty(transport)
    const scope = yield* Scope.fork(yield* Effect.scope)
    const connecting = yield* McpClient.connect(faulty.transport, { revision: versions[era] }).pipe(
      Effect.provideService(McpLimits.McpLimits, { ...McpLimits.defaults, ...limits }),
      Scope.provide(scope),
      Effect.forkChild({ startImmediately: true })
    )
    const hello = yield* peer.next
    yield* peer.send(welcome(era, hello["id"]))
    const client = yield* Fiber.join(connecting)
    if (era === "legacy") yield* peer.next
    return { client, peer, faulty, close: Effect.suspend(() => Scope.close(scope, Exit.void)) }
  })

/** The messages that a raw peer has received. */
export const messages = (peer: McpTest.RawPeer): ReadonlyArray<McpTest.Json> =>
  peer.received.map((text) => JSON.parse(text) as McpTest.Json)

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? (value as McpTest.Json)[name] : undefined

/** The ids of the tool calls that a scripted peer has received, by the `name` among their arguments. */
export const calls = (peer: McpTest.RawPeer): ReadonlyMap<string, number> =>
  new Map(
    messages(peer).flatMap(({ id, method, params }) =>
      method === "tools/call" ? [[String(member(member(params, "arguments"), "name")), id as number] as const] : []
    )
  )

/** The ids that a peer has been told to cancel. */
export const cancels = (peer: McpTest.RawPeer): ReadonlyArray<unknown> =>
  messages(peer).flatMap(({ method, params }) =>
    method === "notifications/cancelled" ? [member(params, "requestId")] : []
  )

/** A reply to a call, whose text is the given one. */
export const textReply = (id: unknown, text: string): McpTest.Json => ({
  jsonrpc: "2.0",
  id,
  result: { resultType: "complete", content: [{ type: "text", text }] }
})
