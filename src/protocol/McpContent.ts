/**
 * What a tool says: content blocks, and the result of a call made of them.
 *
 * A handler without a `success` schema returns a string, bytes, one block, a list of blocks or a full `Result`;
 * `fromOutput` is the one rule that turns these into a `Result`. The schemas are identities on JSON.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/server/tools#tool-result
 */
import * as Base64 from "effect/encoding/Base64"
import * as Schema from "effect/Schema"
import { choice, shape } from "./internal/shape.ts"
import { Annotations, BaseMetadata, Icons, JsonObject, Meta, Result as AnyResult, Role } from "./McpSchema.ts"

const annotations = Schema.optionalKey(Annotations)

export const Text = shape("TextContent", { type: Schema.Literal("text"), text: Schema.String, annotations, ...Meta })
export interface Text extends Schema.Schema.Type<typeof Text> {}

const bytes = { data: Schema.String, mimeType: Schema.String, annotations, ...Meta }

/** An image; `data` is base64. */
export const Image = shape("ImageContent", { type: Schema.Literal("image"), ...bytes })
export interface Image extends Schema.Schema.Type<typeof Image> {}

/** A sound; `data` is base64. Since 2025-03-26. */
export const Audio = shape("AudioContent", { type: Schema.Literal("audio"), ...bytes })
export interface Audio extends Schema.Schema.Type<typeof Audio> {}

const contentsFields = { uri: Schema.String, mimeType: Schema.optionalKey(Schema.String), ...Meta }

/** What a resource holds, as text. */
export const TextResourceContents = shape("TextResourceContents", { text: Schema.String, ...contentsFields })
export interface TextResourceContents extends Schema.Schema.Type<typeof TextResourceContents> {}

/** What a resource holds, as bytes; `blob` is base64. */
export const BlobResourceContents = shape("BlobResourceContents", { blob: Schema.String, ...contentsFields })
export interface BlobResourceContents extends Schema.Schema.Type<typeof BlobResourceContents> {}

export const ResourceContents = Schema.Union([TextResourceContents, BlobResourceContents])
export type ResourceContents = TextResourceContents | BlobResourceContents

/** The contents of a resource, in place. */
export const EmbeddedResource = shape("EmbeddedResource", {
  type: Schema.Literal("resource"),
  resource: ResourceContents,
  annotations,
  ...Meta
})
export interface EmbeddedResource extends Schema.Schema.Type<typeof EmbeddedResource> {}

/** What a resource is, besides where: shared by links to resources and by lists of them. */
export const resourceFields = {
  ...BaseMetadata,
  uri: Schema.String,
  description: Schema.optionalKey(Schema.String),
  mimeType: Schema.optionalKey(Schema.String),
  annotations,
  /** Bytes, before base64. */
  size: Schema.optionalKey(Schema.Int),
  ...Icons,
  ...Meta
}

/** A resource that the client may read. Since 2025-06-18. */
export const ResourceLink = shape("ResourceLink", { type: Schema.Literal("resource_link"), ...resourceFields })
export interface ResourceLink extends Schema.Schema.Type<typeof ResourceLink> {}

/** One piece of content. */
export const Block = choice("ContentBlock", [Text, Image, Audio, ResourceLink, EmbeddedResource])
export type Block = Text | Image | Audio | ResourceLink | EmbeddedResource

/** A block, and who says it: what prompts are made of. */
export const PromptMessage = shape("PromptMessage", { role: Role, content: Block })
export interface PromptMessage extends Schema.Schema.Type<typeof PromptMessage> {}

/** A result that follows an output schema: an object, and since 2026-07-28 any JSON. */
export const StructuredContent = choice("StructuredContent", [
  JsonObject.annotate({ identifier: "StructuredObject" }),
  Schema.Unknown.annotate({ identifier: "StructuredValue" })
])

/** The result of a tool call. */
export const Result = shape("CallToolResult", {
  content: Schema.Array(Block),
  structuredContent: Schema.optionalKey(StructuredContent),
  isError: Schema.optionalKey(Schema.Boolean),
  ...AnyResult
})
export interface Result extends Schema.Schema.Type<typeof Result> {}

/** What a handler without a `success` schema may return. */
export type Output = string | Uint8Array | Block | ReadonlyArray<Block> | Result

/** What every block may carry besides. */
export interface BlockOptions {
  /** For whom it is, and how much it matters. */
  readonly annotations?: Annotations | undefined
  /** Its `_meta`. */
  readonly meta?: JsonObject | undefined
}

const said = (options: BlockOptions | undefined) => ({
  ...(options?.annotations === undefined ? undefined : { annotations: options.annotations }),
  ...(options?.meta === undefined ? undefined : { _meta: options.meta })
})

/** A text block. */
export const text = (value: string, options?: BlockOptions): Text => ({ type: "text", text: value, ...said(options) })

/** An image block from its bytes. */
export const image = (bytes: Uint8Array, mimeType: string, options?: BlockOptions): Image => ({
  type: "image",
  data: Base64.encode(bytes),
  mimeType,
  ...said(options)
})

/** An audio block from its bytes. */
export const audio = (bytes: Uint8Array, mimeType: string, options?: BlockOptions): Audio => ({
  type: "audio",
  data: Base64.encode(bytes),
  mimeType,
  ...said(options)
})

/** What is at a URI: its text, or its bytes. */
export const contents = (
  uri: string,
  value: string | Uint8Array,
  options?: { readonly mimeType?: string | undefined; readonly meta?: JsonObject | undefined }
): ResourceContents => ({
  uri,
  ...(options?.mimeType === undefined ? undefined : { mimeType: options.mimeType }),
  ...(options?.meta === undefined ? undefined : { _meta: options.meta }),
  ...(typeof value === "string" ? { text: value } : { blob: Base64.encode(value) })
})

/** A resource in place: its text, or its bytes. */
export const resource = (
  uri: string,
  value: string | Uint8Array,
  options?: BlockOptions & { readonly mimeType?: string | undefined }
): EmbeddedResource => ({
  type: "resource",
  resource: contents(uri, value, { mimeType: options?.mimeType }),
  ...said(options)
})

/** A link to a resource, and what is known of it. */
export const link = (
  uri: string,
  name: string,
  options?: BlockOptions & {
    readonly title?: string | undefined
    readonly description?: string | undefined
    readonly mimeType?: string | undefined
    /** Bytes, before base64. */
    readonly size?: number | undefined
  }
): ResourceLink => ({
  type: "resource_link",
  uri,
  name,
  ...(options?.title === undefined ? undefined : { title: options.title }),
  ...(options?.description === undefined ? undefined : { description: options.description }),
  ...(options?.mimeType === undefined ? undefined : { mimeType: options.mimeType }),
  ...(options?.size === undefined ? undefined : { size: options.size }),
  ...said(options)
})

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

/** What a block has to be for `textOf`. */
interface Said {
  readonly type: string
  readonly text?: string | undefined
}

const isSaid = (content: Said | ReadonlyArray<Said>): content is Said => !Array.isArray(content)

/** All the text of a result, of a tool or of a model, joined by newlines. */
export const textOf = ({ content }: { readonly content: Said | ReadonlyArray<Said> }): string =>
  (isSaid(content) ? [content] : content)
    .flatMap((block) => (block.type === "text" && block.text !== undefined ? [block.text] : []))
    .join("\n")
