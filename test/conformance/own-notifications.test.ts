/**
 * Notifications that a handler sends on its request's stream: its own encoded by their schemas, the specification's where
 * the revision has them.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Layer, Schema } from "effect"
import { McpMethod, McpRequest, McpServer, McpTool } from "mcp-effect"
import { Acknowledged } from "mcp-effect/methods/subscriptions"
import { everywhere } from "./support/places.ts"

const Counted = McpMethod.notification("acme/counted", { params: Schema.Struct({ at: Schema.FiniteFromString }) })
const Count = McpTool.make("count")

const app = Count.toLayer(() =>
  Effect.gen(function* () {
    const { notify } = yield* McpRequest
    yield* notify(Counted, { at: 7 })
    yield* notify(Acknowledged, { notifications: {} })
    return "counted"
  })
).pipe(Layer.provide(McpServer.layer({ name: "counting", version: "1.0.0" })))

everywhere("a notification of a handler", (place) => {
  it.effect("is encoded here and decoded there, if it is one's own", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(app)
      const heard = yield* Deferred.make<{ readonly at: number }>()
      yield* client.on(Counted, (params) => Effect.asVoid(Deferred.succeed(heard, params)))
      yield* client.call(Count)
      assert.deepStrictEqual(yield* Deferred.await(heard), { at: 7 })
    }).pipe(Effect.scoped)
  )

  it.effect("is sent as its schema says, and of the specification only what the revision has", () =>
    Effect.gen(function* () {
      const raw = yield* place.raw(app)
      yield* raw.ask(1, "tools/call", { name: "count" })
      const told = raw.received.map((text) => JSON.parse(text)).filter(({ method }) => method !== undefined)
      const own = { jsonrpc: "2.0", method: "acme/counted", params: { at: "7" } }
      const known = { jsonrpc: "2.0", method: Acknowledged.name, params: { notifications: {} } }
      assert.deepStrictEqual(told, place.era === "modern" ? [own, known] : [own])
    }).pipe(Effect.scoped)
  )
})
