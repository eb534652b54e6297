/**
 * A tour of the calculator in one revision: list, call, watch, cancel, fail. The same program in every era.
 */
import { Deferred, Duration, Effect, Exit, Fiber, Random } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { fileURLToPath } from "node:url"
import { same } from "../check.ts"
import { Add, Countdown, Divide, DivisionByZero, Report } from "./calculator.ts"
import { chapter, endOfLive, grow, live, step } from "./transcript.ts"

/** How a client starts the server: this very program's Node, and the file. */
const server = {
  command: process.execPath,
  args: ["--conditions=mcp-effect-source", fileURLToPath(new URL("server.ts", import.meta.url))]
}

/** Gives the process id of the server that it met. */
export const tour = Effect.fnUntraced(function* (revision: string, era: string) {
  yield* chapter(`Our calculator, in revision ${revision} (${era})`)
  const client = yield* McpClient.connect(server, { revision })
  const { name = "?", version = "?" } = client.serverInfo ?? {}
  yield* step("connect", `${name} ${version} speaks ${client.revision}`, same(client.revision, revision))

  const { tools } = yield* client.listTools()
  const names = tools.map(({ name }) => name)
  yield* step("list its tools", names.join(", "), same(names, ["add", "divide", "countdown", "report"]))

  const [a, b] = yield* Effect.all([Random.nextIntBetween(1, 1000), Random.nextIntBetween(1, 1000)])
  const { sum } = yield* client.call(Add, { a, b })
  yield* step(`add ${a} and ${b}`, `${sum}`, sum === a + b)

  yield* watch(client)
  yield* cancel(client)

  const dividend = yield* Random.nextIntBetween(1, 100)
  const error = yield* Effect.flip(client.call(Divide, { dividend, divisor: 0 }))
  const decoded = error instanceof DivisionByZero && error.dividend === dividend
  yield* step(`divide ${dividend} by 0`, `fails with ${error._tag}: ${error.message}`, decoded)

  return (yield* client.call(Report)).pid
}, Effect.scoped)

/** Progress arrives while the call runs. */
const watch = Effect.fnUntraced(function* (client: McpClient.Service) {
  const from = yield* Random.nextIntBetween(4, 9)
  const seen: Array<string> = []
  yield* live(`count down from ${from}`)
  const onProgress = ({ message = "?" }: { readonly message?: string | undefined }) => {
    seen.push(message)
    return grow(message)
  }
  const text = McpContent.textOf(yield* client.call(Countdown, { from, pause: 120 }, { onProgress }))
  yield* endOfLive
  const expected = Array.from({ length: from }, (_, step) => `${from - step}`)
  yield* step(
    "its result",
    `${text}, after ${seen.length} reports`,
    text === "lift-off" && seen.join() === expected.join()
  )
})

/** Interrupting a call is all it takes to cancel it: here, and in the server. */
const cancel = Effect.fnUntraced(function* (client: McpClient.Service) {
  const from = yield* Random.nextIntBetween(500, 1000)
  const enough = yield* Deferred.make<void>()
  yield* live(`count down from ${from}`)
  let seen = 0
  const onProgress = ({ message = "?" }: { readonly message?: string | undefined }) =>
    ++seen <= 3
      ? Effect.andThen(grow(message), seen === 3 ? Deferred.succeed(enough, undefined) : Effect.void)
      : Effect.void
  const call = yield* Effect.forkChild(client.call(Countdown, { from, pause: 120 }, { onProgress }))
  yield* Effect.raceFirst(Deferred.await(enough), Fiber.join(call))
  yield* grow("… enough")
  yield* endOfLive

  const [took] = yield* Effect.timed(Fiber.interrupt(call))
  const exit = yield* Fiber.await(call)
  const early = `${Math.round((from * 120) / 1000)} s early`
  yield* step(
    "cancel it",
    `the call returned within ${Duration.toMillis(took).toFixed(1)} ms, ${early}`,
    Exit.hasInterrupts(exit)
  )

  const { countdowns } = yield* client.call(Report)
  const last = countdowns.at(-1) ?? "nothing"
  const proven = last.startsWith(`the countdown from ${from} was interrupted`) && last.endsWith("its finalizer ran")
  yield* step("ask the server", last, proven)
})
