/**
 * Low-level: handlers for methods of the specification, and for methods of one's own.
 */
import { Effect, Fiber, Stream } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { ListResources, ReadResource } from "mcp-effect/methods/resources"
import { chapter, expect, story } from "../check.ts"
import { Lend, Reminder, Returned } from "./library.ts"
import { app } from "./server.ts"

story(
  "Low-level",
  Effect.gen(function* () {
    const client = yield* McpClient.connect(app)

    yield* chapter("Methods of the specification")
    const first = yield* client.request(ListResources)
    yield* expect("a page of the catalogue", first.resources.length, 1000)
    const second = yield* client.request(ListResources, { cursor: first.nextCursor ?? "" })
    yield* expect("the next begins with", second.resources[0]?.uri, "book://1000")
    const last = yield* client.request(ListResources, { cursor: second.nextCursor ?? "" })
    yield* expect("the last has", last.resources.length, 500)
    yield* expect("and none comes after it", last.nextCursor, undefined)

    const { contents } = yield* client.request(ReadResource, { uri: "book://1984" })
    yield* expect("a book", contents, [{ uri: "book://1984", text: "the text of book 1984" }])
    const { reason } = yield* Effect.flip(client.request(ReadResource, { uri: "book://9999" }))
    yield* expect("a book that is not there", reason._tag === "Remote" ? reason.code : reason._tag, -32602)
    const { tools } = yield* client.listTools()
    yield* expect("the tools", tools, [{ name: "shelved", inputSchema: { type: "object" } }])

    yield* chapter("Methods of one's own")
    yield* expect("what is announced", client.capabilities.experimental, { "example.com/lending": {} })
    const reminder = client.notifications.pipe(
      Stream.filter(({ method }) => method === Reminder.name),
      Stream.take(1),
      Stream.runCollect
    )
    const reminded = yield* Effect.forkChild(reminder, { startImmediately: true })
    const { due } = yield* client.request(Lend, { title: "Solaris", on: new Date("2026-02-20") })
    yield* expect("a request, answered with a Date", due, new Date("2026-03-06"))
    const [heard] = yield* Fiber.join(reminded)
    yield* expect("what was heard meanwhile", heard?.params, { text: "Solaris is yours for two weeks" })

    yield* client.notify(Returned, { title: "Solaris" })
    const shelved = yield* client.callTool("shelved")
    yield* expect("a notification, heard by the server", McpContent.textOf(shelved), "Solaris")
  })
)
