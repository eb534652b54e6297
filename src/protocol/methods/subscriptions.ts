/**
 * Chapter `basic/patterns/subscriptions`: one long request for all that a server may tell unasked (2026-07-28).
 *
 * Its notifications carry its id in `_meta`; the first of them acknowledges what of the wish is honoured.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/basic/patterns/subscriptions
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { Id, Implementation, JsonObject, metaKeys, NotificationParams, RequestParams, Result } from "../McpSchema.ts"

const optional = Schema.optionalKey

/** What is wished for, or honoured. */
export const SubscriptionFilter = shape("SubscriptionFilter", {
  toolsListChanged: optional(Schema.Boolean),
  promptsListChanged: optional(Schema.Boolean),
  resourcesListChanged: optional(Schema.Boolean),
  /** URIs to watch. */
  resourceSubscriptions: optional(Schema.Array(Schema.String)),
  /** Tasks to watch, with the tasks extension. */
  taskIds: optional(Schema.Array(Schema.String))
})
export interface SubscriptionFilter extends Schema.Schema.Type<typeof SubscriptionFilter> {}

export const SubscriptionsListenRequestParams = shape("SubscriptionsListenRequestParams", {
  notifications: SubscriptionFilter,
  ...RequestParams
})
export interface SubscriptionsListenRequestParams extends Schema.Schema.Type<typeof SubscriptionsListenRequestParams> {}

const ResultMeta: Schema.Codec<JsonObject> = Schema.StructWithRest(
  Schema.Struct({ [metaKeys.subscriptionId]: Id, [metaKeys.serverInfo]: optional(Implementation) }),
  [JsonObject]
).annotate({ identifier: "SubscriptionsListenResultMetaObject" })

/** How a subscription ends when the server ends it. */
export const SubscriptionsListenResult = shape("SubscriptionsListenResult", { ...Result, _meta: ResultMeta })
export interface SubscriptionsListenResult extends Schema.Schema.Type<typeof SubscriptionsListenResult> {}

export const Listen = McpMethod.request("subscriptions/listen", {
  params: SubscriptionsListenRequestParams,
  result: SubscriptionsListenResult
})

export const Acknowledged = McpMethod.notification("notifications/subscriptions/acknowledged", {
  params: shape("SubscriptionsAcknowledgedNotificationParams", {
    notifications: SubscriptionFilter,
    ...NotificationParams
  })
})
