/**
 * Node: what runs a server, and what a client needs to reach one.
 *
 * A program that is only one of the two and starts often can import `McpNodeServer` or `McpNodeClient` instead. With
 * `cli`, this folder is the only one that knows Node.
 */
export { type HttpOptions, layer, layerWith, terminalForm } from "./McpNodeClient.ts"
export {
  type Complete,
  handle,
  type HttpServerOptions,
  layerHttp,
  layerStdio,
  type Missing,
  type NoServer,
  runHttp,
  runStdio,
  serveHttp
} from "./McpNodeServer.ts"
