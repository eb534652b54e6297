/**
 * What a form can ask for, everywhere: each kind of field, as the revision writes it, and as its answer is decoded.
 *
 * Each form is judged by the revision's own schema. What a revision has no words for is not asked at all: a list of words
 * before 2025-11-25 is `Unsupported`, and a default that it has no place for is the host's to ask for.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import { Ask, McpError, type McpHost } from "mcp-effect"
import { Elicit } from "mcp-effect/methods/elicitation"
import { asksForms, call, filling, interacting, refusal } from "./support/interaction.ts"
import { everywhere, type Place } from "./support/places.ts"

interface Field {
  readonly what: string
  readonly schema: Schema.Codec<unknown, string | number | boolean | ReadonlyArray<string>>
  /** How it stands in the form; before 2025-11-25, where that differs. `none` where it cannot stand there. */
  readonly asked: object
  readonly older?: object | "none"
  readonly filled: McpHost.FieldValue
  readonly decoded?: unknown
}

const Size = Ask.choice({ s: "Small", l: "Large" })
const titles = [
  { const: "s", title: "Small" },
  { const: "l", title: "Large" }
]

const fields: ReadonlyArray<Field> = [
  { what: "a text", schema: Schema.String, asked: { type: "string" }, filled: "" },
  {
    what: "a text with a title and a description",
    schema: Schema.String.annotate({ title: "Name", description: "As in your passport" }),
    asked: { type: "string", title: "Name", description: "As in your passport" },
    filled: "Ada"
  },
  {
    what: "a text of some length",
    schema: Schema.String.check(Schema.isMinLength(2), Schema.isMaxLength(5)),
    // characters are as many as UTF-16 units or half as many: JSON-SCHEMA.md
    asked: { type: "string", minLength: 1, maxLength: 5 },
    filled: "abc"
  },
  ...(["email", "uri", "date", "date-time"] as const).map((format): Field => ({
    what: `a text in the format ${format}`,
    schema: Schema.String.annotate({ format }),
    asked: { type: "string", format },
    filled: "as the user wrote it"
  })),
  {
    what: "a text that is decoded",
    schema: Schema.DateFromString,
    asked: { type: "string", format: "date-time" },
    filled: "2000-01-02T00:00:00.000Z",
    decoded: new Date("2000-01-02T00:00:00.000Z")
  },
  { what: "a number", schema: Schema.Finite, asked: { type: "number" }, filled: 1.5 },
  { what: "an integer", schema: Schema.Int, asked: { type: "integer" }, filled: -3 },
  {
    what: "a number between two others",
    schema: Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 5 })),
    asked: { type: "number", minimum: 0, maximum: 5 },
    filled: 5
  },
  { what: "a boolean", schema: Schema.Boolean, asked: { type: "boolean" }, filled: false },
  {
    what: "one of some words",
    schema: Schema.Literals(["red", "blue"]),
    asked: { type: "string", enum: ["red", "blue"] },
    filled: "blue"
  },
  {
    what: "one of some words with titles",
    schema: Size,
    asked: { type: "string", oneOf: titles },
    older: { type: "string", enum: ["s", "l"], enumNames: ["Small", "Large"] },
    filled: "l"
  },
  {
    what: "some of some words",
    schema: Schema.Array(Schema.Literals(["red", "blue"])),
    asked: { type: "array", items: { type: "string", enum: ["red", "blue"] } },
    older: "none",
    filled: ["blue", "red"]
  },
  {
    what: "some of some words with titles, so many",
    schema: Schema.Array(Size).check(Schema.isMinLength(1), Schema.isMaxLength(2)),
    asked: { type: "array", items: { anyOf: titles }, minItems: 1, maxItems: 2 },
    older: "none",
    filled: ["s"]
  },
  {
    what: "a text with a default",
    schema: Schema.String.annotate({ default: "Ada" }),
    asked: { type: "string", default: "Ada" },
    older: { type: "string" },
    filled: "Bob"
  },
  {
    what: "a choice with a default",
    schema: Size.annotate({ default: "s" }),
    asked: { type: "string", oneOf: titles, default: "s" },
    older: { type: "string", enum: ["s", "l"], enumNames: ["Small", "Large"] },
    filled: "l"
  },
  {
    what: "a list with a default",
    schema: Schema.Array(Schema.Literals(["red", "blue"])).annotate({ default: ["red"] }),
    asked: { type: "array", items: { type: "string", enum: ["red", "blue"] }, default: ["red"] },
    older: "none",
    filled: []
  },
  {
    what: "a boolean with a default",
    schema: Schema.Boolean.annotate({ default: true }),
    asked: { type: "boolean", default: true },
    filled: false
  }
]

const askedIn = ({ asked, older = asked }: Field, place: Place) => (place.since("2025-11-25") ? asked : older)

/** Everything that has a default. */
const Defaults = Schema.Struct({
  text: Schema.String.annotate({ default: "Ada" }),
  number: Schema.Finite.annotate({ default: 1.5 }),
  sure: Schema.Boolean.annotate({ default: true }),
  word: Schema.Literals(["red", "blue"]).annotate({ default: "blue" })
})
const ownDefaults = { text: "Ada", number: 1.5, sure: true, word: "blue" }

