/**
 * Chapter `server/utilities/completion`, everywhereAtAll: what arguments of prompts and variables of templates may become.
 *
 * Values are typed where they are given and text where they arrive; never more than 100. The capability is there when
 * something can be completed. Revision 2024-11-05 has no name for it: there the method works without.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema, Scope } from "effect"
import { McpPrompt, McpServer } from "mcp-effect"
import { Complete } from "mcp-effect/methods/completion"
import { Discover } from "mcp-effect/methods/discover"
import { type Asking, asking, running } from "./support/asking.ts"
import { everywhereAtAll, type Place } from "./support/places.ts"
import * as Prompts from "./support/prompts.ts"

const ofPrompt = (name: string) => ({ type: "ref/prompt", name })
const ofTemplate = (uri: string) => ({ type: "ref/resource", uri })

/** What an argument may become, by what is typed of it and what the others are. */
const complete = (asked: Asking, ref: object, name: string, value: string, others?: object) =>
  Effect.map(
    asked.result(Complete, {
      ref,
      argument: { name, value },
      ...(others === undefined ? undefined : { context: { arguments: others } })
    }),
    ({ completion }) => completion
  )

/** What a server says that it can do. */
const capabilities = (place: Place, asked: Asking) =>
  place.era === "modern"
    ? Effect.map(asked.result(Discover), ({ capabilities }): object => capabilities)
    : Effect.succeed(asked.peer.opened["capabilities"])

const visit = ofPrompt("visit")
const users = ofTemplate("users://{id}/{part}")

