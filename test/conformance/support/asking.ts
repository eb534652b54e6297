/**
 * Asking a server raw requests, with every answer judged by the revision that it was asked in.
 *
 * A result has to be what the revision's schema of the method says, with the members that the revision writes around
 * results and none that only others write. A refusal has to be a JSON-RPC error and nothing else.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Layer, Logger, type Schema, type Scope } from "effect"
import { type McpMethod, McpServer } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import type { App, Place, Raw } from "./places.ts"

export interface Refusal {
  readonly code: number
  readonly message: string
  readonly data?: unknown
}

export interface Asking {
  readonly peer: Raw
  /** The result of a request. Fails the test when it is refused, or when the revision says it otherwise. */
  result<Name extends string, Params extends McpMethod.Payload, Result extends McpMethod.Payload>(
    method: McpMethod.Request<Name, Params, Result>,
    params?: object,
    meta?: object
  ): Effect.Effect<Result["Type"]>
  /** The error of a request. Fails the test when there is none. */
  refusal(method: McpMethod.AnyRequest, params?: object): Effect.Effect<Refusal>
}

/** What every result of a revision has around it. */
const requireEnvelope = ({ era, spoken }: Place, method: string, result: McpTest.Json): void => {
  const isCacheable = spoken.policy.cacheable.has(method)
  assert.strictEqual(result["resultType"], era === "modern" ? "complete" : undefined)
  assert.strictEqual("ttlMs" in result, isCacheable)
  assert.strictEqual("cacheScope" in result, isCacheable)
}

const isRefusal = (error: unknown): error is Refusal =>
  typeof error === "object" &&
  error !== null &&
  "code" in error &&
  Number.isSafeInteger(error.code) &&
  "message" in error &&
  typeof error.message === "string"

/** A peer in that place that asks, one request after the other. */
export const asking = <E>(place: Place, app: App<E>): Effect.Effect<Asking, E, Scope.Scope> =>
  Effect.map(place.raw(app), (peer) => {
    let id = 0
    const ask = (method: McpMethod.AnyRequest, params?: object, meta?: object) =>
      peer.ask((id += 1), method.name, params, meta)
    return {
      peer,
      result: (method, params, meta) =>
        Effect.map(ask(method, params, meta), (reply) => {
          assert.notProperty(reply, "error", JSON.stringify(reply))
          assert.isUndefined(place.spoken.check(method.result, reply["result"]), JSON.stringify(reply))
          requireEnvelope(place, method.name, reply["result"] as McpTest.Json)
          return reply["result"]
        }),
      refusal: (method, params) =>
        Effect.map(ask(method, params), ({ error, ...reply }) => {
          assert.notProperty(reply, "result", JSON.stringify(reply))
          return isRefusal(error) ? error : assert.fail(`This is no error: ${JSON.stringify(error)}`)
        })
    }
  })

/** Keeps what a server logs out of the output of the tests. */
export const quiet = Logger.layer([])

/** A server that a test gets hold of while it runs: `layer` goes beside what the server offers. */
export const running = Effect.map(Deferred.make<McpServer.McpServer["Service"]>(), (made) => ({
  layer: Layer.effectDiscard(Effect.flatMap(McpServer.McpServer, (server) => Deferred.succeed(made, server))),
  /** Runs an effect that needs the server. */
  use: <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, Exclude<R, McpServer.McpServer>> =>
    Effect.flatMap(Deferred.await(made), (server) => Effect.provideService(effect, McpServer.McpServer, server))
}))

/** All pages of a list, by their cursors. */
export const pages = <Result extends { readonly nextCursor?: string }>(
  asked: Asking,
  method: McpMethod.Request<string, McpMethod.Payload, Schema.Codec<Result>>
): Effect.Effect<ReadonlyArray<Result>> =>
  Effect.gen(function* () {
    const all: Array<Result> = [yield* asked.result(method)]
    for (let next = all[0]?.nextCursor; next !== undefined; next = all.at(-1)?.nextCursor) {
      all.push(yield* asked.result(method, { cursor: next }))
    }
    return all
  })
