/**
 * What carries messages between a server and whoever a chapter puts at its other end: our client, or a raw peer.
 *
 * A carrier knows the revision, since some of them say it beside the message. It serves an application for as long as
 * the scope is open, or until a raw peer tells it to go down.
 */
import type { Effect, Layer, Scope } from "effect"
import type { McpClient, McpError, McpTransport } from "mcp-effect"
import type { McpRevision } from "mcp-effect/McpRevision"
import type { McpTest } from "mcp-effect/testing"

export type App<E = never> = Layer.Layer<never, E, McpTransport.McpListener>

/** A peer whose server can be told to go down. */
export interface Served extends McpTest.RawPeer {
  /** The server goes down, as it does when it is told to: it drains, and then lets go of everything. */
  readonly shutDown: Effect.Effect<void>
}

export interface Carrier {
  /** Our client, speaking the revision. */
  connect<E>(
    app: App<E>,
    revision: McpRevision,
    options?: McpClient.ConnectOptions
  ): Effect.Effect<McpClient.Service, McpError.McpError | E, Scope.Scope>
  /** A raw peer that has said nothing yet. */
  serve<E>(app: App<E>, revision: McpRevision): Effect.Effect<Served, E, Scope.Scope>
}
