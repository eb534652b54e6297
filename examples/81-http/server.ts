/**
 * A bakery: a tool that takes its time and says how far it is, and a resource that it changes. Nothing here knows HTTP,
 * but for the one header that it reads where there is one.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"

export const Bake = McpTool.make("bake", {
  parameters: { cake: Schema.String },
  success: Schema.Struct({ cake: Schema.String, table: Schema.String })
})

export const Window = McpResource.make("bakery://window", { name: "window", mimeType: "text/plain" })

/** What stands in the window. */
class Cakes extends Context.Service<Cakes, Array<string>>()("bakery/Cakes") {
  static readonly layer = Layer.sync(this, () => [])
}

const BakeLive = Bake.toLayer(
  Effect.fnUntraced(function* ({ cake }) {
    const { headers, progress } = yield* McpRequest
    yield* progress({ progress: 1, total: 2, message: "mixing" })
    yield* progress({ progress: 2, total: 2, message: "in the oven" })
    ;(yield* Cakes).push(cake)
    yield* McpServer.updated("bakery://window")
    return { cake, table: headers["x-table"] ?? "takeaway" }
  })
)

const WindowLive = Window.toLayer(Effect.map(Cakes, (cakes) => cakes.join(", ")))

export const app = Layer.mergeAll(BakeLive, WindowLive).pipe(
  Layer.provide(Cakes.layer),
  Layer.provide(McpServer.layer({ name: "bakery", version: "1.0.0" }))
)
