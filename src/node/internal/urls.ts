/**
 * How a client on Node reaches URLs: over connections of its own, which end with it, through proxies and with the
 * certificates that are wanted. Loaded when the first URL is reached.
 */
import { Dispatcher, layerUndiciNoDispatcher } from "@effect/platform-node/NodeHttpClient"
import { Agent, type Dispatcher as Connections, EnvHttpProxyAgent, ProxyAgent } from "@effect/platform-node/Undici"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { getCACertificates } from "node:tls"
import * as McpHttpClient from "../../transport/McpHttpClient.ts"
import type { McpConnector } from "../../transport/McpTransport.ts"
import type { HttpOptions } from "../McpNodeClient.ts"

/** Certificates of one's own come besides, not instead. */
const tlsOf = ({ ca }: HttpOptions): { readonly ca?: Array<string> } =>
  ca === undefined ? {} : { ca: [...getCACertificates("default"), ...(typeof ca === "string" ? [ca] : ca)] }

const connectionsOf = (options: HttpOptions): Connections => {
  const tls = tlsOf(options)
  if (options.proxy === false) return new Agent({ connect: tls })
  // behind a proxy the certificates are for whom the tunnel leads to, and for the proxy itself
  const proxied = { connect: tls, requestTls: tls, proxyTls: tls }
  return options.proxy === undefined
    ? new EnvHttpProxyAgent(proxied)
    : new ProxyAgent({ ...proxied, uri: options.proxy })
}

/** What is open when the scope ends is cut. */
const layerConnections = (options: HttpOptions): Layer.Layer<Dispatcher> =>
  Layer.effect(
    Dispatcher,
    Effect.acquireRelease(
      Effect.sync(() => connectionsOf(options)),
      (connections) => Effect.promise(() => connections.destroy())
    )
  )

export const layerUrls = (options: HttpOptions): Layer.Layer<McpConnector> =>
  McpHttpClient.layerEach(Layer.provide(layerUndiciNoDispatcher, layerConnections(options)), {
    headers: options.headers
  })
