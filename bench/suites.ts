/**
 * The measurements, each a function that yields rows. Within a suite the rounds are outermost: a round runs every case
 * once on every peer, in an order that rotates with the round, so that a slow minute of the machine hits all alike.
 */
import { execFile } from "node:child_process"
import { type CallOp, type Era, type Handler, words } from "./args.ts"
import { Conversation } from "./driver.ts"
import * as peers from "./peers.ts"
import { type ColdVariant, type PeerName } from "./peers.ts"
import { apart, here, nearby } from "./place.ts"
import type { Load } from "./requests.ts"

export interface Plan {
  readonly rounds: number
  readonly ms: number
  readonly peers: ReadonlyArray<PeerName>
  /** Whether a case, named like `stdio/legacy/add/x64`, is wanted. */
  readonly wanted: (key: string) => boolean
  readonly emit: (row: Row) => void
  readonly problem: (problem: Problem) => void
}

/**
 * One measurement: calls per second, µs per call, µs of CPU per call, ms to the first answer or to have imported, MB at
 * the peak or on the heap, KB of one thing on the heap, percent of the time on a CPU, ms to the first and to further lists
 * or of the first connection, µs per payload; and of the compiler: counts, and ms of its check and of its whole work.
 */
export interface Row {
  readonly key: string
  readonly peer: string
  readonly round: number
  readonly perSecond?: number
  readonly p50?: number
  readonly p99?: number
  readonly cpu?: number
  readonly ms?: number
  readonly firstMs?: number
  readonly furtherMs?: number
  readonly mb?: number
  readonly kb?: number
  readonly busy?: number
  readonly micros?: number
  readonly instantiations?: number
  readonly types?: number
  readonly checkMs?: number
  readonly compileMs?: number
  readonly [detail: string]: unknown
}

export interface Problem {
  readonly key: string
  readonly peer: string
  readonly message: string
}

const ERAS: ReadonlyArray<Era> = ["legacy", "modern"]

const rotate = <A>(values: ReadonlyArray<A>, by: number): Array<A> =>
  values.map((_, index) => values[(index + by) % values.length]!)

/** Rounds of cases of runners; a runner that fails in a case is reported and left out of it from then on. */
export const interleave = async <
  Case extends { readonly key: string; readonly rounds: number },
  Runner extends { readonly peer: string }
>(
  plan: Plan,
  cases: ReadonlyArray<Case>,
  runners: (aCase: Case) => ReadonlyArray<Runner>,
  run: (aCase: Case, runner: Runner) => Promise<Omit<Row, "key" | "peer" | "round">>
): Promise<void> => {
  const failed = new Set<string>()
  for (let round = 0; round < plan.rounds; round++) {
    for (const [index, aCase] of cases.entries()) {
      if (round >= aCase.rounds) continue
      for (const runner of rotate(runners(aCase), round + index)) {
        const { key } = aCase
        const { peer } = runner
        if (failed.has(`${key} ${peer}`)) continue
        try {
          plan.emit({ key, peer, round, ...(await run(aCase, runner)) })
        } catch (error) {
          failed.add(`${key} ${peer}`)
          plan.problem({ key, peer, message: (error as Error).message })
        }
      }
    }
  }
}

interface StdioCase {
  readonly key: string
  readonly rounds: number
  readonly load: Load
  readonly inflight: number
}
interface StdioRunner {
  readonly peer: string
  readonly conversation: Conversation
  readonly serves: (load: Load, inflight: number) => boolean
}

/** What a server does before it is measured: 64 in flight (lists: one), up to so many calls or milliseconds. */
const WARMUP = { calls: 80_000, ms: 3000 } as const

const stdioRunners = (plan: Plan, era: Era, tools: number, cases: ReadonlyArray<StdioCase>): Array<StdioRunner> => {
  const runners = plan.peers.map((peer): StdioRunner => ({
    peer,
    conversation: new Conversation(apart(peers.server(peer)), peer === "v1" ? "legacy" : era, tools),
    // a legacy ping is not what server/discover is
    serves: (load) => !(peer === "v1" && era === "modern" && load === "ping")
  }))
  const serves: StdioRunner["serves"] = (load, inflight) => load === "add" && inflight === 64
  const variants = plan.peers.includes("ours") && cases.some(({ inflight, load }) => serves(load, inflight))
  const handlers: ReadonlyArray<Handler> = variants ? ["fn", "suspend"] : []
  return runners.concat(
    handlers.map((handler) => ({
      peer: `ours-${handler}`,
      conversation: new Conversation(apart(`${peers.server("ours")} --handler ${handler}`), era, tools),
      serves
    }))
  )
}

