/**
 * The prompts that the chapters of prompts and completion try: one of each kind of messages, and arguments of each type.
 */
import { Effect, Layer, Schema } from "effect"
import { McpContent, McpPrompt, McpResource, McpServer } from "mcp-effect"
import { quiet } from "./asking.ts"

export const icons = [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }]
export const meta = { "example.com/owner": "docs" }
export const bytes = Uint8Array.of(0, 255, 16)

/** It has everything that a list can show. */
export const Review = McpPrompt.make("review", {
  title: "Review code",
  description: "Asks for a review",
  parameters: {
    code: Schema.String.annotate({ title: "Code", description: "What is reviewed" }),
    style: Schema.Literals(["strict", "kind", "Swift"]),
    lines: Schema.optionalKey(Schema.FiniteFromString.annotate({ description: "How many lines to say" }))
  },
  icons,
  meta,
  tags: ["tag-of-the-server"]
})
const reviewLive = Review.toLayer(({ code, lines = 10, style }) =>
  Effect.succeed(`In ${lines + 1} lines, be ${style}: ${code}`)
)

export const image = McpContent.image(bytes, "image/png")
export const audio = McpContent.audio(bytes, "audio/wav")
export const embedded = McpContent.resource("docs://a", "the text of a", { mimeType: "text/plain" })

const Plain = McpPrompt.make("plain")
const Turns = McpPrompt.make("turns", { description: "A dialogue" })
const Blocks = McpPrompt.make("blocks")
const One = McpPrompt.make("one", { description: "One message" })
const Full = McpPrompt.make("full", { description: "What the list says" })

/** What a defect says, which nobody outside may read. */
export const SECRET = "the password is swordfish"
const Broken = McpPrompt.make("broken")

export const app = Layer.mergeAll(
  reviewLive,
  Plain.toLayer(() => Effect.succeed("a text")),
  Turns.toLayer(() => Effect.succeed([McpPrompt.user("Who is there?"), McpPrompt.assistant("Me")])),
  Blocks.toLayer(() =>
    Effect.succeed([
      McpPrompt.user(image),
      McpPrompt.assistant(embedded),
      McpPrompt.user(audio),
      McpPrompt.user(McpContent.link("docs://a", "a"))
    ])
  ),
  One.toLayer(() => Effect.succeed(McpPrompt.assistant("alone"))),
  Full.toLayer(() => Effect.succeed({ description: "What it says itself", messages: [], _meta: meta })),
  Broken.toLayer(() => Effect.die(new Error(SECRET)))
).pipe(Layer.provide(McpServer.layer({ name: "prompts", version: "1.0.0" })), Layer.provide(quiet))

const Cities = ["Paris", "Porto", "Prague"]
const Visit = McpPrompt.make("visit", {
  parameters: {
    country: Schema.String,
    city: Schema.String,
    people: Schema.FiniteFromString,
    mood: Schema.Literals(["calm", "Cheerful", "cross"]),
    note: Schema.optionalKey(Schema.String)
  }
})
const visitLive = Visit.toLayer(() => Effect.succeed("a visit"), {
  complete: {
    city: (typed, { arguments: { country = "nowhere" } }) =>
      Effect.succeed([...Cities.filter((city) => city.startsWith(typed)), `a city in ${country}`]),
    people: (typed) => Effect.succeed([1, 2, Number(typed)]),
    note: (typed) => Effect.succeed(typed === "none" ? [] : { values: ["a note"], total: 7, hasMore: true })
  }
})

const Numbers = McpPrompt.make("numbers", { parameters: { exact: Schema.String, many: Schema.String } })
const upTo = (count: number) => Array.from({ length: count }, (_, at) => String(at))
const numbersLive = Numbers.toLayer(({ many }) => Effect.succeed(many), {
  complete: { exact: () => Effect.succeed(upTo(100)), many: () => Effect.succeed(upTo(250)) }
})

const Fails = McpPrompt.make("fails", { parameters: { text: Schema.String } })
const failsLive = Fails.toLayer(({ text }) => Effect.succeed(text), {
  complete: { text: () => Effect.die(new Error(SECRET)) }
})

const User = McpResource.template("users://{id}/{part}", {
  name: "user",
  parameters: { id: Schema.FiniteFromString, part: Schema.Literals(["name", "address"]) }
})
const userLive = User.toLayer(({ part }) => Effect.succeed(part), {
  complete: { id: (typed, { arguments: { part } }) => Effect.succeed(part === "name" ? [10, 11] : [Number(typed)]) }
})
const Readme = McpResource.make("docs://readme", { name: "readme" })

/** What can be completed, and what cannot. */
export const completing = Layer.mergeAll(
  visitLive,
  numbersLive,
  failsLive,
  userLive,
  Readme.toLayer(Effect.succeed("read me"))
).pipe(Layer.provide(McpServer.layer({ name: "completion", version: "1.0.0" })), Layer.provide(quiet))
