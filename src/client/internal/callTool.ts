/**
 * Calling a tool: by its definition, with everything decoded, or by its name, as it is on the wire.
 *
 * Arguments are encoded by the definition's schema before anything is sent. A success comes from `structuredContent` (or
 * from our `_meta` key, where the revision has no place for it), a declared failure from our other key; an error result
 * that is neither is `ToolFailed` with its content.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as McpContent from "../../protocol/McpContent.ts"
import { type Any, describeFailure } from "../../protocol/McpDefinition.ts"
import { InvalidInput, type McpError, type Reason, ToolFailed, Undecodable } from "../../protocol/McpError.ts"
import { type JsonObject, metaKeys } from "../../protocol/McpSchema.ts"
import { CallTool } from "../../protocol/methods/tools.ts"
import { answered } from "./answered.ts"
import { isMismatch, mcpError, refusalOf } from "./errors.ts"
import type { CallOptions, Link } from "./link.ts"
import { all, type List } from "./lists.ts"
import type { Outputs } from "./outputs.ts"

type Step<A> = Effect.Effect<A, Schema.SchemaError>

const paramsOf = (name: string, args: unknown): string =>
  `"name":${JSON.stringify(name)},"arguments":${JSON.stringify(args)}`

/**
 * A `CallToolResult`, checked as far as `check` goes. A server that refuses the headers of a call has another schema than
 * they were made by: its tools are listed anew, and the call is made once more.
 */
const received = (
  link: Link,
  tools: List,
  name: string,
  params: string,
  options: CallOptions | undefined,
  check: (value: unknown) => string | undefined
): Effect.Effect<McpContent.Result, McpError> => {
  const sent = Effect.suspend(() => answered(link, CallTool.name, `Tool "${name}"`, params, options, check))
  const repeated =
    link.headers === undefined
      ? sent
      : Effect.catch(sent, (error) =>
          isMismatch(error, link.revision)
            ? Effect.andThen(
                Effect.mapError(Stream.runDrain(all(link, tools, undefined)), () => error),
                sent
              )
            : Effect.fail(error)
        )
  return Effect.map(repeated, (result) => result as McpContent.Result)
}

/** Calls a tool by its name. The result is as the server sent it, error results included, if it is what was promised. */
export const callTool = (
  link: Link,
  tools: List,
  outputs: Outputs,
  name: string,
  args: JsonObject | undefined,
  options: CallOptions | undefined
): Effect.Effect<McpContent.Result, McpError> =>
  Effect.tap(
    received(link, tools, name, paramsOf(name, args ?? {}), options, (value) => link.check(CallTool.result, value)),
    (result) =>
      Effect.flatMap(outputs.problem(name, result), (problem) =>
        problem === undefined
          ? Effect.void
          : Effect.fail(mcpError(new Undecodable({ method: `tool ${name}`, detail: problem })))
      )
  )

const looksLikeResult = (value: unknown): string | undefined =>
  typeof value === "object" && value !== null && "content" in value && Array.isArray(value.content)
    ? undefined
    : "content: an array of content blocks is missing"

/** Calls a tool by its definition. */
export const call = (
  link: Link,
  tools: List,
  tool: Any,
  input: unknown,
  options: CallOptions | undefined
): Effect.Effect<unknown, unknown> => {
  const { codecs, name } = tool
  link.headers?.define(tool)
  const encoded = codecs.parameters.encodeInput(input ?? {}) as Step<unknown>
  const check = codecs.success === undefined ? (value: unknown) => link.check(CallTool.result, value) : looksLikeResult
  const send = (args: unknown) =>
    Effect.flatMap(received(link, tools, name, paramsOf(name, args), options, check), (result) => decoded(tool, result))
  if (Exit.isExit(encoded) && Exit.isSuccess(encoded)) return send(encoded.value)
  return Effect.matchCauseEffect(encoded, {
    onSuccess: send,
    onFailure: (cause) => Effect.fail(mcpError(new InvalidInput({ method: name, detail: describeFailure(cause) })))
  })
}

const decoded = (tool: Any, result: McpContent.Result): Effect.Effect<unknown, unknown> => {
  if (result.isError === true) return failed(tool, result)
  const { success } = tool.codecs
  if (success === undefined) return Effect.succeed(result)
  const meta = result._meta
  const value = meta !== undefined && metaKeys.value in meta ? meta[metaKeys.value] : result.structuredContent
  return refine(success.decode(value) as Step<unknown>, tool, "structuredContent")
}

const failed = (tool: Any, result: McpContent.Result): Effect.Effect<never, unknown> => {
  const failure = result._meta?.[metaKeys.failure] as { readonly tag?: unknown; readonly value?: unknown } | undefined
  if (failure === undefined) {
    return Effect.fail(mcpError(new ToolFailed({ tool: tool.name, content: result.content })))
  }
  const refused = failure.tag === "McpError" ? refusalIn(result, failure.value) : undefined
  if (refused !== undefined) return Effect.fail(mcpError(refused))
  const decoded = tool.codecs.failure.decode(failure.value) as Step<unknown>
  return Effect.flatMap(refine(decoded, tool, "its declared failure"), Effect.fail)
}

/** What a guard or a limit said. */
const refusalIn = (result: McpContent.Result, data: unknown): Reason | undefined =>
  refusalOf((data as { readonly code?: unknown } | null | undefined)?.code, McpContent.textOf(result), data)

const refine = (step: Step<unknown>, tool: Any, what: string): Effect.Effect<unknown, McpError> =>
  Effect.catchCause(step, (cause: Cause.Cause<unknown>) =>
    Effect.fail(
      mcpError(new Undecodable({ method: `tool ${tool.name}`, detail: `${what}: ${describeFailure(cause)}` }))
    )
  )
