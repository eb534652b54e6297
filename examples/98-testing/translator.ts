/**
 * What is to be tested: a server that translates words, and a client's function that uses any such server.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { type McpClient, McpServer, McpTool } from "mcp-effect"

/** Where the words are. Tests give another one. */
export class Dictionary extends Context.Service<
  Dictionary,
  { readonly lookUp: (word: string) => Effect.Effect<string | undefined> }
>()("translator/Dictionary") {}

export class UnknownWord extends Schema.TaggedError<UnknownWord>()("UnknownWord", { word: Schema.String }) {
  override get message(): string {
    return `There is no word ${this.word}`
  }
}

export const Translate = McpTool.make("translate", {
  description: "Translate an English word",
  parameters: { word: Schema.String },
  success: Schema.Struct({ german: Schema.String }),
  failure: UnknownWord,
  timeout: "5 seconds"
})

const TranslateLive = Translate.toLayer(
  Effect.fnUntraced(function* ({ word }) {
    const german = yield* (yield* Dictionary).lookUp(word)
    return german === undefined ? yield* new UnknownWord({ word }) : { german }
  })
)

/** The server; it needs a dictionary. */
export const translator = TranslateLive.pipe(Layer.provide(McpServer.layer({ name: "translator", version: "1.0.0" })))

/** Every word that can be translated; a server that is busy is asked once more. */
export const translated = (client: McpClient.Service, words: ReadonlyArray<string>) =>
  Effect.forEach(words, (word) =>
    client.call(Translate, { word }).pipe(
      Effect.retry({ times: 1, while: (error) => error._tag === "McpError" && error.reason._tag === "Busy" }),
      Effect.map(({ german }) => german),
      Effect.catchTag("UnknownWord", () => Effect.succeed(`(${word})`))
    )
  )
