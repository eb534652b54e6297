/**
 * What a tool says: content blocks, and the result of a call made of them.
 *
 * A handler without a `success` schema returns a string, bytes, one block, a list of blocks or a full `Result`;
 * `fromOutput` is the one rule that turns these into a `Result`. The schemas are identities on JSON.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
 */
import * as Base64 from "effect/encoding/Base64"
import * as Schema from "effect/Schema"
import { JsonObject } from "./McpSchema.ts"

const common = {
  annotations: Schema.optionalKey(JsonObject),
  _meta: Schema.optionalKey(JsonObject)
}

export const Text = Schema.Struct({ type: Schema.Literal("text"), text: Schema.String, ...common })
export interface Text extends Schema.Schema.Type<typeof Text> {}

/** An image; `data` is base64. */
export const Image = Schema.Struct({
  type: Schema.Literal("image"),
  data: Schema.String,
  mimeType: Schema.String,
  ...common
})
export interface Image extends Schema.Schema.Type<typeof Image> {}

/** A sound; `data` is base64. Since 2025-03-26. */
export const Audio = Schema.Struct({
  type: Schema.Literal("audio"),
  data: Schema.String,
  mimeType: Schema.String,
  ...common
})
export interface Audio extends Schema.Schema.Type<typeof Audio> {}

/** The contents of a resource, in place. */
export const EmbeddedResource = Schema.Struct({ type: Schema.Literal("resource"), resource: JsonObject, ...common })
export interface EmbeddedResource extends Schema.Schema.Type<typeof EmbeddedResource> {}

/** A resource that the client may read. Since 2025-06-18. */
export const ResourceLink = Schema.Struct({
  type: Schema.Literal("resource_link"),
  uri: Schema.String,
  name: Schema.String,
  ...common
})
export interface ResourceLink extends Schema.Schema.Type<typeof ResourceLink> {}

/** One piece of content (`ContentBlock`). */
export const Block = Schema.Union([Text, Image, Audio, EmbeddedResource, ResourceLink])
export type Block = Text | Image | Audio | EmbeddedResource | ResourceLink

/** The result of a tool call (`CallToolResult`). */
export const Result = Schema.Struct({
  content: Schema.Array(Block),
  structuredContent: Schema.optionalKey(Schema.Unknown),
  isError: Schema.optionalKey(Schema.Boolean),
  _meta: Schema.optionalKey(JsonObject)
})
export interface Result extends Schema.Schema.Type<typeof Result> {}

/** What a handler without a `success` schema may return. */
export type Output = string | Uint8Array | Block | ReadonlyArray<Block> | Result

/** A text block. */
export const text = (value: string): Text => ({ type: "text", text: value })

/** An image block from its bytes. */
export const image = (bytes: Uint8Array, mimeType: string): Image => ({
  type: "image",
  data: Base64.encode(bytes),
  mimeType
})

/** An audio block from its bytes. */
export const audio = (bytes: Uint8Array, mimeType: string): Audio => ({
  type: "audio",
  data: Base64.encode(bytes),
  mimeType
})

/** A resource in place: its text, or its bytes. */
export const resource = (
  uri: string,
  contents: string | Uint8Array,
  options?: { readonly mimeType?: string | undefined }
): EmbeddedResource => ({
  type: "resource",
  resource: {
    uri,
    ...(options?.mimeType === undefined ? undefined : { mimeType: options.mimeType }),
    ...(typeof contents === "string" ? { text: contents } : { blob: Base64.encode(contents) })
  }
})

/** A link to a resource. */
export const link = (uri: string, name: string): ResourceLink => ({ type: "resource_link", uri, name })

const isBlocks = (output: Block | ReadonlyArray<Block> | Result): output is ReadonlyArray<Block> =>
  Array.isArray(output)

/** The content blocks that an output stands for. Bytes become an embedded resource of unknown type. */
export const blocks = (output: string | Uint8Array | Block | ReadonlyArray<Block>): ReadonlyArray<Block> => {
  if (typeof output === "string") return [text(output)]
  if (output instanceof Uint8Array) return [resource("data:application/octet-stream", output)]
  return isBlocks(output) ? output : [output]
}

/** The result that an output stands for. */
export const fromOutput = (output: Output): Result =>
  typeof output === "object" && "content" in output && Array.isArray(output.content)
    ? output
    : { content: blocks(output as Exclude<Output, Result>) }

/** All the text of a result, joined by newlines. */
export const textOf = (result: Result): string =>
  result.content.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n")
