/**
 * What is watched in the chapter of subscriptions, in the words of either era.
 *
 * `watch` begins: `resources/subscribe` for each URI, or one `subscriptions/listen`, of which it gives the
 * acknowledgement. `unwatch` ends it. What a listen says carries its id; `untagged` checks that and takes it off.
 */
import { assert } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { McpPrompt, McpResource, McpTool } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { cancelled, nextOf, told } from "./held.ts"
import type { Place, Raw } from "./places.ts"

export const ACKNOWLEDGED = "notifications/subscriptions/acknowledged"
export const UPDATED = "notifications/resources/updated"
export const SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId"

export const changed = (kind: string): string => `notifications/${kind}/list_changed`
export const LISTS = ["tools", "prompts", "resources"]

/** How often each list was told to have changed. */
export const changes = (raw: Raw): ReadonlyArray<number> => LISTS.map((kind) => told(raw, changed(kind)).length)

export const A = McpResource.make("docs://a", { name: "a" })
export const B = McpResource.make("docs://b", { name: "b" })
export const Users = McpResource.template("users://{id}", { name: "user" })
export const documents = Layer.mergeAll(
  A.toLayer(Effect.succeed("a")),
  B.toLayer(Effect.succeed("b")),
  Users.toLayer(({ id }) => Effect.succeed(id))
)
export const tool = (name: string) => McpTool.make(name).register(() => Effect.succeed(name))
export const prompt = (name: string) => McpPrompt.make(name).register(() => Effect.succeed(name))
export const resource = (name: string) => McpResource.make(`docs://${name}`, { name }).register(Effect.succeed(name))
export const template = (name: string) =>
  McpResource.template(`${name}://{id}`, { name }).register(() => Effect.succeed(name))

/** One of everything that has a list. */
export const everything = Layer.mergeAll(
  documents,
  McpTool.make("tool").toLayer(() => Effect.succeed("tool")),
  McpPrompt.make("prompt").toLayer(() => Effect.succeed("prompt"))
)

/** Wishes for a listen. */
export const lists = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true }

/** Parameters of a notification of a listen, which carry its id, without it. */
export const untagged = (params: McpTest.Json, id: string | number): McpTest.Json => {
  const { _meta, ...rest } = params
  assert.deepStrictEqual(_meta, { [SUBSCRIPTION]: id })
  return rest
}

/** Opens a listen, and gives what of its wish is honoured. */
export const listen = (raw: Raw, id: string | number, notifications: object): Effect.Effect<McpTest.Json> =>
  Effect.gen(function* () {
    yield* raw.send(raw.message(id, "subscriptions/listen", { notifications }))
    return untagged(yield* nextOf(raw, ACKNOWLEDGED), id)["notifications"] as McpTest.Json
  })

/** The id of the listen that `watch` opens. */
export const WATCH = "watch"

/** Begins to watch some URIs; in a modern revision lists as well, which in a legacy one is told anyway. */
export const watch = (place: Place, raw: Raw, uris: ReadonlyArray<string>): Effect.Effect<void> =>
  place.era === "modern"
    ? Effect.asVoid(listen(raw, WATCH, { ...lists, resourceSubscriptions: uris }))
    : Effect.forEach(
        uris,
        (uri, index) =>
          Effect.map(raw.ask(`subscribe ${index}`, "resources/subscribe", { uri }), (reply) =>
            assert.deepStrictEqual(reply["result"], {})
          ),
        { discard: true }
      )

export const unwatch = (place: Place, raw: Raw, uris: ReadonlyArray<string>): Effect.Effect<void> =>
  place.era === "modern"
    ? raw.send(cancelled(WATCH))
    : Effect.forEach(uris, (uri, index) => raw.ask(`unsubscribe ${index}`, "resources/unsubscribe", { uri }), {
        discard: true
      })
