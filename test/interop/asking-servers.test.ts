/**
 * Our client's hosts answer servers that are not ours: `server-everything`, which sends requests, and the official server
 * v2, which asks in its results; each on stdio and over HTTP.
 *
 * What was asked is kept by the hosts; what the server understood is what it says it was told.
 */
import { assert, layer } from "@effect/vitest"
import { Context, Effect, Layer, SubscriptionRef } from "effect"
import { McpClient, McpContent, McpHost, McpLimits } from "mcp-effect"
import type { JsonObject } from "mcp-effect/McpSchema"
import type { Root } from "mcp-effect/methods/roots"
import { McpNode } from "mcp-effect/node"
import { join } from "node:path"
import { within } from "../transport/support/eventually.ts"
import { everything, everythingHttp } from "./support/everythingHttp.ts"
import { officialAskingHttp } from "./support/officialAsking.ts"

/** What the user does when asked; a test changes it. */
class Answers {
  readonly asked: Array<McpHost.Asked> = []
  form: McpHost.FormAnswer | McpHost.Refused = { name: "Ada" }
  page: "accept" | "decline" | "cancel" = "accept"
  reply: string | McpHost.Refused = "42"
  readonly roots: SubscriptionRef.SubscriptionRef<ReadonlyArray<Root>>

  constructor(roots: SubscriptionRef.SubscriptionRef<ReadonlyArray<Root>>) {
    this.roots = roots
  }

  get hosts() {
    const { asked } = this
    const given = <A>(answer: A | McpHost.Refused): Effect.Effect<A, McpHost.Refused> =>
      answer instanceof McpHost.Refused ? Effect.fail(answer) : Effect.succeed(answer)
    return Layer.mergeAll(
      McpHost.elicitation({
        form: (_, question) => Effect.suspend(() => (asked.push(question), given(this.form))),
        url: (_, question) => Effect.sync(() => (asked.push(question), this.page))
      }),
      McpHost.sampling((_, question) =>
        Effect.map(
          Effect.suspend(() => (asked.push(question), given(this.reply))),
          (text) => ({ role: "assistant", content: { type: "text", text }, model: "ours", stopReason: "endTurn" })
        )
      ),
      McpHost.roots(this.roots)
    )
  }
}

class Connected extends Context.Service<Connected, { readonly client: McpClient.Service; readonly user: Answers }>()(
  "asking-servers/Connected"
) {}

type Target = Parameters<typeof McpClient.connect>[0]

const connected = <R>(target: Effect.Effect<Target, never, R>) =>
  Layer.effect(
    Connected,
    Effect.gen(function* () {
      const user = new Answers(yield* SubscriptionRef.make<ReadonlyArray<Root>>([{ uri: "file:///one", name: "one" }]))
      const to = yield* target
      const client = yield* Effect.provide(McpClient.connect(to), [user.hosts, McpNode.layerWith({ proxy: false })])
      return { client, user }
    })
  )

/** The client, and a user who has not been asked yet. */
const fresh = Effect.map(Connected, ({ client, user }) => {
  user.asked.length = 0
  user.form = { name: "Ada" }
  user.page = "accept"
  user.reply = "42"
  return { client, user }
})

/** What `server-everything` says it was told. */
const toldIn = (result: McpContent.Result): unknown => {
  const said = McpContent.textOf(result)
  return JSON.parse(said.slice(said.indexOf("{")))
}

const filled = {
  name: "Ada",
  firstLine: "It was a dark and stormy night.",
  integer: 42,
  number: 3.14,
  untitledSingleSelectEnum: "Monica",
  untitledMultipleSelectEnum: ["Guitar"],
  titledSingleSelectEnum: "hero-1",
  titledMultipleSelectEnum: ["fish-1"],
  legacyTitledEnum: "pet-1"
}

