/**
 * The parameters of a notification that a handler sends, as JSON text: of the specification projected, of one's own encoded.
 *
 * What the revision of the request does not have is not sent, and the log says so.
 */
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import { codecOf } from "../../protocol/McpDefinition.ts"
import type { AnyNotification } from "../../protocol/McpMethod.ts"
import type { McpRevision } from "../../protocol/McpRevision.ts"
import type { Registry } from "./registry.ts"

/** The text, or nothing when the revision cannot say it. Parameters that do not fit their schema are a defect. */
export const paramsText = (
  registry: Registry,
  revision: McpRevision,
  { name, params: schema }: AnyNotification,
  params: unknown
): Effect.Effect<string | undefined> => {
  if (revision.server.notifications.has(name)) {
    return Effect.sync(() => JSON.stringify(revision.project(schema, params)))
  }
  if (registry.server.revisions.some(({ server }) => server.notifications.has(name))) {
    const warning = `A "${name}" was not sent: revision ${revision.version} has no such notification`
    return Effect.as(Effect.logWarning(warning), undefined)
  }
  const encode = codecOf(schema).encode as (value: unknown) => Effect.Effect<unknown, Schema.SchemaError>
  return Effect.map(Effect.orDie(encode(params)), (encoded) => JSON.stringify(encoded))
}
