/**
 * A tool whose schemas are JSON Schemas of somebody else, compiled as any tool is.
 *
 * Arguments are checked by the validator and given as they came. With an output schema the handler's value is checked by
 * it and becomes `structuredContent`; one that does not fit is a defect of the handler.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as McpContent from "../../protocol/McpContent.ts"
import type { Icon, JsonObject } from "../../protocol/McpSchema.ts"
import type { ToolAnnotations } from "../../protocol/methods/tools.ts"
import { McpServer } from "../McpServer.ts"
import type { Item, NameTaken } from "./items.ts"
import { own } from "./middlewares.ts"
import { limited } from "./timed.ts"
import { listing, undeclared, unfitting } from "./toolRunner.ts"
import { Tools } from "./tools.ts"

/** A JSON Schema that is ready to check values: `McpJsonSchema.validator` makes one. */
export interface Validator {
  readonly schema: unknown
  readonly validate: (value: unknown) => Result.Result<void, { readonly message: string }>
}

export interface Definition {
  readonly name: string
  readonly input: Validator
  readonly output: Validator | undefined
  readonly title: string | undefined
  readonly description: string | undefined
  readonly annotations: ToolAnnotations | undefined
  readonly icons: ReadonlyArray<Icon> | undefined
  readonly meta: JsonObject | undefined
  readonly tags: ReadonlyArray<string>
  readonly timeout: Duration.Input | undefined
}

type Handler = (args: JsonObject) => Effect.Effect<unknown, unknown>

/** What a server of tools can publish: a schema of an object. */
export const requireObject = (name: string, { schema }: Validator): JsonObject => {
  if (typeof schema === "object" && schema !== null && "type" in schema && schema.type === "object") {
    return schema as JsonObject
  }
  throw new Error(`McpTool.dynamic("${name}"): the root of an input schema has "type": "object"`)
}

const rendered = ({ name, output }: Definition, value: unknown): Effect.Effect<McpContent.Result> => {
  if (output === undefined) return Effect.sync(() => McpContent.fromOutput(value as McpContent.Output))
  const checked = output.validate(value)
  return Result.isSuccess(checked)
    ? Effect.succeed({ content: [McpContent.text(JSON.stringify(value))], structuredContent: value })
    : Effect.die(
        new Error(`Tool "${name}" returned a value that does not fit its output schema: ${checked.failure.message}`)
      )
}

/** Adds the tool until the scope closes. */
export const register = <R>(
  definition: Definition,
  handler: (args: JsonObject) => Effect.Effect<unknown, unknown, R>
): Effect.Effect<void, NameTaken, McpServer | Scope.Scope> =>
  Effect.gen(function* () {
    const registry = (yield* McpServer)["~mcp-effect/Registry"]
    const context: Item["context"] = yield* Effect.context<never>()
    const { input, name, output, tags, timeout } = definition
    const invoke = (args: unknown): Effect.Effect<unknown, unknown> => {
      const handled = Effect.suspend(() => (handler as Handler)(args as JsonObject))
      return Effect.matchEffect(timeout === undefined ? handled : limited(handled, `Tool "${name}"`, timeout), {
        onSuccess: (value): Effect.Effect<unknown, unknown> => rendered(definition, value),
        onFailure: undeclared
      })
    }
    yield* registry.chapter(Tools).addForeign({
      kind: "tool",
      name,
      tags,
      context,
      middleware: own(context, registry.stack),
      listed: listing(definition, requireObject(name, input), output?.schema as JsonObject | undefined),
      run: (args, revision) =>
        Effect.suspend(() => {
          const checked = input.validate(args)
          return Result.isSuccess(checked) ? invoke(args) : unfitting(name, checked.failure.message, revision)
        })
    })
  })
