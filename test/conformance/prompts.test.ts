/**
 * Chapter `server/prompts`, everywhereAtAll: what the list shows, what a prompt says, and what wrong arguments get.
 *
 * What a revision lacks is absent from what it is told; every result is judged by the revision's own schema. Completing
 * arguments is `completion.test.ts`, pages are `pagination.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { TestClock } from "effect/testing"
import { McpContent, McpPrompt, McpServer } from "mcp-effect"
import { GetPrompt, ListPrompts } from "mcp-effect/methods/prompts"
import { McpTest } from "mcp-effect/testing"
import { type Asking, asking, quiet, running } from "./support/asking.ts"
import { everywhereAtAll } from "./support/places.ts"
import * as Prompts from "./support/prompts.ts"

const get = (asked: Asking, name: string, args?: object) =>
  asked.result(GetPrompt, { name, ...(args === undefined ? undefined : { arguments: args }) })

const text = (role: "user" | "assistant", said: string) => ({ role, content: McpContent.text(said) })

/** Arguments that do not fit are an error of the protocol in every revision, since no model has made them. */
const misfit = (asked: Asking, name: string, args: object, ...says: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const { code, message } = yield* asked.refusal(GetPrompt, { name, arguments: args })
    assert.strictEqual(code, -32602)
    for (const each of [name, ...says]) assert.include(message, each)
  })

