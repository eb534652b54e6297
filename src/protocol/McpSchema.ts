/**
 * The shapes that several chapters of the specification share: ids, `_meta`, who is talking and what they can do.
 *
 * Names are the specification's (https://modelcontextprotocol.io/specification/2026-07-28/schema). Each schema has the
 * fields of all revisions and is an identity on JSON, so that a value can be checked and passed on as it is; unknown
 * fields are allowed everywhere. Which revision has which field is said in `revisions/`. Content blocks are in
 * `McpContent`, requests and notifications in `methods/`.
 */
import * as Schema from "effect/Schema"
import { part, shape } from "./internal/shape.ts"

const optional = Schema.optionalKey

/** Any JSON object, kept as it is. */
export const JsonObject = Schema.Record(Schema.String, Schema.Unknown)
export type JsonObject = { readonly [key: string]: unknown }

/** A request id or progress token as it travels (`RequestId`, `ProgressToken`). */
export const Id = Schema.Union([Schema.String, Schema.Int])

/** Who speaks, or for whom something is meant. */
export const Role = Schema.Literals(["user", "assistant"])
export type Role = typeof Role.Type

/** The severity of a log message, in the order of RFC 5424, least severe first. */
export const LoggingLevel = Schema.Literals([
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency"
])
export type LoggingLevel = typeof LoggingLevel.Type

/** A picture that stands for something, of one or several sizes. Since 2025-11-25. */
export const Icon = shape("Icon", {
  /** An `https:` or `data:` URI. */
  src: Schema.String,
  mimeType: optional(Schema.String),
  /** `48x48` and so on, or `any`. */
  sizes: optional(Schema.Array(Schema.String)),
  /** The background it is drawn for. */
  theme: optional(Schema.Literals(["light", "dark"]))
})
export interface Icon extends Schema.Schema.Type<typeof Icon> {}

/** `_meta` on content, resources, tools, prompts and roots, since 2025-06-18. */
export const Meta = part("Meta", { _meta: optional(JsonObject) })

/** A programmatic name and, since 2025-06-18, a title for people. */
export const BaseMetadata = part("BaseMetadata", { name: Schema.String, title: optional(Schema.String) })

export const Icons = part("Icons", { icons: optional(Schema.Array(Icon)) })

/** Hints about whom a piece of content is for, and how much it matters. */
export const Annotations = shape("Annotations", {
  audience: optional(Schema.Array(Role)),
  /** From 0, entirely optional, to 1, effectively required. */
  priority: optional(Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 }))),
  /** ISO 8601. */
  lastModified: optional(Schema.String)
})
export interface Annotations extends Schema.Schema.Type<typeof Annotations> {}

/** The name and version of a program. */
export const Implementation = shape("Implementation", {
  ...BaseMetadata,
  version: Schema.String,
  description: optional(Schema.String),
  websiteUrl: optional(Schema.String),
  ...Icons
})
export interface Implementation extends Schema.Schema.Type<typeof Implementation> {}

const ListCapability = Schema.Struct({ listChanged: optional(Schema.Boolean) })
const ByName = Schema.Record(Schema.String, JsonObject)

/** What a client can do for the server. A missing member means that it cannot. */
export const ClientCapabilities = shape("ClientCapabilities", {
  experimental: optional(ByName),
  roots: optional(shape("RootsCapability", { listChanged: optional(Schema.Boolean) })),
  sampling: optional(shape("SamplingCapability", { context: optional(JsonObject), tools: optional(JsonObject) })),
  /** An empty object means forms only. */
  elicitation: optional(shape("ElicitationCapability", { form: optional(JsonObject), url: optional(JsonObject) })),
  /** Which of its own requests a server may run as tasks (2025-11-25). */
  tasks: optional(
    Schema.Struct({
      list: optional(JsonObject),
      cancel: optional(JsonObject),
      requests: optional(
        Schema.Struct({
          sampling: optional(Schema.Struct({ createMessage: optional(JsonObject) })),
          elicitation: optional(Schema.Struct({ create: optional(JsonObject) }))
        })
      )
    })
  ),
  /** Settings by extension id. */
  extensions: optional(ByName)
})
export interface ClientCapabilities extends Schema.Schema.Type<typeof ClientCapabilities> {}

/** What a server offers. A missing member means that it does not. */
export const ServerCapabilities = shape("ServerCapabilities", {
  experimental: optional(ByName),
  logging: optional(JsonObject),
  completions: optional(JsonObject),
  prompts: optional(ListCapability),
  resources: optional(Schema.Struct({ subscribe: optional(Schema.Boolean), listChanged: optional(Schema.Boolean) })),
  tools: optional(ListCapability),
  /** Which requests a client may run as tasks (2025-11-25). */
  tasks: optional(
    Schema.Struct({
      list: optional(JsonObject),
      cancel: optional(JsonObject),
      requests: optional(Schema.Struct({ tools: optional(Schema.Struct({ call: optional(JsonObject) })) }))
    })
  ),
  /** Settings by extension id. */
  extensions: optional(ByName)
})
export interface ServerCapabilities extends Schema.Schema.Type<typeof ServerCapabilities> {}

