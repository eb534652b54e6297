/**
 * Chapter `server/tools`, everywhere: the tools of an `effect/ai` Toolkit, served as they are.
 */
import { assert, it } from "@effect/vitest"
import { Effect } from "effect"
import { CallTool } from "mcp-effect/methods/tools"
import type { McpTest } from "mcp-effect/testing"
import { asking } from "./support/asking.ts"
import { call, misfit, tool, valueOf } from "./support/calling.ts"
import { everywhere } from "./support/places.ts"
import { app } from "./support/toolkit.ts"

everywhere("a toolkit of effect/ai", (place) => {
  it.effect("is listed with its descriptions and its hints", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, app)
      const shown = yield* tool(asked, "weather")
      assert.strictEqual(shown.description, "Tells the weather")
      assert.nestedPropertyVal(shown.inputSchema, "properties.city.description", "Where")
      const hints = { readOnlyHint: true, destructiveHint: false, idempotentHint: false, openWorldHint: true }
      assert.deepStrictEqual(shown.annotations, place.since("2025-03-26") ? hints : undefined)
      assert.strictEqual(shown.title, place.since("2025-06-18") ? "The weather" : undefined)
      assert.strictEqual(shown.outputSchema?.["type"], place.since("2025-06-18") ? "object" : undefined)
    }).pipe(Effect.scoped)
  )

  it.effect("answers with its last result, and tells the preliminary ones as progress", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, app)
      const params = { name: "weather", arguments: { city: "Paris" } }
      const result = yield* asked.result(CallTool, params, { progressToken: "p" })
      assert.deepStrictEqual(valueOf(place, result), { degrees: 22 })
      const told = asked.peer.received
        .map((text): McpTest.Json => JSON.parse(text) as McpTest.Json)
        .filter(({ method }) => method === "notifications/progress")
        .map(({ params }) => params)
      const saying = (message: string) => (place.since("2025-03-26") ? { message } : undefined)
      assert.deepStrictEqual(told, [
        { progressToken: "p", progress: 1, ...saying('{"degrees":20}') },
        { progressToken: "p", progress: 2, ...saying('{"degrees":21}') }
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("gives what a tool declares as its failure, thrown or returned", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, app)
      const thrown = yield* call(asked, "weather", { city: "Atlantis" })
      assert.isTrue(thrown.isError)
      assert.deepInclude(thrown._meta, {
        "mcp-effect/failure": { tag: "NoWeather", value: { _tag: "NoWeather", city: "Atlantis" } }
      })
      const returned = yield* call(asked, "returned")
      assert.isTrue(returned.isError)
      assert.include(JSON.stringify(returned.content), "Utopia")
    }).pipe(Effect.scoped)
  )

  it.effect("shows the model what a tool says for it", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, app)
      const drawn = yield* call(asked, "draw")
      assert.deepStrictEqual(drawn.content, [
        { type: "text", text: "a square" },
        { type: "image", data: "AP8Q", mimeType: "image/png" }
      ])
      assert.deepStrictEqual(valueOf(place, drawn), { shape: "square" })
    }).pipe(Effect.scoped)
  )

  it.effect("refuses arguments as any tool does", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, app)
      yield* misfit(place, asked, "weather", { city: 7 }, "city", "string")
      yield* misfit(place, asked, "weather", {}, "city")
    }).pipe(Effect.scoped)
  )
})
