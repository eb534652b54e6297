/**
 * From `Effect.log` in a handler to the client that called it.
 *
 * The logger sends what a handler logs as log messages of its request (`notifications/message`), if the client wants
 * their level. It is added to the loggers that are there; outside handlers it does nothing. It never waits: what a slow
 * client does not take is kept up to a bound. Causes stay on the server, since they may hold what clients must not see.
 * Effect's own `MinimumLogLevel` (`Info` by default) comes first: what it drops, no client gets.
 * Specification: https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/logging
 */
import * as Context from "effect/Context"
import type * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as LogLevel from "effect/LogLevel"
import * as References from "effect/References"
import type { LoggingLevel } from "../protocol/McpSchema.ts"
import { McpRequest } from "./McpRequest.ts"

export interface Options {
  /** Which part of the server speaks; clients see it as `logger`. Default: none. */
  readonly logger?: string | undefined
}

const levels: { readonly [Level in LogLevel.LogLevel]: LoggingLevel | undefined } = {
  All: "debug",
  Trace: "debug",
  Debug: "debug",
  Info: "info",
  Warn: "warning",
  Error: "error",
  Fatal: "critical",
  None: undefined
}

/** A message alone, or with its annotations as an object. */
const dataOf = (message: unknown, annotations: { readonly [name: string]: unknown }): unknown => {
  const said = Array.isArray(message) && message.length === 1 ? message[0] : message
  const text = said instanceof Error ? said.message : said
  return Object.keys(annotations).length === 0 ? text : { message: text, ...annotations }
}

/** The logger itself, for `Logger.layer`. */
export const make = (options?: Options): Logger.Logger<unknown, void> =>
  Logger.make(({ fiber, logLevel, message }) => {
    const level = levels[logLevel]
    const request = Context.getOrUndefined(fiber.context, McpRequest)
    if (level === undefined || request === undefined) return
    request.logUnsafe(level, dataOf(message, fiber.getRef(References.CurrentLogAnnotations)), options?.logger)
  })

/** Adds the logger to those in force. Provide it to the tools, or to the whole server. */
export const layer = (options?: Options): Layer.Layer<never> =>
  Logger.layer([make(options)], { mergeWithExisting: true })
