/**
 * Our client, measured: it starts the target, calls it n times with k in flight, and prints one JSON line
 * `{"n","ms","cpuMs","first","p50","p99"}` (microseconds per call; CPU of this process only). In the modern era `ping`
 * is `server/discover`. With `connect` it starts the target n times, one after the other, each for one `add`.
 *
 *     npx node bench/client.ts --transport stdio --target "<command>" --era E --op ping|add|echo10k|connect --n N
 *         --inflight K
 */
import { Effect } from "effect"
import { McpClient } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import * as args from "./args.ts"
import { effectConnections, effectLoad } from "./effect-load.ts"

args.transport()
const revision = args.era() === "modern" ? "2026-07-28" : "2025-11-25"

const connect = McpClient.connect(args.target(), { revision })
const load = Effect.gen(function* () {
  yield* effectLoad(yield* connect, args.callOp(), args.calls(), args.inflight())
}).pipe(Effect.scoped)

const program = (args.op() === "connect" ? effectConnections(connect, args.calls()) : load).pipe(
  Effect.provide(McpNode.layer)
)

Effect.runPromise(program).then(
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  }
)
