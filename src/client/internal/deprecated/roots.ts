/**
 * The places in the file system that a server may know (`roots/list`), deprecated since 2026-07-28.
 *
 * It can be removed with its folder.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/roots
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import type { Root } from "../../../protocol/methods/roots.ts"
import { ListRoots, RootsListChanged } from "../../../protocol/methods/roots.ts"
import { type Host, RootsHost } from "../hosts.ts"

/** Lets servers know these places; where they change, servers are told that they did. */
export const roots = (
  places: ReadonlyArray<Root> | SubscriptionRef.SubscriptionRef<ReadonlyArray<Root>>
): Layer.Layer<RootsHost> => {
  const isFixed = Array.isArray as (value: unknown) => value is ReadonlyArray<Root>
  const now = isFixed(places) ? Effect.succeed(places) : SubscriptionRef.get(places)
  const host: Host = {
    method: ListRoots.name,
    params: ListRoots.params,
    capabilities: { roots: isFixed(places) ? {} : { listChanged: true } },
    answer: () => Effect.map(now, (roots) => ({ roots })),
    changes: isFixed(places)
      ? undefined
      : { notification: RootsListChanged.name, stream: Stream.drop(SubscriptionRef.changes(places), 1) }
  }
  return Layer.succeed(RootsHost, host)
}
