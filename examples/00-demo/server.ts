/**
 * The demo's calculator as a server on stdio.
 */
import { Effect, Layer } from "effect"
import { McpRequest, McpServer } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { Add, Countdown, Divide, DivisionByZero } from "./calculator.ts"

const Calculator = Layer.mergeAll(
  Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b })),
  Divide.toLayer(({ dividend, divisor }) =>
    divisor === 0 ? Effect.fail(new DivisionByZero({ dividend })) : Effect.succeed({ quotient: dividend / divisor })
  ),
  Countdown.toLayer(
    Effect.fnUntraced(function* ({ from, pause }) {
      const request = yield* McpRequest
      yield* Effect.addFinalizer(() => request.log("info", "countdown: finalizer ran"))
      for (let left = from; left > 0; left--) {
        yield* request.progress({ progress: from - left + 1, total: from, message: `${left}` })
        yield* Effect.sleep(pause)
      }
      return "lift-off"
    })
  )
)

Calculator.pipe(Layer.provide(McpServer.layer({ name: "calculator", version: "1.0.0" })), McpNode.runStdio)
