/**
 * A tool definition and its handler, compiled into one function from arguments to a `CallToolResult`.
 *
 * Arguments that do not fit are answered as the revision wants it; a success is encoded and mirrored as text; a declared
 * failure becomes an error result that our client decodes. Everything else that goes wrong is a defect, and `boundary`
 * keeps its text inside.
 */
import type * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import * as McpContent from "../../protocol/McpContent.ts"
import { type Any, describeFailure, isMisfit } from "../../protocol/McpDefinition.ts"
import { McpError, McpFault } from "../../protocol/McpError.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import { type JsonObject, metaKeys } from "../../protocol/McpSchema.ts"
import { own, type Run } from "./middlewares.ts"
import { isUnanswered, missingOf, type Refusal, refusalOf } from "./refusals.ts"
import { limited, TimedOut } from "./timed.ts"
import type { RegisteredTool } from "./tools.ts"

export interface RunOptions {
  readonly timeout: Duration.Input | undefined
  /** The content blocks of a success, instead of its JSON, unless it gives none. */
  readonly content: ((success: never) => Blocks | undefined) | undefined
}

type Blocks = string | McpContent.Block | ReadonlyArray<McpContent.Block>
type Handler = (input: unknown) => Effect.Effect<unknown, unknown>
type Render = (value: unknown) => Effect.Effect<McpContent.Result, unknown>

type Described = Pick<Any, "name" | "title" | "description" | "annotations" | "icons" | "meta">

/** Compiles a tool. `context` is where its handler, and services of its schemas, come from. */
export const compile = (
  tool: Any,
  handler: Handler,
  options: RunOptions,
  context: Context.Context<never>,
  stack: ReadonlyArray<Run>
): RegisteredTool => {
  const { codecs } = tool
  // compiled with the first call, not with the server
  const decode = (value: unknown) => codecs.parameters.decode(value) as Effect.Effect<unknown, Schema.SchemaError>
  const outcome = { onSuccess: successOf(tool, options), onFailure: failureOf(tool) }

  const invoke = (input: unknown): Effect.Effect<unknown, unknown> => {
    const handled = Effect.suspend(() => handler(input))
    return Effect.matchEffect(
      options.timeout === undefined ? handled : limited(handled, `Tool "${tool.name}"`, options.timeout),
      outcome
    )
  }

  return {
    kind: "tool",
    name: tool.name,
    tags: tool.tags,
    listed: listing(tool, codecs.inputSchema, codecs.outputSchema),
    context,
    middleware: own(context, stack),
    run(args, revision) {
      const decoded = decode(args)
      if (!Exit.isExit(decoded)) {
        return Effect.matchCauseEffect(decoded, {
          onSuccess: invoke,
          onFailure: (cause) => badArguments(tool, cause, revision)
        })
      }
      return Exit.isSuccess(decoded) ? invoke(decoded.value) : badArguments(tool, decoded.cause, revision)
    }
  }
}

/** How a tool stands in a list. */
export const listing = (
  { annotations, description, icons, meta, name, title }: Described,
  inputSchema: JsonObject,
  outputSchema: JsonObject | undefined
): JsonObject => ({
  name,
  ...(title === undefined ? undefined : { title }),
  ...(description === undefined ? undefined : { description }),
  inputSchema,
  ...(outputSchema === undefined ? undefined : { outputSchema }),
  ...(annotations === undefined ? undefined : { annotations }),
  ...(icons === undefined ? undefined : { icons }),
  ...(meta === undefined ? undefined : { _meta: meta })
})

const badArguments = (
  tool: Any,
  cause: Cause.Cause<unknown>,
  revision: McpRevision
): Effect.Effect<McpContent.Result, McpFault> =>
  isMisfit(cause)
    ? unfitting(tool.name, describeFailure(cause), revision)
    : Effect.failCause(cause as Cause.Cause<never>)

/** What arguments get that do not fit: the model's mistake, or, in older revisions, the client's. */
export const unfitting = (
  tool: string,
  problem: string,
  revision: McpRevision
): Effect.Effect<McpContent.Result, McpFault> => {
  const detail = `The arguments of tool "${tool}" do not fit its input schema: ${problem}`
  return revision.policy.argumentErrors === "result"
    ? Effect.succeed({ content: [McpContent.text(detail)], isError: true })
    : Effect.fail(new McpFault({ fault: "InvalidParams", detail }))
}

const successOf = (tool: Any, options: RunOptions): Render => {
  const { success } = tool.codecs
  if (success === undefined) return (value) => Effect.succeed(McpContent.fromOutput(value as McpContent.Output))
  const encode = (value: unknown) => success.encode(value) as Effect.Effect<unknown, Schema.SchemaError>
  const content = options.content as ((value: unknown) => Blocks | undefined) | undefined
  const render = (value: unknown, structuredContent: unknown): McpContent.Result => {
    const shown = content?.(value)
    return {
      content:
        shown === undefined ? [{ type: "text", text: JSON.stringify(structuredContent) }] : McpContent.blocks(shown),
      structuredContent
    }
  }
  return (value) => {
    const encoded = encode(value)
    if (Exit.isExit(encoded) && Exit.isSuccess(encoded)) return Effect.succeed(render(value, encoded.value))
    return Effect.matchCauseEffect(encoded, {
      onSuccess: (json) => Effect.sync(() => render(value, json)),
      onFailure: (cause) =>
        Effect.die(
          new Error(
            `Tool "${tool.name}" returned a value that does not fit its \`success\` schema: ${describeFailure(cause)}`
          )
        )
    })
  }
}

const failureOf = (tool: Any): Render => {
  const { failure } = tool.codecs
  const encode = (value: unknown) => failure.encode(value) as Effect.Effect<unknown, Schema.SchemaError>
  return (error) => {
    if (error instanceof McpFault || error instanceof TimedOut) return undeclared(error)
    return Effect.matchCauseEffect(encode(error), {
      onSuccess: (value) => Effect.succeed(declared(error, value)),
      onFailure: () => undeclared(error)
    })
  }
}

/** What a tool says of an error that it has not declared: the library's own are for the model, refusals pass. */
export const undeclared = (error: unknown): Effect.Effect<McpContent.Result, McpFault | Refusal> => {
  const refusal = error instanceof McpFault ? error : (missingOf(error) ?? refusalOf(error))
  if (refusal !== undefined) return Effect.fail(refusal)
  return error instanceof TimedOut || error instanceof McpError || isUnanswered(error)
    ? Effect.succeed({ content: [McpContent.text(error.message)], isError: true })
    : Effect.die(error)
}

/** How a declared failure travels: a text for the model, and its encoded value under a key of ours. */
const declared = (error: unknown, value: unknown): McpContent.Result => {
  const tag = typeof error === "object" && error !== null && "_tag" in error ? String(error._tag) : undefined
  const said = error instanceof Error && error.message !== "" ? error.message : JSON.stringify(value)
  return {
    content: [McpContent.text(tag === undefined ? said : `${tag}: ${said}`)],
    isError: true,
    _meta: { [metaKeys.failure]: tag === undefined ? { value } : { tag, value } }
  }
}
