/**
 * What the v1 client does in a measured run, over stdio and in memory: connect, list the tools once (so that results
 * are validated by their output schemas), call. Measured connections call at once, without a list. Legacy era only.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import * as args from "../args.ts"
import { measure, measureConnections, promiseCall } from "../load.ts"

if (args.era() === "modern") args.notOffered("the SDK v1 has no modern era")

const connected = async (transport: Transport): Promise<Client> => {
  const client = new Client({ name: "bench", version: "1.0.0" })
  await client.connect(transport)
  return client
}

export const connections = async (transport: () => Transport): Promise<void> => {
  await measureConnections(args.calls(), () => connected(transport()))
  process.exit(0)
}

export const run = async (transport: Transport): Promise<void> => {
  const client = await connected(transport)
  await client.listTools()
  const call = promiseCall(args.callOp(), {
    ping: () => client.ping(),
    callTool: (params) => client.callTool(params)
  })
  await measure(args.calls(), args.inflight(), call)
  process.exit(0)
}
