/**
 * What the v1 client does in a measured run, over stdio and in memory: connect, list the tools once (so that results
 * are validated by their output schemas), call. Legacy era only.
 */
import { Client } from "@modelcontextprotocol/sdk/client/index.js"
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js"
import * as args from "../args.ts"
import { measure, promiseCall } from "../load.ts"

if (args.era() === "modern") args.notOffered("the SDK v1 has no modern era")

export const run = async (transport: Transport): Promise<void> => {
  const client = new Client({ name: "bench", version: "1.0.0" })
  await client.connect(transport)
  await client.listTools()
  const call = promiseCall(args.op(), {
    ping: () => client.ping(),
    callTool: (params) => client.callTool(params)
  })
  await measure(args.calls(), args.inflight(), call)
  process.exit(0)
}
