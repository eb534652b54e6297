/**
 * Middleware: services made for each call, guards, limits, caches, and one of one's own.
 */
import { Deferred, Effect, Fiber } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { callWith } from "./headers.ts"
import { app, Button, Greet, Lift, Minibar, Taxi, Weather } from "./server.ts"

const ada = { meta: { "example.com/guest": { name: "Ada", room: 101 } } }

story(
  "Middleware",
  Effect.gen(function* () {
    const client = yield* McpClient.connect(app)
    const said = (options: McpClient.CallOptions) =>
      Effect.map(client.call(Greet, {}, options), (result) => McpContent.textOf(result))

    yield* chapter("A service for each call")
    yield* expect("a guest who says who she is", yield* said(ada), "Good day, Ada")
    yield* expect("one who does not", yield* said({}), "Good day, somebody")
    const nonsense = yield* Effect.flip(client.callTool("greet", {}, { meta: { "example.com/guest": "Ada" } }))
    yield* expect("one who says it wrongly", nonsense.reason._tag, "Remote")
    const italian = yield* callWith({ "accept-language": "it" }, "greet")
    const content = [{ type: "text", text: "Buongiorno, somebody" }]
    yield* expect("a header", Object(italian["result"]).content, content)
    const klingon = yield* callWith({ "accept-language": "tlh" }, "greet")
    yield* expect("a header that its schema refuses", Object(klingon["error"]).code, -32602)

    yield* chapter("A guard")
    yield* expect("a guest", McpContent.textOf(yield* client.call(Minibar, {}, ada)), "On the bill of room 101")
    const { reason } = yield* Effect.flip(client.call(Minibar))
    yield* expect("somebody", reason.message, 'Forbidden by "guests-only": minibar is not for this caller')

    yield* chapter("A cache")
    yield* expect("asked for the first time", yield* client.call(Weather), { asked: 1 })
    yield* expect("asked again", yield* client.call(Weather), { asked: 1 })

    yield* chapter("Limits")
    yield* client.call(Taxi)
    yield* client.call(Taxi)
    const third = yield* Effect.flip(client.call(Taxi))
    yield* expect("a third taxi in a minute", third.reason._tag, "RateLimited")

    const moves = yield* Deferred.make<void>()
    const onProgress = () => Effect.asVoid(Deferred.succeed(moves, undefined))
    const first = yield* Effect.forkChild(client.call(Lift, {}, { onProgress }))
    yield* Deferred.await(moves)
    const second = yield* Effect.flip(client.call(Lift))
    yield* expect("a second guest in the lift", second.reason._tag, "RateLimited")
    yield* client.call(Button)
    yield* expect("the first arrives", McpContent.textOf(yield* Fiber.join(first)), "The roof")

    yield* chapter("One of one's own")
    const signed = yield* client.callTool("greet")
    yield* expect("a result, signed on its way out", signed._meta?.["example.com/by"], "greet")
  })
)