for (const [place, target] of [
  ["stdio", Effect.succeed({ command: process.execPath, args: [everything] })],
  ["HTTP", everythingHttp]
] as const) {
  layer(connected(target), { excludeTestServices: true })(`our hosts and server-everything (${place})`, (it) => {
    it.effect("a form of every kind of field, with the defaults filled in", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        assert.strictEqual(client.revision, "2025-11-25")
        const result = yield* client.callTool("trigger-elicitation-request")
        assert.deepStrictEqual(toldIn(result), { action: "accept", content: filled })
        assert.deepStrictEqual(
          user.asked.map(({ method, params, server }) => [method, params["message"], server?.name]),
          [["elicitation/create", "Please provide inputs for the following fields:", "mcp-servers/everything"]]
        )
      })
    )

    it.effect("a user who declines, or puts the form away", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        for (const action of ["decline", "cancel"] as const) {
          user.form = action
          assert.deepStrictEqual(toldIn(yield* client.callTool("trigger-elicitation-request")), { action })
        }
      })
    )

    it.effect("a page", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        const page = { url: "https://example.com/pay", message: "Pay there" }
        for (const action of ["accept", "decline"] as const) {
          user.page = action
          const result = yield* client.callTool("trigger-url-elicitation", page)
          assert.deepStrictEqual(toldIn(result), { action })
          assert.deepInclude(user.asked.at(-1)?.params, { mode: "url", ...page })
        }
      })
    )

    it.effect("the model", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        const result = yield* client.callTool("trigger-sampling-request", { prompt: "40 and 2?", maxTokens: 20 })
        assert.deepInclude(toldIn(result), { role: "assistant", model: "ours", stopReason: "endTurn" })
        assert.deepNestedInclude(toldIn(result), { "content.text": "42" })
        assert.deepInclude(user.asked[0]?.params, { maxTokens: 20, systemPrompt: "You are a helpful test server." })
      })
    )

    it.effect("what the user rejects is an error of the server, and the conversation goes on", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        user.reply = McpHost.rejected("The user would rather not")
        const result = yield* client.callTool("trigger-sampling-request", { prompt: "40 and 2?" })
        assert.isTrue(result.isError)
        assert.include(McpContent.textOf(result), "The user would rather not")
        user.form = McpHost.rejected("Not now")
        const asked = yield* client.callTool("trigger-elicitation-request")
        assert.isTrue(asked.isError)
        assert.include(McpContent.textOf(asked), "Not now")
        assert.strictEqual(McpContent.textOf(yield* client.callTool("echo", { message: "here" })), "Echo: here")
      })
    )

    it.effect("the roots, and that they have changed", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        const said = Effect.map(client.callTool("get-roots-list"), McpContent.textOf)
        assert.include(yield* said, "file:///one")
        yield* SubscriptionRef.set(user.roots, [{ uri: "file:///two", name: "two" }])
        const isTold = Effect.map(said, (text) => text.includes("file:///two") && !text.includes("file:///one"))
        yield* within("the change is known", Effect.repeat(isTold, { until: (told) => told }))
      })
    )
  })
}

const official = join(import.meta.dirname, "fixtures", "official-asking.ts")
const person = { action: "accept", content: { age: 30, name: "Ada" } }

for (const [place, target] of [
  ["stdio", Effect.succeed({ command: process.execPath, args: ["--conditions=mcp-effect-source", official] })],
  ["HTTP", officialAskingHttp]
] as const) {
  layer(connected(target), { excludeTestServices: true })(`our hosts and the official server v2 (${place})`, (it) => {
    it.effect("all that it can ask, together, and once more", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        assert.strictEqual(client.revision, "2026-07-28")
        const { before, now } = toldIn(yield* client.callTool("ask")) as { before: JsonObject; now: JsonObject }
        assert.deepStrictEqual(before["user"], person)
        assert.deepStrictEqual(before["page"], { action: "accept" })
        assert.deepNestedInclude(before["model"], { role: "assistant", "content.text": "42" })
        assert.deepStrictEqual(before["roots"], { roots: [...(yield* SubscriptionRef.get(user.roots))] })
        assert.deepStrictEqual(now, { sure: { action: "accept", content: { name: "Ada" } } })
        const messages = user.asked.map(({ id, params }) => [id, params["message"] ?? params["systemPrompt"]])
        assert.sameDeepMembers(messages.slice(0, 3), [
          ["user", "Who are you?"],
          ["page", "Pay there"],
          ["model", "Be brief."]
        ])
        assert.deepStrictEqual(messages.slice(3), [["sure", "Are you sure?"]])
      })
    )

    it.effect("in a prompt and in a resource", () =>
      Effect.gen(function* () {
        const { client } = yield* fresh
        const { messages } = yield* client.getPrompt("ask")
        assert.deepStrictEqual(
          messages.map(({ content }) => content.type === "text" && JSON.parse(content.text)),
          [{ user: person }]
        )
        const { contents } = yield* client.readResource("asked://user")
        assert.deepStrictEqual(
          contents.map((one) => "text" in one && JSON.parse(one.text)),
          [{ user: person }]
        )
      })
    )

    it.effect("a state and no question", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        assert.strictEqual(McpContent.textOf(yield* client.callTool("again")), '"once"')
        assert.isEmpty(user.asked)
      })
    )

    it.effect("what the user rejects fails the call, and the conversation goes on", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        user.form = McpHost.rejected("The user would rather not")
        const { reason } = yield* Effect.flip(client.callTool("ask"))
        assert.include(reason.message, "The user would rather not")
        user.form = { name: "Ada" }
        assert.isNotTrue((yield* client.callTool("ask")).isError)
      })
    )

    it.effect("one that never has enough is given up", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        const { reason } = yield* Effect.flip(client.callTool("endless"))
        assert.strictEqual(reason._tag, "Unsupported")
        assert.strictEqual(user.asked.length, McpLimits.defaults.rounds)
      })
    )

    it.effect("a caller who takes the rounds into his own hands", () =>
      Effect.gen(function* () {
        const { client, user } = yield* fresh
        const rounds: Array<ReadonlyArray<string>> = []
        const onInput = ({ inputRequests = {} }: { readonly inputRequests?: JsonObject }) => {
          rounds.push(Object.keys(inputRequests))
          const answers = Object.keys(inputRequests).map((key) => [key, { action: "decline" as const }])
          return Effect.succeed(Object.fromEntries(answers))
        }
        const { contents } = yield* client.readResource("asked://user", { onInput })
        assert.deepStrictEqual(rounds, [["user"]])
        assert.deepStrictEqual(contents, [{ uri: "asked://user", text: '{"user":{"action":"decline"}}' }])
        assert.isEmpty(user.asked)
      })
    )
  })
}
