/**
 * An Express application with a guestbook, and the same guestbook for models at `/mcp`.
 *
 * The runtime holds the server: it is built with the first request, and drained by `runtime.dispose()`.
 */
import { Context, Effect, Layer, ManagedRuntime, Schema } from "effect"
import express from "express"
import { McpRequest, McpServer, McpTool } from "mcp-effect"
import * as McpHttp from "mcp-effect/McpHttp"
import { McpNode } from "mcp-effect/node"

export const Sign = McpTool.make("sign", { parameters: { name: Schema.String } })
/** Watches the door for as long as the caller listens. */
export const Watch = McpTool.make("watch")

export class Guests extends Context.Service<Guests, Array<string>>()("guestbook/Guests") {
  static readonly layer = Layer.sync(this, () => [])
}

const SignLive = Sign.toLayer(({ name }) =>
  Effect.map(Guests, (guests) => `${name} is guest number ${guests.push(name)}`)
)

const WatchLive = Watch.toLayer(() =>
  Effect.gen(function* () {
    const guests = yield* Guests
    yield* (yield* McpRequest).progress({ progress: 1, message: "watching" })
    return yield* Effect.never.pipe(Effect.onInterrupt(() => Effect.sync(() => guests.push("nobody"))))
  })
)

const guestbook = Layer.mergeAll(SignLive, WatchLive).pipe(
  Layer.provide(McpServer.layer({ name: "guestbook", version: "1.0.0" }))
)

export const runtime = ManagedRuntime.make(
  McpServer.serve(guestbook).pipe(Layer.provideMerge(McpHttp.layerWeb()), Layer.provideMerge(Guests.layer))
)

export const app = express()

// before what parses bodies: the endpoint reads them itself
app.all("/mcp", (request, response) => void runtime.runFork(McpNode.handle(request, response)))

app.use(express.json())
app.get("/guests", (_, response) => void runtime.runPromise(Guests).then((guests) => response.json(guests)))
