/**
 * One HTTP server with a home page and four MCP servers: two at paths of their own, two at one path, told apart by the
 * name by which they are called.
 */
import { Effect, Layer, Schema } from "effect"
import { HttpRouter, HttpServerResponse } from "effect/http"
import { McpRequest, McpServer, McpTool } from "mcp-effect"
import * as McpHttp from "mcp-effect/McpHttp"

export const Add = McpTool.make("add", {
  parameters: { a: Schema.Finite, b: Schema.Finite },
  success: Schema.Struct({ sum: Schema.Finite })
})
export const Define = McpTool.make("define", { parameters: { word: Schema.String } })
export const Welcome = McpTool.make("welcome")
/** Says that it has begun, and goes on for ever. */
export const Ponder = McpTool.make("ponder")

const server = (name: string) => McpServer.layer({ name, version: "1.0.0" })

const calculator = Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b })).pipe(Layer.provide(server("calculator")))

const dictionary = Layer.mergeAll(
  Define.toLayer(({ word }) => Effect.succeed(`${word}: a word of ${word.length} letters`)),
  Ponder.toLayer(() =>
    Effect.gen(function* () {
      yield* (yield* McpRequest).progress({ progress: 1 })
      return yield* Effect.never
    })
  )
).pipe(Layer.provide(server("dictionary")))

const welcoming = (whom: string) =>
  Welcome.toLayer(() => Effect.succeed(`Welcome, ${whom}`)).pipe(Layer.provide(server(whom)))

/** An endpoint is a Layer that mounts itself, as any route does. */
const mounted = (app: typeof calculator, options: McpHttp.ServerOptions) =>
  McpServer.serve(app).pipe(Layer.provide(McpHttp.layer(options)))

const served = Layer.mergeAll(
  HttpRouter.add("GET", "/", HttpServerResponse.text("Tools for everybody")),
  mounted(calculator, { path: "/calculator" }),
  mounted(dictionary, { path: "/dictionary" }),
  mounted(welcoming("guest"), { path: "/mcp", hosts: ["127.0.0.1"] }),
  mounted(welcoming("colleague"), { path: "/mcp", hosts: ["localhost"] })
).pipe((routes) => HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true }))

/** At the end the servers are drained first: streams that are open would hold the socket as long as they are. */
export const app = McpHttp.drainFirst(served)
