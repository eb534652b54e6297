/**
 * Cursors: opaque, of one list, and given back only as they were made.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { cursorOf, positionOf } from "mcp-effect/methods/pagination"
import { property } from "../laws/support/law.ts"

const methods = ["tools/list", "resources/list", 'quoted"/list'] as const

property(
  "a cursor names its position, to its own list only",
  { method: Schema.Literals(methods), other: Schema.Literals(methods), position: Schema.String },
  { list: ["own", "another"] },
  ({ method, other, position }, seen) =>
    Effect.sync(() => {
      seen("list", method === other ? "own" : "another")
      const cursor = cursorOf(method, position)
      assert.match(cursor, /^[\w-]*$/)
      assert.strictEqual(positionOf(other, cursor), method === other ? position : undefined)
    })
)

property(
  "what is no cursor, or was changed, names nothing",
  { text: Schema.String, position: Schema.String, at: Schema.Int },
  {},
  ({ at, position, text }) =>
    Effect.sync(() => {
      assert.isUndefined(positionOf("tools/list", text))
      const cursor = cursorOf("tools/list", position)
      const index = Math.abs(at) % cursor.length
      const changed = cursor.slice(0, index) + (cursor[index] === "A" ? "B" : "A") + cursor.slice(index + 1)
      assert.notStrictEqual(positionOf("tools/list", changed), position)
    })
)

it("a cursor of a megabyte names nothing, at once", () => {
  assert.isUndefined(positionOf("tools/list", cursorOf("tools/list", "x".repeat(1_000_000))))
})
