/**
 * Servers over HTTP: calls per second, latency and CPU of the server, in six modes (the legacy era with and without
 * sessions, the modern era; answers as JSON and as event streams), on 1, 16 and 128 connections.
 */
import { HttpConversation } from "./http-driver.ts"
import type { Mode } from "./http-requests.ts"
import * as peers from "./peers.ts"
import type { PeerName } from "./peers.ts"
import { apart, here } from "./place.ts"
import type { Load } from "./requests.ts"
import { interleave, type Plan } from "./suites.ts"

export const MODES: ReadonlyArray<Mode & { readonly name: string; readonly title: string }> = [
  { name: "modern/json", title: "modern, JSON", era: "modern", sessions: "stateless", response: "json" },
  { name: "modern/sse", title: "modern, SSE", era: "modern", sessions: "stateless", response: "sse" },
  { name: "stateless/json", title: "stateless, JSON", era: "legacy", sessions: "stateless", response: "json" },
  { name: "stateless/sse", title: "stateless, SSE", era: "legacy", sessions: "stateless", response: "sse" },
  { name: "stateful/json", title: "stateful, JSON", era: "legacy", sessions: "stateful", response: "json" },
  { name: "stateful/sse", title: "stateful, SSE", era: "legacy", sessions: "stateful", response: "sse" }
]

interface Case {
  readonly key: string
  readonly rounds: number
  readonly load: Load
  readonly connections: number
}
interface Runner {
  readonly peer: PeerName
  readonly conversation: HttpConversation
  readonly serves: (load: Load) => boolean
}
interface Group {
  readonly tools: number
  readonly loads: ReadonlyArray<Load>
  readonly connections: ReadonlyArray<number>
}

const GROUPS: ReadonlyArray<Group> = [
  { tools: 2, loads: ["add", "ping", "echo10k"], connections: [128, 16, 1] },
  { tools: 1000, loads: ["list"], connections: [1, 16] }
]

/** What a server does before it is measured: the official v2 takes 10,000 requests to come to its speed. */
const WARMUP = { add: { calls: 12_000 }, list: { calls: 32, ms: 4000 }, other: { calls: 3000 } } as const

const warmup = (load: Load): { readonly calls: number; readonly ms?: number } =>
  load === "add" || load === "list" ? WARMUP[load] : WARMUP.other

const casesOf = (plan: Plan, mode: string, { connections, loads }: Group): Array<Case> =>
  loads
    .flatMap((load) =>
      connections.map((count): Case => {
        // floors stand on add at 128 connections and on the list; the official servers take 2 s for 16 lists
        const judged = count === 128 ? load === "add" : load === "list" && count === 1
        const rounds = judged ? plan.rounds : Math.min(plan.rounds, 3)
        return { key: `http/${mode}/${load}/x${count}`, load, connections: count, rounds }
      })
    )
    .filter(({ key }) => plan.wanted(key))

/** Starts, opens and warms the servers of a mode one after the other; those that fail are reported, and stay out. */
const ready = async (
  plan: Plan,
  mode: Mode,
  tools: number,
  cases: ReadonlyArray<Case>,
  opened: Array<Runner>
): Promise<void> => {
  for (const peer of plan.peers) {
    // v1 has no modern era: its legacy figure without sessions stands in
    const era = peer === "v1" ? "legacy" : mode.era
    const conversation = await HttpConversation.start(apart(peers.overHttp(peer)), { ...mode, era }, tools)
    const serves: Runner["serves"] = (load) => era === mode.era || load !== "ping"
    try {
      await conversation.open()
      for (const load of new Set(cases.map((aCase) => aCase.load))) {
        if (serves(load)) await conversation.run(load, 16, warmup(load))
      }
      opened.push({ peer, conversation, serves })
    } catch (error) {
      await conversation.child.stop()
      plan.problem({ key: cases[0]!.key, peer, message: (error as Error).message })
    }
  }
}

const measure = async (plan: Plan): Promise<void> => {
  for (const group of GROUPS) {
    for (const { name, title: _, ...mode } of MODES) {
      const cases = casesOf(plan, name, group)
      if (cases.length === 0) continue
      const runners: Array<Runner> = []
      try {
        await ready(plan, mode, group.tools, cases, runners)
        await interleave(
          plan,
          cases,
          ({ load }) => runners.filter((runner) => runner.serves(load)),
          async ({ connections, load }, { conversation }) => {
            const sample = await conversation.run(load, connections, { ms: plan.ms })
            return { ...sample, busy: (sample.cpu * sample.perSecond) / 10_000 }
          }
        )
      } finally {
        await Promise.all(runners.map((runner) => runner.conversation.child.stop()))
      }
    }
  }
}

export const http = (plan: Plan): Promise<void> => here(() => measure(plan))
