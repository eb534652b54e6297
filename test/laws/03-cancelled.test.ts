/**
 * Law 3: cancelled means silent, and cancelling works.
 *
 * Proven at the server: the handler's finalizer is observed, and nothing with the id of the cancelled request is among
 * the frames that left.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { McpTest } from "mcp-effect/testing"
import { app, callTool, cancel, drivers, eras, handshake, Record, versions } from "./support/app.ts"
import { property, settle } from "./support/law.ts"

property(
  "law 3: after a cancel has been processed no reply to that request leaves, and its finalizer has run",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    tool: Schema.Literals(["wait", "stubborn", "report"]),
    cancelled: Schema.Array(Schema.Boolean).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(6))),
    stringIds: Schema.Boolean
  },
  {
    era: eras,
    driver: drivers,
    tool: ["wait", "stubborn", "report"],
    cancelled: ["some", "all", "none"],
    id: ["string", "number"]
  },
  ({ cancelled, driver, era, stringIds, tool }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      seen("tool", tool)
      seen("cancelled", cancelled.every(Boolean) ? "all" : cancelled.some(Boolean) ? "some" : "none")
      seen("id", stringIds ? "string" : "number")
      const record = new Record()
      const peer = yield* McpTest.raw(app(record), { driver, revision: era === "legacy" ? versions.legacy : undefined })
      yield* handshake(peer, era, driver)
      const ids = cancelled.map((_, index) => (stringIds ? `id ${index}` : index))
      for (const id of ids) yield* peer.send(callTool(era, id, tool, { name: String(id), steps: 1000 }))
      if (driver !== "open") yield* settle
      for (const [index, id] of ids.entries()) if (cancelled[index]) yield* peer.send(cancel(id))
      yield* settle
      for (const id of ids) yield* record.open(String(id))
      yield* Effect.repeat(settle, { until: () => record.finalized.length === ids.length })

      const answered = new Set(
        peer.received.flatMap((text) => (JSON.parse(text).id === undefined ? [] : [JSON.parse(text).id]))
      )
      for (const [index, id] of ids.entries()) {
        assert.strictEqual(answered.has(id), !cancelled[index], `id ${id} of ${peer.received.join("\n")}`)
      }
    })
)

it.effect("law 3: `initialize` cannot be cancelled", () =>
  Effect.gen(function* () {
    const peer = yield* McpTest.raw(app(new Record()))
    yield* handshake(peer, "legacy")
    yield* peer.send(cancel("handshake"))
    yield* peer.send(callTool("legacy", 1, "sync", { name: "after" }))
    const reply = yield* peer.next
    assert.strictEqual(reply["id"], 1)
  })
)
