/**
 * Chapter `server/utilities/pagination`: lists in pages.
 *
 * A cursor is opaque to who receives it, and the empty string is one: only its absence means the first page, or the last.
 * Ours name a list and the position after which it goes on; they are not secret, and who makes them may seal them.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/pagination
 */
import * as Base64Url from "effect/encoding/Base64Url"
import * as Result from "effect/Result"
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

/** The cursor that goes on after a position of the list that a method gives. */
export const cursorOf = (method: string, position: string): string =>
  Base64Url.encode(JSON.stringify([method, position]))

/** Characters of a cursor; a longer one names no position. */
export const LONGEST_CURSOR = 8192

/** The position that a cursor of that method's list names; nothing when it is not one that `cursorOf` makes. */
export const positionOf = (method: string, cursor: string): string | undefined => {
  if (cursor.length > LONGEST_CURSOR) return undefined
  const text = Result.getOrUndefined(Base64Url.decodeString(cursor))
  const prefix = `[${JSON.stringify(method)},`
  if (text === undefined || !text.startsWith(prefix)) return undefined
  const position = Result.getOrUndefined(readString(text.slice(prefix.length, -1)))
  return position !== undefined && cursorOf(method, position) === cursor ? position : undefined
}

const readString = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.String))
