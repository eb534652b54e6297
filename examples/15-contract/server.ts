/**
 * The box office as a process: handlers for the contract, and how many seats are left while it runs.
 */
import { Context, Effect, Layer } from "effect"
import { McpServer } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { Book, NoSuchShow, Shows, SoldOut, Ticket } from "./contract.ts"

interface Show {
  readonly starts: Date
  readonly euros: number
  left: number
}

class Programme extends Context.Service<Programme, ReadonlyMap<string, Show>>()("office/Programme") {
  static readonly layer = Layer.sync(
    this,
    () =>
      new Map([
        ["Hamlet", { starts: new Date("2026-09-01T19:30Z"), euros: 30, left: 5 }],
        ["Faust", { starts: new Date("2026-10-01T18:00Z"), euros: 25, left: 80 }]
      ])
  )
}

// what comes in is an `Order`, default included; what goes out is a `Ticket`
const BookLive = Book.toLayer(
  Effect.fnUntraced(function* (order) {
    const show = (yield* Programme).get(order.show)
    if (show === undefined) return yield* new NoSuchShow({ show: order.show })
    if (show.left < order.seats) return yield* new SoldOut({ left: show.left })
    show.left -= order.seats
    return new Ticket({ order, starts: show.starts, euros: order.seats * show.euros })
  })
)

const ShowsLive = Shows.toLayer(({ from = new Date(0) }) =>
  Effect.map(Programme, (programme) =>
    [...programme].flatMap(([show, { starts }]) => (starts >= from ? [{ show, starts }] : []))
  )
)

Layer.merge(BookLive, ShowsLive).pipe(
  Layer.provide(Programme.layer),
  Layer.provide(McpServer.layer({ name: "box office", version: "1.0.0" })),
  McpNode.runStdio
)
