/**
 * Lists on demand: a Stream, or a function from a position to a page, as a source of a list.
 *
 * A Stream is read from its beginning for each page, up to where the page ends; a position in it is how many items came
 * before. What a page function calls the next position is its own affair; it comes back as it was given.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { type McpError, McpFault } from "../../protocol/McpError.ts"
import type { AnyRequest } from "../../protocol/McpMethod.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { own } from "./middlewares.ts"
import type { Item } from "./items.ts"
import type { Page, Source } from "./pages.ts"
import type { Registry } from "./registry.ts"

/**
 * The page at a position, `undefined` for the first; `limit` is how many items a page should have. Without `next` it is
 * the last.
 */
export type PageFunction<A, R> = (
  position: string | undefined,
  limit: number
) => Effect.Effect<{ readonly items: ReadonlyArray<A>; readonly next?: string | undefined }, McpError | McpFault, R>

type Given<R> = Stream.Stream<JsonObject, McpError | McpFault, R> | PageFunction<JsonObject, R>

const ofStream =
  (stream: Stream.Stream<JsonObject, unknown>): Source["page"] =>
  (position, limit) => {
    const from = Number(position ?? 0)
    if (!Number.isSafeInteger(from)) {
      return Effect.fail(new McpFault({ fault: "InvalidCursor", detail: "This list has no such position" }))
    }
    return Effect.map(Stream.runCollect(Stream.take(Stream.drop(stream, from), limit + 1)), (items): Page => {
      const page = [...items]
      return page.length > limit ? { items: page.slice(0, limit), next: String(from + limit) } : { items: page }
    })
  }

/** Adds a source to a list until the scope closes. */
export const register = <R>(
  registry: Registry,
  method: AnyRequest,
  given: Given<R>
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.contextWith((context: Item["context"]) =>
    registry.list(method).addSource({
      kind: "method",
      name: method.name,
      tags: [],
      context,
      middleware: own(context, registry.stack),
      page: Stream.isStream(given)
        ? ofStream(given as Stream.Stream<JsonObject, unknown>)
        : (given as PageFunction<JsonObject, never>)
    })
  )
