/**
 * Log messages of servers, deprecated since 2026-07-28: `logs` and `setLevel` of a client.
 *
 * It can be removed with its folder.
 * Specification: https://modelcontextprotocol.io/specification/2026-07-28/server/utilities/logging
 */
import * as Effect from "effect/Effect"
import type * as Stream from "effect/Stream"
import type { McpError } from "../../../protocol/McpError.ts"
import type { LoggingLevel } from "../../../protocol/McpSchema.ts"
import { LoggingMessage, type LoggingMessageNotificationParams, SetLevel } from "../../../protocol/methods/logging.ts"
import type { Notification } from "../../../wire/JsonRpc.ts"
import type { CallOptions, Link } from "../link.ts"

export interface Logging {
  /** Log messages of the server, from now on. */
  readonly logs: Stream.Stream<LoggingMessageNotificationParams>
  /** Asks for log messages from a level on, up to 2025-11-25; later every request says it with `meta`. */
  setLevel(level: LoggingLevel, options?: CallOptions): Effect.Effect<void, McpError>
}

export const logging = (link: Link): Logging => {
  const logOf = (message: Notification): LoggingMessageNotificationParams | undefined =>
    message.method === LoggingMessage.name && link.check(LoggingMessage.params, message.params) === undefined
      ? (message.params as LoggingMessageNotificationParams)
      : undefined
  return {
    logs: link.notes.stream(logOf),
    setLevel: (level, options) =>
      Effect.asVoid(link.request(SetLevel.name, `"level":${JSON.stringify(level)}`, options))
  }
}
