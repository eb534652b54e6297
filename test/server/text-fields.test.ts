/**
 * Fields that travel as text: what is required, what text decodes to, and what completes them.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema, SchemaTransformation } from "effect"
import { TextFields } from "../../src/server/internal/textFields.ts"
import { property } from "../laws/support/law.ts"

/** A schema whose words on the wire are not those of its values. */
const Level = Schema.Literals(["low", "high"]).pipe(
  Schema.decodeTo(
    Schema.Literals([1, 2]),
    SchemaTransformation.transform({
      decode: (word) => (word === "low" ? (1 as const) : (2 as const)),
      encode: (level) => (level === 1 ? ("low" as const) : ("high" as const))
    })
  )
)
const Renamed = Schema.Literals(["L", "H"]).pipe(
  Schema.decodeTo(
    Schema.Literals(["low", "high"]),
    SchemaTransformation.transform({
      decode: (word) => (word === "L" ? ("low" as const) : ("high" as const)),
      encode: (level) => (level === "low" ? ("L" as const) : ("H" as const))
    })
  )
)

const fields = new TextFields({
  text: Schema.String,
  count: Schema.FiniteFromString,
  style: Schema.Literals(["Strict", "kind", "strange"]),
  note: Schema.optionalKey(Schema.Literals(["short", "long"])),
  since: Schema.optionalKey(Schema.FiniteFromString),
  path: Schema.Array(Schema.String)
})

const none = { arguments: {} }
const completed = (of: TextFields, name: string, typed: string, given?: Parameters<TextFields["completers"]>[0]) =>
  of.completers(given).get(name)?.(typed, none) ?? Effect.succeed(undefined)

describe("fields", () => {
  it("have their names in order, and are required unless they may be absent", () => {
    assert.deepStrictEqual(fields.names, ["text", "count", "style", "note", "since", "path"])
    assert.deepStrictEqual(
      fields.names.filter((name) => fields.isRequired(name)),
      ["text", "count", "style", "path"]
    )
  })

  it("have their decoder made once", () => {
    assert.strictEqual(fields.decode, fields.decode)
  })

  property(
    "text decodes to what it was made of",
    { text: Schema.String, count: Schema.Finite, style: Schema.Literals(["Strict", "kind"]), since: Schema.Finite },
    { style: ["Strict", "kind"] },
    ({ count, since, style, text }, seen) =>
      Effect.gen(function* () {
        seen("style", style)
        const given = { text, count: String(count), style, since: String(since), path: [text] }
        assert.deepStrictEqual(yield* fields.decode(given), {
          text,
          // what is written as "0" was perhaps -0
          count: Number(String(count)),
          style,
          since: Number(String(since)),
          path: [text]
        })
      })
  )

  const wrong: ReadonlyArray<readonly [what: string, change: object]> = [
    ["a text that is no number", { count: "three" }],
    ["a word that is none of them", { style: "rude" }],
    ["a text where a list is wanted", { path: "a/b" }],
    ["an absent one", { text: undefined }]
  ]
  it.effect.each(wrong)("do not decode %s", ([, change]) =>
    Effect.gen(function* () {
      const given = { text: "", count: "1", style: "kind", path: [], ...change }
      assert.isTrue(Exit.hasFails(yield* Effect.exit(fields.decode(given))))
    })
  )
})

describe("completers", () => {
  it("are there for words, and for what somebody completes", () => {
    assert.deepStrictEqual([...fields.completers(undefined).keys()], ["style", "note"])
    assert.deepStrictEqual([...fields.completers({ text: () => Effect.succeed([]) }).keys()], ["text", "style", "note"])
  })

  it.effect("of words give those that begin so, in either case of letters, in their order", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* completed(fields, "style", ""), { values: ["Strict", "kind", "strange"] })
      assert.deepStrictEqual(yield* completed(fields, "style", "STR"), { values: ["Strict", "strange"] })
      assert.deepStrictEqual(yield* completed(fields, "style", "rict"), { values: [] })
      assert.deepStrictEqual(yield* completed(fields, "note", "l"), { values: ["long"] })
    })
  )

  it.effect("of words give the words that travel", () =>
    Effect.gen(function* () {
      const coded = new TextFields({ level: Level, renamed: Renamed })
      assert.deepStrictEqual(yield* completed(coded, "level", ""), { values: ["low", "high"] })
      assert.deepStrictEqual(yield* completed(coded, "renamed", ""), { values: ["L", "H"] })
    })
  )

  it.effect("of a user are asked instead of the words, with what was typed and what else is known", () =>
    Effect.gen(function* () {
      const asked: Array<unknown> = []
      const style = (typed: string, context: unknown) => {
        asked.push(typed, context)
        return Effect.succeed(["kind"])
      }
      assert.deepStrictEqual(yield* completed(fields, "style", "k", { style }), { values: ["kind"] })
      assert.deepStrictEqual(asked, ["k", none])
    })
  )

  it.effect("of a user have their values encoded, and keep what else they say", () =>
    Effect.gen(function* () {
      const count = () => Effect.succeed({ values: [1, 2.5], total: 30, hasMore: true })
      assert.deepStrictEqual(yield* completed(fields, "count", "", { count }), {
        values: ["1", "2.5"],
        total: 30,
        hasMore: true
      })
      const since = () => Effect.succeed([7])
      assert.deepStrictEqual(yield* completed(fields, "since", "", { since }), { values: ["7"] })
    })
  )

  it.effect("of a user that give what the field cannot hold are a defect, and pass their failures on", () =>
    Effect.gen(function* () {
      const wrong = yield* Effect.exit(
        Effect.asVoid(completed(fields, "style", "", { style: () => Effect.succeed(["rude"]) }))
      )
      assert.isTrue(Exit.hasDies(wrong))
      const failing = { style: () => Effect.fail("no database") }
      assert.strictEqual(yield* Effect.flip(Effect.asVoid(completed(fields, "style", "", failing))), "no database")
    })
  )
})
