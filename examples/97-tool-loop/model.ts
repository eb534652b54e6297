/**
 * A language model that follows a script: what it says in each turn is known, and what it was told is kept.
 *
 * It is made as every `LanguageModel` of `effect/ai` is, so one of a provider takes its place without another change.
 */
import { Effect, Layer, Stream } from "effect"
import { LanguageModel, type Prompt, type Response } from "effect/ai"

export type Turn = ReadonlyArray<Response.PartEncoded>

/** The model wants a tool to be called. */
export const asks = (id: string, name: string, params: unknown): Response.PartEncoded => ({
  type: "tool-call",
  id,
  name,
  params
})

export const says = (text: string): Response.PartEncoded => ({ type: "text", text })

/** What the model was told in one turn. */
export interface Told {
  readonly tools: ReadonlyArray<string>
  readonly prompt: Prompt.Prompt
}

/** A model that says its turns one after the other. */
export const scripted = (turns: ReadonlyArray<Turn>) => {
  const told: Array<Told> = []
  const layer = Layer.effect(
    LanguageModel.LanguageModel,
    LanguageModel.make({
      generateText: ({ prompt, tools }) =>
        Effect.sync(() => {
          told.push({ prompt, tools: tools.map(({ name }) => name) })
          return [...(turns[told.length - 1] ?? [says("I have nothing more to say")])]
        }),
      streamText: () => Stream.empty
    })
  )
  return { layer, told }
}
