/**
 * Watching resources with a client, in either era: the one place of this story that knows which is spoken.
 *
 * A legacy client subscribes to each URI, and unsubscribes. A modern one has a single long request for all that it
 * wants to hear, which it ends by interrupting it.
 */
import { Deferred, Effect, Fiber, Queue, Schema, Stream } from "effect"
import type { McpClient } from "mcp-effect"
import { ResourceUpdated, Subscribe, Unsubscribe } from "mcp-effect/methods/resources"
import { Acknowledged, Listen } from "mcp-effect/methods/subscriptions"

const uriOf = Schema.decodeUnknownEffect(Schema.Struct({ uri: Schema.String }))

/** The URIs that have changed, from now on until the scope closes. */
export const watch = Effect.fnUntraced(function* (client: McpClient.Service, uris: ReadonlyArray<string>) {
  const changes = yield* Queue.unbounded<string>()
  const acknowledged = yield* Deferred.make<void>()
  yield* Effect.forkScoped(
    Stream.runForEach(client.notifications, ({ method, params }) => {
      if (method === Acknowledged.name) return Deferred.succeed(acknowledged, undefined)
      if (method !== ResourceUpdated.name) return Effect.void
      return Effect.flatMap(uriOf(params), ({ uri }) => Queue.offer(changes, uri))
    }),
    { startImmediately: true }
  )
  yield* client.revision < "2026-07-28" ? legacy(client, uris) : modern(client, uris, acknowledged)
  return changes
})

const legacy = (client: McpClient.Service, uris: ReadonlyArray<string>) =>
  Effect.forEach(
    uris,
    (uri) =>
      Effect.acquireRelease(client.request(Subscribe, { uri }), () =>
        Effect.ignore(client.request(Unsubscribe, { uri }))
      ),
    { discard: true }
  )

const modern = Effect.fnUntraced(function* (
  client: McpClient.Service,
  uris: ReadonlyArray<string>,
  acknowledged: Deferred.Deferred<void>
) {
  const notifications = { resourceSubscriptions: uris }
  const limits = { timeout: Infinity, idleTimeout: Infinity }
  const listen = yield* Effect.forkScoped(client.request(Listen, { notifications }, limits))
  yield* Effect.raceFirst(Deferred.await(acknowledged), Fiber.join(listen))
})
