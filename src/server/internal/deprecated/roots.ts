/**
 * A question for the places that a client lets a server know (`roots/list`), deprecated since 2026-07-28.
 *
 * It can be removed with its folder: nothing of the rest depends on it but the two lines of `McpRequest` that name it.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/client/roots
 */
import * as Effect from "effect/Effect"
import { ListRoots, type ListRootsResult, type Root } from "../../../protocol/methods/roots.ts"
import type { Question } from "../asking/question.ts"

export const roots: Question<ReadonlyArray<Root>> = {
  method: ListRoots,
  lacks: ({ roots }) => (roots === undefined ? { roots: {} } : undefined),
  params: () => ({}),
  understand: (answer) => Effect.succeed((answer as unknown as ListRootsResult).roots)
}
