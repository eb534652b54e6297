/**
 * Prompts and completion: typed arguments, several turns, and what a half-typed argument may become.
 */
import { Effect, Stream } from "effect"
import { McpClient } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { app, Cook, Judge } from "./server.ts"

story(
  "Prompts, and completion",
  Effect.gen(function* () {
    const client = yield* McpClient.connect(app)

    yield* chapter("What there is")
    const prompts = yield* Stream.runCollect(client.prompts())
    const names = prompts.map(({ name }) => name)
    yield* expect("the prompts", names, ["cook", "judge"])
    yield* expect("the arguments of the first", prompts[0]?.arguments, [
      { name: "cuisine", description: "Where the dish comes from", required: true },
      { name: "dish", required: true },
      { name: "guests", description: "How many will eat", required: true },
      { name: "tone", required: false }
    ])

    yield* chapter("Getting them")
    const chosen = { cuisine: "italian", dish: "risotto", guests: "4" }
    const cook = yield* client.getPrompt(Cook.name, chosen)
    const text = "Explain to me, brief, how to cook risotto (italian) for 8 hungry hands."
    yield* expect("a text is a message", cook.messages, [{ role: "user", content: { type: "text", text } }])
    const judge = yield* client.getPrompt(Judge.name)
    const turns = judge.messages.map(({ content, role }) => `${role}: ${content.type}`)
    yield* expect("turns", turns, ["user: text", "user: image", "user: resource", "assistant: text"])

    const wrong = client.getPrompt(Cook.name, { ...chosen, guests: "many" })
    const { reason } = yield* Effect.flip(wrong)
    yield* expect("guests that are no number", reason._tag === "Remote" ? reason.code : reason._tag, -32602)

    yield* chapter("Completing")
    const prompt = { type: "ref/prompt" as const, name: Cook.name }
    const complete = (name: string, value: string, chosen: { readonly [name: string]: string } = {}) =>
      Effect.map(
        client.complete({ ref: prompt, argument: { name, value }, context: { arguments: chosen } }),
        ({ values }) => values
      )
    yield* expect("cuisine, with “it” typed", yield* complete("cuisine", "it"), ["italian"])
    const dishes = yield* complete("dish", "ri", { cuisine: "italian" })
    yield* expect("dish, once italian is chosen", dishes, ["risotto", "ribollita"])
    yield* expect("tone, which has two words", yield* complete("tone", ""), ["brief", "chatty"])

    const template = { type: "ref/resource" as const, uri: "recipes://{cuisine}/{dish}" }
    const variable = yield* client.complete({ ref: template, argument: { name: "cuisine", value: "" } })
    yield* expect("a variable of a template", variable.values, ["italian", "thai"])
  })
)
