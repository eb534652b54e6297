/**
 * A contract: definitions in a module of their own, a server that answers them, and, in another process, this client. It
 * knows the contract and how to start the server, no more.
 */
import { Effect } from "effect"
import { McpClient } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { fileURLToPath } from "node:url"
import { chapter, expect, story } from "../check.ts"
import { Book, NoSuchShow, Order, Shows, SoldOut, Ticket } from "./contract.ts"

const office = {
  command: process.execPath,
  args: ["--conditions=mcp-effect-source", fileURLToPath(new URL("server.ts", import.meta.url))]
}

story(
  "A contract",
  Effect.gen(function* () {
    const client = yield* McpClient.connect(office, { clientInfo: { name: "visitor", version: "1.0.0" } })

    yield* chapter("What goes in")
    const all = yield* client.call(Shows)
    yield* expect("nothing, where everything is optional", all.map(({ show }) => show).join(), "Hamlet,Faust")
    const late = yield* client.call(Shows, { from: new Date("2026-09-15") })
    yield* expect("a Date", late, [{ show: "Faust", starts: new Date("2026-10-01T18:00Z") }])
    const one = yield* client.call(Book, { show: "Hamlet" })
    yield* expect("no number of seats, which has a default", one.order, new Order({ show: "Hamlet", seats: 1 }))
    const three = yield* client.call(Book, new Order({ show: "Hamlet", seats: 3 }))
    yield* expect("an instance of a class", three.euros, 90)

    yield* chapter("What comes out")
    const same = new Ticket({ order: three.order, starts: new Date("2026-09-01T19:30Z"), euros: 90 })
    yield* expect("an instance, with all that is in it", three, same)
    yield* expect("so its methods are there", three.perSeat, 30)

    yield* chapter("What may go wrong, by its type")
    const book = (show: string, seats: number) =>
      client.call(Book, { show, seats }).pipe(
        Effect.map(({ euros }) => `booked for ${euros} euros`),
        Effect.catchTag("SoldOut", ({ left }) => Effect.succeed(`take ${left} seats instead`)),
        Effect.catchTag("NoSuchShow", ({ show }) => Effect.succeed(`${show} is not played`)),
        // what is left is `McpError`; here: an order that its own schema does not allow
        Effect.catchReason("McpError", "InvalidInput", ({ detail }) => Effect.succeed(`not sent: ${detail}`))
      )
    yield* expect("nothing", yield* book("Faust", 2), "booked for 50 euros")
    yield* expect("a declared failure", yield* book("Hamlet", 2), "take 1 seats instead")
    yield* expect("another", yield* book("Macbeth", 2), "Macbeth is not played")
    const notSent = "not sent: seats: Expected a value between 1 and 8"
    yield* expect("what the contract does not allow", yield* book("Faust", 9), notSent)

    const failure = yield* Effect.flip(client.call(Book, { show: "Hamlet", seats: 2 }))
    yield* expect("failures are classes too", failure, new SoldOut({ left: 1 }))
    const unknown = yield* Effect.flip(client.call(Book, { show: "Macbeth" }))
    yield* expect(
      "with their messages",
      [unknown instanceof NoSuchShow, unknown.message],
      [true, "There is no show called Macbeth"]
    )
  }).pipe(Effect.provide(McpNode.layer))
)
