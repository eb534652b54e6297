/**
 * A question to the client's model (`sampling/createMessage`), deprecated since 2026-07-28.
 *
 * It can be removed with its folder: nothing of the rest depends on it but the two lines of `McpRequest` that name it.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/sampling
 */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { codecOf, describeFailure } from "../../../protocol/McpDefinition.ts"
import { InvalidAnswer, McpError } from "../../../protocol/McpError.ts"
import { inexpressible } from "../../../protocol/McpRevision.ts"
import type { JsonObject } from "../../../protocol/McpSchema.ts"
import {
  CreateMessage,
  type CreateMessageRequestParams,
  type CreateMessageResult
} from "../../../protocol/methods/sampling.ts"
import type { Question } from "../asking/question.ts"

/** What the model is asked: a text, or all that the specification has. */
export interface SampleOptions<S extends Schema.Constraint> extends Omit<
  CreateMessageRequestParams,
  "messages" | "maxTokens" | "_meta" | "task"
> {
  /** A message of the user, or the whole conversation. */
  readonly messages: string | CreateMessageRequestParams["messages"]
  /** Default: 1,000. */
  readonly maxTokens?: number | undefined
  /** What the text of the reply has to be, as JSON. Default: the reply is given as it is. */
  readonly schema?: S | undefined
}

const MAX_TOKENS = 1000

/** A model wraps JSON into a fence as often as not. */
const jsonIn = (text: string): string => /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1] ?? text

const textOf = ({ content }: CreateMessageResult): string => {
  const blocks = Array.isArray(content) ? content : [content]
  return blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("")
}

const fitting = <S extends Schema.Constraint>(
  schema: S,
  result: CreateMessageResult,
  key: string
): Effect.Effect<S["Type"], McpError, S["DecodingServices"]> => {
  const misfit = (detail: string) => Effect.fail(new McpError({ reason: new InvalidAnswer({ key, detail }) }))
  let value: unknown
  try {
    value = JSON.parse(jsonIn(textOf(result)))
  } catch {
    return misfit("the model did not reply with JSON")
  }
  return Effect.catchCause(
    codecOf(schema).decode(value) as Effect.Effect<S["Type"], Schema.SchemaError, S["DecodingServices"]>,
    (cause) => misfit(describeFailure(cause))
  )
}

export const sample = <S extends Schema.Constraint = never>(
  options: SampleOptions<S>
): Question<[S] extends [never] ? CreateMessageResult : S["Type"], never, S["DecodingServices"]> => {
  const { maxTokens = MAX_TOKENS, messages, schema, ...rest } = options
  const params = {
    ...rest,
    maxTokens,
    messages: typeof messages === "string" ? [{ role: "user", content: { type: "text", text: messages } }] : messages
  }
  const usesTools = rest.tools !== undefined || rest.toolChoice !== undefined
  return {
    method: CreateMessage,
    lacks: ({ sampling }) => {
      if (sampling === undefined) return { sampling: {} }
      return usesTools && sampling.tools === undefined ? { sampling: { tools: {} } } : undefined
    },
    params: (revision) => {
      const projected = revision.project(CreateMessage.params, params)
      if (projected === inexpressible) return `Revision ${revision.version} has no such messages`
      const kept = projected as JsonObject
      if (usesTools && kept["tools"] === undefined && kept["toolChoice"] === undefined) {
        return `Revision ${revision.version} has no tools for the client's model`
      }
      const problem = revision.check(CreateMessage.params, projected)
      return problem === undefined
        ? (projected as JsonObject)
        : `Revision ${revision.version} cannot say it: ${problem}`
    },
    understand: (answer, key) => {
      const result = answer as unknown as CreateMessageResult
      return (schema === undefined ? Effect.succeed(result) : fitting(schema, result, key)) as never
    }
  }
}
