/**
 * Chapter `server/resources`: listing, reading and watching resources, and the templates of their URIs.
 *
 * `resources/subscribe` and `resources/unsubscribe` belong to legacy revisions; 2026-07-28 has `subscriptions/listen`.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/resources
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import { ResourceContents, resourceFields } from "../McpContent.ts"
import * as McpMethod from "../McpMethod.ts"
import {
  Annotations,
  BaseMetadata,
  CacheableResult,
  EmptyResult,
  Icons,
  InputResponseRequestParams,
  Meta,
  NoDetails,
  NotificationParams,
  RequestParams,
  Result
} from "../McpSchema.ts"
import { PaginatedRequestParams, PaginatedResult } from "./pagination.ts"

/** A resource as a list shows it. */
export const Resource = shape("Resource", resourceFields)
export interface Resource extends Schema.Schema.Type<typeof Resource> {}

/** Many resources with one form of URI, as a list shows it. */
export const ResourceTemplate = shape("ResourceTemplate", {
  ...BaseMetadata,
  /** RFC 6570. */
  uriTemplate: Schema.String,
  description: Schema.optionalKey(Schema.String),
  /** The type of all resources that fit the template, if it is one. */
  mimeType: Schema.optionalKey(Schema.String),
  annotations: Schema.optionalKey(Annotations),
  ...Icons,
  ...Meta
})
export interface ResourceTemplate extends Schema.Schema.Type<typeof ResourceTemplate> {}

export const ListResourcesResult = shape("ListResourcesResult", {
  resources: Schema.Array(Resource),
  ...PaginatedResult,
  ...CacheableResult,
  ...Result
})
export interface ListResourcesResult extends Schema.Schema.Type<typeof ListResourcesResult> {}

export const ListResources = McpMethod.request("resources/list", {
  params: PaginatedRequestParams,
  result: ListResourcesResult,
  capability: "resources"
})

export const ListResourceTemplatesResult = shape("ListResourceTemplatesResult", {
  resourceTemplates: Schema.Array(ResourceTemplate),
  ...PaginatedResult,
  ...CacheableResult,
  ...Result
})
export interface ListResourceTemplatesResult extends Schema.Schema.Type<typeof ListResourceTemplatesResult> {}

export const ListResourceTemplates = McpMethod.request("resources/templates/list", {
  params: PaginatedRequestParams,
  result: ListResourceTemplatesResult,
  capability: "resources"
})

export const ReadResourceRequestParams = shape("ReadResourceRequestParams", {
  uri: Schema.String,
  ...InputResponseRequestParams,
  ...RequestParams
})
export interface ReadResourceRequestParams extends Schema.Schema.Type<typeof ReadResourceRequestParams> {}

export const ReadResourceResult = shape("ReadResourceResult", {
  contents: Schema.Array(ResourceContents),
  ...CacheableResult,
  ...Result
})
export interface ReadResourceResult extends Schema.Schema.Type<typeof ReadResourceResult> {}

export const ReadResource = McpMethod.request("resources/read", {
  params: ReadResourceRequestParams,
  result: ReadResourceResult,
  capability: "resources"
})

const UriParams = shape("SubscribeRequestParams", { uri: Schema.String, ...RequestParams })

export const Subscribe = McpMethod.request("resources/subscribe", {
  params: UriParams,
  result: EmptyResult,
  capability: "resources"
})

export const Unsubscribe = McpMethod.request("resources/unsubscribe", {
  params: UriParams,
  result: EmptyResult,
  capability: "resources"
})

export const ResourceListChanged = McpMethod.notification("notifications/resources/list_changed", { params: NoDetails })

export const ResourceUpdatedNotificationParams = shape("ResourceUpdatedNotificationParams", {
  /** What has changed: what was subscribed to, or a part of it. */
  uri: Schema.String,
  ...NotificationParams
})

export const ResourceUpdated = McpMethod.notification("notifications/resources/updated", {
  params: ResourceUpdatedNotificationParams
})
