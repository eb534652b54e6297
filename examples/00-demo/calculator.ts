/**
 * The definitions of the demo's calculator: shared by its server and its client.
 */
import { Schema } from "effect"
import { McpTool } from "mcp-effect"

export const Add = McpTool.make("add", {
  description: "Add two numbers",
  parameters: { a: Schema.Finite, b: Schema.Finite },
  success: Schema.Struct({ sum: Schema.Finite })
})

export class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {
  dividend: Schema.Finite
}) {
  override get message(): string {
    return `${this.dividend} cannot be divided by zero`
  }
}

export const Divide = McpTool.make("divide", {
  description: "Divide one number by another",
  parameters: { dividend: Schema.Finite, divisor: Schema.Finite },
  success: Schema.Struct({ quotient: Schema.Finite }),
  failure: DivisionByZero
})

export const Countdown = McpTool.make("countdown", {
  description: "Count down to zero, reporting each step",
  parameters: {
    from: Schema.Int.annotate({ description: "The number to start from" }),
    pause: Schema.Finite.annotate({ description: "Milliseconds between two steps" })
  }
})

/** A cancelled call gets no answer, so what became of it must be asked for. */
export const Report = McpTool.make("report", {
  description: "Tell how the countdowns ended",
  success: Schema.Struct({ pid: Schema.Int, countdowns: Schema.Array(Schema.String) })
})
