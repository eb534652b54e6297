/** Messages as values: no bytes, no lines. A conversation goes on when its server ends. */
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
