/**
 * Chapter `server/tools`, everywhere.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import { ListTools } from "mcp-effect/methods/tools"
import { everywhere } from "./support/places.ts"

const Add = McpTool.make("add", { parameters: { a: Schema.Finite }, success: Schema.Struct({ sum: Schema.Finite }) })
const app = Add.toLayer(({ a }) => Effect.succeed({ sum: a + 1 })).pipe(
  Layer.provide(McpServer.layer({ name: "tools", version: "1.0.0" }))
)

everywhere("tools", (place) => {
  it.effect("are listed and called", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(app)
      assert.strictEqual((yield* client.request(ListTools)).tools[0]?.name, "add")
      assert.deepStrictEqual(yield* client.call(Add, { a: 1 }), { sum: 2 })
      const raw = yield* place.raw(app)
      assert.deepNestedInclude(yield* raw.ask(1, "tools/call", { name: "none" }), { "error.code": -32602 })
    }).pipe(Effect.scoped)
  )
})
