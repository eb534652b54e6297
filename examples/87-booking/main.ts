/**
 * A booking: a handler that asks its user on the way. One story, told in both eras with the same handler and the same host.
 */
import { Effect, Layer } from "effect"
import { McpClient, McpContent, McpHost } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { app, Book, BoxOffice } from "./server.ts"

/** What the guest does with the forms that come. */
const guest = (says: { readonly [message: string]: McpHost.FormAnswer }, seen: Array<string>) =>
  McpHost.elicitation({
    form: ({ message }, { server }) =>
      Effect.sync(() => {
        seen.push(`${server?.name}: ${message}`)
        return says[message] ?? "cancel"
      })
  })

const evening = Effect.fnUntraced(function* (revision: string) {
  yield* chapter(`In ${revision}`)
  const book: Array<string> = []
  const theatre = Layer.provide(app, Layer.succeed(BoxOffice, { book, free: ["A", "B"] }))
  const visit = (says: { readonly [message: string]: McpHost.FormAnswer }, seen: Array<string> = []) =>
    Effect.provide(McpClient.connect(theatre, { revision }), guest(says, seen))

  const seen: Array<string> = []
  // a drink is not chosen: the host fills in what the form says by default
  const ada = yield* visit(
    { "Faust, row A: who is coming?": { name: "Ada" }, "20 euros for row A. Shall I book it?": {} },
    seen
  )
  const booked = yield* ada.call(Book, { play: "Faust" })
  yield* expect("what Ada was asked", seen, [
    "theatre: Faust, row A: who is coming?",
    "theatre: 20 euros for row A. Shall I book it?"
  ])
  yield* expect("what came of it", booked, { row: "A", hold: 1, name: "Ada", drink: "none" })
  yield* expect("each happened once", book, ["held A", "booked A for Ada"])

  const grace = yield* visit({
    "Faust, row B: who is coming?": { name: "Grace", drink: "tea" },
    "20 euros for row B. Shall I book it?": "decline"
  })
  const refused = yield* grace.callTool("book", { play: "Faust" })
  yield* expect("Grace says no", McpContent.textOf(refused), 'The user declined to answer "pay"')
  const nobody = yield* visit({})
  const unanswered = yield* nobody.callTool("book", { play: "Faust" })
  yield* expect("somebody does not say", McpContent.textOf(unanswered), 'The user did not answer "guest"')
  // a client without a host has nobody to ask
  const alone = yield* McpClient.connect(theatre, { revision })
  const { reason } = yield* Effect.flip(alone.callTool("book", { play: "Faust" }))
  const lacking = reason._tag === "Remote" ? reason.data : reason
  yield* expect("without a host", lacking, { requiredCapabilities: { elicitation: { form: {} } } })
  const held = ["held B", "gave B back"]
  yield* expect("and the seat is free again", book.slice(2), [...held, ...held, ...held])
}, Effect.scoped)

story("A booking", Effect.all([evening("2025-11-25"), evening("2026-07-28")]))
