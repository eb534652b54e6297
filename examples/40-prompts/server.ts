/**
 * A kitchen: prompts that a user chooses, and what their arguments may become while they are typed.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { McpContent, McpPrompt, McpResource, McpServer } from "mcp-effect"

/** Dishes by cuisine. */
class Cookbook extends Context.Service<Cookbook, { readonly [cuisine: string]: ReadonlyArray<string> }>()(
  "kitchen/Cookbook"
) {
  static readonly layer = Layer.succeed(this, { italian: ["gnocchi", "risotto", "ribollita"], thai: ["pad thai"] })
}

/** Arguments travel as text; their schemas say what they are. */
export const Cook = McpPrompt.make("cook", {
  title: "Cook something",
  description: "A recipe, step by step",
  parameters: {
    cuisine: Schema.String.annotate({ description: "Where the dish comes from" }),
    dish: Schema.String,
    guests: Schema.FiniteFromString.annotate({ description: "How many will eat" }),
    tone: Schema.optionalKey(Schema.Literals(["brief", "chatty"]))
  }
})

export const Judge = McpPrompt.make("judge", { description: "A verdict on a picture of a dish" })

const Recipe = McpResource.template("recipes://{cuisine}/{dish}", { name: "recipe" })

const CookLive = Cook.toLayer(
  ({ cuisine, dish, guests, tone = "brief" }) =>
    Effect.succeed(`Explain to me, ${tone}, how to cook ${dish} (${cuisine}) for ${guests * 2} hungry hands.`),
  {
    complete: {
      cuisine: (typed) =>
        Effect.map(Cookbook, (book) => Object.keys(book).filter((cuisine) => cuisine.startsWith(typed))),
      // a completer is told what has been chosen before
      dish: (typed, { arguments: { cuisine = "" } }) =>
        Effect.map(Cookbook, (book) => (book[cuisine] ?? []).filter((dish) => dish.startsWith(typed)))
    }
  }
)

/** Several turns, with an image and a resource in place. */
const JudgeLive = Judge.toLayer(() =>
  Effect.succeed([
    McpPrompt.user("What do you think of this?"),
    McpPrompt.user(McpContent.image(Uint8Array.of(71, 73, 70), "image/gif")),
    McpPrompt.user(McpContent.resource("recipes://italian/risotto", "Rice, broth, patience")),
    McpPrompt.assistant("Honestly?")
  ])
)

const RecipeLive = Recipe.toLayer(({ cuisine, dish }) => Effect.succeed(`${dish}, as in ${cuisine} kitchens`), {
  complete: { cuisine: () => Effect.map(Cookbook, (book) => Object.keys(book)) }
})

export const app = Layer.mergeAll(CookLive, JudgeLive, RecipeLive).pipe(
  Layer.provide(Cookbook.layer),
  Layer.provide(McpServer.layer({ name: "kitchen", version: "1.0.0" }))
)
