/**
 * Our server again, with the smallest set of imports: the modules' own entries in place of the barrels, of `effect` as
 * well. It exists for the cold start, where the number of loaded files decides. It serves `add` and `echo` only.
 *
 *     npx node bench/server-modules.ts [--transport stdio] [--era legacy|modern]
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as McpNode from "mcp-effect/McpNodeServer"
import * as McpServer from "mcp-effect/McpServer"
import * as McpTool from "mcp-effect/McpTool"
import { ADD, ECHO } from "./tools.ts"

const Add = McpTool.make("add", {
  description: ADD.description,
  parameters: {
    a: Schema.Finite.annotate({ description: ADD.a }),
    b: Schema.Finite.annotate({ description: ADD.b })
  },
  success: Schema.Struct({ sum: Schema.Finite.annotate({ description: ADD.sum }) })
})
const Echo = McpTool.make("echo", {
  description: ECHO.description,
  parameters: { payload: Schema.String.annotate({ description: ECHO.payload }) }
})

Layer.mergeAll(
  Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b })),
  Echo.toLayer(({ payload }) => Effect.succeed(payload))
).pipe(Layer.provide(McpServer.layer({ name: "bench", version: "1.0.0" })), McpNode.runStdio)
