/**
 * Our client connected to our server inside one process, measured. Our in-memory transport encodes and decodes every
 * message; those of the official SDKs pass objects by reference.
 *
 *     npx node bench/memory.ts --mode memory --era E --op ping|add|echo10k --n N --inflight K
 */
import { Effect } from "effect"
import { McpClient } from "mcp-effect"
import { makeApp } from "./app.ts"
import * as args from "./args.ts"
import { effectLoad } from "./effect-load.ts"

const revision = args.era() === "modern" ? "2026-07-28" : "2025-11-25"

const program = Effect.gen(function* () {
  const client = yield* McpClient.connect(makeApp(2, args.handler()), { revision })
  yield* effectLoad(client, args.callOp(), args.calls(), args.inflight())
}).pipe(Effect.scoped)

Effect.runPromise(program).then(
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  }
)
