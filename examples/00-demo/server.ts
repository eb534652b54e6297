/**
 * The demo's calculator as a server on stdio.
 */
import { Context, Effect, Exit, Layer } from "effect"
import { McpRequest, McpServer } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { Add, Countdown, Divide, DivisionByZero, Report } from "./calculator.ts"

/** How countdowns ended: a service that two tools share, and that lives as long as the server. */
class Logbook extends Context.Service<Logbook, Array<string>>()("demo/Logbook") {}

const Calculator = Layer.mergeAll(
  Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b })),
  Divide.toLayer(({ dividend, divisor }) =>
    divisor === 0 ? Effect.fail(new DivisionByZero({ dividend })) : Effect.succeed({ quotient: dividend / divisor })
  ),
  Countdown.toLayer(
    Effect.fnUntraced(function* ({ from, pause }) {
      const request = yield* McpRequest
      const logbook = yield* Logbook
      let left = from
      yield* Effect.addFinalizer((exit) =>
        Effect.sync(() => {
          const how = Exit.isSuccess(exit) ? "reached zero" : `was interrupted at ${left}`
          logbook.push(`the countdown from ${from} ${how}, its finalizer ran`)
        })
      )
      for (; left > 0; left--) {
        yield* request.progress({ progress: from - left + 1, total: from, message: `${left}` })
        yield* Effect.sleep(pause)
      }
      return "lift-off"
    })
  ),
  Report.toLayer(() => Effect.map(Logbook, (logbook) => ({ pid: process.pid, countdowns: [...logbook] })))
)

Calculator.pipe(
  Layer.provide(Layer.sync(Logbook, () => [])),
  Layer.provide(McpServer.layer({ name: "calculator", version: "1.0.0" })),
  McpNode.runStdio
)
