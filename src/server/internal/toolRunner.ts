/**
 * A tool definition and its handler, compiled into one function from arguments to a `CallToolResult`.
 *
 * Arguments that do not fit are answered as the revision wants it; a success is encoded and mirrored as text; a declared
 * failure becomes an error result that our client decodes. Everything else that goes wrong is a defect, and `boundary`
 * keeps its text inside.
 */
import * as Cause from "effect/Cause"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import * as McpContent from "../../protocol/McpContent.ts"
import { type Any, describeFailure } from "../../protocol/McpDefinition.ts"
import { McpError, McpFault } from "../../protocol/McpError.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import { type JsonObject, metaKeys } from "../../protocol/McpSchema.ts"
import type { RegisteredTool } from "./registry.ts"

export interface RunOptions {
  readonly timeout: Duration.Input | undefined
  /** The content blocks of a success, instead of its JSON. */
  readonly content: ((success: never) => string | McpContent.Block | ReadonlyArray<McpContent.Block>) | undefined
}

type Handler = (input: unknown) => Effect.Effect<unknown, unknown>
type Render = (value: unknown) => Effect.Effect<McpContent.Result, unknown>

/** Compiles a tool. `context` is where its handler, and services of its schemas, come from. */
export const compile = (
  tool: Any,
  handler: Handler,
  options: RunOptions,
  context: Context.Context<never>
): RegisteredTool => {
  const { codecs } = tool
  const decode = codecs.parameters.decode as (value: unknown) => Effect.Effect<unknown, Schema.SchemaError>
  const outcome = { onSuccess: successOf(tool, options), onFailure: failureOf(tool) }

  const invoke = (input: unknown): Effect.Effect<unknown, unknown> => {
    const handled = Effect.suspend(() => handler(input))
    return Effect.matchEffect(
      options.timeout === undefined ? handled : limited(handled, tool, options.timeout),
      outcome
    )
  }

  return {
    name: tool.name,
    listed: listing(tool),
    context,
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

const listing = (tool: Any): JsonObject => {
  const { annotations, codecs, description, name, title } = tool
  return {
    name,
    ...(title === undefined ? undefined : { title }),
    ...(description === undefined ? undefined : { description }),
    inputSchema: codecs.inputSchema,
    ...(codecs.outputSchema === undefined ? undefined : { outputSchema: codecs.outputSchema }),
    ...(annotations === undefined ? undefined : { annotations })
  }
}

class TimedOut {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

const limited = (
  effect: Effect.Effect<unknown, unknown>,
  tool: Any,
  timeout: Duration.Input
): Effect.Effect<unknown, unknown> =>
  Effect.timeoutOrElse(effect, {
    duration: timeout,
    orElse: () =>
      Effect.fail(
        new TimedOut(`Tool "${tool.name}" did not end within ${Duration.format(Duration.fromInputUnsafe(timeout))}`)
      )
  })

const badArguments = (
  tool: Any,
  cause: Cause.Cause<unknown>,
  revision: McpRevision
): Effect.Effect<McpContent.Result, McpFault> => {
  if (!Cause.hasFails(cause)) return Effect.failCause(cause as Cause.Cause<never>)
  const detail = `The arguments of tool "${tool.name}" do not fit its input schema: ${describeFailure(cause)}`
  return revision.policy.argumentErrors === "result"
    ? Effect.succeed({ content: [McpContent.text(detail)], isError: true })
    : Effect.fail(new McpFault({ fault: "InvalidParams", detail }))
}

const successOf = (tool: Any, options: RunOptions): Render => {
  const { success } = tool.codecs
  if (success === undefined) return (value) => Effect.succeed(McpContent.fromOutput(value as McpContent.Output))
  const encode = success.encode as (value: unknown) => Effect.Effect<unknown, Schema.SchemaError>
  const content = options.content as
    | ((value: unknown) => string | McpContent.Block | ReadonlyArray<McpContent.Block>)
    | undefined
  const render = (value: unknown, structuredContent: unknown): McpContent.Result => ({
    content:
      content === undefined
        ? [{ type: "text", text: JSON.stringify(structuredContent) }]
        : McpContent.blocks(content(value)),
    structuredContent
  })
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
  const encode = tool.codecs.failure.encode as (value: unknown) => Effect.Effect<unknown, Schema.SchemaError>
  return (error) => {
    if (error instanceof McpFault) return Effect.fail(error)
    if (error instanceof TimedOut) return Effect.succeed({ content: [McpContent.text(error.message)], isError: true })
    return Effect.matchCauseEffect(encode(error), {
      onSuccess: (value) => Effect.succeed(declared(error, value)),
      onFailure: () =>
        error instanceof McpError
          ? Effect.succeed({ content: [McpContent.text(error.message)], isError: true })
          : Effect.die(error)
    })
  }
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
