/**
 * The tables of the report that are about HTTP.
 */
import { describe, FLOORS, judge } from "./floors.ts"
import { MODES } from "./http.ts"
import { median } from "./stats.ts"
import type { Row } from "./suites.ts"
import type { Line, Metric, Table } from "./tables.ts"

const LOADS = ["add", "ping", "echo10k"]

const titled = (load: string, mode: string): string =>
  load === "ping" && mode.startsWith("modern") ? "server/discover" : load

const lines = (
  connections: ReadonlyArray<number>,
  metric: Metric,
  floor: (load: string, mode: string, connections: number) => Line["floor"] = () => undefined
): Array<Line> =>
  MODES.flatMap(({ name, title }) =>
    LOADS.flatMap((load) =>
      connections.map((count): Line => {
        const found = floor(load, name, count)
        const line: Line = {
          title: `${titled(load, name)} ×${count}, ${title}`,
          key: `http/${name}/${load}/x${count}`,
          metric
        }
        return found === undefined ? line : { ...line, floor: found }
      })
    )
  )

const addFloor = (load: string, mode: string, connections: number): Line["floor"] => {
  if (load !== "add" || connections !== 128) return undefined
  return mode.startsWith("stateful") ? FLOORS.httpStateful : FLOORS.http
}

/** The floor of an idle session is a size, not a ratio. */
const sized = (rows: ReadonlyArray<Row>): readonly [floor: string, verdict: string] => {
  const mine = rows.filter(({ key, peer }) => key === "http/sessions/heap" && peer === "ours")
  const kb = median(mine.map((row) => Number(row.kb)))
  return [`${describe(FLOORS.sessionKb)} KB`, judge(FLOORS.sessionKb, kb, NaN)]
}

export const HTTP_TABLES: ReadonlyArray<Table> = [
  {
    title: "Servers over HTTP, 128 and 16 connections",
    unit: "calls per second",
    note:
      "One call at a time on each connection. v2 and v1 stand on plain node:http. Without sessions their authors want a " +
      "server for each request; its schemas are made once. Three rounds but for `add` on 128 connections.",
    lines: lines([128, 16], "perSecond", addFloor)
  },
  {
    title: "The same: CPU of the server",
    unit: "µs per call",
    lines: lines([128], "cpu")
  },
  {
    title: "The same: how much of the time the server was on a CPU",
    unit: "percent",
    note:
      "Near 100 the server was the limit. Where it was much less, others had the machine: then the calls per second say " +
      "little, and the CPU per call is what to compare.",
    lines: lines([128], "busy").map((line) => ({ ...line, special: () => ["", ""] as const }))
  },
  {
    title: "Servers over HTTP, one connection: latency",
    unit: "µs, p50",
    lines: lines([1], "p50")
  },
  {
    title: "tools/list of 1,000 tools over HTTP",
    unit: "calls per second",
    note: "One page, full schemas. Three rounds on 16 connections.",
    lines: MODES.flatMap(({ name, title }) =>
      [1, 16].map((count) => ({
        title: `×${count}, ${title}`,
        key: `http/${name}/list/x${count}`,
        metric: "perSecond",
        floor: FLOORS.list
      }))
    )
  },
  {
    title: "Sessions over HTTP: opened",
    unit: "sessions per second",
    note: "`initialize` and `notifications/initialized`, on 16 connections, with a token that ours looks up.",
    lines: [{ title: "opened", key: "http/sessions/opened", metric: "perSecond" }]
  },
  {
    title: "Sessions over HTTP: an idle one",
    unit: "KB of heap",
    note:
      "4,000 sessions more than 1,000, without connections, after collections. Ours holds the client's name and " +
      "capabilities, its caller and the expiry.",
    lines: [{ title: "idle", key: "http/sessions/heap", metric: "kb", special: sized }]
  }
]
