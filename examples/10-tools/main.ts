/**
 * Tools: definitions that both sides share, typed in every direction, in memory and over stdio.
 */
import { Effect } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { fileURLToPath } from "node:url"
import { chapter, expect, story } from "../check.ts"
import { app } from "./server.ts"
import { Correct, Temperature, UnknownCity } from "./weather.ts"

const visit = Effect.fnUntraced(function* (client: McpClient.Service) {
  yield* expect("the server's name", client.serverInfo?.name, "weather")
  yield* expect("how to use it", client.instructions, "Cities have English names.")

  const { tools } = yield* client.listTools()
  const [temperature, correct] = tools
  yield* expect("its tools", tools.map(({ name }) => name).join(", "), "temperature, correct")
  yield* expect("what the first is called", temperature?.title, "Temperature")
  yield* expect("what it must be given", temperature?.inputSchema["required"], ["city"])
  yield* expect("what clients may think of it", temperature?.annotations?.readOnlyHint, true)
  yield* expect("what is said besides of the second", correct?._meta, { "example.com/cost": 2 })

  // by definition: the input is encoded, the success decoded
  const oslo = yield* client.call(Temperature, { city: "Oslo", unit: "fahrenheit" })
  yield* expect("degrees in Oslo", oslo.degrees, 26.6)
  yield* expect("a Date is a Date again", oslo.measured, new Date("2026-08-01T12:00Z"))

  // by name: the result as it is on the wire
  const raw = yield* client.callTool("temperature", { city: "Cairo" })
  yield* expect("what the model reads", McpContent.textOf(raw), "It is 31 degrees")
  yield* expect("what programs read", raw.structuredContent, { degrees: 31, measured: "2026-08-01T12:00:00.000Z" })

  const corrected = yield* client.call(Correct, { city: "Cairo", by: -1 })
  yield* expect("a tool without a success schema", McpContent.textOf(corrected), "Cairo has 30 °C now")

  const unknown = yield* Effect.flip(client.call(Temperature, { city: "Atlantis" }))
  yield* expect("a declared failure", unknown, new UnknownCity({ city: "Atlantis" }))

  const wrong = yield* client.callTool("temperature", { city: "Oslo", unit: "kelvin" })
  yield* expect("wrong arguments are told to the model", wrong.isError, true)
})

const inMemory = Effect.scoped(
  Effect.gen(function* () {
    yield* chapter("In memory")
    yield* visit(yield* McpClient.connect(app))
  })
)

const command = {
  command: process.execPath,
  args: ["--conditions=mcp-effect-source", fileURLToPath(new URL("stdio.ts", import.meta.url))]
}
const overStdio = Effect.scoped(
  Effect.gen(function* () {
    yield* chapter("Over stdio, the same")
    yield* visit(yield* McpClient.connect(command))
  })
).pipe(Effect.provide(McpNode.layer))

story("Tools", Effect.andThen(inMemory, overStdio))
