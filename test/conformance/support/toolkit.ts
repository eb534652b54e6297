/**
 * A toolkit of `effect/ai` as it would be written for any model: nothing in it knows of this library.
 */
import { Effect, Layer, Schema } from "effect"
import { Prompt, Tool, Toolkit } from "effect/ai"
import { McpServer } from "mcp-effect"
import { quiet } from "./asking.ts"

const bytes = Uint8Array.of(0, 255, 16)

export class NoWeather extends Schema.TaggedError<NoWeather>()("NoWeather", { city: Schema.String }) {}
const Weather = Tool.make("weather", {
  description: "Tells the weather",
  parameters: Schema.Struct({ city: Schema.String.annotate({ description: "Where" }) }),
  success: Schema.Struct({ degrees: Schema.Finite }),
  failure: NoWeather
})
  .annotate(Tool.Title, "The weather")
  .annotate(Tool.Readonly, true)
  .annotate(Tool.Destructive, false)
const Returned = Tool.make("returned", { failure: NoWeather, failureMode: "return" })
const Draw = Tool.make("draw", {
  success: Schema.Struct({ shape: Schema.String }),
  toModelOutput: ({ shape }) => [
    Prompt.makePart("text", { text: `a ${shape}` }),
    Prompt.makePart("file", { mediaType: "image/png", data: bytes })
  ]
})
const kit = Toolkit.make(Weather, Returned, Draw)

/** A toolkit of `effect/ai`, with its handlers as they would be anywhere. */
export const app = McpServer.toolkit(kit).pipe(
  Layer.provide(
    kit.toLayer({
      weather: Effect.fnUntraced(function* ({ city }, { preliminary }) {
        if (city === "Atlantis") return yield* new NoWeather({ city })
        yield* preliminary({ degrees: 20 })
        yield* preliminary({ degrees: 21 })
        return { degrees: 22 }
      }),
      returned: () => Effect.fail(new NoWeather({ city: "Utopia" })),
      draw: () => Effect.succeed({ shape: "square" })
    })
  ),
  Layer.provide(McpServer.layer({ name: "toolkit", version: "1.0.0" })),
  Layer.provide(quiet)
)
