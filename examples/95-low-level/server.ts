/**
 * A library that answers methods itself: those of the specification, where what is offered lives elsewhere and is not
 * known when the server is built, and methods of its own. All run under the same laws as tools.
 */
import { Context, Effect, Layer, Queue } from "effect"
import { McpContent, McpError, McpRequest, McpResource, McpServer } from "mcp-effect"
import { ListResources, ReadResource } from "mcp-effect/methods/resources"
import { CallTool, ListTools } from "mcp-effect/methods/tools"
import { Lend, Reminder, Returned } from "./library.ts"

/** A catalogue that is too long for one page: 2,500 volumes. */
const volumes = 2500

class Shelf extends Context.Service<Shelf, Queue.Queue<string>>()("library/Shelf") {
  static readonly layer = Layer.effect(this, Queue.unbounded<string>())
}

/** A page function is told where to go on, and how many items a page should have. */
const Catalogue = McpServer.list(ListResources, (position, limit) => {
  const from = Number(position ?? 0)
  const to = Math.min(from + limit, volumes)
  const items = Array.from({ length: to - from }, (_, at) => ({
    uri: `book://${from + at}`,
    name: `book ${from + at}`
  }))
  return Effect.succeed(to < volumes ? { items, next: `${to}` } : { items })
})

const Read = McpServer.handle(ReadResource, ({ uri }) => {
  const number = /^book:\/\/(\d+)$/.exec(uri)?.[1]
  return number !== undefined && Number(number) < volumes
    ? Effect.succeed({ contents: [McpResource.contents(uri, `the text of book ${number}`)] })
    : Effect.fail(McpResource.notFound(uri))
})

/** Tools that are only known once somebody asks: the parameters and results are as they are on the wire. */
const Tools = Layer.merge(
  McpServer.handle(ListTools, () =>
    Effect.succeed({ tools: [{ name: "shelved", inputSchema: { type: "object" as const } }] })
  ),
  McpServer.handle(
    CallTool,
    Effect.fnUntraced(function* ({ name }) {
      if (name === "shelved") return { content: [McpContent.text(yield* Queue.take(yield* Shelf))] }
      return yield* new McpError.McpFault({ fault: "UnknownTool", detail: `There is no tool ${name}` })
    })
  )
)

/** Parameters of one's own methods are decoded, results encoded: dates are dates. */
const Lending = McpServer.handle(
  Lend,
  Effect.fnUntraced(function* ({ on, title }) {
    const request = yield* McpRequest
    yield* request.notify(Reminder, { text: `${title} is yours for two weeks` })
    return { due: new Date(on.getTime() + 14 * 24 * 60 * 60 * 1000) }
  })
)

const Returning = McpServer.onNotification(Returned, ({ title }) =>
  Effect.flatMap(Shelf, (shelf) => Queue.offer(shelf, title))
)

export const app = Layer.mergeAll(Catalogue, Read, Tools, Lending, Returning).pipe(
  Layer.provide(Shelf.layer),
  Layer.provide(
    McpServer.layer({
      name: "library",
      version: "1.0.0",
      // extensions are announced by their ids
      capabilities: { experimental: { "example.com/lending": {} } }
    })
  )
)
