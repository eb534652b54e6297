/**
 * Sealed cursors: what a server has written for a list gives its position back; whatever else looks like a cursor does
 * not.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { cursorOf } from "mcp-effect/methods/pagination"
import { Cursors } from "../../src/server/internal/cursors.ts"
import { property } from "../laws/support/law.ts"

const methods = ["tools/list", "prompts/list", "resources/list"] as const
const cursors = new Cursors()

property(
  "a cursor gives its position back, to the list and the server that it is of",
  { method: Schema.Literals(methods), other: Schema.Literals(methods), position: Schema.String },
  { list: ["own", "another"] },
  ({ method, other, position }, seen) =>
    Effect.gen(function* () {
      seen("list", method === other ? "own" : "another")
      const cursor = yield* cursors.seal(method, position)
      assert.match(cursor, /^[\w-]+\.[\w-]{22}$/)
      assert.strictEqual(yield* cursors.open(other, cursor), method === other ? position : undefined)
      assert.isUndefined(yield* new Cursors().open(method, cursor))
    })
)

/** Base64url, and characters near to it that a lenient decoder forgives. */
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.=+/ \n\u0000é"

const Alteration = Schema.Union([
  Schema.Struct({
    kind: Schema.Literals(["replace", "insert"]),
    at: Schema.Natural,
    char: Schema.Literals([...ALPHABET])
  }),
  Schema.Struct({ kind: Schema.Literals(["remove", "cut"]), at: Schema.Natural })
])

const altered = (text: string, change: typeof Alteration.Type): string => {
  const at = change.at % text.length
  switch (change.kind) {
    case "replace":
      return text.slice(0, at) + change.char + text.slice(at + 1)
    case "insert":
      return text.slice(0, at) + change.char + text.slice(at)
    case "remove":
      return text.slice(0, at) + text.slice(at + 1)
    case "cut":
      return text.slice(0, at)
  }
}

property(
  "a cursor that was altered anywhere names nothing",
  { position: Schema.String, alteration: Alteration },
  { part: ["text", "seal"], kind: ["replace", "insert", "remove", "cut"] },
  ({ alteration, position }, seen) =>
    Effect.gen(function* () {
      const cursor = yield* cursors.seal("tools/list", position)
      const changed = altered(cursor, alteration)
      if (changed === cursor) return
      seen("part", alteration.at % cursor.length <= cursor.lastIndexOf(".") ? "text" : "seal")
      seen("kind", alteration.kind)
      assert.isUndefined(yield* cursors.open("tools/list", changed), changed)
    })
)

property(
  "what this server has not sealed names nothing",
  { text: Schema.String, position: Schema.String, another: Schema.String },
  {},
  ({ another, position, text }) =>
    Effect.gen(function* () {
      const unsealed = cursorOf("tools/list", position)
      const mac = (yield* cursors.seal("tools/list", another)).split(".")[1]!
      const borrowed = another === position ? [] : [`${unsealed}.${mac}`]
      const forged = [text, "", ".", unsealed, `${unsealed}.`, `${unsealed}.${"A".repeat(22)}`, `.${mac}`, ...borrowed]
      for (const cursor of forged) assert.isUndefined(yield* cursors.open("tools/list", cursor), cursor)
    })
)

it.effect("the same position has the same cursor, also when many are sealed at once", () =>
  Effect.gen(function* () {
    const fresh = new Cursors()
    const sealed = yield* Effect.all(
      Array.from({ length: 20 }, () => fresh.seal("tools/list", "i7")),
      { concurrency: "unbounded" }
    )
    assert.strictEqual(new Set(sealed).size, 1)
    assert.strictEqual(yield* fresh.open("tools/list", sealed[0]!), "i7")
  })
)
