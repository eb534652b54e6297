/**
 * Turns rows into the Markdown that `npm run bench` prints and keeps: per table one line per case, with the medians of
 * each peer, the ratios of medians ours/v2 and ours/v1, the floor, and whether it is met.
 */
import { compare, describe, type Floor, FLOORS, judge, P50_ROUNDS } from "./floors.ts"
import { median, short } from "./stats.ts"
import type { Problem, Row } from "./suites.ts"

type Metric = "perSecond" | "p50" | "cpu" | "ms" | "mb"

interface Line {
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

interface Table {
  readonly title: string
  readonly unit: string
  readonly note?: string
  readonly lines: ReadonlyArray<Line>
}

const ERAS = ["legacy", "modern"] as const
const better = (metric: Metric): "more" | "less" => (metric === "perSecond" ? "more" : "less")
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

const TABLES: ReadonlyArray<Table> = [
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

const render = (line: Line, rows: ReadonlyArray<Row>): string | undefined => {
  const mine = rows.filter((row) => row.key === line.key)
  const of = (peer: string): number =>
    median(mine.filter((row) => row.peer === peer).map((row) => Number(row[line.metric])))
  const ours = of(line.ours ?? "ours")
  const v2 = of(line.v2 ?? "v2")
  const v1 = of(line.v1 ?? "v1")
  const bare = of(line.bare ?? "bare")
  if (![ours, v2, v1].some(Number.isFinite)) return undefined
  const standing = compare(ours / v2, ours / v1, better(line.metric))
  const [floor, verdict] =
    line.special !== undefined
      ? line.special(rows)
      : line.floor !== undefined
        ? [describe(line.floor), judge(line.floor, ours / v2, ours / v1)]
        : ["", standing]
  const cells = [line.title, short(ours), short(v2), short(v1), short(bare), ratio(ours / v2), ratio(ours / v1)]
  return `| ${[...cells, floor, verdict].join(" | ")} |`
}

const ratio = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "–")

/** The tables that have at least one measured line. */
export const tables = (rows: ReadonlyArray<Row>): string =>
  TABLES.flatMap((table) => {
    const lines = table.lines.flatMap((line) => render(line, rows) ?? [])
    if (lines.length === 0) return []
    const head = ["case", "ours", "v2", "v1", "bare", "ours/v2", "ours/v1", "floor", ""].join(" | ")
    return [
      `## ${table.title}`,
      "",
      `In ${table.unit}.${table.note === undefined ? "" : ` ${table.note}`}`,
      "",
      `| ${head} |`,
      "| --- | --: | --: | --: | --: | --: | --: | --- | --- |",
      ...lines,
      ""
    ]
  }).join("\n")

export const problems = (found: ReadonlyArray<Problem>): string =>
  found.length === 0
    ? ""
    : [
        "## What did not run",
        "",
        ...found.map(({ key, message, peer }) => `- ${peer}, ${key}: ${message.split("\n")[0]}`),
        ""
      ].join("\n")
