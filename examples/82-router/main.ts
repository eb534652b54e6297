/**
 * Endpoints in somebody's own router: other routes beside them, several servers in one process, and how all of it ends.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Scope } from "effect"
import * as HttpServer from "effect/http/HttpServer"
import { McpClient, McpContent } from "mcp-effect"
import { createServer } from "node:http"
import { chapter, expect, story } from "../check.ts"
import { nearby } from "../nearby.ts"
import { Add, app, Define, Ponder, Welcome } from "./server.ts"

/** Serves it on a free port, until the story closes its scope. */
const open = Effect.gen(function* () {
  const scope = yield* Scope.fork(yield* Effect.scope)
  const node = NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })
  const context = yield* Layer.buildWithScope(Layer.provideMerge(app, node), scope)
  const { port } = new URL(HttpServer.formatAddress(Context.get(context, HttpServer.HttpServer).address))
  return { at: (name: string, path: string) => `http://${name}:${port}${path}`, close: Scope.close(scope, Exit.void) }
})

const program = Effect.gen(function* () {
  const { at, close } = yield* open

  yield* chapter("Beside other routes")
  const home = yield* Effect.promise(() => fetch(at("127.0.0.1", "/")).then((response) => response.text()))
  yield* expect("the home page", home, "Tools for everybody")

  yield* chapter("Two servers, by path")
  const calculator = yield* McpClient.connect(at("127.0.0.1", "/calculator"))
  const dictionary = yield* McpClient.connect(at("127.0.0.1", "/dictionary"))
  yield* expect("who is here", calculator.serverInfo?.name, "calculator")
  yield* expect("what it can do", (yield* calculator.call(Add, { a: 1, b: 2 })).sum, 3)
  yield* expect("who is there", dictionary.serverInfo?.name, "dictionary")
  yield* expect(
    "what it can do",
    McpContent.textOf(yield* dictionary.call(Define, { word: "effect" })),
    "effect: a word of 6 letters"
  )

  yield* chapter("Two servers, by name")
  for (const [name, whom] of [
    ["127.0.0.1", "guest"],
    ["localhost", "colleague"]
  ] as const) {
    const client = yield* McpClient.connect(at(name, "/mcp"))
    yield* expect(`called ${name}`, McpContent.textOf(yield* client.call(Welcome)), `Welcome, ${whom}`)
  }

  yield* chapter("The end")
  const begun = yield* Deferred.make<void>()
  const onProgress = () => Effect.asVoid(Deferred.succeed(begun, undefined))
  const pondering = yield* Effect.forkChild(Effect.flip(dictionary.call(Ponder, {}, { onProgress })))
  yield* Deferred.await(begun)
  // what is open is told that it ends, so that nothing has to be waited for
  yield* Effect.timeout(close, "5 seconds")
  const { reason } = yield* Fiber.join(pondering)
  yield* expect("who is in the middle of a call is told", reason._tag, "Remote")
  const late = yield* Effect.flip(McpClient.connect(at("127.0.0.1", "/dictionary")))
  yield* expect("who comes late finds nobody", late.reason._tag, "ConnectFailed")
})

story("Endpoints in a router", Effect.provide(program, nearby()))
