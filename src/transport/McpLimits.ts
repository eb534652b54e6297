/**
 * Every bound of the library, in one place, each with its default.
 *
 * Reaching a bound is a typed error for the one who asked, never memory without end. Provide another value with
 * `Effect.provideService(program, McpLimits, { ...McpLimits.defaults, credits: 64 })` or
 * `Layer.succeed(McpLimits, …)` beside the server or client. Sizes are counted in characters of JSON text, which is
 * never more than its bytes; times are Effect durations.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"

export interface Limits {
  /** Bytes of one incoming message. A longer one is answered with an error and skipped. */
  readonly messageIn: number
  /** Messages in one batch (2025-03-26). A longer one is refused as a whole. */
  readonly batch: number
  /** Characters of one outgoing message. A longer result becomes an internal error, a longer request fails unsent. */
  readonly messageOut: number
  /** Requests of the other side that run, or whose replies wait to be written, at once. More are parked. */
  readonly credits: number
  /** Requests of one caller that come alone (over HTTP, without a session) and run at once. More wait. */
  readonly exchanges: number
  /** Long-lived requests of the other side (subscriptions), which hold no credit. More are refused. */
  readonly listens: number
  /** Requests of our own that wait for an answer at once. More wait in the fibers that make them. */
  readonly window: number
  /** Parked requests, in characters. Full, the reader pauses, or refuses where calls of our own wait for answers. */
  readonly park: number
  /** Unsent characters above which progress, logs and our own requests wait for room. */
  readonly unsentSoft: number
  /** Unsent characters above which the conversation is closed. */
  readonly unsentHard: number
  /** Progress reports, log messages or lines of stderr that wait for a slow reader. The oldest are dropped first. */
  readonly buffer: number
  /** Items on one page of a list. */
  readonly page: number
  /** Pages that a Stream over a server's list asks for. */
  readonly pages: number
  /** Items that a Stream over a server's list gives; tools whose output schemas a client remembers. */
  readonly items: number
  /** URIs that one subscription, or one legacy conversation, watches. More are refused. */
  readonly subscriptions: number
  /** Progress reports of one request in a second. Of more, the latest waits for the next second, or for the reply. */
  readonly progress: number
  /** Characters of the sealed state of one interrupted call. */
  readonly state: number
  /** States that are remembered, so that each is used once. */
  readonly states: number
  /** How long an interrupted call may be gone on with: how old its state may get. */
  readonly stateAge: Duration.Input
  /** Rounds of questions that a client answers for one call. */
  readonly rounds: number
  /** Effects that handlers have left to run in the background of one server. More are refused. */
  readonly background: number
  /** Callers that a limit of rate or concurrency keeps count of. The one that was idle longest is forgotten first. */
  readonly callers: number
  /** Results that one cache keeps, the one that was used least recently going first; pages that one list keeps ready. */
  readonly cached: number
  /** Characters, as JSON, of the legacy sessions that are kept in memory. The one used least recently is forgotten first. */
  readonly sessionBytes: number
  /** Characters that are kept in memory for broken streams; of one session at most a quarter. The oldest go first. */
  readonly events: number
  /** Legacy HTTP sessions of one endpoint. Past that the caller's own session that was idle longest makes room, or none. */
  readonly sessions: number
  /** Streams that one legacy HTTP session has open at once. */
  readonly streams: number
  /** How long a legacy HTTP session may be idle. What runs, or an open stream, holds it. */
  readonly sessionIdle: Duration.Input
  /** How long a legacy HTTP session may take from `initialize` to its next message. */
  readonly handshake: Duration.Input
  /** How long the headers of one HTTP request may take to come. */
  readonly headers: Duration.Input
  /** How long the body of one HTTP request may take to come. */
  readonly body: Duration.Input
  /** How long an HTTP connection may be idle between requests: longer than a proxy in front keeps its own. */
  readonly keepOpen: Duration.Input
  /** How long an HTTP stream may be silent: then a comment is sent. */
  readonly keepAlive: Duration.Input
  /** When a client that has lost a stream may come back. */
  readonly retry: Duration.Input
  /** How long running handlers may go on after the other side has ended its input. */
  readonly lastWords: Duration.Input
  /** How long a shutdown waits for interrupted handlers, all together. */
  readonly drain: Duration.Input
  /** How long connecting may take, from start to the agreed revision. */
  readonly startUp: Duration.Input
  /** How long a call may hear nothing; progress starts it anew. */
  readonly idle: Duration.Input
  /** How long a call may take in all. */
  readonly total: Duration.Input
  /** How long a stdio server may stay silent to `server/discover` before `initialize` is sent as well. */
  readonly probe: Duration.Input
  /** How long a child process may take to exit after its stdin was closed, before it gets TERM. */
  readonly childExit: Duration.Input
  /** How long a child process may take to exit after TERM, before it gets KILL. */
  readonly childTerm: Duration.Input
}

/** The values that hold where nothing else is provided. */
export const defaults: Limits = {
  messageIn: 8 * 1024 * 1024,
  batch: 1024,
  messageOut: 16 * 1024 * 1024,
  credits: 1024,
  exchanges: 128,
  listens: 1024,
  window: 512,
  park: 8 * 1024 * 1024,
  unsentSoft: 1024 * 1024,
  unsentHard: 256 * 1024 * 1024,
  buffer: 1024,
  page: 1000,
  pages: 1000,
  items: 100_000,
  subscriptions: 1024,
  progress: 100,
  state: 32 * 1024,
  states: 10_000,
  stateAge: "1 hour",
  rounds: 10,
  background: 1024,
  callers: 10_000,
  cached: 1000,
  sessionBytes: 64 * 1024 * 1024,
  events: 16 * 1024 * 1024,
  sessions: 10_000,
  streams: 16,
  sessionIdle: "30 minutes",
  handshake: "10 seconds",
  headers: "10 seconds",
  body: "30 seconds",
  keepOpen: "75 seconds",
  keepAlive: "15 seconds",
  retry: "1 second",
  lastWords: "1 second",
  drain: "10 seconds",
  startUp: "60 seconds",
  idle: "60 seconds",
  total: "10 minutes",
  probe: "5 seconds",
  childExit: "2 seconds",
  childTerm: "2 seconds"
}

/** The limits in force. A reference: it needs no Layer, and has the defaults until something else is provided. */
export const McpLimits: Context.Reference<Limits> = Context.Reference("mcp-effect/transport/McpLimits", {
  defaultValue: () => defaults
})
