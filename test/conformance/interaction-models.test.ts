/**
 * A handler asks the client's model, and for the places that it may know, everywhere.
 *
 * Both are as old as the protocol: each revision has them, the latest as questions only, and deprecated.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer, Schema, SubscriptionRef } from "effect"
import { Ask, McpError, McpHost, McpRequest, McpServer, McpTool } from "mcp-effect"
import { type Root, RootsListChanged } from "mcp-effect/methods/roots"
import { CreateMessage, type CreateMessageRequestParams } from "mcp-effect/methods/sampling"
import { until } from "../laws/support/peers.ts"
import { held } from "./support/held.ts"
import { asker, call, interacting, kinds, refusal } from "./support/interaction.ts"
import { everywhere } from "./support/places.ts"

const says = (text: string) =>
  Effect.succeed({
    role: "assistant" as const,
    content: { type: "text" as const, text },
    model: "m",
    stopReason: "endTurn"
  })

const Verdict = Schema.Struct({ good: Schema.Boolean, since: Schema.DateFromString })
const verdict = `{"good":true,"since":"2026-01-01T00:00:00.000Z"}`

everywhere("questions to the model", (place) => {
  describe.each(kinds)("of a %s", (kind) => {
    it.effect("are answered", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) =>
            Effect.map(
              request.sample("poem", { messages: "A poem", systemPrompt: "Be brief", temperature: 0 }),
              ({ content, model }) => ({
                content,
                model
              })
            ),
          (host) => host.model(() => says("Roses are red"))
        )
        assert.deepStrictEqual(yield* call(client, kind), {
          content: { type: "text", text: "Roses are red" },
          model: "m"
        })
        const { params } = host
        assert.isUndefined(place.spoken.check(CreateMessage.params, params))
        assert.deepStrictEqual(params, {
          messages: [{ role: "user", content: { type: "text", text: "A poem" } }],
          systemPrompt: "Be brief",
          temperature: 0,
          maxTokens: 1000
        })
        assert.strictEqual(heard.runs, place.era === "modern" ? 2 : 1)
      }).pipe(Effect.scoped)
    )

    it.effect.each([
      { what: "JSON", text: verdict },
      { what: "JSON in a fence", text: `Here you are:\n\`\`\`json\n${verdict}\n\`\`\`` }
    ])("may want a reply that fits a schema: $what", ({ text }) =>
      Effect.gen(function* () {
        const { client } = yield* interacting(
          place,
          (request) =>
            Effect.map(request.sample("good", { messages: "Is it good?", schema: Verdict }), ({ good, since }) => [
              good,
              since.getUTCFullYear()
            ]),
          (host) => host.model(() => says(text))
        )
        assert.deepStrictEqual(yield* call(client, kind), [true, 2026])
      }).pipe(Effect.scoped)
    )

    it.effect.each([
      { what: "no JSON", text: "Yes." },
      { what: "another JSON", text: `{"good":"yes"}` }
    ])("are not answered by a reply that does not fit: $what", ({ text }) =>
      Effect.gen(function* () {
        const { client, heard } = yield* interacting(
          place,
          (request) => request.sample("good", { messages: "Is it good?", schema: Verdict }),
          (host) => host.model(() => says(text))
        )
        assert.include((yield* refusal(client, kind)).text, `"good"`)
        assert.deepNestedInclude(yield* heard.failure, { "reason._tag": "InvalidAnswer", "reason.key": "good" })
      }).pipe(Effect.scoped)
    )

    it.effect("fail at once where the client has no model", () =>
      Effect.gen(function* () {
        const { app, heard } = asker((request) => request.sample("poem", { messages: "A poem" }))
        const client = yield* place.connect(app)
        const { code, data } = yield* refusal(client, kind)
        assert.strictEqual(code, place.era === "modern" ? -32021 : -32602)
        assert.deepStrictEqual(data, { requiredCapabilities: { sampling: {} } })
        assert.deepNestedInclude(yield* heard.failure, { "reason._tag": "Unsupported" })
      }).pipe(Effect.scoped)
    )
  })

  it.effect("are answered by a model of effect/ai, by its shape", () =>
    Effect.gen(function* () {
      const prompts: Array<unknown> = []
      const model: McpHost.Model = {
        generateText: ({ prompt }) =>
          Effect.sync(() => (prompts.push(prompt), { text: "Roses", finishReason: "length" }))
      }
      const { client } = yield* interacting(
        place,
        (request) =>
          request.sample("poem", {
            systemPrompt: "Be brief",
            messages: [
              { role: "user", content: { type: "text", text: "A poem" } },
              { role: "assistant", content: { type: "text", text: "About?" } },
              { role: "user", content: { type: "image", data: "AAAA", mimeType: "image/png" } }
            ]
          }),
        () => McpHost.sampling(model)
      )
      const answer = yield* call(client, "tool")
      assert.deepInclude(answer, {
        role: "assistant",
        content: { type: "text", text: "Roses" },
        stopReason: "maxTokens"
      })
      assert.deepStrictEqual(prompts, [
        [
          { role: "system", content: "Be brief" },
          { role: "user", content: [{ type: "text", text: "A poem" }] },
          { role: "assistant", content: [{ type: "text", text: "About?" }] },
          { role: "user", content: [{ type: "file", mediaType: "image/png", data: "AAAA" }] }
        ]
      ])
    }).pipe(Effect.scoped)
  )

  const tools = [{ name: "weather", inputSchema: { type: "object" as const } }]
  const withTools = (request: McpRequest.Service) => request.sample("w", { messages: "Weather?", tools })

  it.effect("may offer tools, where the client takes them and the revision has them", () =>
    Effect.gen(function* () {
      const use = { type: "tool_use" as const, id: "1", name: "weather", input: {} }
      const { client, heard, host } = yield* interacting(
        place,
        (request) => Effect.map(withTools(request), ({ content, stopReason }) => ({ content, stopReason })),
        (host) =>
          host.model(
            () => Effect.succeed({ role: "assistant" as const, content: [use], model: "m", stopReason: "toolUse" }),
            { tools: true }
          )
      )
      if (place.since("2025-11-25")) {
        assert.deepStrictEqual(yield* call(client, "tool"), { content: [use], stopReason: "toolUse" })
        assert.deepStrictEqual((host.params as unknown as CreateMessageRequestParams).tools, tools)
        return
      }
      yield* refusal(client, "tool")
      assert.deepNestedInclude(yield* heard.failure, { "reason._tag": "Unsupported" })
      assert.lengthOf(host.asked, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("may not offer tools to a client that has not said that it takes them", () =>
    Effect.gen(function* () {
      const { client, heard, host } = yield* interacting(place, withTools, (host) => host.model(() => says("no")))
      const { data } = yield* refusal(client, "tool")
      assert.deepStrictEqual(data, { requiredCapabilities: { sampling: { tools: {} } } })
      assert.deepNestedInclude(yield* heard.failure, { "reason._tag": "Unsupported" })
      assert.lengthOf(host.asked, 0)
    }).pipe(Effect.scoped)
  )

  if (place.since("2025-06-18")) {
    it.effect("travel with those to the user", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) =>
            Effect.map(
              request.ask({
                city: Ask.sample({ messages: "A city" }),
                user: Ask.form({ message: "Who?", schema: Schema.String }),
                places: Ask.roots
              }),
              ({ city, places, user }) => [city.content, user, places]
            ),
          (host) =>
            Layer.mergeAll(
              host.model(() => says("Rome")),
              host.forms(() => Effect.succeed({ value: "Ada" })),
              McpHost.roots([{ uri: "file:///a" }])
            )
        )
        assert.deepStrictEqual(yield* call(client, "tool"), [
          { type: "text", text: "Rome" },
          "Ada",
          [{ uri: "file:///a" }]
        ])
        assert.sameMembers(
          host.asked.map(({ method }) => method),
          ["sampling/createMessage", "elicitation/create"]
        )
        assert.strictEqual(heard.runs, place.era === "modern" ? 2 : 1)
      }).pipe(Effect.scoped)
    )
  }
})

everywhere("questions for roots", (place) => {
  const two: ReadonlyArray<Root> = [{ uri: "file:///a", name: "a" }, { uri: "file:///b" }]

  it.effect.each(kinds)("of a %s are answered", (kind) =>
    Effect.gen(function* () {
      const { client } = yield* interacting(
        place,
        (request) => request.roots,
        () => McpHost.roots(two)
      )
      assert.deepStrictEqual(yield* call(client, kind), two)
    }).pipe(Effect.scoped)
  )

  it.effect("fail at once where the client has none", () =>
    Effect.gen(function* () {
      const { app, heard } = asker((request) => request.roots)
      const client = yield* place.connect(app)
      assert.deepStrictEqual((yield* refusal(client, "tool")).data, { requiredCapabilities: { roots: {} } })
      const failure = yield* heard.failure
      assert.instanceOf(failure, McpError.McpError)
      assert.deepNestedInclude(failure, { "reason._tag": "Unsupported" })
    }).pipe(Effect.scoped)
  )

  const one: ReadonlyArray<Root> = [{ uri: "file:///c" }]
  /** How long to wait for what does not come in a modern revision. */
  const turns = place.era === "legacy" ? 10_000 : 100

  it.effect("give what they are now, and legacy servers hear that they have changed", () =>
    Effect.gen(function* () {
      const places = yield* SubscriptionRef.make<ReadonlyArray<Root>>(two)
      let changes = 0
      const items = Layer.mergeAll(
        McpTool.make("ask").toLayer(() =>
          Effect.gen(function* () {
            const { client, roots } = yield* McpRequest
            return JSON.stringify([yield* roots, client.capabilities.roots])
          })
        ),
        McpServer.onNotification(RootsListChanged, () => Effect.sync(() => void (changes += 1)))
      )
      const client = yield* Effect.provide(place.connect(held(items).app), McpHost.roots(places))
      // at once, before anything else has happened
      yield* SubscriptionRef.set(places, one)
      const capability = place.era === "legacy" ? { listChanged: true } : {}
      assert.deepStrictEqual(yield* call(client, "tool"), [one, capability])
      yield* until(() => changes === 1, turns)
      assert.strictEqual(changes, place.era === "legacy" ? 1 : 0)
      yield* SubscriptionRef.set(places, [])
      yield* until(() => changes === 2, turns)
      assert.strictEqual(changes, place.era === "legacy" ? 2 : 0)
      assert.deepStrictEqual(yield* call(client, "tool"), [[], capability])
    }).pipe(Effect.scoped)
  )
})
