/**
 * The server of a Next application, without Next: what `app/mcp/route.ts` needs of it.
 *
 * Where functions come and go nothing can be kept between two requests, so legacy clients have no session either. Next
 * loads modules anew while one develops: what is expensive to build is then better kept in `globalThis`.
 */
import { Effect, Layer, ManagedRuntime, Schema } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import * as McpHttp from "mcp-effect/McpHttp"

export const Price = McpTool.make("price", {
  parameters: { item: Schema.String },
  success: Schema.Struct({ cents: Schema.Int })
})

const shop = Price.toLayer(({ item }) => Effect.succeed({ cents: item.length * 100 })).pipe(
  Layer.provide(McpServer.layer({ name: "shop", version: "1.0.0" }))
)

export const runtime = ManagedRuntime.make(
  Layer.provideMerge(
    McpServer.serve(shop),
    McpHttp.layerWeb({ publicUrl: "https://shop.example", sessions: "stateless" })
  )
)
