/**
 * A Hono application, and the same lamp for models at `/mcp`. It takes a `Request` and gives a `Response`, so it runs
 * wherever Hono does: on Node, Bun, Deno, Cloudflare Workers.
 */
import { Context, Effect, Layer, ManagedRuntime, Ref, Schema } from "effect"
import { Hono } from "hono"
import { McpResource, McpServer, McpTool } from "mcp-effect"
import * as McpHttp from "mcp-effect/McpHttp"

export const Switch = McpTool.make("switch", { parameters: { on: Schema.Boolean } })
const Light = McpResource.make("lamp://light", { name: "light", mimeType: "text/plain" })

class Lamp extends Context.Service<Lamp, Ref.Ref<boolean>>()("lamp/Lamp") {
  static readonly layer = Layer.effect(this, Ref.make(false))
}

const said = Effect.map(Effect.flatMap(Lamp, Ref.get), (on) => (on ? "on" : "off"))

const lamp = Layer.mergeAll(
  Switch.toLayer(({ on }) =>
    Effect.gen(function* () {
      yield* Ref.set(yield* Lamp, on)
      yield* McpServer.updated("lamp://light")
      return yield* said
    })
  ),
  Light.toLayer(said)
).pipe(Layer.provide(McpServer.layer({ name: "lamp", version: "1.0.0" })))

export const runtime = ManagedRuntime.make(
  McpServer.serve(lamp).pipe(
    Layer.provideMerge(McpHttp.layerWeb({ publicUrl: "https://lamp.example" })),
    Layer.provideMerge(Lamp.layer)
  )
)

export const app = new Hono()
app.get("/", (c) => runtime.runPromise(said).then((light) => c.text(`The light is ${light}`)))
app.all("/mcp", (c) => runtime.runPromise(McpHttp.handle(c.req.raw)))
