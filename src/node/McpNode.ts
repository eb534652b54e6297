/**
 * Node: what runs a server, and what a client needs to reach one.
 *
 * `runStdio` is the last step of a server's pipe: it owns the process until stdin ends. Stdout belongs to the protocol
 * meanwhile: whatever else writes there (`console.log`, a dependency) goes to stderr. `layer` gives clients the
 * transports of Node. With `cli`, this folder is the only one that knows Node.
 */
import * as NodeChildProcessSpawner from "@effect/platform-node/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type { McpServer } from "../server/McpServer.ts"
import { launch } from "../server/McpServer.ts"
import * as McpStdio from "../transport/McpStdio.ts"
import type { McpConnector, McpListener, McpListenerSource } from "../transport/McpTransport.ts"
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
export const layerStdio: Layer.Layer<McpListenerSource> = Layer.provide(McpStdio.layerServer, layerReserved)

const layerSpawner = Layer.provide(NodeChildProcessSpawner.layer, Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))

/** What `McpClient.connect` needs on Node: command lines and commands, as child processes. */
export const layer: Layer.Layer<McpConnector> = Layer.suspend(() =>
  Layer.provide(McpStdio.layerConnector({ environment: process.env }), layerSpawner)
)

/** How long a process that has nothing left to do may take to end by itself. */
const LINGER_MS = 1000

/**
 * Runs a server on this process's stdio until stdin ends, SIGINT or SIGTERM, then drains it and ends the process: with
 * code 0, or 1 when the server could not be built. Logs go to stderr.
 */
export const runStdio = <ROut, E, R>(app: Layer.Layer<ROut, E, R> & Complete<R>): void => {
  requireNode()
  const main = Effect.provide(launch(app as Layer.Layer<ROut, E, McpListener>), layerStdio)
  const logged = Effect.provideService(main, Logger.LogToStderr, true)
  NodeRuntime.runMain(
    Effect.onExit(logged, (exit) =>
      Effect.sync(() => {
        // a handler may have left something behind that keeps the loop alive
        setTimeout(() => process.exit(exit._tag === "Success" ? 0 : 1), LINGER_MS).unref()
      })
    )
  )
}
