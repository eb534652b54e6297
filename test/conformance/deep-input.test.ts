/**
 * Values that are nested deeper than a function can follow, in either direction.
 *
 * JSON is read at any depth, in a message of any size that the limits allow; whoever then walks over it, overflows the
 * stack. That is the sender's mistake and nobody's defect: the arguments do not fit, the answer cannot be decoded.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema } from "effect"
import { McpMethod, McpMiddleware, McpServer, McpTool } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { bounded } from "../laws/support/scripted.ts"
import { errorOf, resultOf } from "./support/held.ts"
import { type Asked, hostile, rpc } from "./support/hostile.ts"
import { everywhere, type Raw } from "./support/places.ts"

interface Tree {
  readonly child?: Tree
}
const Tree: Schema.Codec<Tree> = Schema.Struct({
  child: Schema.optionalKey(Schema.suspend((): Schema.Codec<Tree> => Tree))
})

const nested = (depth = 100_000): string => '{"child":'.repeat(depth) + "{}" + "}".repeat(depth)

const Walk = McpTool.make("walk", { parameters: { tree: Tree } })
const Take = McpTool.make("take", { parameters: { tree: Schema.Unknown } })
const Fell = McpMethod.request("acme/fell", { params: Schema.Struct({ tree: Tree }), result: Schema.Struct({}) })
const Grow = McpTool.make("grow", { success: Tree })

/** A server, and how often one of its tools has run and an incident was met. */
const counting = () => {
  const seen = { incidents: 0, taken: 0, walked: 0 }
  const incidents = Layer.succeed(McpServer.Incidents, () => {
    seen.incidents += 1
  })
  const app = Layer.mergeAll(
    Walk.toLayer(() => Effect.sync(() => `walked ${(seen.walked += 1)}`)),
    Take.toLayer(() => Effect.sync(() => `taken ${(seen.taken += 1)}`))
  ).pipe(Layer.provide(McpServer.layer({ name: "deep", version: "1.0.0" })), Layer.provide(incidents))
  return { app, seen }
}

/** Calls a tool with a deep value, as text: nothing here could write it otherwise. */
const ask = (raw: Raw, id: string, name: string): Effect.Effect<McpTest.Json> =>
  Effect.gen(function* () {
    const text = JSON.stringify(raw.message(id, "tools/call", { name, arguments: { tree: "TREE" } }))
    yield* raw.send(text.replace('"TREE"', nested()))
    const exit = yield* bounded("the call", raw.next)
    const reply = yield* exit
    assert.strictEqual(reply["id"], id)
    return reply
  })

const textOf = (reply: McpTest.Json): string => JSON.stringify(resultOf(reply)["content"])

everywhere("a value that is nested too deeply", (place) => {
  it.effect("for a tool's own schema is an argument that does not fit", () =>
    Effect.gen(function* () {
      const { app, seen } = counting()
      const raw = yield* place.raw(app)
      const reply = yield* ask(raw, "deep", "walk")
      if (place.since("2025-11-25")) assert.isTrue(resultOf(reply)["isError"])
      else assert.strictEqual(errorOf(reply).code, -32602)
      assert.deepStrictEqual(seen, { incidents: 0, taken: 0, walked: 0 })
    }).pipe(Effect.scoped)
  )

  it.effect("for a method of one's own is a parameter that does not fit", () =>
    Effect.gen(function* () {
      const own = McpServer.handle(Fell, () => Effect.succeed({}))
      const raw = yield* place.raw(Layer.provide(own, McpServer.layer({ name: "deep", version: "1.0.0" })))
      const text = JSON.stringify(raw.message("deep", Fell.name, { tree: "TREE" }))
      yield* raw.send(text.replace('"TREE"', nested()))
      const exit = yield* bounded("the call", raw.next)
      assert.strictEqual(errorOf(yield* exit).code, -32602)
    }).pipe(Effect.scoped)
  )

  it.effect("is taken by a tool that takes anything, and is no reason for a cache to fail", () =>
    Effect.gen(function* () {
      const { app, seen } = counting()
      const raw = yield* place.raw(app)
      assert.include(textOf(yield* ask(raw, "bare", "take")), "taken 1")
      const cached = yield* place.raw(Layer.provide(app, McpMiddleware.cache({ ttl: "1 minute" })))
      assert.include(textOf(yield* ask(cached, "cached", "take")), "taken")
      assert.strictEqual(seen.incidents, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("in what a tool answers cannot be decoded", () =>
    Effect.gen(function* () {
      const answer = ({ id }: Asked): string =>
        JSON.stringify(rpc({ id, result: { content: [], structuredContent: "TREE" } })).replace('"TREE"', nested())
      const { client } = yield* hostile(place.revision, (one) =>
        one.method === "tools/call" ? [answer(one)] : undefined
      )
      const exit = yield* bounded("the call", client.call(Grow))
      assert.strictEqual((yield* Effect.flip(exit)).reason._tag, "Undecodable")
    }).pipe(Effect.scoped)
  )
})
