/**
 * The tools of an `effect/ai` Toolkit, served as they are: its handlers, its schemas, its hints.
 *
 * Arguments are decoded by us, so that a caller reads the same problems as of any tool, and handed to the toolkit in the
 * form that it decodes itself. Preliminary results become progress. What a tool shows to a model is its content.
 * Nothing of `effect/ai` is loaded for it: keys of annotations are its names.
 */
import type * as Tool from "effect/ai/Tool"
import type * as Toolkit from "effect/ai/Toolkit"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Base64 from "effect/encoding/Base64"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as McpContent from "../../protocol/McpContent.ts"
import * as McpDefinition from "../../protocol/McpDefinition.ts"
import { McpError, ToolFailed } from "../../protocol/McpError.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { McpRequest } from "../McpRequest.ts"
import type { Item } from "./items.ts"
import type { Registry } from "./registry.ts"
import { compile } from "./toolRunner.ts"
import { Tools } from "./tools.ts"

const annotation = <A>(name: string, otherwise: A) =>
  Context.Reference<A>(`effect/ai/Tool/${name}`, { defaultValue: () => otherwise })

const Title = annotation<string | undefined>("Title", undefined)
const Meta = annotation<JsonObject | undefined>("Meta", undefined)
const ReadonlyHint = annotation("Readonly", false)
const Destructive = annotation("Destructive", true)
const Idempotent = annotation("Idempotent", false)
const OpenWorld = annotation("OpenWorld", true)

const definitionOf = (tool: Tool.Any): McpDefinition.Any => {
  const annotations: Context.Context<never> = tool.annotations
  const parameters: unknown = tool.parametersSchema
  return McpDefinition.make(tool.name, {
    title: Context.get(annotations, Title),
    description: tool.description,
    parameters: parameters as Schema.Struct<{}>,
    success: tool.successSchema,
    failure: tool.failureSchema,
    meta: Context.get(annotations, Meta),
    annotations: {
      readOnlyHint: Context.get(annotations, ReadonlyHint),
      destructiveHint: Context.get(annotations, Destructive),
      idempotentHint: Context.get(annotations, Idempotent),
      openWorldHint: Context.get(annotations, OpenWorld)
    }
  })
}

/** What one call of the toolkit gave at last. */
interface Outcome {
  readonly result: unknown
  readonly encodedResult: unknown
  readonly isFailure: boolean
  readonly preliminary: boolean
  readonly modelOutput?: ReadonlyArray<Part> | undefined
}

type Part =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "file"; readonly mediaType: string; readonly data: string | Uint8Array | URL }

const blockOf = (part: Part): McpContent.Block => {
  if (part.type === "text") return McpContent.text(part.text)
  const { data, mediaType } = part
  if (data instanceof URL) return { ...McpContent.link(data.href, data.href), mimeType: mediaType }
  const base64 = typeof data === "string" ? data : Base64.encode(data)
  if (mediaType.startsWith("image/")) return { type: "image", data: base64, mimeType: mediaType }
  if (mediaType.startsWith("audio/")) return { type: "audio", data: base64, mimeType: mediaType }
  const uri = `data:${mediaType}`
  return { type: "resource", resource: { uri, mimeType: mediaType, blob: base64 } }
}

const isAiError = (error: unknown): error is Error =>
  error instanceof Error && "_tag" in error && error._tag === "AiError"

/** Runs a call to its end. The results on the way are told as progress. */
const run = (
  name: string,
  results: Effect.Effect<Stream.Stream<Outcome, unknown>, unknown>
): Effect.Effect<Outcome, unknown, McpRequest> =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    let count = 0
    let last: Outcome | undefined
    yield* Stream.runForEach(yield* results, (outcome) => {
      if (!outcome.preliminary) {
        last = outcome
        return Effect.void
      }
      count += 1
      return request.progress({ progress: count, message: JSON.stringify(outcome.encodedResult) })
    })
    if (last === undefined) return yield* Effect.die(new Error(`Tool "${name}" of a toolkit ended without a result`))
    return last.isFailure ? yield* Effect.fail(last.result) : last
  }).pipe(
    Effect.mapError((error) =>
      isAiError(error)
        ? new McpError({ reason: new ToolFailed({ tool: name, content: [McpContent.text(error.message)] }) })
        : error
    )
  )

/** Registers every tool of a toolkit until the scope closes. */
export const register = Effect.fnUntraced(function* (
  registry: Registry,
  toolkit: Toolkit.WithHandler<{ readonly [name: string]: Tool.Any }>
) {
  const context: Item["context"] = yield* Effect.context<never>()
  const handle = toolkit.handle as (
    name: string,
    params: unknown
  ) => Effect.Effect<Stream.Stream<Outcome, unknown>, unknown>
  for (const tool of Object.values(toolkit.tools)) {
    const definition = definitionOf(tool)
    const encode = Schema.encodeUnknownEffect(definition.parameters) as (
      value: unknown
    ) => Effect.Effect<unknown, Schema.SchemaError>
    // what the tool shows to a model is known only with its result: it waits here until the result is rendered
    const shown = new WeakMap<object, ReadonlyArray<Part>>()
    const handler = (input: unknown) =>
      Effect.map(
        Effect.flatMap(Effect.orDie(encode(input)), (params) => run(tool.name, handle(tool.name, params))),
        ({ modelOutput, result }) => {
          if (modelOutput !== undefined && typeof result === "object" && result !== null) shown.set(result, modelOutput)
          return result
        }
      ) as Effect.Effect<unknown, unknown>
    const content = (result: unknown) => {
      const parts = typeof result === "object" && result !== null ? shown.get(result) : undefined
      return parts?.map(blockOf)
    }
    yield* registry
      .chapter(Tools)
      .add(compile(definition, handler, { timeout: undefined, content }, context, registry.stack))
  }
})
