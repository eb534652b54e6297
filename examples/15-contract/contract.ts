/**
 * The contract between a box office and whoever books there: all that both sides share, and nothing of either.
 *
 * The server imports it to answer, the client to ask; neither imports the other. What the schemas say holds on both sides:
 * a class stays a class, a Date a Date, a failure what it is.
 */
import { Effect, Schema } from "effect"
import { McpTool } from "mcp-effect"

/** What is asked for. Whoever says no number of seats gets one. */
export class Order extends Schema.Class<Order>("Order")({
  show: Schema.String,
  seats: Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 8 })).pipe(
    Schema.withConstructorDefault(Effect.succeed(1))
  )
}) {}

/** What is given. Its methods are there on both sides. */
export class Ticket extends Schema.Class<Ticket>("Ticket")({
  order: Order,
  starts: Schema.Date,
  euros: Schema.Finite
}) {
  get perSeat(): number {
    return this.euros / this.order.seats
  }
}

export class NoSuchShow extends Schema.TaggedError<NoSuchShow>()("NoSuchShow", { show: Schema.String }) {
  override get message(): string {
    return `There is no show called ${this.show}`
  }
}

export class SoldOut extends Schema.TaggedError<SoldOut>()("SoldOut", { left: Schema.Int }) {
  override get message(): string {
    return `Only ${this.left} seats are left`
  }
}

export const Book = McpTool.make("book", {
  description: "Book seats for a show",
  parameters: Order,
  success: Ticket,
  failure: Schema.Union([NoSuchShow, SoldOut])
})

export const Shows = McpTool.make("shows", {
  description: "What is played, and when",
  parameters: { from: Schema.optionalKey(Schema.Date) },
  success: Schema.Array(Schema.Struct({ show: Schema.String, starts: Schema.Date }))
})
