/**
 * The tables of the report: which measurement stands in which line, against which floor.
 */
import { type Floor, FLOORS, P50_ROUNDS } from "./floors.ts"
import type { Row } from "./suites.ts"

export type Metric =
  | "perSecond"
  | "p50"
  | "cpu"
  | "ms"
  | "firstMs"
  | "furtherMs"
  | "mb"
  | "kb"
  | "busy"
  | "micros"
  | "instantiations"
  | "types"
  | "checkMs"
  | "compileMs"

export interface Line {
  readonly title: string
  readonly key: string
  readonly metric: Metric
  /** The peers of the line; the plain names unless said. */
  readonly ours?: string
  readonly v2?: string
  readonly v1?: string
  readonly bare?: string
  readonly floor?: Floor
  /** A floor that is not one of medians: its words and its verdict. */
  readonly special?: (rows: ReadonlyArray<Row>) => readonly [floor: string, verdict: string]
}

export interface Table {
  readonly title: string
  readonly unit: string
  readonly note?: string
  /** Without the columns of the raw responder and of floors. */
  readonly plain?: boolean
  readonly lines: ReadonlyArray<Line>
}

const ERAS = ["legacy", "modern"] as const
const opName = (op: string, era: string): string => (op === "ping" && era === "modern" ? "server/discover" : op)

/** In how many rounds our p50 was not above v2's. */
const notAbove =
  (key: string) =>
  (rows: ReadonlyArray<Row>): readonly [string, string] => {
    const of = (peer: string) => {
      const mine = rows.filter((row) => row.key === key && row.peer === peer)
      return new Map(mine.map((row) => [row.round, row.p50]))
    }
    const ours = of("ours")
    const rounds = Array.from(of("v2")).filter(([round]) => ours.has(round))
    const won = rounds.filter(([round, p50]) => Number(ours.get(round)) <= Number(p50)).length
    const needed = Math.ceil(rounds.length * P50_ROUNDS)
    const floor = "not above v2 in 7 of 9 rounds"
    if (rounds.length === 0) return [floor, "–"]
    return [floor, `${won >= needed ? "pass" : "MISS"} (${won} of ${rounds.length})`]
  }

const each = (make: (era: string) => ReadonlyArray<Line>): Array<Line> => ERAS.flatMap((era) => make(era))

