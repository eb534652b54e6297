/**
 * What a pipe can do, whether it runs between processes or in memory, and its one stream.
 */
import type { Exchange, Features, Principal } from "../McpTransport.ts"

/** The principal of every caller that nobody has authenticated. */
export const anonymous: Principal = { id: "anonymous", scopes: [], claims: {} }

export const pipeFeatures: Features = {
  headers: false,
  push: true,
  interim: true,
  serverRequests: true,
  resumable: false,
  disconnectCancels: true
}

export const pipeExchange = (features: Features): Exchange => ({
  headers: undefined,
  principal: anonymous,
  features,
  own: false
})
