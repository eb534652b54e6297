/**
 * The served application of mcp-effect, as a Layer: the README's server plus a tool list, with default settings. The
 * stdio server and the in-memory bench both serve it. `add` exists with three handlers: a plain Effect, an `Effect.fn`
 * with its name (and so a span), and one that really suspends once.
 */
import { Effect, Layer } from "effect"
import { McpServer } from "mcp-effect"
import type { Handler } from "./args.ts"
import { Add, Echo, makeFillers } from "./definitions.ts"

const AddLive = {
  sync: Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b })),
  fn: Add.toLayer(
    Effect.fn("add")(function* ({ a, b }) {
      return yield* Effect.succeed({ sum: a + b })
    })
  ),
  suspend: Add.toLayer(({ a, b }) => Effect.as(Effect.yieldNow, { sum: a + b }))
}

const EchoLive = Echo.toLayer(({ payload }) => Effect.succeed(payload))

export const makeApp = (tools: number, handler: Handler) =>
  Layer.mergeAll(
    AddLive[handler],
    EchoLive,
    ...makeFillers(tools).map((tool) => tool.toLayer(({ query }) => Effect.succeed({ total: 1, titles: [query] })))
  ).pipe(Layer.provide(McpServer.layer({ name: "bench", version: "1.0.0" })))