export const TABLES: ReadonlyArray<Table> = [
  {
    title: "Servers over stdio, 64 in flight",
    unit: "calls per second",
    note:
      'The rows "Effect.fn" and "suspends once" compare our `add` with such a handler to the plain async handlers ' +
      "of v2 and v1.",
    lines: each((era) => {
      const add = { key: `stdio/${era}/add/x64`, metric: "perSecond" } as const
      return [
        { ...add, title: `add, ${era}`, floor: FLOORS.add },
        { ...add, title: `add, Effect.fn, ${era}`, ours: "ours-fn", floor: FLOORS.addFn },
        { ...add, title: `add, suspends once, ${era}`, ours: "ours-suspend", floor: FLOORS.addSuspend },
        ...["ping", "echo10k", "echo1m"].map((op): Line => ({
          title: `${opName(op, era)}, ${era}`,
          key: `stdio/${era}/${op}/x64`,
          metric: "perSecond"
        }))
      ]
    })
  },
  {
    title: "The same: CPU of the server",
    unit: "µs per call",
    lines: each((era) =>
      ["add", "ping", "echo10k", "echo1m"].map((op) => ({
        title: `${opName(op, era)}, ${era}`,
        key: `stdio/${era}/${op}/x64`,
        metric: "cpu"
      }))
    )
  },
  {
    title: "Servers over stdio, one at a time: latency",
    unit: "µs, p50",
    lines: each((era) =>
      ["add", "ping", "echo10k", "echo1m"].map((op): Line => {
        const key = `stdio/${era}/${op}/x1`
        const line = { title: `${opName(op, era)}, ${era}`, key, metric: "p50" } as const
        return op === "add" ? { ...line, special: notAbove(key) } : line
      })
    )
  },
  {
    title: "Servers over stdio, one at a time: CPU of the server",
    unit: "µs per call",
    lines: each((era) =>
      ["add", "ping", "echo10k", "echo1m"].map((op): Line => {
        const line = { title: `${opName(op, era)}, ${era}`, key: `stdio/${era}/${op}/x1`, metric: "cpu" } as const
        return op === "add" ? { ...line, floor: FLOORS.addOneCpu } : line
      })
    )
  },
  {
    title: "tools/list of 1,000 tools, one page, full schemas",
    unit: "calls per second",
    note: "Three rounds with 64 in flight.",
    lines: each((era) =>
      [1, 64].map((inflight) => ({
        title: `${inflight === 1 ? "one at a time" : "64 in flight"}, ${era}`,
        key: `stdio/${era}/list/x${inflight}`,
        metric: "perSecond",
        floor: FLOORS.list
      }))
    )
  },
  {
    title: "Cold start, from spawn to first answer",
    unit: "ms",
    note:
      "A row names what of ours is started; v2 and v1 are started as installed, in the last row as bundles. " +
      '"bare" is Node itself with forty lines of code.',
    lines: each((era) => {
      const line = { key: `cold/${era}`, metric: "ms", v2: "v2:root", v1: "v1:root", bare: "bare:root" } as const
      return [
        { ...line, title: `root entry, ${era}`, ours: "ours:root" },
        { ...line, title: `per-module entries, ${era}`, ours: "ours:modules", floor: FLOORS.coldModules },
        { ...line, title: `bundled root entry, ${era}`, ours: "ours:bundled" },
        {
          ...line,
          title: `bundled per-module entries, ${era}`,
          ours: "ours:bundled-modules",
          floor: FLOORS.coldBundled
        },
        { ...line, title: `all bundled, ${era}`, ours: "ours:bundled", v2: "v2:bundled", v1: "v1:bundled" }
      ]
    })
  },
  {
    title: "Clients over stdio, against the raw responder",
    unit: "CPU of the client, µs per call",
    lines: each((era) =>
      ["add", "ping", "echo10k"].flatMap((op) =>
        [64, 1].map((inflight): Line => {
          const line = {
            title: `${opName(op, era)} ×${inflight}, ${era}`,
            key: `client/${era}/${op}/x${inflight}`,
            metric: "cpu"
          } as const
          if (op !== "add") return line
          return { ...line, floor: inflight === 64 ? FLOORS.client64 : FLOORS.client1 }
        })
      )
    )
  },
  {
    title: "Clients over stdio, from nothing connected to the first result",
    unit: "ms per connection",
    note:
      "The client's process runs and its modules are loaded. The raw responder is started anew each time, and most of " +
      "the time is its start; v2 in the modern era starts it twice, once to probe. One `add`, called at once: v2 and v1 " +
      "have not listed the tools, so they do not check the result by its output schema. The first connection of a " +
      "process, and the median of 20 one after the other.",
    plain: true,
    lines: each((era) => {
      const key = `client/${era}/connect`
      return [
        { title: `first, ${era}`, key, metric: "firstMs" },
        { title: `median, ${era}`, key, metric: "ms" }
      ]
    })
  },
  {
    title: "Client and server in one process",
    unit: "calls per second",
    note:
      "Three rounds. Our in-memory transport encodes and decodes every message; " +
      "those of v2 and v1 pass objects by reference.",
    lines: each((era) =>
      ["add", "ping", "echo10k"].flatMap((op) =>
        [64, 1].map((inflight) => ({
          title: `${opName(op, era)} ×${inflight}, ${era}`,
          key: `memory/${era}/${op}/x${inflight}`,
          metric: "perSecond"
        }))
      )
    )
  },
  {
    title: "A server of 1,000 tools, 1,000 resources and 200 prompts",
    unit: "ms, of the heap in MB",
    note:
      "Each measurement is a fresh process, in memory, from JSON text to JSON text: building up to the answer that opens " +
      "the conversation, the heap then, the first tools/list and the median of 30 more.",
    plain: true,
    lines: each((era) => {
      const key = `large/${era}`
      return [
        { title: `built, ${era}`, key, metric: "ms" },
        { title: `heap, ${era}`, key, metric: "mb" },
        { title: `first list, ${era}`, key, metric: "firstMs" },
        { title: `further lists, ${era}`, key, metric: "furtherMs" }
      ]
    })
  },
  {
    title: "Peak memory of the server process",
    unit: "MB, VmHWM",
    lines: each((era) =>
      [
        ["start", "after the first call"],
        ["add", "30,000 add, 64 in flight"],
        ["echo1m", "128 echo of 1 MB, 64 in flight"],
        ["list", "20 lists of 1,000 tools"]
      ].map(([name, title]) => ({ title: `${title}, ${era}`, key: `rss/${era}/${name}`, metric: "mb" }))
    )
  }
]