everywhereAtAll("the list of prompts", (place) => {
  it.effect("shows of a prompt and its arguments what the revision has, and of its tags nothing", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      const { prompts } = yield* asked.result(ListPrompts)
      const title = (title: string) => (place.since("2025-06-18") ? { title } : undefined)
      assert.deepStrictEqual(prompts[0], {
        name: "review",
        ...title("Review code"),
        description: "Asks for a review",
        arguments: [
          { name: "code", ...title("Code"), description: "What is reviewed", required: true },
          { name: "style", required: true },
          { name: "lines", description: "How many lines to say", required: false }
        ],
        ...(place.since("2025-06-18") ? { _meta: Prompts.meta } : undefined),
        ...(place.since("2025-11-25") ? { icons: Prompts.icons } : undefined)
      })
      assert.notInclude(asked.peer.received.join("\n"), "tag-of-the-server")
    }).pipe(Effect.scoped)
  )

  it.effect("has them in the order of their registration, and no arguments where there are none", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      const { prompts } = yield* asked.result(ListPrompts)
      const names = ["review", "plain", "turns", "blocks", "one", "full", "broken"]
      assert.deepStrictEqual(
        prompts.map(({ name }) => name),
        names
      )
      assert.deepStrictEqual(prompts[1], { name: "plain" })
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("getting a prompt", (place) => {
  it.effect("hands its arguments over decoded, and makes a text one message of the user", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      const result = yield* get(asked, "review", { code: "x = 1", style: "kind", lines: "4" })
      assert.deepStrictEqual(result.messages, [text("user", "In 5 lines, be kind: x = 1")])
      assert.strictEqual(result.description, "Asks for a review")
      const shorter = yield* get(asked, "review", { code: "", style: "strict" })
      assert.deepStrictEqual(shorter.messages, [text("user", "In 11 lines, be strict: ")])
    }).pipe(Effect.scoped)
  )

  it.effect("needs no arguments where there are none", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      for (const args of [undefined, {}]) {
        const result = yield* get(asked, "plain", args)
        assert.deepStrictEqual(result.messages, [text("user", "a text")])
        assert.notProperty(result, "description")
      }
    }).pipe(Effect.scoped)
  )

  it.effect("gives turns of the user and of the model, and one message alone", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      const turns = yield* get(asked, "turns")
      assert.deepStrictEqual(turns.messages, [text("user", "Who is there?"), text("assistant", "Me")])
      assert.strictEqual(turns.description, "A dialogue")
      assert.deepStrictEqual((yield* get(asked, "one")).messages, [text("assistant", "alone")])
    }).pipe(Effect.scoped)
  )

  it.effect("gives images and resources in place, and what the revision has no block for as text", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      const { messages } = yield* get(asked, "blocks")
      const link = McpContent.link("docs://a", "a")
      assert.deepStrictEqual(messages, [
        { role: "user", content: { type: "image", data: "AP8Q", mimeType: "image/png" } },
        { role: "assistant", content: Prompts.embedded },
        place.since("2025-03-26") ? { role: "user", content: Prompts.audio } : text("user", "[audio, audio/wav]"),
        place.since("2025-06-18") ? { role: "user", content: link } : text("user", "[resource a: docs://a]")
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("passes a full result on, with its own description and `_meta`", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      const result = yield* get(asked, "full")
      assert.strictEqual(result.description, "What it says itself")
      assert.deepStrictEqual(result.messages, [])
      assert.deepInclude(result._meta, Prompts.meta)
    }).pipe(Effect.scoped)
  )

  it.effect("is what our client gets", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(Prompts.app)
      const params = { name: "review", arguments: { code: "x", style: "Swift" } }
      const { messages } = yield* client.request(GetPrompt, params)
      assert.deepStrictEqual(messages, [McpPrompt.user("In 11 lines, be Swift: x")])
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("getting a prompt that is wrong", (place) => {
  it.effect("names an unknown prompt", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      for (const name of ["none", "Review", "", "__proto__"]) {
        const { code, message } = yield* asked.refusal(GetPrompt, { name })
        assert.strictEqual(code, -32602)
        assert.include(message, JSON.stringify(name))
      }
    }).pipe(Effect.scoped)
  )

  it.effect("says which argument is missing", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      yield* misfit(asked, "review", {}, "code")
      yield* misfit(asked, "review", { code: "x" }, "style")
      const { code, message } = yield* asked.refusal(GetPrompt, { name: "review" })
      assert.strictEqual(code, -32602)
      assert.include(message, "code")
    }).pipe(Effect.scoped)
  )

  it.effect("says which argument is wrong", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      yield* misfit(asked, "review", { code: "x", style: "rude" }, "style")
      yield* misfit(asked, "review", { code: "x", style: "kind", lines: "four" }, "lines")
    }).pipe(Effect.scoped)
  )

  it.effect("says which argument there is not, and which there are", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      yield* misfit(asked, "review", { code: "x", style: "kind", colour: "red" }, "colour", "code, style, lines")
      yield* misfit(asked, "plain", { colour: "red" }, "colour", "none")
      yield* misfit(asked, "plain", { toString: "red" }, "toString")
    }).pipe(Effect.scoped)
  )

  it.effect("refuses arguments that are no texts", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      for (const args of [{ code: 7, style: "kind" }, { code: null, style: "kind" }, [], "code"]) {
        const { code, message } = yield* asked.refusal(GetPrompt, { name: "review", arguments: args })
        assert.strictEqual(code, -32602)
        assert.include(message, "arguments")
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is refused when making it takes longer than it may", () =>
    Effect.gen(function* () {
      const slow = McpPrompt.make("slow", { timeout: "3 seconds" }).toLayer(() => Effect.never)
      const asked = yield* asking(place, slow.pipe(Layer.provide(McpServer.layer({ name: "slow", version: "1.0.0" }))))
      const getting = yield* Effect.forkChild(asked.refusal(GetPrompt, { name: "slow" }))
      yield* TestClock.adjust("3 seconds")
      const { code, message } = yield* Fiber.join(getting)
      assert.strictEqual(code, -32603)
      assert.include(message, '"slow"')
      assert.include(message, "3s")
    }).pipe(Effect.scoped)
  )

  it.effect("is an incident when the handler dies", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.app)
      const { code, data, message } = yield* asked.refusal(GetPrompt, { name: "broken" })
      assert.strictEqual(code, -32603)
      assert.include(message, 'Prompt "broken"')
      assert.match(JSON.stringify(data), /^\{"incident":"[0-9a-f-]{36}"\}$/)
      assert.notInclude(asked.peer.received.join("\n"), Prompts.SECRET)
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("a prompt that comes and goes", (place) => {
  const Late = McpPrompt.make("late")
  const late = Late.register(() => Effect.succeed("late"))

  it.effect("is there as long as its Scope is open, and its name is taken so long", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const server = McpServer.layer({ name: "late", version: "1.0.0", capabilities: { prompts: {} } })
      const asked = yield* asking(place, layer.pipe(Layer.provide(server)))
      const scope = yield* Scope.make()
      yield* use(Scope.provide(late, scope))
      assert.deepStrictEqual((yield* asked.result(ListPrompts)).prompts, [{ name: "late" }])
      assert.deepStrictEqual((yield* get(asked, "late")).messages, [text("user", "late")])
      const error = yield* Effect.flip(use(late))
      assert.deepInclude(error, { _tag: "NameTaken", kind: "prompt", name: "late", server: "late" })
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual((yield* asked.result(ListPrompts)).prompts, [])
      assert.strictEqual((yield* asked.refusal(GetPrompt, { name: "late" })).code, -32602)
    }).pipe(Effect.scoped)
  )
})

describe("building a server of prompts", () => {
  it.effect("fails when two prompts have one name", () =>
    Effect.gen(function* () {
      const live = (said: string) => McpPrompt.make("same").toLayer(() => Effect.succeed(said))
      const server = McpServer.layer({ name: "twice", version: "1.0.0" })
      const twice = Layer.merge(live("one"), live("two")).pipe(Layer.provide(server))
      const exit = yield* Effect.exit(McpTest.raw(twice.pipe(Layer.provide(quiet))))
      assert.include(String(exit), 'Prompt "same" is registered twice on server "twice"')
    }).pipe(Effect.scoped)
  )
})
