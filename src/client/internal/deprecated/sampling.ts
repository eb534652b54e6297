/**
 * The client's model, for servers that ask it (`sampling/createMessage`), deprecated since 2026-07-28.
 *
 * It can be removed with its folder. Of `effect/ai` it takes a model by its shape: it loads nothing of it.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/sampling
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { JsonObject } from "../../../protocol/McpSchema.ts"
import {
  CreateMessage,
  type CreateMessageRequestParams,
  type CreateMessageResult
} from "../../../protocol/methods/sampling.ts"
import { type Asked, type Host, Refused, SamplingHost } from "../hosts.ts"

type Content = CreateMessageRequestParams["messages"][number]["content"]
type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "file"; readonly mediaType: string; readonly data: string }
type Prompt = ReadonlyArray<
  | { readonly role: "system"; readonly content: string }
  | { readonly role: "user"; readonly content: ReadonlyArray<Part> }
  | { readonly role: "assistant"; readonly content: ReadonlyArray<Part> }
>

/** What is used of an `effect/ai` `LanguageModel`. */
export interface Model<R = never> {
  readonly generateText: (options: {
    readonly prompt: Prompt
  }) => Effect.Effect<{ readonly text: string; readonly finishReason: string }, unknown, R>
}

export interface SamplingOptions {
  /** The handler takes tools, and answers with their uses. Default: false. */
  readonly tools?: boolean | undefined
}

const partsOf = (content: Content): ReadonlyArray<Part> =>
  (Array.isArray(content) ? content : [content]).flatMap((block): ReadonlyArray<Part> => {
    if (block.type === "text") return [{ type: "text", text: block.text }]
    if (block.type === "image" || block.type === "audio") {
      return [{ type: "file", mediaType: block.mimeType, data: block.data }]
    }
    return []
  })

const promptOf = ({ messages, systemPrompt }: CreateMessageRequestParams): Prompt => [
  ...(systemPrompt === undefined ? [] : [{ role: "system" as const, content: systemPrompt }]),
  ...messages.map(({ content, role }) => ({ role, content: partsOf(content) }))
]

const stops: { readonly [reason: string]: string } = { stop: "endTurn", length: "maxTokens", "tool-calls": "toolUse" }

const byModel = <R>(params: CreateMessageRequestParams, model: Model<R>) =>
  Effect.matchEffect(model.generateText({ prompt: promptOf(params) }), {
    onFailure: (error) =>
      Effect.andThen(
        Effect.logWarning("The model failed that a server asked", error),
        Effect.fail(new Refused("Internal", "The model failed"))
      ),
    onSuccess: ({ finishReason, text }) =>
      Effect.succeed({
        role: "assistant" as const,
        content: { type: "text" as const, text },
        model: "effect/ai",
        stopReason: stops[finishReason] ?? finishReason
      })
  })

type Handler<R> = (
  params: CreateMessageRequestParams,
  asked: Asked
) => Effect.Effect<Omit<CreateMessageResult, "_meta">, Refused, R>

/** Answers with an `effect/ai` `LanguageModel`, or with a function. Let the user see what is asked, and what is told. */
export const sampling = <R = never>(
  by: Model<R> | Handler<R>,
  options: SamplingOptions = {}
): Layer.Layer<SamplingHost, never, R> =>
  Layer.effect(
    SamplingHost,
    Effect.map(Effect.context<R>(), (context): Host => {
      const handle: Handler<R> = typeof by === "function" ? by : (params) => byModel(params, by)
      return {
        method: CreateMessage.name,
        params: CreateMessage.params,
        capabilities: { sampling: options.tools === true ? { tools: {} } : {} },
        answer: (asked) =>
          Effect.provide(
            Effect.map(
              handle(asked.params as unknown as CreateMessageRequestParams, asked),
              (result) => result as unknown as JsonObject
            ),
            context
          )
      }
    })
  )
