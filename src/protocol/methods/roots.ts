/**
 * Chapter `client/roots`: the places in the file system that a client lets a server know.
 *
 * In 2026-07-28 it is only an input request (`mrtr.ts`), and deprecated.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/roots
 */
import * as Schema from "effect/Schema"
import { shape } from "../internal/shape.ts"
import * as McpMethod from "../McpMethod.ts"
import { HostRequestParams, HostResult, Meta, NoDetails } from "../McpSchema.ts"

export const Root = shape("Root", {
  /** A `file://` URI. */
  uri: Schema.String,
  name: Schema.optionalKey(Schema.String),
  ...Meta
})
export interface Root extends Schema.Schema.Type<typeof Root> {}

export const ListRootsRequestParams = shape("ListRootsRequestParams", HostRequestParams)

export const ListRootsResult = shape("ListRootsResult", { roots: Schema.Array(Root), ...HostResult })
export interface ListRootsResult extends Schema.Schema.Type<typeof ListRootsResult> {}

export const ListRoots = McpMethod.request("roots/list", {
  params: ListRootsRequestParams,
  result: ListRootsResult,
  capability: "roots"
})

export const RootsListChanged = McpMethod.notification("notifications/roots/list_changed", { params: NoDetails })
