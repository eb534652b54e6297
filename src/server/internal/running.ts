/**
 * How a handler of a user runs: with the request, a Scope of its own, its item's middleware, in its Layer's context.
 *
 * The Scope is closed when the handler ends, before its reply leaves; one that nobody used costs nothing.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import type { Call, Task } from "../../peer/Peer.ts"
import type { McpFault } from "../../protocol/McpError.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { McpRequest } from "../McpRequest.ts"
import { Asking } from "./asking/asking.ts"
import type { Facts } from "./facts.ts"
import type { Item } from "./items.ts"
import type { Run } from "./middlewares.ts"
import type { Registry } from "./registry.ts"
import { Rendered } from "./rendering.ts"
import { RequestView } from "./requestView.ts"

/** The request as handlers and middleware see it: one for each call. */
export const viewOf = (registry: Registry, call: Call, facts: Facts): McpRequest.Service =>
  (facts.view ??= new RequestView(registry, call, facts, facts.item))

/** The questions of a call. */
export const askingOf = (registry: Registry, call: Call, facts: Facts): Asking =>
  (facts.asking ??= new Asking(registry, call, facts))

/** What runs for a call of an item. */
export const taskOf = (
  registry: Registry,
  call: Call,
  facts: Facts,
  item: Item,
  handled: Effect.Effect<unknown, unknown>
): Task => {
  facts.item = item
  return prepared(item, viewOf(registry, call, facts), handled)
}

/** An item's handler, ready to run with a request. */
export const prepared = (item: Item, view: McpRequest.Service, handled: Effect.Effect<unknown, unknown>): Task => {
  const scope = Scope.makeUnsafe()
  const closed = Effect.onExit(handled, (exit) =>
    scope.state._tag === "Empty" ? Effect.void : Scope.close(scope, exit)
  )
  return {
    effect: item.middleware === undefined ? closed : within(item.middleware, view, closed),
    context: Context.add(Context.add(item.context, McpRequest, view), Scope.Scope, scope) as Context.Context<never>
  }
}

/** Runs what answers a request inside middleware, which sees the result as an object. */
export const within = (run: Run, view: McpRequest.Service, answering: Effect.Effect<unknown, unknown>) =>
  Effect.suspend(() =>
    run(
      view,
      Effect.map(answering, (result) => (result instanceof Rendered ? result.result : result)) as Effect.Effect<
        JsonObject,
        McpFault
      >
    )
  )
