/**
 * Requests and notifications by their rows: of the specification, or of one's own.
 *
 * What the specification knows is an identity on JSON and is checked by the agreed revision. What is one's own is encoded
 * and decoded by its schemas, and may be sent in every revision.
 */
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import { codecOf, describeFailure } from "../../protocol/McpDefinition.ts"
import { InvalidInput, type McpError, Undecodable, Unsupported } from "../../protocol/McpError.ts"
import type { AnyNotification, AnyRequest, Payload } from "../../protocol/McpMethod.ts"
import type { JsonObject } from "../../protocol/McpSchema.ts"
import { revisions } from "../../protocol/revisions/index.ts"
import { incomplete } from "./answered.ts"
import { mcpError } from "./errors.ts"
import type { CallOptions, Link } from "./link.ts"
import { sent } from "./rounds.ts"

type Codec = (value: unknown) => Effect.Effect<unknown, Schema.SchemaError>

const isKnown = (name: string, kind: "requests" | "notifications"): boolean =>
  revisions.some(({ client }) => client[kind].has(name))

const encoded = (name: string, schema: Payload, params: unknown): Effect.Effect<unknown, McpError> => {
  const encode = codecOf(schema).encode as Codec
  return Effect.catchCause(encode(params ?? {}), (cause: Cause.Cause<unknown>) =>
    Effect.fail(mcpError(new InvalidInput({ method: name, detail: describeFailure(cause) })))
  )
}

const decoded = (link: Link, { name, result: schema }: AnyRequest, result: unknown): Effect.Effect<never, McpError> => {
  const undecodable = (detail: string) => Effect.fail(mcpError(new Undecodable({ method: name, detail })))
  if (isKnown(name, "requests")) {
    const problem = link.check(schema, result)
    return problem === undefined ? (Effect.succeed(result) as Effect.Effect<never>) : undecodable(problem)
  }
  const decode = codecOf(schema).decode as Codec
  return Effect.catchCause(decode(result) as Effect.Effect<never, Schema.SchemaError>, (cause) =>
    undecodable(describeFailure(cause))
  )
}

/** The members of the parameters besides `_meta`, and that. */
const partsOf = (params: unknown): readonly [members: string, meta: JsonObject | undefined] => {
  const { _meta, ...members } = (params ?? {}) as { readonly _meta?: JsonObject }
  return [JSON.stringify(members).slice(1, -1), _meta]
}

/** Sends a request. What comes back is decoded. */
export const request = (
  link: Link,
  method: AnyRequest,
  params: unknown,
  options: CallOptions | undefined
): Effect.Effect<never, McpError> => {
  const known = isKnown(method.name, "requests")
  return Effect.flatMap(known ? Effect.succeed(params) : encoded(method.name, method.params, params), (encoded) => {
    const [members, meta] = partsOf(encoded)
    const all = meta === undefined ? options : { ...options, meta: { ...meta, ...options?.meta } }
    return Effect.flatMap(sent(link, method.name, `"${method.name}"`, members, all, known), (result) => {
      const refused = known ? incomplete(method.name, result) : undefined
      return refused === undefined ? decoded(link, method, result) : Effect.fail(refused)
    })
  })
}

/** Reads the parameters of a notification: as they came, or of one's own decoded; nothing where they do not fit. */
export const reader = (link: Link, { name, params: schema }: AnyNotification): ((params: unknown) => unknown) => {
  if (revisions.some(({ server }) => server.notifications.has(name))) {
    return (params) => (link.check(schema, params) === undefined ? params : undefined)
  }
  const decode = Schema.decodeUnknownExit(Schema.toCodecJson(schema) as Schema.Codec<unknown>)
  return (params) => {
    const decoded = decode(params)
    return Exit.isSuccess(decoded) ? decoded.value : undefined
  }
}

/** Sends a notification. */
export const notify = (
  link: Link,
  { name, params: schema }: AnyNotification,
  params: unknown
): Effect.Effect<void, McpError> =>
  Effect.suspend(() => {
    const known = isKnown(name, "notifications")
    const { revision } = link
    if (known && revision?.client.notifications.has(name) === false) {
      const detail = `revision ${revision.version} has no such notification`
      return Effect.fail(mcpError(new Unsupported({ feature: `"${name}"`, detail })))
    }
    return Effect.flatMap(known ? Effect.succeed(params) : encoded(name, schema, params), (encoded) =>
      link.notify(name, encoded === undefined ? undefined : JSON.stringify(encoded))
    )
  })
