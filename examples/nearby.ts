/**
 * What clients of the examples need to reach servers on this machine: no proxy, whatever the environment says.
 */
import { McpNode } from "mcp-effect/node"

export const nearby = (options: McpNode.HttpOptions = {}) => McpNode.layerWith({ proxy: false, ...options })
