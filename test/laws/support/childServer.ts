/**
 * The server of the laws as a program on stdio. Two more tools let the other side of the pipe do what a test in the same
 * process does directly: open a door, and see which finalizers have run.
 */
import { Effect, Layer, Schema } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { Record, tools } from "./app.ts"

const Open = McpTool.make("open", { parameters: { name: Schema.String } })
const Finalized = McpTool.make("finalized", { success: Schema.Struct({ names: Schema.Array(Schema.String) }) })

const record = new Record()

Layer.mergeAll(
  tools(record),
  Open.toLayer(({ name }) => Effect.as(record.open(name), "open")),
  Finalized.toLayer(() => Effect.sync(() => ({ names: [...record.finalized] })))
).pipe(Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })), McpNode.runStdio)
