/**
 * Node's side of a server: what runs it as this process.
 *
 * `runStdio` is the last step of a server's pipe: it owns the process until stdin ends. Stdout belongs to the protocol
 * meanwhile: whatever else writes there (`console.log`, a dependency) goes to stderr. It loads nothing that only clients
 * need; `McpNode` is this module and the clients' together.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { LogToStderr } from "effect/References"
import type { McpServer } from "../server/McpServer.ts"
import { launch } from "../server/McpServer.ts"
import * as McpStdio from "../transport/McpStdio.ts"
import type { McpListener, McpListenerSource } from "../transport/McpTransport.ts"
import { requireNode } from "./internal/requireNode.ts"
import { layerReserved } from "./internal/stdio.ts"

/** `unknown` when nothing but the listener is missing; otherwise what to do, as a type error. */
export type Complete<R> = [Exclude<R, McpListener>] extends [never]
  ? unknown
  : [McpServer] extends [R]
    ? NoServer
    : Missing<Exclude<R, McpListener>>
export interface NoServer {
  readonly "No server yet: add Layer.provide(McpServer.layer({ name, version })) before this step": never
}
export interface Missing<Service> {
  readonly "Not provided yet: add Layer.provide(…) before this step for": Service
}

/** This process's standard input and output as a listener, with stdout reserved for the protocol. */
export const layerStdio: Layer.Layer<McpListenerSource> = /* @__PURE__ */ Layer.provide(
  McpStdio.layerServer,
  layerReserved
)

/** How long a process that has nothing left to do may take to end by itself. */
const LINGER_MS = 1000

/** A signal ends a server as the end of stdin does. */
const codeOf = (exit: Exit.Exit<unknown, unknown>): number =>
  exit._tag === "Success" || Cause.hasInterruptsOnly(exit.cause) ? 0 : 1

/**
 * Runs a server on this process's stdio until stdin ends, SIGINT or SIGTERM, then drains it and ends the process: with
 * code 0, or 1 when the server could not be built. Logs go to stderr.
 */
export const runStdio = <ROut, E, R>(app: Layer.Layer<ROut, E, R> & Complete<R>): void => {
  requireNode()
  const main = Effect.provide(launch(app as Layer.Layer<ROut, E, McpListener>), layerStdio)
  const reported = Effect.tapCause(main, (cause) =>
    Cause.hasInterruptsOnly(cause) ? Effect.void : Effect.logError("The server could not go on", cause)
  )
  NodeRuntime.runMain(
    Effect.onExit(Effect.provideService(reported, LogToStderr, true), (exit) =>
      Effect.sync(() => {
        // a handler may have left something behind that keeps the loop alive
        setTimeout(() => process.exit(codeOf(exit)), LINGER_MS).unref()
      })
    ),
    { disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) }
  )
}