/** Opens and warms the servers of a group; those that fail are reported, and stay out. */
const ready = async (
  plan: Plan,
  runners: ReadonlyArray<StdioRunner>,
  cases: ReadonlyArray<StdioCase>
): Promise<Array<StdioRunner>> => {
  const opened: Array<StdioRunner> = []
  for (const runner of runners) {
    try {
      await runner.conversation.open()
      for (const load of new Set(cases.map((aCase) => aCase.load))) {
        const inflight = load === "list" ? 1 : 64
        if (runner.serves(load, inflight)) await runner.conversation.run(load, inflight, WARMUP)
      }
      opened.push(runner)
    } catch (error) {
      plan.problem({ key: cases[0]!.key, peer: runner.peer, message: (error as Error).message })
    }
  }
  return opened
}

/** Servers over pipes: calls per second, latency, CPU of the server per call. */
export const stdio = (plan: Plan): Promise<void> => here(() => pipes(plan))

const pipes = async (plan: Plan): Promise<void> => {
  const groups: ReadonlyArray<{ readonly loads: ReadonlyArray<Load>; readonly tools: number }> = [
    { loads: ["add", "ping", "echo10k"], tools: 2 },
    { loads: ["echo1m"], tools: 2 },
    { loads: ["list"], tools: 1000 }
  ]
  for (const era of ERAS) {
    for (const { loads, tools } of groups) {
      const cases = loads
        .flatMap((load) =>
          [64, 1].map((inflight): StdioCase => {
            // 64 lists of a thousand tools take the official servers many seconds
            const rounds = load === "list" && inflight === 64 ? Math.min(plan.rounds, 3) : plan.rounds
            return { key: `stdio/${era}/${load}/x${inflight}`, load, inflight, rounds }
          })
        )
        .filter(({ key }) => plan.wanted(key))
      if (cases.length === 0) continue
      const runners = stdioRunners(plan, era, tools, cases)
      try {
        const opened = await ready(plan, runners, cases)
        await interleave(
          plan,
          cases,
          ({ inflight, load }) => opened.filter((runner) => runner.serves(load, inflight)),
          async ({ inflight, load }, { conversation }) => {
            const sample = await conversation.run(load, inflight, { ms: plan.ms })
            return { ...sample }
          }
        )
      } finally {
        await Promise.all(runners.map((runner) => runner.conversation.child.stop()))
      }
    }
  }
}

/** From the spawn of the process to its first answer. */
export const cold = async (plan: Plan): Promise<void> => {
  const variants = (peer: PeerName): ReadonlyArray<ColdVariant> => {
    if (peer === "bare") return ["root"]
    return peer === "ours" ? ["root", "modules", "bundled", "bundled-modules"] : ["root", "bundled"]
  }
  const all = plan.peers.flatMap((name) =>
    variants(name).map((variant) => ({ peer: `${name}:${variant}`, name, variant }))
  )
  const cases = ERAS.map((era) => ({ key: `cold/${era}`, era, rounds: plan.rounds }))
  const start = async (era: Era, name: PeerName, variant: ColdVariant) => {
    const started = performance.now()
    const conversation = new Conversation(peers.coldServer(name, variant), name === "v1" ? "legacy" : era, 2)
    try {
      await conversation.open()
      const { child } = conversation
      const row = { ms: performance.now() - started, cpu: child.cpu(), mb: child.peakMemory() }
      await conversation.learn("add")
      return row
    } finally {
      await conversation.child.stop()
    }
  }
  const wanted = cases.filter(({ key }) => plan.wanted(key))
  // once unmeasured, for the file cache; what fails here fails again below, where it is reported
  for (const { name, variant } of wanted.length > 0 ? all : []) await start("legacy", name, variant).catch(() => {})
  await interleave(
    plan,
    wanted,
    () => all,
    ({ era }, { name, variant }) => start(era, name, variant)
  )
}

/** Peak memory of a fresh process after the same work for each peer. */
export const rss = async (plan: Plan): Promise<void> => {
  const works: ReadonlyArray<{ name: string; load: Load; inflight: number; calls: number; tools: number }> = [
    { name: "start", load: "add", inflight: 1, calls: 1, tools: 2 },
    { name: "add", load: "add", inflight: 64, calls: 30_000, tools: 2 },
    { name: "echo1m", load: "echo1m", inflight: 64, calls: 128, tools: 2 },
    { name: "list", load: "list", inflight: 1, calls: 20, tools: 1000 }
  ]
  const cases = ERAS.flatMap((era) =>
    works.map((work) => ({ ...work, key: `rss/${era}/${work.name}`, era, rounds: Math.min(plan.rounds, 3) }))
  )
  await interleave(
    plan,
    cases.filter(({ key }) => plan.wanted(key)),
    () => plan.peers.map((peer) => ({ peer })),
    async ({ calls, era, inflight, load, tools }, { peer }) => {
      const conversation = new Conversation(peers.server(peer), peer === "v1" ? "legacy" : era, tools)
      try {
        await conversation.open()
        await conversation.run(load, inflight, { calls })
        return { mb: conversation.child.peakMemory() }
      } finally {
        await conversation.child.stop()
      }
    }
  )
}