everywhereAtAll("completion", (place) => {
  it.effect("gives the values of an argument of a prompt", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const completion = yield* complete(asked, visit, "city", "P", { country: "France" })
      assert.deepStrictEqual(completion, { values: ["Paris", "Porto", "Prague", "a city in France"] })
      assert.deepStrictEqual((yield* complete(asked, visit, "city", "Po", {})).values[0], "Porto")
    }).pipe(Effect.scoped)
  )

  it.effect("knows nothing of other arguments that are not told", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const nowhere = { values: ["a city in nowhere"] }
      assert.deepStrictEqual(yield* complete(asked, visit, "city", "x"), nowhere)
      const params = { ref: visit, argument: { name: "city", value: "x" }, context: {} }
      assert.deepStrictEqual((yield* asked.result(Complete, params)).completion, nowhere)
    }).pipe(Effect.scoped)
  )

  it.effect("gives typed values as text", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      assert.deepStrictEqual((yield* complete(asked, visit, "people", "30")).values, ["1", "2", "30"])
      assert.deepStrictEqual((yield* complete(asked, users, "id", "7.50")).values, ["7.5"])
    }).pipe(Effect.scoped)
  )

  it.effect("gives the values of a variable of a template, by what the others are", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      assert.deepStrictEqual((yield* complete(asked, users, "id", "1", { part: "name" })).values, ["10", "11"])
      assert.deepStrictEqual((yield* complete(asked, users, "id", "1", { part: "address" })).values, ["1"])
    }).pipe(Effect.scoped)
  )

  it.effect("gives the words that an argument or a variable is one of, and minds no case", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const words = (ref: object, name: string, value: string) =>
        Effect.map(complete(asked, ref, name, value), ({ values }) => values)
      assert.deepStrictEqual(yield* words(visit, "mood", ""), ["calm", "Cheerful", "cross"])
      assert.deepStrictEqual(yield* words(visit, "mood", "c"), ["calm", "Cheerful", "cross"])
      assert.deepStrictEqual(yield* words(visit, "mood", "CH"), ["Cheerful"])
      assert.deepStrictEqual(yield* words(visit, "mood", "x"), [])
      assert.deepStrictEqual(yield* words(users, "part", "a"), ["address"])
    }).pipe(Effect.scoped)
  )

  it.effect("gives nothing for an argument that nobody completes, or of which nothing is known", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      assert.deepStrictEqual(yield* complete(asked, visit, "country", "F"), { values: [] })
      assert.deepStrictEqual(yield* complete(asked, visit, "note", "none"), { values: [] })
    }).pipe(Effect.scoped)
  )

  it.effect("says how many there are where a completer says it", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const note = yield* complete(asked, visit, "note", "a")
      assert.deepStrictEqual(note, { values: ["a note"], total: 7, hasMore: true })
    }).pipe(Effect.scoped)
  )

  it.effect("sends a hundred values, and says how many there are when there are more", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const numbers = ofPrompt("numbers")
      const exact = yield* complete(asked, numbers, "exact", "")
      assert.strictEqual(exact.values.length, 100)
      assert.notProperty(exact, "hasMore")
      const { values, ...rest } = yield* complete(asked, numbers, "many", "")
      assert.deepStrictEqual(values, exact.values)
      assert.deepStrictEqual(rest, { total: 250, hasMore: true })
    }).pipe(Effect.scoped)
  )

  it.effect("is what our client gets", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(Prompts.completing)
      const ref = { type: "ref/prompt" as const, name: "visit" }
      const { completion } = yield* client.request(Complete, { ref, argument: { name: "mood", value: "ca" } })
      assert.deepStrictEqual(completion, { values: ["calm"] })
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("completion of what is not there", (place) => {
  /** A refusal that says what is wrong. */
  const refused = (asked: Asking, params: object, ...says: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const { code, message } = yield* asked.refusal(Complete, params)
      assert.strictEqual(code, -32602, JSON.stringify(params))
      for (const each of says) assert.include(message, each)
    })

  it.effect("names an unknown prompt, template or resource", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const argument = { name: "city", value: "" }
      yield* refused(asked, { ref: ofPrompt("none"), argument }, '"none"')
      yield* refused(asked, { ref: ofPrompt("users://{id}/{part}"), argument }, "users://{id}/{part}")
      yield* refused(asked, { ref: ofTemplate("visit"), argument }, '"visit"')
      yield* refused(asked, { ref: ofTemplate("users://{id}"), argument }, "users://{id}")
      yield* refused(asked, { ref: ofTemplate(""), argument })
    }).pipe(Effect.scoped)
  )

  it.effect("names an unknown argument or variable, and those that there are", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const argument = (name: string) => ({ name, value: "" })
      yield* refused(asked, { ref: visit, argument: argument("colour") }, '"colour"', "country, city", "mood")
      yield* refused(asked, { ref: visit, argument: argument("toString") }, '"toString"')
      yield* refused(asked, { ref: users, argument: argument("colour") }, '"colour"', "id, part")
      yield* refused(asked, { ref: ofTemplate("docs://readme"), argument: argument("colour") }, '"colour"')
    }).pipe(Effect.scoped)
  )

  it.effect("refuses a reference that is none, and an argument without a name or a text", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const argument = { name: "city", value: "" }
      yield* refused(asked, { ref: { type: "ref/tool", name: "visit" }, argument }, "ref")
      yield* refused(asked, { ref: { type: "ref/prompt" }, argument }, "ref")
      yield* refused(asked, { argument }, "ref")
      yield* refused(asked, { ref: visit }, "argument")
      yield* refused(asked, { ref: visit, argument: { name: "city" } }, "argument")
      yield* refused(asked, { ref: visit, argument: { name: "city", value: 7 } }, "argument")
    }).pipe(Effect.scoped)
  )

  it.effect("is an incident when the completer dies", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const params = { ref: ofPrompt("fails"), argument: { name: "text", value: "" } }
      const { code, data } = yield* asked.refusal(Complete, params)
      assert.strictEqual(code, -32603)
      assert.match(JSON.stringify(data), /^\{"incident":"[0-9a-f-]{36}"\}$/)
      assert.notInclude(asked.peer.received.join("\n"), Prompts.SECRET)
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("the capability of completion", (place) => {
  const server = McpServer.layer({ name: "capability", version: "1.0.0", capabilities: { prompts: {} } })
  const Free = McpPrompt.make("free", { parameters: { text: Schema.String } })
  const Words = McpPrompt.make("words", { parameters: { word: Schema.Literals(["one", "two"]) } })
  const freeLive = Free.toLayer(({ text }) => Effect.succeed(text))

  it.effect("is there when something can be completed, in the revisions that have a name for it", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Prompts.completing)
      const offered = yield* capabilities(place, asked)
      if (place.since("2025-03-26")) assert.deepNestedInclude(offered, { completions: {} })
      else assert.notProperty(offered, "completions")
      assert.deepStrictEqual((yield* complete(asked, visit, "mood", "ca")).values, ["calm"])
    }).pipe(Effect.scoped)
  )

  it.effect("is not there when nothing can be completed", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, freeLive.pipe(Layer.provide(server)))
      assert.notProperty(yield* capabilities(place, asked), "completions")
      const params = { ref: ofPrompt("free"), argument: { name: "text", value: "" } }
      assert.strictEqual((yield* asked.refusal(Complete, params)).code, -32601)
    }).pipe(Effect.scoped)
  )

  it.effect("comes and goes with what can be completed, for who asks anew", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const app = Layer.merge(freeLive, layer).pipe(Layer.provide(server))
      const asked = yield* asking(place, app)
      const scope = yield* Scope.make()
      const offered = use(Effect.flatMap(McpServer.McpServer, ({ capabilities }) => capabilities))
      assert.notProperty(yield* offered, "completions")
      yield* use(
        Scope.provide(
          Words.register(({ word }) => Effect.succeed(word)),
          scope
        )
      )
      assert.deepNestedInclude(yield* offered, { completions: {} })
      if (place.era === "modern") {
        assert.deepStrictEqual((yield* complete(asked, ofPrompt("words"), "word", "t")).values, ["two"])
      }
      yield* Scope.close(scope, Exit.void)
      assert.notProperty(yield* offered, "completions")
    }).pipe(Effect.scoped)
  )
})
