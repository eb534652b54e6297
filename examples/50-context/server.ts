/**
 * A bakery: what a handler can do besides answering. It reports, logs, notices that nobody waits any more, and leaves
 * work for after its reply. None of it depends on the revision that the client speaks.
 */
import { Context, Effect, Latch, Layer, Queue, Schema } from "effect"
import { McpLogger, McpRequest, McpServer, McpTool } from "mcp-effect"

export const Bake = McpTool.make("bake", { parameters: { loaves: Schema.Int } })
export const Rise = McpTool.make("rise", { description: "Let the dough rise: nobody knows how long" })
export const Notes = McpTool.make("notes", { success: Schema.Struct({ notes: Schema.Array(Schema.String) }) })
export const Order = McpTool.make("order", { parameters: { what: Schema.String } })
export const OpenShop = McpTool.make("open-shop", { success: Schema.Struct({ delivered: Schema.String }) })
export const Ask = McpTool.make("ask", {
  success: Schema.Struct({ you: Schema.String, me: Schema.String, era: Schema.String })
})

class Notebook extends Context.Service<Notebook, Array<string>>()("bakery/Notebook") {
  static readonly layer = Layer.sync(this, () => [])
}

class Shop extends Context.Service<Shop, { readonly door: Latch.Latch; readonly delivered: Queue.Queue<string> }>()(
  "bakery/Shop"
) {
  static readonly layer = Layer.effect(this, Effect.all({ door: Latch.make(), delivered: Queue.unbounded<string>() }))
}

const BakeLive = Bake.toLayer(
  Effect.fnUntraced(function* ({ loaves }) {
    const request = yield* McpRequest
    yield* Effect.logInfo("the oven is hot")
    for (let loaf = 1; loaf <= loaves; loaf++) {
      yield* request.progress({ progress: loaf, total: loaves, message: `loaf ${loaf}` })
    }
    yield* Effect.logWarning("little flour is left").pipe(Effect.annotateLogs({ kilos: 2 }))
    return `${loaves} loaves`
  })
)

/** When the client does not wait any more the handler is interrupted, and its finalizers run. */
const RiseLive = Rise.toLayer(
  Effect.fnUntraced(function* () {
    const notebook = yield* Notebook
    yield* Effect.addFinalizer(() => Effect.sync(() => notebook.push("the dough is put away")))
    yield* (yield* McpRequest).progress({ progress: 1, message: "it rises" })
    return yield* Effect.never
  })
)

const NotesLive = Notes.toLayer(() => Effect.map(Notebook, (notes) => ({ notes })))

/** The reply does not wait for what is left in the background. */
const OrderLive = Order.toLayer(
  Effect.fnUntraced(function* ({ what }) {
    const { delivered, door } = yield* Shop
    yield* (yield* McpRequest).background(Effect.andThen(door.await, Queue.offer(delivered, what)))
    return `${what} will come when the shop opens`
  })
)

const OpenShopLive = OpenShop.toLayer(
  Effect.fnUntraced(function* () {
    const { delivered, door } = yield* Shop
    yield* door.open
    return { delivered: yield* Queue.take(delivered) }
  })
)

const AskLive = Ask.toLayer(
  Effect.fnUntraced(function* () {
    const { client, era } = yield* McpRequest
    const { info } = yield* McpServer.McpServer
    return { you: client.info?.name ?? "nobody", me: info.name, era }
  })
)

export const app = Layer.mergeAll(BakeLive, RiseLive, NotesLive, OrderLive, OpenShopLive, AskLive).pipe(
  // what handlers log by Effect.log reaches the client that has called them
  Layer.provide(McpLogger.layer({ logger: "oven" })),
  Layer.provide(Layer.merge(Notebook.layer, Shop.layer)),
  Layer.provide(McpServer.layer({ name: "bakery", version: "1.0.0" }))
)
