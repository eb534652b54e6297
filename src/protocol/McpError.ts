/**
 * What can go wrong, as types: the one error of the client, and the fault that a server raises.
 *
 * `McpError` is everything the library itself can report to a caller; its `reason` says what happened, where, and what
 * to do, and `Effect.catchReason("McpError", "Timeout", …)` narrows it. `McpFault` is a refusal inside the server: it
 * names a row of the revision's error table, and its code is looked up only when the reply is written.
 */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import * as McpContent from "./McpContent.ts"
import type { Fault } from "./McpRevision.ts"

/** The conversation has ended; calls that were waiting, and every later one, fail with this. */
export class Closed extends Schema.Error<Closed>("mcp-effect/McpError/Closed")({
  _tag: Schema.tag("Closed"),
  detail: Schema.String
}) {
  override get message(): string {
    return `The conversation is closed: ${this.detail}. Connect again to go on`
  }
}

/** A limit of the timeout policy was reached; the request has been cancelled at the other side. */
export class Timeout extends Schema.Error<Timeout>("mcp-effect/McpError/Timeout")({
  _tag: Schema.tag("Timeout"),
  /** The limit: `start-up` (connecting), `idle` (nothing heard) or `total`. */
  limit: Schema.Literals(["start-up", "idle", "total"]),
  method: Schema.String,
  /** Milliseconds. */
  after: Schema.Finite
}) {
  override get message(): string {
    return `"${this.method}" reached its ${this.limit} limit of ${this.after} ms; raise it with the option \`timeout\``
  }
}

/** The other side answered with a JSON-RPC error. */
export class Remote extends Schema.Error<Remote>("mcp-effect/McpError/Remote")({
  _tag: Schema.tag("Remote"),
  method: Schema.String,
  code: Schema.Finite,
  detail: Schema.String,
  data: Schema.Unknown
}) {
  override get message(): string {
    return `"${this.method}" was refused with code ${this.code}: ${this.detail}`
  }
}

/** The other side answered with something that does not fit: not a response, not this method's result, not this tool's output. */
export class Undecodable extends Schema.Error<Undecodable>("mcp-effect/McpError/Undecodable")({
  _tag: Schema.tag("Undecodable"),
  method: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The answer to "${this.method}" does not fit: ${this.detail}`
  }
}

/** The arguments of a call do not fit the schema of the tool or method; nothing was sent. */
export class InvalidInput extends Schema.Error<InvalidInput>("mcp-effect/McpError/InvalidInput")({
  _tag: Schema.tag("InvalidInput"),
  method: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The input of "${this.method}" does not fit its schema: ${this.detail}`
  }
}

/** The agreed revision, the other side or this transport has no such thing. */
export class Unsupported extends Schema.Error<Unsupported>("mcp-effect/McpError/Unsupported")({
  _tag: Schema.tag("Unsupported"),
  feature: Schema.String,
  detail: Schema.String,
  /** What the client would have to be able to do, as its capabilities. */
  requires: Schema.optionalKey(Schema.Record(Schema.String, Schema.Unknown))
}) {
  override get message(): string {
    return `${this.feature} is not available: ${this.detail}`
  }
}

/** The tool ran and reported an error that it did not declare, or that the caller did not ask to be decoded. */
export class ToolFailed extends Schema.Error<ToolFailed>("mcp-effect/McpError/ToolFailed")({
  _tag: Schema.tag("ToolFailed"),
  tool: Schema.String,
  content: Schema.Array(McpContent.Block)
}) {
  override get message(): string {
    return `Tool "${this.tool}" failed: ${McpContent.textOf({ content: this.content })}`
  }
}

/** The other side, or a bound of our own, has no room for the request; it was not executed. Try again later. */
export class Busy extends Schema.Error<Busy>("mcp-effect/McpError/Busy")({
  _tag: Schema.tag("Busy"),
  detail: Schema.String
}) {
  override get message(): string {
    return `No room for the request: ${this.detail}`
  }
}

/** A guard of the server does not let this caller do that. */
export class Forbidden extends Schema.Error<Forbidden>("mcp-effect/McpError/Forbidden")({
  _tag: Schema.tag("Forbidden"),
  /** The name of the guard. */
  guard: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `Forbidden by "${this.guard}": ${this.detail}`
  }
}

