/**
 * `subscriptions/listen`: one request that stays open and hears of changes (2026-07-28).
 *
 * The first thing it hears is what of its wish is honoured: lists and URIs that are offered and known. A wish of which
 * nothing is left ends at once; every other ends with its result when the server closes, or silently when it is cancelled.
 */
import * as Effect from "effect/Effect"
import type * as Peer from "../../peer/Peer.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { JsonObject, ServerCapabilities } from "../../protocol/McpSchema.ts"
import { metaKeys } from "../../protocol/McpSchema.ts"
import {
  Acknowledged,
  Listen,
  type SubscriptionFilter,
  type SubscriptionsListenRequestParams
} from "../../protocol/methods/subscriptions.ts"
import { tagged, wants } from "./audience.ts"
import type { Facts } from "./facts.ts"
import type { Registry } from "./registry.ts"

export class Listening {
  readonly #registry: Registry

  constructor(registry: Registry) {
    this.#registry = registry
    registry.byDefault(Listen, (call, facts) => registry.task(Effect.suspend(() => this.#listen(call, facts))))
  }

  #listen(call: Peer.Call, facts: Facts): Effect.Effect<JsonObject, McpFault> {
    const { notifications } = call.params as SubscriptionsListenRequestParams
    const { subscriptions } = this.#registry.limits
    if ((notifications.resourceSubscriptions?.length ?? 0) > subscriptions) {
      return Effect.fail(
        new McpFault({ fault: "Busy", detail: `One subscription watches at most ${subscriptions} URIs` })
      )
    }
    const honoured = this.#honoured(notifications, this.#registry.offered(call, facts))
    const result = { _meta: { [metaKeys.subscriptionId]: call.id } }
    const acknowledged = call.notify(Acknowledged.name, tagged(call, { notifications: honoured }))
    const heard = Effect.callback<JsonObject>((resume) => {
      const leave = this.#registry.audience.listen({
        call,
        honoured,
        end: () => {
          leave()
          resume(Effect.succeed(result))
        }
      })
      return Effect.sync(leave)
    })
    return Effect.andThen(acknowledged, Object.keys(honoured).length === 0 ? Effect.succeed(result) : heard)
  }

  #honoured(filter: SubscriptionFilter, offered: ServerCapabilities): SubscriptionFilter {
    const changes = (kind: "tools" | "prompts" | "resources") =>
      wants(filter, kind) && offered[kind]?.listChanged === true
    const uris =
      offered.resources?.subscribe === true
        ? [...new Set(filter.resourceSubscriptions ?? [])].filter((uri) => this.#registry.knows(uri))
        : []
    return {
      ...(changes("tools") ? { toolsListChanged: true } : undefined),
      ...(changes("prompts") ? { promptsListChanged: true } : undefined),
      ...(changes("resources") ? { resourcesListChanged: true } : undefined),
      ...(uris.length > 0 ? { resourceSubscriptions: uris } : undefined)
    }
  }
}
