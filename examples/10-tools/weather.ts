/**
 * The definitions of a weather station: what both sides know of its tools.
 */
import { Schema } from "effect"
import { McpTool } from "mcp-effect"

/** A failure that is declared arrives at the client as what it is, not as a text. */
export class UnknownCity extends Schema.TaggedError<UnknownCity>()("UnknownCity", { city: Schema.String }) {
  override get message(): string {
    return `There is no station in ${this.city}`
  }
}

export const Temperature = McpTool.make("temperature", {
  title: "Temperature",
  description: "How warm it is in a city now",
  parameters: {
    city: Schema.String.annotate({ description: "The English name of the city" }),
    unit: Schema.optionalKey(
      Schema.Literals(["celsius", "fahrenheit"]).annotate({ description: "Celsius where nothing is said" })
    )
  },
  success: Schema.Struct({ degrees: Schema.Finite, measured: Schema.Date }),
  failure: UnknownCity,
  annotations: { readOnlyHint: true, openWorldHint: false },
  // what the model reads instead of the JSON
  content: ({ degrees }) => `It is ${degrees} degrees`,
  timeout: "5 seconds"
})

export const Correct = McpTool.make("correct", {
  description: "Correct the thermometer of a city",
  parameters: { city: Schema.String, by: Schema.Finite },
  failure: UnknownCity,
  annotations: { destructiveHint: true, idempotentHint: false },
  icons: [{ src: "https://example.com/thermometer.svg", mimeType: "image/svg+xml" }],
  meta: { "example.com/cost": 2 }
})
