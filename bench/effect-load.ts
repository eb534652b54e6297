/**
 * The loops of `load.ts` for our own client: lanes are fibers, a call is an Effect, nothing is turned into a Promise.
 * `add` goes through the typed `client.call(Add, …)`, `echo10k` through `client.callTool(name, args)`.
 */
import { Effect } from "effect"
import type { McpClient } from "mcp-effect"
import type { CallOp } from "./args.ts"
import { Add } from "./definitions.ts"
import { addArgs, checkTool, noneLeft, print, toolCall, WARMUP, wrong } from "./load.ts"

const callOf = (client: McpClient.Service, op: CallOp) => {
  switch (op) {
    case "ping":
      return (_: number) => client.ping()
    case "add":
      return (i: number) => {
        const input = addArgs(i)
        return Effect.map(client.call(Add, input), (result) => {
          if (result.sum !== input.a + input.b) wrong(op, i, result)
        })
      }
    case "echo10k":
      return (i: number) => {
        const call = toolCall(op, i)
        return Effect.map(client.callTool(call.name, call.arguments), (result) => checkTool(op, i, result))
      }
  }
}

/** Runs n calls of `op` with `inflight` outstanding and prints the line of figures. */
export const effectLoad = Effect.fnUntraced(function* (
  client: McpClient.Service,
  op: CallOp,
  n: number,
  inflight: number
) {
  const call = callOf(client, op)
  const run = Effect.fnUntraced(function* (calls: number, lanes: number, deadline: number) {
    const latencies: Array<number> = []
    let next = 0
    const lane = Effect.gen(function* () {
      let started = performance.now()
      while (next < calls && started < deadline) {
        yield* call(next++)
        const now = performance.now()
        latencies.push(now - started)
        started = now
      }
    })
    yield* Effect.all(
      Array.from({ length: lanes }, () => lane),
      { concurrency: "unbounded", discard: true }
    )
    return latencies
  })
  yield* run(WARMUP.calls, WARMUP.inflight, performance.now() + WARMUP.ms)
  const cpu = process.cpuUsage()
  const started = performance.now()
  const latencies = yield* run(n, inflight, Infinity)
  print(latencies, performance.now() - started, process.cpuUsage(cpu))
})

/** Connects n times, one after the other, and prints how long each took to the result of its first `add`. */
export const effectConnections = Effect.fnUntraced(function* <E, R>(
  connect: Effect.Effect<McpClient.Service, E, R>,
  n: number
) {
  const one = Effect.fnUntraced(function* (i: number) {
    const started = performance.now()
    yield* callOf(yield* connect, "add")(i)
    return performance.now() - started
  }, Effect.scoped)
  const latencies: Array<number> = []
  const cpu = process.cpuUsage()
  const started = performance.now()
  for (let i = 0; i < n; i++) {
    latencies.push(yield* one(i))
    noneLeft()
  }
  print(latencies, performance.now() - started, process.cpuUsage(cpu))
})
