/**
 * Tools that come and go while the server runs, described by raw JSON Schemas. Clients hear of it.
 */
import { Effect, Fiber, Stream } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { app, PlugIn, PullOut } from "./server.ts"

const names = (client: McpClient.Service) =>
  Effect.map(client.listTools(), ({ tools }) => tools.map(({ name }) => name).slice(2))

/** Runs an effect, and gives the name of the notification that it has caused. */
const heardDuring = <A, E, R>(client: McpClient.Service, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.notifications, 1)), {
      startImmediately: true
    })
    yield* effect
    return (yield* Fiber.join(heard)).map(({ method }) => method)
  })

const changed = ["notifications/tools/list_changed"]

story(
  "Tools that come and go",
  Effect.gen(function* () {
    // here a client of the legacy era, which hears of changes unasked; 80-subscriptions has both
    const client = yield* McpClient.connect(app, { revision: "2025-11-25" })

    yield* chapter("By JSON Schema")
    const { structuredContent } = yield* client.callTool("length", { word: "switchboard" })
    yield* expect("a value that its schema allows", structuredContent, { length: 11 })
    const wrong = yield* client.callTool("length", { word: 11 })
    yield* expect("arguments that it does not allow", wrong.isError, true)

    yield* chapter("Coming")
    yield* expect("the tools besides", yield* names(client), ["length"])
    const input = { type: "object", properties: { times: { type: "integer", maximum: 3 } }, required: ["times"] }
    const heard = yield* heardDuring(client, client.call(PlugIn, { name: "ring", input }))
    yield* expect("what the client hears", heard, changed)
    yield* expect("the tools besides", yield* names(client), ["length", "ring"])
    const rung = yield* client.callTool("ring", { times: 3 })
    yield* expect("a call", McpContent.textOf(rung), 'ring {"times":3}')
    yield* expect("too much for its schema", (yield* client.callTool("ring", { times: 4 })).isError, true)

    yield* chapter("Not coming")
    const plug = (name: string, input: { readonly [keyword: string]: unknown }) =>
      Effect.flip(client.call(PlugIn, { name, input }))
    const twice = yield* plug("ring", input)
    yield* expect("a name twice", twice._tag, "DoesNotFit")
    yield* expect("a schema of no object", (yield* plug("buzz", { type: "string" }))._tag, "DoesNotFit")

    yield* chapter("Going")
    const gone = yield* heardDuring(client, client.call(PullOut, { name: "ring" }))
    yield* expect("what the client hears", gone, changed)
    yield* expect("the tools besides", yield* names(client), ["length"])
    const { reason } = yield* Effect.flip(client.callTool("ring", { times: 1 }))
    yield* expect("a call", reason._tag === "Remote" ? reason.code : reason._tag, -32602)
  })
)
