/**
 * A hotel: what stands around its handlers. Who calls and in which language are services that are made anew for each
 * call; a guard, limits and a cache stand before one item or before all.
 */
import { Context, Effect, Latch, Layer, Schema } from "effect"
import { McpError, McpMiddleware, McpRequest, McpServer, McpTool } from "mcp-effect"

/** Who calls: here what the client says in `_meta`; on a real server what its transport has proven, `call.principal`. */
const Guest = Schema.Struct({ name: Schema.String, room: Schema.Int })
class CurrentGuest extends Context.Service<CurrentGuest, typeof Guest.Type>()("hotel/CurrentGuest") {}

/** In which language: a header, on transports that have them. */
const Spoken = Schema.Literals(["en", "it"])
class Language extends Context.Service<Language, typeof Spoken.Type>()("hotel/Language") {}

/** A refusal in place of what comes next; `fault` has a code in every revision. */
const refuse = (what: string) => (error: Schema.SchemaError) =>
  new McpError.McpFault({ fault: "InvalidParams", detail: `${what}: ${error.message}` })

const readGuest = Schema.decodeUnknownEffect(Guest)
const readLanguage = Schema.decodeUnknownEffect(Spoken)
const nobody = { name: "somebody", room: 0 }

const WithGuest = McpMiddleware.layerProviding(CurrentGuest, (call, next) => {
  const guest = readGuest(call.meta["example.com/guest"] ?? nobody)
  return Effect.provideServiceEffect(next, CurrentGuest, Effect.mapError(guest, refuse("the guest")))
})

const WithLanguage = McpMiddleware.layerProviding(Language, (call, next) => {
  const language = readLanguage(call.headers["accept-language"] ?? "en")
  return Effect.provideServiceEffect(next, Language, Effect.mapError(language, refuse("accept-language")))
})

/** Guards know the tags of what is called; clients never see those. */
const GuestsOnly = McpMiddleware.guard(
  "guests-only",
  (call) => !call.tags.includes("guests") || call.meta["example.com/guest"] !== undefined
)

/** A middleware of one's own sees the call, and the result on its way out. */
const Signed = McpMiddleware.layer((call, next) =>
  Effect.map(next, (result) => ({ ...result, _meta: { ...Object(result["_meta"]), "example.com/by": call.name } }))
)

export const Greet = McpTool.make("greet")
export const Minibar = McpTool.make("minibar", { tags: ["guests"] })
export const Weather = McpTool.make("weather", { success: Schema.Struct({ asked: Schema.Int }) })
export const Taxi = McpTool.make("taxi")
export const Lift = McpTool.make("lift")
export const Button = McpTool.make("button")

const GreetLive = Greet.toLayer(
  Effect.fnUntraced(function* () {
    const { name } = yield* CurrentGuest
    return (yield* Language) === "it" ? `Buongiorno, ${name}` : `Good day, ${name}`
  })
)

const MinibarLive = Minibar.toLayer(() => Effect.map(CurrentGuest, ({ room }) => `On the bill of room ${room}`))

/** The forecast is asked for once in a minute, whoever wants to know. */
const WeatherLive = Layer.unwrap(
  Effect.sync(() => {
    let asked = 0
    return Weather.toLayer(() => Effect.sync(() => ({ asked: ++asked })))
  })
).pipe(Layer.provide(McpMiddleware.cache({ ttl: "1 minute", per: () => "everybody" })))

const TaxiLive = Taxi.toLayer(() => Effect.succeed("It comes")).pipe(
  Layer.provide(McpMiddleware.rateLimit({ limit: 2, window: "1 minute" }))
)

/** It takes one guest at a time, and stays until somebody presses the button. */
const LiftLive = Layer.unwrap(
  Effect.map(Latch.make(), (arrived) =>
    Layer.merge(
      Lift.toLayer(
        Effect.fnUntraced(function* () {
          yield* (yield* McpRequest).progress({ progress: 1, message: "going up" })
          return yield* Effect.as(arrived.await, "The roof")
        })
      ).pipe(Layer.provide(McpMiddleware.concurrencyLimit({ limit: 1 }))),
      Button.toLayer(() => Effect.as(arrived.open, "Pressed"))
    )
  )
)

/**
 * What is provided to one item's Layer is about that item, what is provided after the server is about all of it; of two,
 * the one provided last is outermost.
 */
export const app = Layer.mergeAll(
  GreetLive.pipe(Layer.provide(Signed)),
  MinibarLive,
  WeatherLive,
  TaxiLive,
  LiftLive
).pipe(
  Layer.provide(McpServer.layer({ name: "hotel", version: "1.0.0" })),
  Layer.provide(WithGuest),
  Layer.provide(WithLanguage),
  Layer.provide(GuestsOnly)
)
