/**
 * The shapes that several chapters of the specification share: who is talking, what they can do, what a tool looks like.
 *
 * Names are the specification's (https://modelcontextprotocol.io/specification/2025-11-25/schema). Every schema here is
 * an identity on JSON, so a value can be checked and passed on as it is; unknown fields are allowed everywhere.
 * Requests and notifications live in `methods/`, content blocks in `McpContent`.
 */
import * as Schema from "effect/Schema"

/** Any JSON object, kept as it is. */
export type JsonObject = { readonly [key: string]: unknown }
export const JsonObject = Schema.declare(
  (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value),
  { expected: "an object" }
)

/** A request id or progress token as it travels. */
export const Id = Schema.Union([Schema.String, Schema.Finite])

/** The name and version of a program (`Implementation`). */
export const Implementation = Schema.Struct({
  name: Schema.String,
  version: Schema.String,
  title: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  websiteUrl: Schema.optionalKey(Schema.String)
})
export interface Implementation extends Schema.Schema.Type<typeof Implementation> {}

/** What a client can do for the server (`ClientCapabilities`). A missing member means that it cannot. */
export const ClientCapabilities = Schema.Struct({
  experimental: Schema.optionalKey(JsonObject),
  roots: Schema.optionalKey(JsonObject),
  sampling: Schema.optionalKey(JsonObject),
  elicitation: Schema.optionalKey(JsonObject),
  extensions: Schema.optionalKey(JsonObject)
})
export interface ClientCapabilities extends Schema.Schema.Type<typeof ClientCapabilities> {}

const ListCapability = Schema.Struct({ listChanged: Schema.optionalKey(Schema.Boolean) })

/** What a server offers (`ServerCapabilities`). A missing member means that it does not. */
export const ServerCapabilities = Schema.Struct({
  experimental: Schema.optionalKey(JsonObject),
  logging: Schema.optionalKey(JsonObject),
  completions: Schema.optionalKey(JsonObject),
  prompts: Schema.optionalKey(ListCapability),
  resources: Schema.optionalKey(JsonObject),
  tools: Schema.optionalKey(ListCapability),
  extensions: Schema.optionalKey(JsonObject)
})
export interface ServerCapabilities extends Schema.Schema.Type<typeof ServerCapabilities> {}

/** The severity of a log message, in the order of RFC 5424, least severe first. */
export const LogLevel = Schema.Literals([
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency"
])
export type LogLevel = typeof LogLevel.Type

/** Hints about a tool's behaviour (`ToolAnnotations`); clients treat them as untrusted. */
export const ToolAnnotations = Schema.Struct({
  title: Schema.optionalKey(Schema.String),
  readOnlyHint: Schema.optionalKey(Schema.Boolean),
  destructiveHint: Schema.optionalKey(Schema.Boolean),
  idempotentHint: Schema.optionalKey(Schema.Boolean),
  openWorldHint: Schema.optionalKey(Schema.Boolean)
})
export interface ToolAnnotations extends Schema.Schema.Type<typeof ToolAnnotations> {}

/** A tool as a list shows it (`Tool`). */
export const Tool = Schema.Struct({
  name: Schema.String,
  title: Schema.optionalKey(Schema.String),
  description: Schema.optionalKey(Schema.String),
  inputSchema: JsonObject,
  outputSchema: Schema.optionalKey(JsonObject),
  annotations: Schema.optionalKey(ToolAnnotations),
  _meta: Schema.optionalKey(JsonObject)
})
export interface Tool extends Schema.Schema.Type<typeof Tool> {}

/** Request parameters that carry nothing but `_meta`. */
export const NoParams = Schema.UndefinedOr(Schema.Struct({ _meta: Schema.optionalKey(JsonObject) }))

/** A result that carries nothing but `_meta` (`EmptyResult`). */
export const EmptyResult = Schema.Struct({ _meta: Schema.optionalKey(JsonObject) })

/** How long, and by whom, a result may be cached (2026-07-28). */
export interface CacheHints {
  /** Milliseconds for which the result stays fresh, an integer from 0. */
  readonly ttlMs: number
  /** Whether the result may be shared between callers (`public`) or not (`private`). */
  readonly cacheScope: "public" | "private"
}

/** Keys of `_meta` that the specification or this library gives a meaning. */
export const metaKeys = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
  /** Ours: the encoded value of a tool's declared failure, `{ tag?, value }`. */
  failure: "mcp-effect/failure",
  /** Ours: the encoded success of a tool, where the revision has no place for it. */
  value: "mcp-effect/value"
} as const
