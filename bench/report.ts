/**
 * Turns rows into the Markdown that `npm run bench` prints and keeps: per table one line per case, with the medians of
 * each peer, the ratios of medians ours/v2 and ours/v1, the floor, and whether it is met.
 */
import { compare, describe, judge } from "./floors.ts"
import { HTTP_TABLES } from "./http-tables.ts"
import { median, short } from "./stats.ts"
import type { Problem, Row } from "./suites.ts"
import { type Line, type Metric, type Table, TABLES } from "./tables.ts"
import { VOCABULARY_TABLES } from "./vocabulary-tables.ts"

const better = (metric: Metric): "more" | "less" => (metric === "perSecond" ? "more" : "less")

const render = (line: Line, { plain = false }: Table, rows: ReadonlyArray<Row>): string | undefined => {
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
  const ratios = [ratio(ours / v2), ratio(ours / v1)]
  const medians = [short(ours), short(v2), short(v1)]
  const cells = plain ? [...medians, ...ratios, verdict] : [...medians, short(bare), ...ratios, floor, verdict]
  return `| ${[line.title, ...cells].join(" | ")} |`
}

const ratio = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : "–")

const HEAD = [
  "| case | ours | v2 | v1 | bare | ours/v2 | ours/v1 | floor |  |",
  "| --- | --: | --: | --: | --: | --: | --: | --- | --- |"
]
const PLAIN_HEAD = ["| case | ours | v2 | v1 | ours/v2 | ours/v1 |  |", "| --- | --: | --: | --: | --: | --: | --- |"]

/** The tables that have at least one measured line. */
export const tables = (rows: ReadonlyArray<Row>): string =>
  [...TABLES, ...HTTP_TABLES, ...VOCABULARY_TABLES]
    .flatMap((table) => {
      const lines = table.lines.flatMap((line) => render(line, table, rows) ?? [])
      if (lines.length === 0) return []
      return [
        `## ${table.title}`,
        "",
        `In ${table.unit}.${table.note === undefined ? "" : ` ${table.note}`}`,
        "",
        ...(table.plain === true ? PLAIN_HEAD : HEAD),
        ...lines,
        ""
      ]
    })
    .join("\n")

export const problems = (found: ReadonlyArray<Problem>): string =>
  found.length === 0
    ? ""
    : [
        "## What did not run",
        "",
        ...found.map(({ key, message, peer }) => `- ${peer}, ${key}: ${message.split("\n")[0]}`),
        ""
      ].join("\n")
