/**
 * Chapter `server/utilities/pagination`: lists in pages.
 *
 * A cursor is opaque to who receives it, and the empty string is one: only its absence means the first page, or the last.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/pagination
 */
import * as Schema from "effect/Schema"
import { part, shape } from "../internal/shape.ts"
import { RequestParams } from "../McpSchema.ts"

export const Cursor = Schema.String

/** The parameters of every list request. */
export const PaginatedRequestParams = shape("PaginatedRequestParams", {
  ...RequestParams,
  cursor: Schema.optionalKey(Cursor)
})
export interface PaginatedRequestParams extends Schema.Schema.Type<typeof PaginatedRequestParams> {}

/** What the result of every list request may have besides its items. */
export const PaginatedResult = part("PaginatedResult", { nextCursor: Schema.optionalKey(Cursor) })
