/**
 * What the v2 client does in a measured run, over stdio and in memory: connect in the given era, list the tools once
 * (so that results are validated by their output schemas), call. In the modern era `ping` is `server/discover`.
 */
import { Client, type Transport } from "@modelcontextprotocol/client"
import * as args from "../args.ts"
import { measure, promiseCall } from "../load.ts"

export const run = async (transport: Transport): Promise<void> => {
  const modern = args.era() === "modern"
  const client = new Client(
    { name: "bench", version: "1.0.0" },
    { versionNegotiation: { mode: modern ? { pin: "2026-07-28" } : "legacy" } }
  )
  await client.connect(transport)
  await client.listTools()
  const call = promiseCall(args.op(), {
    ping: () => (modern ? client.discover() : client.ping()),
    callTool: (params) => client.callTool(params)
  })
  await measure(args.calls(), args.inflight(), call)
  process.exit(0)
}
