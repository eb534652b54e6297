/**
 * The form at a terminal: what a user sees of a question, and what the server gets for the keys that were pressed.
 *
 * The terminal is scripted: it gives keys and keeps what was written. The server is a real one, asked in both eras. What a
 * server says never reaches the terminal as a command, and no page is ever opened.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema, type Scope } from "effect"
import { Ask, McpClient, McpHost, McpRequest, McpServer, McpTool } from "mcp-effect"
import {
  backspace,
  change,
  decline,
  down,
  enter,
  host,
  key,
  type Keys,
  notNow,
  type Screen,
  send,
  space,
  type,
  yes
} from "./support/scriptedTerminal.ts"

const versions = ["2025-11-25", "2026-07-28"] as const

const Ordered = Schema.Struct({
  name: Schema.String.check(Schema.isMinLength(3)).annotate({ title: "Your name", description: "As on the card" }),
  colour: Ask.choice({ r: "Red as a rose", b: "Blue" }),
  count: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 5 }))),
  gift: Schema.optionalKey(Schema.Boolean),
  extras: Schema.optionalKey(Schema.Array(Schema.Literals(["ribbon", "card"])))
})

const Order = McpTool.make("order", { success: Ordered })
const Agree = McpTool.make("agree")
const Open = McpTool.make("open", { parameters: { url: Schema.String } })
const Both = McpTool.make("both", { success: Schema.Array(Schema.String) })

const MESSAGE = "What shall it be?\u001b[2J\nSend it? \u202eYes"

const app = Layer.mergeAll(
  Order.toLayer(() =>
    Effect.flatMap(McpRequest, (request) => request.elicit("order", { message: MESSAGE, schema: Ordered }))
  ),
  Agree.toLayer(() =>
    Effect.flatMap(McpRequest, (request) => Effect.as(request.elicit("agree", { message: "Shall I?" }), "agreed"))
  ),
  Open.toLayer(({ url }) =>
    Effect.flatMap(McpRequest, (request) =>
      Effect.as(request.ask({ page: Ask.url({ message: "Log in", url }) }), "opened")
    )
  ),
  Both.toLayer(() =>
    Effect.flatMap(McpRequest, (request) =>
      Effect.map(
        request.ask({
          first: Ask.form({ message: "The first?", schema: Schema.String }),
          second: Ask.form({ message: "The second?", schema: Schema.String })
        }),
        ({ first, second }) => [first, second]
      )
    )
  )
).pipe(Layer.provide(McpServer.layer({ name: "shop", title: "The \u001b]0;shop\u0007", version: "1.0.0" })))

/** A client whose user presses these keys, in one revision. */
const connected = (revision: string, keys: Keys) => {
  const screen: Screen = { text: "" }
  return Effect.map(McpClient.connect(app, { revision }).pipe(Effect.provide(host(screen, keys))), (client) => ({
    client,
    screen
  }))
}

const inEachEra = (name: string, test: (revision: string) => Effect.Effect<void, unknown, Scope.Scope>) =>
  it.effect.each(versions)(`${name}, in %s`, test)

/** What a tool's call says, or is refused with. */
const outcome = (revision: string, keys: Keys, tool: string, args = {}) =>
  Effect.flatMap(connected(revision, keys), ({ client, screen }) =>
    Effect.map(client.callTool(tool, args), (result) => ({ result, text: JSON.stringify(result.content), screen }))
  )

