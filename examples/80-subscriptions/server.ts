/**
 * A shop whose shelves can be watched: resources that change by what tools do, and by a Stream of what happens outside.
 */
import { Context, Effect, Layer, Queue, Schema, Scope, Stream } from "effect"
import { McpResource, McpServer, McpTool } from "mcp-effect"

interface Stock {
  readonly amounts: Map<string, number>
  /** What the suppliers bring. */
  readonly deliveries: Queue.Queue<readonly [item: string, amount: number]>
  /** What lives as long as the shop. */
  readonly scope: Scope.Scope
}

class Shelves extends Context.Service<Shelves, Stock>()("shop/Shelves") {
  static readonly layer = Layer.effect(
    this,
    Effect.gen(function* () {
      const amounts = new Map([
        ["tea", 5],
        ["rice", 2]
      ])
      const deliveries = yield* Queue.unbounded<readonly [item: string, amount: number]>()
      return { amounts, deliveries, scope: yield* Effect.scope }
    })
  )
  static add = (item: string, amount: number) =>
    Effect.map(Shelves, ({ amounts }) => void amounts.set(item, (amounts.get(item) ?? 0) + amount))
}

export const Shelf = McpResource.template("shop://{item}", { name: "shelf", mimeType: "text/plain" })
export const Sell = McpTool.make("sell", { parameters: { item: Schema.String, amount: Schema.Int } })
export const Restock = McpTool.make("restock", { parameters: { item: Schema.String, amount: Schema.Int } })
export const Advertise = McpTool.make("advertise", { parameters: { text: Schema.String } })

/** It is in the list of resources from when it is registered. */
const Poster = McpResource.make("shop://poster", { name: "poster", mimeType: "text/plain" })

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

/** What comes and goes while the server runs changes its lists, and who watches them is told by the server itself. */
const AdvertiseLive = Advertise.toLayer(
  Effect.fnUntraced(function* ({ text }) {
    const { scope } = yield* Shelves
    const hung = Scope.provide(Poster.register(Effect.succeed(text)), scope)
    return yield* Effect.match(hung, {
      onSuccess: () => "it hangs in the window",
      onFailure: () => "there is one in the window already"
    })
  })
)

/** A Stream of URIs says it too, for what changes without a call. */
const Delivered = McpServer.updates(
  Stream.unwrap(
    Effect.map(Shelves, ({ deliveries }) =>
      Stream.fromQueue(deliveries).pipe(
        Stream.mapEffect(([item, amount]) => Effect.as(Shelves.add(item, amount), `shop://${item}`))
      )
    )
  )
)

export const app = Layer.mergeAll(ShelfLive, SellLive, RestockLive, AdvertiseLive, Delivered).pipe(
  Layer.provide(Shelves.layer),
  Layer.provide(McpServer.layer({ name: "shop", version: "1.0.0" }))
)
