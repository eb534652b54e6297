/**
 * What surrounds a call: progress, log messages, cancellation, work after the reply. The same in both eras.
 */
import { Deferred, Effect, Fiber, Logger, Stream } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { SetLevel } from "mcp-effect/methods/logging"
import { chapter, expect, story } from "../check.ts"
import { app, Ask, Bake, Notes, OpenShop, Order, Rise } from "./server.ts"

const bakery = Effect.fnUntraced(function* (revision: string) {
  yield* chapter(`In ${revision}`)
  const client = yield* McpClient.connect(app, { revision, clientInfo: { name: "a guest", version: "1.0.0" } })
  const answer = yield* client.call(Ask)
  const era = revision === "2026-07-28" ? "modern" : "legacy"
  yield* expect("who is who", answer, { you: "a guest", me: "bakery", era })

  // legacy clients say once which log messages they want, modern ones with each request
  const meta = { "io.modelcontextprotocol/logLevel": "warning" }
  if (era === "legacy") yield* client.request(SetLevel, { level: "warning" })
  const logs = yield* Effect.forkChild(Stream.runCollect(Stream.take(client.logs, 1)), { startImmediately: true })
  const reports: Array<string> = []
  const onProgress = ({ message = "", progress, total }: { message?: string; progress: number; total?: number }) =>
    Effect.sync(() => void reports.push(`${progress}/${total} ${message}`))
  const baked = yield* client.call(Bake, { loaves: 3 }, { onProgress, meta })
  yield* expect("the result", McpContent.textOf(baked), "3 loaves")
  yield* expect("progress, while it ran", reports, ["1/3 loaf 1", "2/3 loaf 2", "3/3 loaf 3"])
  const said = (yield* Fiber.join(logs)).map(({ data, level, logger }) => ({ level, logger, data }))
  const warning = { level: "warning" as const, logger: "oven", data: { message: "little flour is left", kilos: 2 } }
  yield* expect("the first that it logged at that level", said, [warning])

  // interrupting a call cancels it at the server
  const rises = yield* Deferred.make<void>()
  const rising = yield* Effect.forkChild(
    client.call(Rise, {}, { onProgress: () => Effect.asVoid(Deferred.succeed(rises, undefined)) })
  )
  yield* Deferred.await(rises)
  yield* Fiber.interrupt(rising)
  yield* expect("after a call was interrupted", (yield* client.call(Notes)).notes, ["the dough is put away"])

  const ordered = yield* client.call(Order, { what: "a cake" })
  yield* expect("an order", McpContent.textOf(ordered), "a cake will come when the shop opens")
  yield* expect("after the reply, in the background", yield* client.call(OpenShop), { delivered: "a cake" })
}, Effect.scoped)

story(
  "Context: progress, log, cancel, background",
  Effect.all([bakery("2025-11-25"), bakery("2026-07-28")]).pipe(Effect.provide(Logger.layer([])))
)
