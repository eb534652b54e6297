/**
 * Low-level: handlers for methods of the specification, and for methods of one's own.
 */
import { Deferred, Effect, Stream } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { Lend, Reminder, Returned } from "./library.ts"
import { app } from "./server.ts"

story(
  "Low-level",
  Effect.gen(function* () {
    const client = yield* McpClient.connect(app)

    yield* chapter("Methods of the specification")
    const first = yield* client.listResources()
    yield* expect("a page of the catalogue", first.resources.length, 1000)
    const second = yield* client.listResources({ cursor: first.nextCursor })
    yield* expect("the next begins with", second.resources[0]?.uri, "book://1000")
    yield* expect("all pages have", yield* Stream.runCount(client.resources()), 2500)

    const { contents } = yield* client.readResource("book://1984")
    yield* expect("a book", contents, [{ uri: "book://1984", text: "the text of book 1984" }])
    const { reason } = yield* Effect.flip(client.readResource("book://9999"))
    yield* expect("a book that is not there", reason._tag === "Remote" ? reason.code : reason._tag, -32602)
    const { tools } = yield* client.listTools()
    yield* expect("the tools", tools, [{ name: "shelved", inputSchema: { type: "object" } }])

    yield* chapter("Methods of one's own")
    yield* expect("what is announced", client.capabilities.experimental, { "example.com/lending": {} })
    const reminded = yield* Deferred.make<string>()
    yield* client.on(Reminder, ({ text }) => Effect.asVoid(Deferred.succeed(reminded, text)))
    const { due } = yield* client.request(Lend, { title: "Solaris", on: new Date("2026-02-20") })
    yield* expect("a request, answered with a Date", due, new Date("2026-03-06"))
    yield* expect("what was heard meanwhile", yield* Deferred.await(reminded), "Solaris is yours for two weeks")

    yield* client.notify(Returned, { title: "Solaris" })
    const shelved = yield* client.callTool("shelved")
    yield* expect("a notification, heard by the server", McpContent.textOf(shelved), "Solaris")
  })
)
