/**
 * A shop whose shelves can be watched: resources that change by what tools do, and by a Stream of what happens outside.
 */
import { Context, Effect, Layer, Queue, Schema, Stream } from "effect"
import { McpResource, McpServer, McpTool } from "mcp-effect"

interface Stock {
  readonly amounts: Map<string, number>
  /** What the suppliers bring. */
  readonly deliveries: Queue.Queue<readonly [item: string, amount: number]>
}

class Shelves extends Context.Service<Shelves, Stock>()("shop/Shelves") {
  static readonly layer = Layer.effect(
    this,
    Effect.map(Queue.unbounded<readonly [item: string, amount: number]>(), (deliveries) => ({
      amounts: new Map([
        ["tea", 5],
        ["rice", 2]
      ]),
      deliveries
    }))
  )
  static add = (item: string, amount: number) =>
    Effect.map(Shelves, ({ amounts }) => void amounts.set(item, (amounts.get(item) ?? 0) + amount))
}

export const Shelf = McpResource.template("shop://{item}", { name: "shelf", mimeType: "text/plain" })
export const Sell = McpTool.make("sell", { parameters: { item: Schema.String, amount: Schema.Int } })
export const Restock = McpTool.make("restock", { parameters: { item: Schema.String, amount: Schema.Int } })

const ShelfLive = Shelf.toLayer(({ item }) =>
  Effect.flatMap(Shelves, ({ amounts }) => {
    const amount = amounts.get(item)
    return amount === undefined ? McpResource.notFound(`shop://${item}`) : Effect.succeed(`${amount} of ${item}`)
  })
)

/** A handler says what it has changed. */
const SellLive = Sell.toLayer(
  Effect.fnUntraced(function* ({ amount, item }) {
    yield* Shelves.add(item, -amount)
    yield* McpServer.updated(`shop://${item}`)
    return "sold"
  })
)

const RestockLive = Restock.toLayer(
  Effect.fnUntraced(function* ({ amount, item }) {
    yield* Queue.offer((yield* Shelves).deliveries, [item, amount])
    return "it will come"
  })
)

/** So does a Stream of URIs, for what changes without a call. */
const Delivered = McpServer.updates(
  Stream.unwrap(
    Effect.map(Shelves, ({ deliveries }) =>
      Stream.fromQueue(deliveries).pipe(
        Stream.mapEffect(([item, amount]) => Effect.as(Shelves.add(item, amount), `shop://${item}`))
      )
    )
  )
)

export const app = Layer.mergeAll(ShelfLive, SellLive, RestockLive, Delivered).pipe(
  Layer.provide(Shelves.layer),
  Layer.provide(McpServer.layer({ name: "shop", version: "1.0.0" }))
)
