/**
 * The tools of a connected server as an `effect/ai` Toolkit, for a `LanguageModel`.
 *
 * Each tool is called through the client; what it answers goes to the model as text, images, sounds and files. What fails,
 * in the tool or on the way to it, is a failed tool result that the model reads. Progress of a call becomes preliminary
 * results. It is an entry of its own (`mcp-effect/McpToolkit`) because it loads `effect/ai`.
 */
import * as Prompt from "effect/ai/Prompt"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as McpContent from "../protocol/McpContent.ts"
import type { McpError } from "../protocol/McpError.ts"
import type { JsonObject } from "../protocol/McpSchema.ts"
import type { Tool as Listed } from "../protocol/methods/tools.ts"
import type { Service } from "./McpClient.ts"

export interface Options {
  /** Which of the server's tools are taken. Default: all. */
  readonly filter?: ((tool: Listed) => boolean) | undefined
  /** The name by which the model knows a tool. Default: its own; several servers need names that tell them apart. */
  readonly rename?: ((name: string) => string) | undefined
}

/** A tool of a server. Its success is the `CallToolResult`, its failure what the tool or the client said. */
export interface ServerTool extends Tool.Dynamic<
  string,
  {
    readonly parameters: JsonObject
    readonly success: typeof Schema.Unknown
    readonly failure: typeof Schema.String
    readonly failureMode: "return"
  }
> {}

/** The tools of a server by the names that the model knows, ready to be called. */
export interface ServerToolkit extends Toolkit.WithHandler<{ readonly [name: string]: ServerTool }> {}

const part = (block: McpContent.Block): Prompt.ToolModelOutputPart => {
  switch (block.type) {
    case "text":
      return Prompt.textPart({ text: block.text })
    case "image":
    case "audio":
      return Prompt.filePart({ mediaType: block.mimeType, data: block.data })
    case "resource_link":
      return Prompt.textPart({ text: `${block.title ?? block.name}: ${block.uri}` })
    case "resource": {
      const { resource } = block
      if ("text" in resource) return Prompt.textPart({ text: resource.text })
      const { blob, mimeType = "application/octet-stream", uri } = resource
      return Prompt.filePart({ mediaType: mimeType, data: blob, fileName: uri })
    }
  }
}

const partsOf = (result: McpContent.Result): ReadonlyArray<Prompt.ToolModelOutputPart> => result.content.map(part)

const toolOf = (listed: Listed, name: string): ServerTool =>
  Tool.dynamic(name, {
    ...(listed.description === undefined ? undefined : { description: listed.description }),
    parameters: listed.inputSchema as JsonObject,
    success: Schema.Unknown,
    failure: Schema.String,
    failureMode: "return",
    toModelOutput: partsOf
  })
    .annotate(Tool.Title, listed.title ?? listed.annotations?.title ?? listed.name)
    .annotate(Tool.Readonly, listed.annotations?.readOnlyHint ?? false)
    .annotate(Tool.Destructive, listed.annotations?.destructiveHint ?? true)
    .annotate(Tool.Idempotent, listed.annotations?.idempotentHint ?? false)
    .annotate(Tool.OpenWorld, listed.annotations?.openWorldHint ?? true) as unknown as ServerTool

type Preliminary = { readonly preliminary: (result: unknown) => Effect.Effect<void> }

const handlerOf =
  (client: Service, name: string) =>
  (args: unknown, { preliminary }: Preliminary): Effect.Effect<McpContent.Result, string> =>
    Effect.flatMap(
      Effect.mapError(
        client.callTool(name, (args ?? {}) as JsonObject, { onProgress: (progress) => preliminary(progress) }),
        (error) => error.message
      ),
      (result) => (result.isError === true ? Effect.fail(McpContent.textOf(result)) : Effect.succeed(result))
    )

/**
 * Lists the server's tools and gives them as a toolkit. It stays as it is when the server's list changes: make another.
 *
 * ```ts
 * const tools = yield* McpToolkit.make(client)
 * const answer = yield* LanguageModel.generateText({ prompt: "…", toolkit: tools })
 * ```
 */
export const make = (client: Service, options: Options = {}): Effect.Effect<ServerToolkit, McpError> =>
  Effect.gen(function* () {
    const { filter = () => true, rename = (name: string) => name } = options
    const listed = (yield* Stream.runCollect(client.tools())).filter(filter)
    const toolkit = Toolkit.make(...listed.map((tool) => toolOf(tool, rename(tool.name)) as Tool.Any))
    const handlers = Object.fromEntries(listed.map(({ name }) => [rename(name), handlerOf(client, name)]))
    const context = yield* toolkit.toHandlers(handlers as never)
    return yield* Effect.provideContext(toolkit as unknown as Effect.Effect<ServerToolkit>, context)
  })

/** The tools of several servers as one toolkit. A name that two of them have is a mistake; `rename` tells them apart. */
export const merge = (...toolkits: ReadonlyArray<ServerToolkit>): ServerToolkit => {
  const owners = new Map<string, ServerToolkit>()
  for (const toolkit of toolkits) {
    for (const name of Object.keys(toolkit.tools)) {
      if (owners.has(name))
        throw new Error(`McpToolkit.merge: two tools are called "${name}"; use the option \`rename\``)
      owners.set(name, toolkit)
    }
  }
  return {
    tools: Object.fromEntries(toolkits.flatMap(({ tools }) => Object.entries(tools))),
    handle: (name, ...rest) => (owners.get(String(name)) ?? toolkits[0]!).handle(name, ...rest)
  }
}