describe("a form", () => {
  inEachEra("is filled in field by field", (revision) =>
    Effect.gen(function* () {
      const filled = [...type("Ada"), enter, down, enter, ...type("3"), enter, down, enter, down, down, space, enter]
      const { client, screen } = yield* connected(revision, [...yes, ...filled, ...send])
      assert.deepStrictEqual(yield* client.call(Order), {
        name: "Ada",
        colour: "b",
        count: 3,
        gift: true,
        extras: ["ribbon"]
      })
      assert.include(screen.text, "Your name; As on the card")
      assert.include(screen.text, "one of: Red as a rose, Blue")
      assert.include(screen.text, "extras (may be left out); some of: ribbon, card")
    })
  )

  inEachEra("leaves out what need not be there", (revision) =>
    Effect.gen(function* () {
      const filled = [...type("Ada"), enter, enter, enter, enter, enter]
      const { client } = yield* connected(revision, [...yes, ...filled, ...send])
      assert.deepStrictEqual(yield* client.call(Order), { name: "Ada", colour: "r" })
    })
  )

  inEachEra("takes nothing that the schema does not, and says why", (revision) =>
    Effect.gen(function* () {
      const name = [enter, ...type("A"), enter, ...type("da"), enter]
      const count = [
        ...type("six"),
        enter,
        backspace,
        backspace,
        backspace,
        ...type("6"),
        enter,
        backspace,
        ...type("2.5"),
        enter
      ]
      const mended = [backspace, backspace, enter]
      const { client, screen } = yield* connected(revision, [
        ...yes,
        ...name,
        enter,
        ...count,
        ...mended,
        down,
        down,
        enter,
        enter,
        ...send
      ])
      assert.deepStrictEqual(yield* client.call(Order), { name: "Ada", colour: "r", count: 2, gift: false })
      for (const said of [
        "Something has to stand here",
        "At least 2 characters",
        "not a number",
        "At most 5",
        "A whole number"
      ]) {
        assert.include(screen.text, said)
      }
    })
  )

  inEachEra("can be changed before it is sent, beginning with what was said", (revision) =>
    Effect.gen(function* () {
      const first = [...type("Ada"), enter, down, enter, ...type("3"), enter, down, down, enter, enter]
      const second = [...type("!"), enter, enter, enter, enter, enter]
      const { client } = yield* connected(revision, [...yes, ...first, ...change, ...second, ...send])
      assert.deepStrictEqual(yield* client.call(Order), { name: "Ada!", colour: "b", count: 3, gift: false })
    })
  )

  inEachEra("without fields asks whether the user agrees", (revision) =>
    Effect.gen(function* () {
      const { screen, text } = yield* outcome(revision, yes, "agree")
      assert.include(text, "agreed")
      assert.include(screen.text, "Do you agree?")
    })
  )

  const all = [...type("Ada"), enter, enter, enter, enter, enter]
  it.effect.each(
    versions.flatMap((revision) => [
      [revision, "declined before", [...decline], "declined"] as const,
      [revision, "put away before", [...notNow], "did not answer"] as const,
      [revision, "declined after", [...yes, ...all, down, down, enter], "declined"] as const,
      [revision, "put away after", [...yes, ...all, down, down, down, enter], "did not answer"] as const,
      [revision, "left by Escape", [...yes, ...type("A"), "end" as const], "did not answer"] as const,
      [revision, "asked where the input has ended", ["end" as const], "did not answer"] as const
    ])
  )("in %s is %s", ([revision, , keys, said]) =>
    Effect.gen(function* () {
      const { result, text } = yield* outcome(revision, keys, "order")
      assert.isTrue(result.isError)
      assert.include(text, said)
    })
  )

  inEachEra("shows who asks, and what strangers say as text only", (revision) =>
    Effect.gen(function* () {
      const { screen } = yield* outcome(revision, decline, "order")
      assert.include(screen.text, "shop")
      assert.include(screen.text, "  │ What shall it be?\\u{1b}[2J\n  │ Send it? \\u{202e}Yes\n")
      assert.notInclude(screen.text, "\u001b[2J")
      assert.notInclude(screen.text, "\u001b]0;")
      assert.notInclude(screen.text, "\u202e")
    })
  )

  inEachEra("has the terminal alone", (revision) =>
    Effect.gen(function* () {
      const one = (text: string) => [...yes, ...type(text), enter, ...send]
      const { client, screen } = yield* connected(revision, [...one("a"), ...one("b")])
      const answers = yield* client.call(Both)
      assert.sameMembers([...answers], ["a", "b"])
      const order = [...screen.text.matchAll(/(first|second)\?|Send it\?.*Send/g)].map(([said]) => said)
      assert.deepStrictEqual(order, ["first?", "Send it? …  Send", "second?", "Send it? …  Send"])
    })
  )

  it.effect("is taken back when nobody waits for it any more", () =>
    Effect.gen(function* () {
      const { client, screen } = yield* connected("2025-11-25", [])
      const shown = yield* Deferred.make<void>()
      const asking = yield* Effect.forkChild(client.call(Agree))
      yield* Effect.forkChild(
        Effect.andThen(
          Effect.repeat(Effect.yieldNow, { until: () => screen.text.includes("Do you agree?") }),
          Deferred.succeed(shown, undefined)
        )
      )
      yield* Deferred.await(shown)
      yield* Fiber.interrupt(asking)
      yield* Effect.repeat(Effect.yieldNow, { until: () => screen.text.includes("not asked any more") })
      assert.include(screen.text, "The question is not asked any more.")
    })
  )
})

describe("a page", () => {
  inEachEra("is shown whole, with its host, and printed once more for who agrees", (revision) =>
    Effect.gen(function* () {
      const url = `https://login.example/${"a".repeat(200)}?state=1`
      const { screen, text } = yield* outcome(revision, yes, "open", { url })
      assert.include(text, "opened")
      assert.include(screen.text, `  ${url}\n  Host: login.example\n`)
      assert.include(screen.text, `Open it in your browser: ${url}\n`)
      assert.notInclude(screen.text, "  ! ")
    })
  )

  it.effect.each(
    versions.flatMap((revision) => [
      [revision, decline, "declined"] as const,
      [revision, notNow, "did not answer"] as const
    ])
  )("in %s is not opened", ([revision, keys, said]) =>
    Effect.gen(function* () {
      const { screen, text } = yield* outcome(revision, keys, "open", { url: "https://login.example/" })
      assert.include(text, said)
      assert.notInclude(screen.text, "Open it in your browser")
    })
  )

  it.effect.each([
    ["https://xn--pple-43d.com/", "xn--pple-43d.com", "аpple.com"],
    ["https://аpple.com/", "xn--pple-43d.com", "аpple.com"],
    ["https://bank.example@evil.example/", "evil.example", `before the "@" is not the host`],
    ["http://login.example/", "login.example", "not encrypted"]
  ] as const)("warns of %s", ([url, name, warning]) =>
    Effect.gen(function* () {
      const { screen } = yield* outcome("2026-07-28", decline, "open", { url })
      assert.include(screen.text, `  Host: ${name}\n  ! `)
      assert.include(screen.text, warning)
    })
  )

  it.effect.each(["javascript:alert(1)", "file:///etc/passwd", "login.example", "vscode://x"])("is not %s", (url) =>
    Effect.gen(function* () {
      const { client, screen } = yield* connected("2026-07-28", yes)
      const { message } = yield* Effect.flip(client.callTool("open", { url }))
      assert.include(message, "A page has a URL with http or https")
      assert.strictEqual(screen.text, "")
    })
  )
})

