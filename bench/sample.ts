/**
 * What both drivers share: the ids of their requests, and what comes of a run between its first request and its last
 * answer. Nothing here knows how a message travels.
 */
import type { Answers } from "./answers.ts"
import type { Child } from "./child.ts"
import { FIRST_ID, LAST_ID } from "./requests.ts"
import { quantile } from "./stats.ts"

export interface Sample {
  readonly calls: number
  readonly perSecond: number
  /** Microseconds from the write of a request to the read of its answer. */
  readonly p50: number
  readonly p99: number
  /** CPU of the server per call, in microseconds. */
  readonly cpu: number
  /** Share of the time that the driver itself was on a CPU: near 1 it is the bottleneck. */
  readonly driver: number
  readonly bytes: number
  /** Answers that had to be parsed to be judged. */
  readonly parsed: number
}

/** How long a run goes on: milliseconds, or calls. */
export interface Limit {
  readonly ms?: number
  readonly calls?: number
}

/** Ids of seven digits, one after the other, and round again. */
export const makeIds = (): (() => number) => {
  let next = FIRST_ID
  return () => {
    if (next > LAST_ID) next = FIRST_ID
    return next++
  }
}

/** A run that begins now; `sample` ends it: the latencies are in milliseconds, the bytes those of all answers. */
export const begin = (child: Child, answers: Answers) => {
  const parsedBefore = answers.parsed
  const cpuBefore = child.cpu()
  const ownBefore = process.cpuUsage()
  const started = performance.now()
  return {
    started,
    sample: (latencies: ReadonlyArray<number>, bytes: number): Sample => {
      const ms = performance.now() - started
      const own = process.cpuUsage(ownBefore)
      const calls = latencies.length
      return {
        calls,
        perSecond: (calls / ms) * 1000,
        p50: quantile(latencies, 0.5) * 1000,
        p99: quantile(latencies, 0.99) * 1000,
        cpu: (child.cpu() - cpuBefore) / calls,
        driver: (own.user + own.system) / 1000 / ms,
        bytes: bytes / calls,
        parsed: answers.parsed - parsedBefore
      }
    }
  }
}
