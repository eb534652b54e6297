/**
 * The weather station: handlers for its tools, and the service that they share.
 *
 * `app` is a server without a transport. `stdio.ts` beside it runs it as a process.
 */
import { Context, Effect, Layer } from "effect"
import { McpServer } from "mcp-effect"
import { Correct, Temperature, UnknownCity } from "./weather.ts"

/** Degrees Celsius by city. */
class Thermometers extends Context.Service<Thermometers, Map<string, number>>()("weather/Thermometers") {
  static readonly layer = Layer.sync(
    this,
    () =>
      new Map([
        ["Oslo", -3],
        ["Cairo", 31]
      ])
  )
  static read = Effect.fnUntraced(function* (city: string) {
    const celsius = (yield* Thermometers).get(city)
    return celsius ?? (yield* new UnknownCity({ city }))
  })
}

const TemperatureLive = Temperature.toLayer(
  Effect.fnUntraced(function* ({ city, unit = "celsius" }) {
    const celsius = yield* Thermometers.read(city)
    return { degrees: unit === "celsius" ? celsius : (celsius * 9) / 5 + 32, measured: new Date("2026-08-01T12:00Z") }
  })
)

const CorrectLive = Correct.toLayer(
  Effect.fnUntraced(function* ({ by, city }) {
    const corrected = (yield* Thermometers.read(city)) + by
    ;(yield* Thermometers).set(city, corrected)
    return `${city} has ${corrected} °C now`
  })
)

export const app = Layer.mergeAll(TemperatureLive, CorrectLive).pipe(
  Layer.provide(Thermometers.layer),
  Layer.provide(McpServer.layer({ name: "weather", version: "1.0.0", instructions: "Cities have English names." }))
)