everywhere("forms", (place) => {
  if (!asksForms(place)) {
    it("do not exist in this revision", () => assert.isFalse(place.spoken.server.requests.has(Elicit.name)))
    return
  }

  it.effect.each(fields)("can ask for $what", (field) =>
    Effect.gen(function* () {
      const { filled, schema } = field
      const { client, heard, host } = yield* interacting(
        place,
        (request) => request.elicit("form", { message: "Fill in", schema: Schema.Struct({ field: schema }) }),
        filling({ field: filled })
      )
      const written = askedIn(field, place)
      if (written === "none") {
        assert.include((yield* refusal(client, "tool")).text, place.revision)
        assert.deepNestedInclude(yield* heard.failure, { "reason._tag": "Unsupported" })
        assert.lengthOf(host.asked, 0)
        return
      }
      yield* call(client, "tool")
      assert.deepStrictEqual(yield* heard.outcome, Exit.succeed({ field: field.decoded ?? filled }))
      const { params } = host
      assert.isUndefined(place.spoken.check(Elicit.params, params))
      assert.deepStrictEqual(params["requestedSchema"], {
        type: "object",
        properties: { field: written },
        required: ["field"]
      })
    }).pipe(Effect.scoped)
  )

  it.effect("can ask for what may be left out", () =>
    Effect.gen(function* () {
      const { client, host } = yield* interacting(
        place,
        (request) =>
          request.elicit("form", { message: "Fill in", schema: Schema.Struct({ n: Schema.optionalKey(Schema.Int) }) }),
        filling({})
      )
      assert.deepStrictEqual(yield* call(client, "tool"), {})
      const form = host.params["requestedSchema"] as { readonly required?: ReadonlyArray<string> }
      assert.isEmpty(form.required ?? [])
    }).pipe(Effect.scoped)
  )

  it.effect("can ask for one value", () =>
    Effect.gen(function* () {
      const { client, host } = yield* interacting(
        place,
        (request) => request.elicit("size", { message: "Which?", schema: Size.annotate({ title: "Size" }) }),
        filling({ value: "l" })
      )
      assert.strictEqual(yield* call(client, "tool"), "l")
      const { properties, required } = host.params["requestedSchema"] as {
        readonly properties: { readonly value: { readonly title?: string } }
        readonly required: ReadonlyArray<string>
      }
      assert.deepStrictEqual([Object.keys(properties), required], [["value"], ["value"]])
      assert.strictEqual(properties.value.title, "Size")
    }).pipe(Effect.scoped)
  )

  it.effect("can ask for no more than that the user agrees", () =>
    Effect.gen(function* () {
      const { client, heard, host } = yield* interacting(
        place,
        (request) => request.elicit("agree", { message: "Shall I?" }),
        filling({})
      )
      assert.isNull(yield* call(client, "tool"))
      assert.deepStrictEqual(yield* heard.outcome, Exit.succeed(undefined))
      assert.deepStrictEqual(host.params["requestedSchema"], { type: "object", properties: {} })
    }).pipe(Effect.scoped)
  )

  it.effect("are filled in with their defaults, as far as the revision can say them", () =>
    Effect.gen(function* () {
      const { client, heard, host } = yield* interacting(
        place,
        (request) => request.elicit("form", { message: "Fill in", schema: Defaults }),
        filling({})
      )
      const properties = () =>
        Object.entries((host.params["requestedSchema"] as { readonly properties: object }).properties)
      if (place.since("2025-11-25")) {
        assert.deepStrictEqual(yield* call(client, "tool"), ownDefaults)
        assert.deepStrictEqual(
          Object.fromEntries(properties().map(([name, field]) => [name, field.default])),
          ownDefaults
        )
        return
      }
      // only a boolean can have one: what is left of the form has to be filled in
      const { text } = yield* refusal(client, "tool")
      assert.include(text, "text")
      assert.deepNestedInclude(yield* heard.failure, { "reason._tag": "InvalidAnswer", "reason.key": "form" })
      assert.deepStrictEqual(
        properties().flatMap(([name, field]) => ("default" in field ? [name] : [])),
        ["sure"]
      )
    }).pipe(Effect.scoped)
  )

  it.effect("keep what the user has said instead of a default", () =>
    Effect.gen(function* () {
      const filled = { text: "", number: 0, sure: false, word: "red" }
      const { client } = yield* interacting(
        place,
        (request) => request.elicit("form", { message: "Fill in", schema: Defaults }),
        filling(filled)
      )
      assert.deepStrictEqual(yield* call(client, "tool"), filled)
    }).pipe(Effect.scoped)
  )

  it.effect.each([
    { what: "a word that is none of them", filled: { size: "xl", n: 1 } },
    { what: "a missing field", filled: { size: "s" } },
    { what: "a number out of its bounds", filled: { size: "s", n: 9 } },
    { what: "a text for a number", filled: { size: "s", n: "1" } },
    { what: "a list for a text", filled: { size: ["s"], n: 1 } }
  ])("are not answered by $what", ({ filled }) =>
    Effect.gen(function* () {
      const n = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 5 }))
      const { client, heard } = yield* interacting(
        place,
        (request) => request.elicit("form", { message: "Fill in", schema: Schema.Struct({ size: Size, n }) }),
        filling(filled)
      )
      assert.include((yield* refusal(client, "tool")).text, `"form"`)
      const failure = yield* heard.failure
      assert.instanceOf(failure, McpError.McpError)
      assert.deepNestedInclude(failure, { "reason._tag": "InvalidAnswer", "reason.key": "form" })
    }).pipe(Effect.scoped)
  )
})
