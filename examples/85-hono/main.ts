/**
 * Hono: an endpoint in an application of `Request` and `Response`, in both eras, streams included.
 */
import { Effect, Option, Stream } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { asked, within } from "../fetching.ts"
import { app, runtime, Switch } from "./server.ts"

const URL = "https://lamp.example/mcp"

const program = Effect.gen(function* () {
  yield* Effect.addFinalizer(() => runtime.disposeEffect)
  const page = Effect.flatMap(asked(app.fetch, "https://lamp.example/"), (response) =>
    Effect.promise(() => response.text())
  )

  for (const [revision, on] of [
    ["2025-11-25", true],
    ["2026-07-28", false]
  ] as const) {
    yield* chapter(`In ${revision}`)
    const client = yield* McpClient.connect(URL, { revision })
    const updates = yield* client.updates("lamp://light")
    const light = on ? "on" : "off"
    yield* expect("a tool", McpContent.textOf(yield* client.call(Switch, { on })), light)
    yield* expect("what has changed", Option.getOrUndefined(yield* Stream.runHead(updates)), "lamp://light")
    yield* expect("the page of the application", yield* page, `The light is ${light}`)
  }

  yield* chapter("Who is not let in")
  const elsewhere = yield* asked(app.fetch, "https://evil.example/mcp", { method: "POST" })
  yield* expect("another host", elsewhere.status, 403)
})

story("Hono", Effect.scoped(program).pipe(Effect.provide(within(app.fetch))))