/** A limit of rate or concurrency of the server was reached; the request was not executed. */
export class RateLimited extends Schema.Error<RateLimited>("mcp-effect/McpError/RateLimited")({
  _tag: Schema.tag("RateLimited"),
  /** Milliseconds after which it is worth trying again, when known. */
  retryAfterMs: Schema.optionalKey(Schema.Finite),
  detail: Schema.String
}) {
  override get message(): string {
    const later = this.retryAfterMs === undefined ? "later" : `in ${this.retryAfterMs} ms`
    return `${this.detail}; try again ${later}`
  }
}

const advice = {
  Refused: "the server does not take this request here",
  Unauthorized: "the server wants to know who is calling",
  Unavailable: "try again later",
  Broken: "whether it was executed is not known",
  SessionEnded: "connect again to go on",
  ResumeLost: "what it answered is no longer kept, whether it was executed is not known"
} as const

/** The exchange that carried the request ended without an answer; the connection itself may live on. */
export class Lost extends Schema.Error<Lost>("mcp-effect/McpError/Lost")({
  _tag: Schema.tag("Lost"),
  method: Schema.String,
  /**
   * `Refused` (not taken, without a message that says why), `Unauthorized`, `Unavailable` (cannot answer now), `Broken`
   * (the connection broke on the way), `SessionEnded`, or `ResumeLost` (the rest of the stream is no longer kept).
   */
  loss: Schema.Literals(["Refused", "Unauthorized", "Unavailable", "Broken", "SessionEnded", "ResumeLost"]),
  detail: Schema.String
}) {
  override get message(): string {
    return `"${this.method}" got no answer: ${this.detail}; ${advice[this.loss]}`
  }
}

/** A question was answered with something that does not fit. */
export class InvalidAnswer extends Schema.Error<InvalidAnswer>("mcp-effect/McpError/InvalidAnswer")({
  _tag: Schema.tag("InvalidAnswer"),
  /** The key of the question. */
  key: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The answer to the question "${this.key}" does not fit: ${this.detail}`
  }
}

/** The server could not be reached or started. */
export class ConnectFailed extends Schema.Error<ConnectFailed>("mcp-effect/McpError/ConnectFailed")({
  _tag: Schema.tag("ConnectFailed"),
  target: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `Could not connect to ${this.target}: ${this.detail}`
  }
}

export const Reason = Schema.Union([
  Closed,
  Timeout,
  Remote,
  Undecodable,
  InvalidInput,
  Unsupported,
  ToolFailed,
  Busy,
  Forbidden,
  RateLimited,
  Lost,
  InvalidAnswer,
  ConnectFailed
])
export type Reason = typeof Reason.Type

/**
 * Everything the library itself can report. `reason` tells which: narrow it with
 * `Effect.catchReason("McpError", "Closed", (reason) => …)`.
 */
export class McpError extends Schema.Error<McpError>("mcp-effect/McpError")({
  _tag: Schema.tag("McpError"),
  reason: Reason
}) {
  override get message(): string {
    return this.reason.message
  }
}

/**
 * A refusal inside the server. `fault` names a row of the revision's error table; `detail` and `data` go to the caller
 * as they are, so they hold nothing that the caller may not see.
 */
export class McpFault extends Data.TaggedError("McpFault")<{
  readonly fault: Fault
  readonly detail: string
  readonly data?: unknown
}> {
  override get message(): string {
    return this.detail
  }
}

/** The user has said no to a question. */
export class ElicitDeclined extends Schema.Error<ElicitDeclined>("mcp-effect/ElicitDeclined")({
  _tag: Schema.tag("ElicitDeclined"),
  /** The key of the question. */
  key: Schema.String
}) {
  override get message(): string {
    return `The user declined to answer "${this.key}"`
  }
}

/** The user has put a question away without an answer. */
export class ElicitCancelled extends Schema.Error<ElicitCancelled>("mcp-effect/ElicitCancelled")({
  _tag: Schema.tag("ElicitCancelled"),
  /** The key of the question. */
  key: Schema.String
}) {
  override get message(): string {
    return `The user did not answer "${this.key}"`
  }
}