interface Figures {
  readonly n: number
  readonly ms: number
  readonly cpuMs: number
  readonly first: number
  readonly p50: number
  readonly p99: number
}

/** Runs a program that prints its figures, and reads that line. */
export const figures = <Printed>(command: string, flags: ReadonlyArray<string>): Promise<Printed> =>
  new Promise((resolve, reject) => {
    const [file = "", ...args] = words(command)
    const options = { timeout: 120_000, maxBuffer: 1 << 24 }
    execFile(file, [...args, ...flags], options, (error, stdout, stderr) => {
      const line = stdout.trim().split("\n").at(-1) ?? ""
      if (error === null && line.startsWith("{")) resolve(JSON.parse(line))
      else reject(new Error(stderr.trim().slice(-600) || error?.message || `no figures in: ${line}`))
    })
  })

const OPS: ReadonlyArray<CallOp> = ["add", "ping", "echo10k"]

/** The flags of a client over stdio: the raw responder is what all are measured against. */
const overStdio = (era: Era): ReadonlyArray<string> => {
  const target = `${apart(peers.server("bare"))} --transport stdio --era ${era} --tools 2`
  return ["--transport", "stdio", "--target", target, "--era", era]
}

/** Clients, each in a process of its own for each run: over stdio against the raw responder, or in memory. */
const programs = async (plan: Plan, suite: "client" | "memory"): Promise<void> => {
  const cases = ERAS.flatMap((era) =>
    OPS.flatMap((op) =>
      [64, 1].map((inflight) => {
        // each run starts and warms a process, so the rows without a floor get three rounds
        const rounds = suite === "client" && op === "add" ? plan.rounds : Math.min(plan.rounds, 3)
        return { key: `${suite}/${era}/${op}/x${inflight}`, era, op, inflight, rounds }
      })
    )
  )
  await interleave(
    plan,
    cases.filter(({ key }) => plan.wanted(key)),
    ({ era, op }) =>
      plan.peers
        .filter((peer) => peer !== "bare" && !(peer === "v1" && era === "modern" && op === "ping"))
        .map((peer) => ({ peer })),
    async ({ era, inflight, op }, { peer }) => {
      const spoken = peer === "v1" ? "legacy" : era
      const calls = (suite === "client" && inflight === 1 ? 4000 : 20_000) / (op === "echo10k" ? 4 : 1)
      const flags = ["--op", op, "--n", String(calls), "--inflight", String(inflight)]
      const { cpuMs, ms, p50, p99 } =
        suite === "client"
          ? await figures<Figures>(nearby(peers.client(peer)), [...overStdio(spoken), ...flags])
          : await figures<Figures>(peers.memory(peer), ["--mode", "memory", "--era", spoken, ...flags])
      return { perSecond: (calls / ms) * 1000, cpu: (cpuMs * 1000) / calls, p50, p99, calls }
    }
  )
}

/** Connections of one process to be measured: the first is told apart, the median is of all. */
const CONNECTIONS = 20

/** From nothing connected to the result of the first call, by clients whose modules are loaded. */
const connections = (plan: Plan): Promise<void> =>
  interleave(
    plan,
    ERAS.map((era) => ({ key: `client/${era}/connect`, era, rounds: plan.rounds })).filter(({ key }) =>
      plan.wanted(key)
    ),
    () => plan.peers.filter((peer) => peer !== "bare").map((peer) => ({ peer })),
    async ({ era }, { peer }) => {
      const flags = [...overStdio(peer === "v1" ? "legacy" : era), "--op", "connect", "--n", String(CONNECTIONS)]
      const { cpuMs, first, p50 } = await figures<Figures>(nearby(peers.client(peer)), flags)
      return { ms: p50 / 1000, firstMs: first / 1000, cpu: (cpuMs * 1000) / CONNECTIONS, calls: CONNECTIONS }
    }
  )

export const client = async (plan: Plan): Promise<void> => {
  await programs(plan, "client")
  await connections(plan)
}
export const memory = (plan: Plan): Promise<void> => programs(plan, "memory")
