/**
 * A server that we did not write: the official `server-everything`, met without saying which revision to speak.
 */
import { Effect, Random, Schema } from "effect"
import { McpClient, McpContent, McpTool } from "mcp-effect"
import { fileURLToPath } from "node:url"
import { chapter, endOfLive, grow, live, step } from "./transcript.ts"

const server = {
  command: process.execPath,
  args: [fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"))]
}

const cities = ["New York", "Chicago", "Los Angeles"] as const

/** A foreign tool can be called by name, or, as here, by a definition of what we expect of it. */
const Weather = McpTool.make("get-structured-content", {
  parameters: { location: Schema.Literals(cities) },
  success: Schema.Struct({ temperature: Schema.Finite, conditions: Schema.String, humidity: Schema.Finite })
})

export const everything = Effect.gen(function* () {
  yield* chapter("A server that we did not write: @modelcontextprotocol/server-everything")
  const client = yield* McpClient.connect(server)
  yield* step("connect", `${client.serverInfo?.name} speaks ${client.revision}`, client.revision === "2025-11-25")

  const { tools } = yield* client.listTools()
  yield* step(
    "list its tools",
    `${tools.length} tools`,
    tools.some(({ name }) => name === Weather.name)
  )

  const [a, b] = yield* Effect.all([Random.nextIntBetween(1, 1000), Random.nextIntBetween(1, 1000)])
  const said = McpContent.textOf(yield* client.callTool("get-sum", { a, b }))
  yield* step(`get-sum of ${a} and ${b}`, `“${said}”`, said === `The sum of ${a} and ${b} is ${a + b}.`)

  const location = yield* Random.choice(cities)
  const { conditions, temperature } = yield* client.call(Weather, { location })
  yield* step(`weather in ${location}`, `${conditions}, ${temperature} °C`, conditions !== "")

  const steps = yield* Random.nextIntBetween(3, 6)
  let seen = 0
  yield* live("a long operation")
  const onProgress = ({ progress, total }: { readonly progress: number; readonly total?: number | undefined }) => {
    seen += 1
    return grow(`${progress}/${total}`)
  }
  const args = { duration: steps * 0.12, steps }
  const long = yield* client.callTool("trigger-long-running-operation", args, { onProgress })
  yield* endOfLive
  yield* step("its result", McpContent.textOf(long), seen === steps && long.isError !== true)
}).pipe(Effect.scoped)