/** Keys of `_meta` that the specification or this library gives a meaning. */
export const metaKeys = {
  protocolVersion: "io.modelcontextprotocol/protocolVersion",
  clientCapabilities: "io.modelcontextprotocol/clientCapabilities",
  clientInfo: "io.modelcontextprotocol/clientInfo",
  serverInfo: "io.modelcontextprotocol/serverInfo",
  logLevel: "io.modelcontextprotocol/logLevel",
  /** The id of the `subscriptions/listen` request that a notification belongs to. */
  subscriptionId: "io.modelcontextprotocol/subscriptionId",
  /** The task that a message belongs to (2025-11-25). */
  relatedTask: "io.modelcontextprotocol/related-task",
  /** What a model may be told at once when a task is created (2025-11-25). */
  modelImmediateResponse: "io.modelcontextprotocol/model-immediate-response",
  /** Ours: the encoded value of a tool's declared failure, `{ tag?, value }`. */
  failure: "mcp-effect/failure",
  /** Ours: the encoded success of a tool, where the revision has no place for it. */
  value: "mcp-effect/value"
} as const

/** `_meta` of a request: a progress token and, in 2026-07-28, who asks and in which revision. */
export const RequestMetaObject: Schema.Codec<JsonObject> = Schema.StructWithRest(
  Schema.Struct({
    progressToken: optional(Id),
    [metaKeys.protocolVersion]: optional(Schema.String),
    [metaKeys.clientCapabilities]: optional(ClientCapabilities),
    [metaKeys.clientInfo]: optional(Implementation),
    [metaKeys.logLevel]: optional(LoggingLevel)
  }),
  [JsonObject]
).annotate({ identifier: "RequestMetaObject" })

/** `_meta` of a result: in 2026-07-28, who answers. */
export const ResultMetaObject: Schema.Codec<JsonObject> = Schema.StructWithRest(
  Schema.Struct({ [metaKeys.serverInfo]: optional(Implementation) }),
  [JsonObject]
).annotate({ identifier: "ResultMetaObject" })

/** `_meta` of a notification: in 2026-07-28, the subscription that it belongs to. */
export const NotificationMetaObject: Schema.Codec<JsonObject> = Schema.StructWithRest(
  Schema.Struct({ [metaKeys.subscriptionId]: optional(Id) }),
  [JsonObject]
).annotate({ identifier: "NotificationMetaObject" })

/** What the parameters of every request may have. */
export const RequestParams = part("RequestParams", { _meta: optional(RequestMetaObject) })

/** What the parameters of a request to the client may have: a question inside a result, since 2026-07-28, has none. */
export const HostRequestParams = part("HostRequestParams", { _meta: optional(RequestMetaObject) })

/** What a result of the client may have. */
export const HostResult = part("HostResult", { _meta: optional(JsonObject) })

/** What the parameters of every notification may have. */
export const NotificationParams = part("NotificationParams", { _meta: optional(NotificationMetaObject) })

/**
 * What the parameters of a retry may have besides (2026-07-28): the answers to what was asked, and the state that came
 * with the questions. The answers are checked one by one where they are read, against what was asked.
 */
export const InputResponseRequestParams = part("InputResponseRequestParams", {
  inputResponses: optional(ByName),
  requestState: optional(Schema.String)
})

/** The wish that a request be run as a task (2025-11-25). */
export const TaskMetadata = shape("TaskMetadata", {
  /** Milliseconds for which the task is kept. */
  ttl: optional(Schema.Int)
})

export const TaskAugmentedRequestParams = part("TaskAugmentedRequestParams", { task: optional(TaskMetadata) })

/** What every result may have; `resultType` since 2026-07-28, where its absence means `complete`. */
export const Result = part("Result", { _meta: optional(ResultMetaObject), resultType: optional(Schema.String) })

/** How long, and by whom, a result may be cached (2026-07-28). */
export const CacheableResult = part("CacheableResult", {
  /** Milliseconds for which the result stays fresh. */
  ttlMs: optional(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
  /** Whether the result may be shared between callers. */
  cacheScope: optional(Schema.Literals(["public", "private"]))
})

/** When and for whom a result may be cached. */
export interface CacheHints {
  /** Milliseconds for which the result stays fresh, an integer from 0. */
  readonly ttlMs: number
  /** Whether the result may be shared between callers (`public`) or not (`private`). */
  readonly cacheScope: "public" | "private"
}

/** Request parameters that carry nothing but `_meta`. */
export const NoParams = shape("RequestParams", RequestParams)

/** Notification parameters that carry nothing but `_meta`. */
export const NoDetails = shape("NotificationParams", NotificationParams)

/** A result that carries nothing but `_meta`. */
export const EmptyResult = shape("EmptyResult", Result)
