/**
 * What a client of the bench does: n calls with k in flight after a warm-up, other arguments on each call, every result
 * checked, one JSON line at the end: `{"n","ms","cpuMs","first","p50","p99"}` (the last three in microseconds, CPU of
 * this process only). Or n connections, one after the other, each for one call. Here are the arguments, the checks, the
 * figures, and the loops for Promise clients; ours runs the same loops as Effects in `effect-load.ts`.
 */
import { readFileSync } from "node:fs"
import type { CallOp } from "./args.ts"
import { quantile } from "./stats.ts"

/** Arguments of call number `i`: different on each call, and the same for all clients. */
export const addArgs = (i: number): { a: number; b: number } => ({
  a: 1_000_000 + (Math.imul(i, 48_271) >>> 10),
  b: 1_000_000 + (Math.imul(i, 69_621) >>> 10)
})

const FILL = "x".repeat(10_240 - 7)
/** A payload of 10 KB that begins with the number of the call. */
export const payload = (i: number): string => String(1_000_000 + (i % 9_000_000)) + FILL

export const wrong = (op: string, i: number, got: unknown): never => {
  throw new Error(`wrong response to ${op} number ${i}: ${JSON.stringify(got)?.slice(0, 300)}`)
}

/** Throws if `result`, a CallToolResult in whatever type a library gives it, is not the answer to call number `i`. */
export const checkTool = (op: "add" | "echo10k", i: number, result: any): void => {
  const text = result?.content?.[0]?.text
  if (result?.isError === true || typeof text !== "string") return wrong(op, i, result)
  if (op === "echo10k") return text === payload(i) ? undefined : wrong(op, i, result)
  const { a, b } = addArgs(i)
  if (result.structuredContent?.sum !== a + b || !text.includes(String(a + b))) wrong(op, i, result)
}

/** The name and arguments of call number `i`. */
export const toolCall = (op: "add" | "echo10k", i: number) =>
  op === "add" ? { name: "add", arguments: addArgs(i) } : { name: "echo", arguments: { payload: payload(i) } }

/**
 * The warm-up: 64 in flight, up to so many calls or milliseconds, checked and not counted. The official SDKs reach
 * their speed after some ten thousand calls.
 */
export const WARMUP = { calls: 40_000, ms: 1500, inflight: 64 } as const

/** The printed line. */
export const print = (latencies: Array<number>, ms: number, cpu: NodeJS.CpuUsage): void => {
  const line = {
    n: latencies.length,
    ms,
    cpuMs: (cpu.user + cpu.system) / 1000,
    first: (latencies[0] ?? NaN) * 1000,
    p50: quantile(latencies, 0.5) * 1000,
    p99: quantile(latencies, 0.99) * 1000
  }
  process.stdout.write(JSON.stringify(line) + "\n")
}

/** Runs `call(i)` for i = 0, 1, … n - 1 with `inflight` outstanding; `call` checks its own result. */
export const measure = async (n: number, inflight: number, call: (i: number) => Promise<void>): Promise<void> => {
  const run = async (calls: number, lanes: number, deadline: number): Promise<Array<number>> => {
    const latencies: Array<number> = []
    let next = 0
    const lane = async () => {
      let started = performance.now()
      while (next < calls && started < deadline) {
        await call(next++)
        const now = performance.now()
        latencies.push(now - started)
        started = now
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
    return latencies
  }
  await run(WARMUP.calls, WARMUP.inflight, performance.now() + WARMUP.ms)
  const cpu = process.cpuUsage()
  const started = performance.now()
  const latencies = await run(n, inflight, Infinity)
  print(latencies, performance.now() - started, process.cpuUsage(cpu))
}

const CHILDREN = `/proc/self/task/${process.pid}/children`

/** Throws if this process has a child; where the system does not tell (only Linux does), it has none. */
export const noneLeft = (): void => {
  let children = ""
  try {
    children = readFileSync(CHILDREN, "utf8").trim()
  } catch {
    return
  }
  if (children !== "") throw new Error(`after the close there are children: ${children}`)
}

interface Caller {
  readonly callTool: (params: { name: string; arguments: Record<string, unknown> }) => Promise<unknown>
}

/**
 * Connects n times, one after the other: from nothing connected to the checked result of the first `add`. Closing is not
 * in the time, but in the CPU; nothing is warmed up, the modules are loaded.
 */
export const measureConnections = async (
  n: number,
  connect: () => Promise<Caller & { readonly close: () => Promise<void> }>
): Promise<void> => {
  const latencies: Array<number> = []
  const cpu = process.cpuUsage()
  const started = performance.now()
  for (let i = 0; i < n; i++) {
    const before = performance.now()
    const client = await connect()
    checkTool("add", i, await client.callTool(toolCall("add", i)))
    latencies.push(performance.now() - before)
    await client.close()
    noneLeft()
  }
  print(latencies, performance.now() - started, process.cpuUsage(cpu))
}

/** Picks what a call of `op` is, for clients that have `ping` and `callTool` as Promise functions. */
export const promiseCall = (
  op: CallOp,
  client: Caller & { readonly ping: () => Promise<unknown> }
): ((i: number) => Promise<void>) =>
  op === "ping"
    ? (i) => client.ping().then((result) => (typeof result === "object" ? undefined : wrong(op, i, result)))
    : (i) => client.callTool(toolCall(op, i)).then((result) => checkTool(op, i, result))
