/**
 * Sampling: a server's tool asks the client's model, which the client's user may see and refuse. Told in both eras, with a
 * `LanguageModel` of `effect/ai` that is scripted, and with a function.
 */
import { Effect, Stream } from "effect"
import { LanguageModel } from "effect/ai"
import { McpClient, McpContent, McpHost } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { app, Reply, Sort } from "./server.ts"

/** A model that has read what is asked of it, and says what it is told to. */
const scripted = (says: (prompt: string) => string) =>
  LanguageModel.make({
    generateText: ({ prompt }) => Effect.succeed([{ type: "text", text: says(JSON.stringify(prompt.content)) }]),
    streamText: () => Stream.empty
  })

const model = scripted((prompt) =>
  prompt.includes("broken") ? '```json\n{ "topic": "complaint", "urgent": true }\n```' : "Well, it is hard to say."
)

const desk = Effect.fnUntraced(function* (revision: string) {
  yield* chapter(`In ${revision}`)
  const byModel = McpHost.sampling(yield* model)
  const client = yield* Effect.provide(McpClient.connect(app, { revision }), byModel)
  const sorted = yield* client.call(Sort, { letter: "It came broken!" })
  yield* expect("a letter, sorted by the model", sorted, { topic: "complaint", urgent: true })
  const vague = yield* client.callTool("sort", { letter: "Hm." })
  const why = 'The answer to the question "sorted" does not fit: the model did not reply with JSON'
  yield* expect("a model that does not say", McpContent.textOf(vague), why)

  // a function sees all of what is asked, and may refuse it for its user
  const asked: Array<number> = []
  const byHand = McpHost.sampling(({ maxTokens, messages }) => {
    asked.push(maxTokens)
    return JSON.stringify(messages).includes("secret")
      ? Effect.fail(McpHost.rejected("The user does not want this to be sent to a model"))
      : Effect.succeed({ role: "assistant", content: { type: "text", text: "Thanks!" }, model: "a friend" })
  })
  const careful = yield* Effect.provide(McpClient.connect(app, { revision }), byHand)
  yield* expect(
    "a reply",
    McpContent.textOf(yield* careful.call(Reply, { letter: "Lovely!" })),
    "Thanks! (by a friend)"
  )
  yield* expect("tokens, at most", asked, [1000])
  const { message } = yield* Effect.flip(careful.call(Reply, { letter: "a secret" }))
  yield* expect("the user refuses", message.split(": ").at(-1), "The user does not want this to be sent to a model")
}, Effect.scoped)

story("Sampling", Effect.all([desk("2025-11-25"), desk("2026-07-28")]))
