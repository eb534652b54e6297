/**
 * What the v2 client does in a measured run, over stdio and in memory: connect in the given era, list the tools once
 * (so that results are validated by their output schemas), call. In the modern era `ping` is `server/discover`. Measured
 * connections call at once, without a list.
 */
import { Client, type Transport } from "@modelcontextprotocol/client"
import * as args from "../args.ts"
import { measure, measureConnections, promiseCall } from "../load.ts"

const modern = args.era() === "modern"

const connected = async (transport: Transport): Promise<Client> => {
  const client = new Client(
    { name: "bench", version: "1.0.0" },
    { versionNegotiation: { mode: modern ? { pin: "2026-07-28" } : "legacy" } }
  )
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
    ping: () => (modern ? client.discover() : client.ping()),
    callTool: (params) => client.callTool(params)
  })
  await measure(args.calls(), args.inflight(), call)
  process.exit(0)
}
