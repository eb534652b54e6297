/**
 * Our client, measured: it starts the target, calls it n times with k in flight, and prints one JSON line
 * `{"n","ms","cpuMs","p50","p99"}` (microseconds per call; CPU of this process only). In the modern era `ping` is
 * `server/discover`.
 *
 *     npx node bench/client.ts --transport stdio --target "<command>" --era E --op ping|add|echo10k --n N --inflight K
 */
import { Effect } from "effect"
import { McpClient } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import * as args from "./args.ts"
import { effectLoad } from "./effect-load.ts"

args.transport()
const revision = args.era() === "modern" ? "2026-07-28" : "2025-11-25"

const program = Effect.gen(function* () {
  const client = yield* McpClient.connect(args.target(), { revision })
  yield* effectLoad(client, args.op(), args.calls(), args.inflight())
}).pipe(Effect.scoped, Effect.provide(McpNode.layer))

Effect.runPromise(program).then(
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  }
)
