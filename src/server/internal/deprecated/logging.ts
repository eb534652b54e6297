/**
 * Log messages to clients, deprecated since 2026-07-28: who wants which, how they are sent, and who sets a level.
 *
 * It can be removed with its folder: `McpRequest` loses `log` and `logUnsafe`, `McpServer` a chapter and an option, the
 * facts of a request their level.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/logging
 */
import * as Effect from "effect/Effect"
import type * as Peer from "../../../peer/Peer.ts"
import { McpFault } from "../../../protocol/McpError.ts"
import { type JsonObject, LoggingLevel, metaKeys } from "../../../protocol/McpSchema.ts"
import { LoggingMessage, SetLevel, type SetLevelRequestParams } from "../../../protocol/methods/logging.ts"
import { encodeNotification } from "../../../wire/JsonRpc.ts"
import type { Facts } from "../facts.ts"
import type { Hearing, Registry } from "../registry.ts"

/** The level of a legacy conversation until its client sets one. */
export const INITIAL: LoggingLevel = "info"

const isLevel = (value: unknown): value is LoggingLevel => LoggingLevel.literals.includes(value as LoggingLevel)

/** The level that a modern request asks for. */
export const levelOf = (meta: JsonObject): LoggingLevel | undefined | McpFault => {
  const level = meta[metaKeys.logLevel]
  if (level === undefined || isLevel(level)) return level
  const detail = `"${metaKeys.logLevel}" is one of ${LoggingLevel.literals.join(", ")}`
  return new McpFault({ fault: "InvalidMeta", detail })
}

const severity = (level: LoggingLevel): number => LoggingLevel.literals.indexOf(level)

/** Whether the client of a request wants messages of a level. */
const isWanted = (registry: Registry, { logLevel: least }: Facts, level: LoggingLevel): boolean =>
  least !== undefined && severity(level) >= Math.max(severity(least), severity(registry.server.logFloor))

const paramsOf = (level: LoggingLevel, data: unknown, logger: string | undefined): string =>
  JSON.stringify({ level, logger, data })

/** Sends a message on the stream of a request; waits while the client does not read. */
export const log = (
  registry: Registry,
  call: Peer.Call,
  facts: Facts,
  ...[level, data, logger]: [level: LoggingLevel, data: unknown, logger?: string]
): Effect.Effect<void> =>
  Effect.suspend(() =>
    isWanted(registry, facts, level) ? call.notify(LoggingMessage.name, paramsOf(level, data, logger)) : Effect.void
  )

/** As `log`, without waiting. */
export const logUnsafe = (
  registry: Registry,
  call: Peer.Call,
  facts: Facts,
  ...[level, data, logger]: [level: LoggingLevel, data: unknown, logger?: string]
): void => {
  if (!isWanted(registry, facts, level)) return
  const text = encodeNotification(LoggingMessage.name, paramsOf(level, data, logger))
  if (text.length <= registry.limits.messageOut) call.notices.tell(text)
}

const setLevel = (call: Peer.Call, { session }: Facts): Effect.Effect<JsonObject, McpFault> => {
  if (session === undefined) {
    const detail = "A level is set for a conversation; this exchange belongs to none"
    return Effect.fail(new McpFault({ fault: "Envelope", detail }))
  }
  session.logLevel = (call.params as SetLevelRequestParams).level
  call.holder?.changed()
  return Effect.succeed({})
}

/** A level is set for a conversation, and logs of a request come on its stream: who hears of neither is offered none. */
export const isOffered = ({ interim, push }: Hearing): boolean => push && interim

/** Every server answers it. */
export class Logging {
  constructor(registry: Registry) {
    registry.byDefault(SetLevel, (call, facts) => registry.task(Effect.suspend(() => setLevel(call, facts))))
    registry.offer(() => ({ logging: {} }))
  }
}