/** What the host answers to a form that no schema of ours would make. */
const answerTo = Effect.fnUntraced(function* (properties: object, keys: Keys, required: ReadonlyArray<string> = []) {
  const screen: Screen = { text: "" }
  const { answer } = yield* Effect.provide(McpHost.ElicitationHost, host(screen, keys))
  const params = { message: "?", requestedSchema: { type: "object", properties, required } }
  const asked = { id: 1, method: "elicitation/create", params, meta: {}, server: undefined, revision: "2025-11-25" }
  return { answer: yield* answer(asked), screen }
})

const titles = [
  { const: "a", title: "The first" },
  { const: "b", title: "The second" }
]

describe("a field of a stranger", () => {
  it.effect.each([
    ["a text with a default", { type: "string", default: "Ulm" }, [enter], "Ulm"],
    [
      "a text that is emptied: its default",
      { type: "string", default: "Ulm" },
      [{ ...key("u"), key: { ...key("u").key, ctrl: true } }, enter],
      "Ulm"
    ],
    ["a text that is left empty", { type: "string" }, [enter], undefined],
    ["a number with a default", { type: "number", default: 1.5 }, [enter], 1.5],
    ["a boolean with a default", { type: "boolean", default: false }, [enter], false],
    ["titled words", { type: "string", oneOf: titles, default: "b" }, [enter], "b"],
    ["older titles", { type: "string", enum: ["a", "b"], enumNames: ["The first", "The second"] }, [down, enter], "a"],
    ["several of titled words", { type: "array", items: { anyOf: titles }, default: ["a"] }, [enter], ["a"]],
    ["several, none of them", { type: "array", items: { anyOf: titles } }, [enter], undefined],
    [
      "several, too few",
      { type: "array", minItems: 2, items: { type: "string", enum: ["a", "b"] } },
      [down, down, space, enter, space, enter],
      ["a", "b"]
    ]
  ] as const)("is %s", ([, field, keys, expected]) =>
    Effect.gen(function* () {
      const { answer } = yield* answerTo({ field }, [...yes, ...keys, ...send])
      assert.deepStrictEqual(answer, { action: "accept", content: expected === undefined ? {} : { field: expected } })
    })
  )

  it.effect.each([
    ["email", "ada", "ada@example.org", "email address"],
    ["uri", "example", "https://example.org", "not a URI"],
    ["date", "2025-13-01", "2025-12-01", "2025-12-31"],
    ["date-time", "2025-12-01", "2025-12-01T10:00:00Z", "12:00:00Z"]
  ] as const)("has the format %s", ([format, wrong, right, said]) =>
    Effect.gen(function* () {
      const erased = [...wrong].map(() => backspace)
      const keys = [...yes, ...type(wrong), enter, ...erased, ...type(right), enter, ...send]
      const { answer, screen } = yield* answerTo({ field: { type: "string", format } }, keys)
      assert.deepStrictEqual(answer, { action: "accept", content: { field: right } })
      assert.include(screen.text, said)
    })
  )

  it.effect("is shown as text only, whatever it is called, and its default is not put in anybody's mouth", () =>
    Effect.gen(function* () {
      const nasty = "a\u001b[31mb"
      const field = { type: "string", title: nasty, description: nasty, default: nasty }
      const { answer, screen } = yield* answerTo({ field }, [...yes, ...type("mine"), enter, ...send])
      assert.deepStrictEqual(answer, { action: "accept", content: { field: "mine" } })
      assert.include(screen.text, "a\\u{1b}[31mb")
      assert.notInclude(screen.text, nasty)
    })
  )

  it.effect.each([{ type: "object" }, { type: "string", enum: [] }, { type: "array", items: {} }, {}])(
    "that cannot be shown is refused before anything is shown: %j",
    (field) =>
      Effect.gen(function* () {
        const refused = yield* Effect.flip(answerTo({ field }, yes))
        assert.strictEqual(refused.fault, "InvalidParams")
        assert.match(refused.detail, /^This client cannot show/)
      })
  )
})
