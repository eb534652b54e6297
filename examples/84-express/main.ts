/**
 * Express: an endpoint beside the routes of an application that is none of Effect's, over a socket, in both eras.
 */
import { Effect } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import type { Server } from "node:http"
import type { AddressInfo } from "node:net"
import { chapter, expect, story } from "../check.ts"
import { nearby } from "../nearby.ts"
import { app, runtime, Sign, Watch } from "./server.ts"

/** Express on a free port. At the end the server of the protocol is drained first, then nothing holds the socket. */
const listening = Effect.acquireRelease(
  Effect.callback<Server>((resume) => {
    const server = app.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) =>
    Effect.andThen(
      runtime.disposeEffect,
      Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
    )
)

const program = Effect.gen(function* () {
  const { port } = (yield* listening).address() as AddressInfo
  const guests = Effect.promise(() =>
    fetch(`http://127.0.0.1:${port}/guests`).then((response) => response.json() as Promise<ReadonlyArray<string>>)
  )

  for (const [number, revision] of [
    [1, "2025-11-25"],
    [3, "2026-07-28"]
  ] as const) {
    yield* chapter(`In ${revision}`)
    const client = yield* McpClient.connect(`http://127.0.0.1:${port}/mcp`, { revision })
    const signed = yield* client.call(Sign, { name: "Ada" })
    yield* expect("a tool", McpContent.textOf(signed), `Ada is guest number ${number}`)

    const said: Array<string | undefined> = []
    const onProgress: McpClient.CallOptions["onProgress"] = ({ message }) => Effect.sync(() => void said.push(message))
    const watching = yield* Effect.flip(client.call(Watch, {}, { onProgress, timeout: "1 second" }))
    yield* expect("what was said before the caller went away", said, ["watching"])
    yield* expect("why it went away", watching.reason._tag, "Timeout")
    const interrupted = yield* Effect.repeat(guests, { until: (names) => names.length > number })
    yield* expect("the handler has noticed", interrupted.at(-1), "nobody")
  }
})

story("Express", Effect.provide(program, nearby()))
