/**
 * Messages as values, without bytes or lines.
 *
 * A raw peer is driven as a pipe would drive it. Its conversation goes on when its server ends, so that what is said last
 * can be read.
 */
import { Effect, Exit, Scope } from "effect"
import { McpClient } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import type { App, Carrier, Served } from "./carrier.ts"

const serve = <E>(app: App<E>): Effect.Effect<Served, E, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Effect.scope)
    const acceptor = yield* Scope.provide(McpTest.acceptor(app), scope)
    const { peer, transport } = yield* McpTest.scripted()
    yield* Effect.forkScoped(acceptor.run(transport))
    return { ...peer, shutDown: Scope.close(scope, Exit.void) }
  })

export const memory: Carrier = {
  connect: (app, { version }, options) => McpClient.connect(app, { ...options, revision: version }),
  serve
}
