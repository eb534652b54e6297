/**
 * A prompt and its handler, compiled into what the chapter of prompts keeps.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as SchemaAST from "effect/SchemaAST"
import type * as Scope from "effect/Scope"
import * as McpContent from "../../protocol/McpContent.ts"
import { describeFailure, isMisfit } from "../../protocol/McpDefinition.ts"
import { McpFault } from "../../protocol/McpError.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import type { GetPromptResult } from "../../protocol/methods/prompts.ts"
import type { Options, Output } from "../McpPrompt.ts"
import { McpServer } from "../McpServer.ts"
import type { Item, NameTaken } from "./items.ts"
import { own } from "./middlewares.ts"
import { Prompts } from "./prompts.ts"
import type { TextFields } from "./textFields.ts"
import { inTime } from "./timed.ts"

export type Definition = Omit<Options<{}>, "parameters"> & { readonly name: string }

type Arguments = { readonly [name: string]: string }

const argumentOf = (fields: TextFields, name: string): JsonObject => {
  const annotations = SchemaAST.resolve(fields.fields[name]!.ast)
  const { description, title } = (annotations ?? {}) as { readonly title?: unknown; readonly description?: unknown }
  return {
    name,
    ...(typeof title === "string" ? { title } : undefined),
    ...(typeof description === "string" ? { description } : undefined),
    required: fields.isRequired(name)
  }
}

const listing = ({ description, icons, meta, name, title }: Definition, fields: TextFields): JsonObject => ({
  name,
  ...(title === undefined ? undefined : { title }),
  ...(description === undefined ? undefined : { description }),
  ...(fields.names.length === 0 ? undefined : { arguments: fields.names.map((name) => argumentOf(fields, name)) }),
  ...(icons === undefined ? undefined : { icons }),
  ...(meta === undefined ? undefined : { _meta: meta })
})

const isList = (output: Output): output is ReadonlyArray<McpContent.PromptMessage> => Array.isArray(output)

const resultOf = (description: string | undefined, output: Output): GetPromptResult => {
  if (typeof output === "object" && "messages" in output) return output
  const said = description === undefined ? undefined : { description }
  if (typeof output === "string") return { ...said, messages: [{ role: "user", content: McpContent.text(output) }] }
  return { ...said, messages: isList(output) ? output : [output] }
}

const misfit = (name: string, problem: string): McpFault =>
  new McpFault({ fault: "InvalidParams", detail: `The arguments of prompt "${name}" do not fit: ${problem}` })

/** Adds a prompt until the scope closes. */
export const register = <R>(
  definition: Definition,
  fields: TextFields,
  handler: (input: never) => Effect.Effect<Output, unknown, R>,
  handlers: { readonly complete?: unknown } = {}
): Effect.Effect<void, NameTaken, McpServer | Scope.Scope> =>
  Effect.gen(function* () {
    const registry = (yield* McpServer)["~mcp-effect/Registry"]
    const context: Item["context"] = yield* Effect.context<never>()
    const { description, name, tags = [], timeout } = definition
    const known = new Set(fields.names)
    const handled = (input: unknown) =>
      Effect.suspend(() => (handler as (input: unknown) => Effect.Effect<Output, unknown>)(input))
    const timed = (input: unknown) => inTime(handled(input), `Prompt "${name}"`, timeout)
    yield* registry.chapter(Prompts).add({
      kind: "prompt",
      name,
      tags,
      context,
      middleware: own(context, registry.stack),
      listed: listing(definition, fields),
      argumentNames: fields.names,
      completers: fields.completers(handlers.complete as Parameters<TextFields["completers"]>[0]),
      get: (given: Arguments) => {
        const unknown = Object.keys(given).filter((argument) => !known.has(argument))
        if (unknown.length > 0) {
          const has = known.size === 0 ? "it has none" : `it has ${fields.names.join(", ")}`
          return Effect.fail(
            misfit(name, `there is no ${unknown.map((each) => JSON.stringify(each)).join(", ")}; ${has}`)
          )
        }
        const decoded = Effect.catchCause(fields.decode(given), (cause) =>
          isMisfit(cause)
            ? Effect.fail(misfit(name, describeFailure(cause)))
            : Effect.failCause(cause as Cause.Cause<never>)
        )
        return Effect.map(Effect.flatMap(decoded, timed), (output) => resultOf(description, output))
      }
    })
  })
