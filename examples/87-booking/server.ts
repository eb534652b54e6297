/**
 * A theatre that sells seats: it holds one, asks its guest, and books. The handler is written once. Up to 2025-11-25 it waits
 * for the answer where it asks; since 2026-07-28 it is interrupted there and runs again from the top, with what it knows by
 * then: what stands in `once` has happened already and does not happen again.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { Ask, McpRequest, McpServer, McpTool } from "mcp-effect"

export const Seat = Schema.Struct({ row: Schema.String, hold: Schema.Int })

export class SoldOut extends Schema.TaggedError<SoldOut>()("SoldOut", { play: Schema.String }) {}

export const Book = McpTool.make("book", {
  description: "Book a seat for a play",
  parameters: { play: Schema.String },
  success: Schema.Struct({ row: Schema.String, hold: Schema.Int, name: Schema.String, drink: Schema.String }),
  failure: SoldOut
})

/** What has happened at the box office, in order. */
export class BoxOffice extends Context.Service<
  BoxOffice,
  { readonly book: Array<string>; readonly free: Array<string> }
>()("theatre/BoxOffice") {}

const hold = Effect.fnUntraced(function* (play: string) {
  const { book, free } = yield* BoxOffice
  const row = free.shift()
  if (row === undefined) return yield* new SoldOut({ play })
  const number = book.push(`held ${row}`)
  return { row, hold: number }
})

const Drink = Ask.choice({ none: "Nothing, thank you", wine: "A glass of wine", tea: "A pot of tea" })

const Guest = Schema.Struct({ name: Schema.String, drink: Drink.annotate({ default: "none" }) })

const BookLive = Book.toLayer(
  Effect.fnUntraced(function* ({ play }) {
    const { elicit, once } = yield* McpRequest
    const { book, free } = yield* BoxOffice
    const seat = yield* once("hold", Seat, hold(play))

    const asked = Effect.gen(function* () {
      const guest = yield* elicit("guest", { message: `${play}, row ${seat.row}: who is coming?`, schema: Guest })
      yield* elicit("pay", { message: `20 euros for row ${seat.row}. Shall I book it?` })
      return guest
    })
    const giveBack = Effect.sync(() => {
      book.push(`gave ${seat.row} back`)
      free.unshift(seat.row)
    })
    // being interrupted for an answer is no error: a guest who says no, or nothing, or cannot be asked, gives it back
    const guest = yield* Effect.tapError(asked, () => giveBack)

    yield* once(
      "book",
      Schema.Void,
      Effect.sync(() => void book.push(`booked ${seat.row} for ${guest.name}`))
    )
    return { ...seat, ...guest }
  })
)

export const app = BookLive.pipe(Layer.provide(McpServer.layer({ name: "theatre", version: "1.0.0" })))
