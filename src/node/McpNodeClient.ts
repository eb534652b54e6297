/**
 * Node's side of a client: what it needs to reach servers.
 *
 * `layer` gives `McpClient.connect` command lines and commands, as child processes with this process's variables (of
 * which `McpCommand.inherited` says what a child gets to see). `McpNode` is this module and the servers' together.
 */
import * as NodeChildProcessSpawner from "@effect/platform-node/NodeChildProcessSpawner"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as Layer from "effect/Layer"
import * as McpCommand from "../transport/McpCommand.ts"
import type { McpConnector } from "../transport/McpTransport.ts"

/** What `McpClient.connect` needs on Node. */
export const layer: Layer.Layer<McpConnector> = /* @__PURE__ */ Layer.suspend(() =>
  Layer.provide(
    McpCommand.layer({ environment: process.env }),
    Layer.provide(NodeChildProcessSpawner.layer, Layer.mergeAll(NodeFileSystem.layer, NodePath.layer))
  )
)
