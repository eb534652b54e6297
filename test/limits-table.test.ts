/**
 * The table of limits in ARCHITECTURE.md is the one in the source: every field with its default and its meaning, in the
 * order of `McpLimits.ts`.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { McpLimits } from "mcp-effect"
import { expect, it } from "vitest"

const root = join(import.meta.dirname, "..")
const read = (file: string) => readFileSync(join(root, file), "utf8")

interface Row {
  readonly field: string
  readonly default: string
  readonly meaning: string
}

const [, marked] = /<!-- limits -->\n([^]*?)\n<!-- \/limits -->/.exec(read("ARCHITECTURE.md")) ?? []
const [header, line, ...rows] = (marked ?? "").split("\n").map((row) =>
  row
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim())
)

const shown = (value: unknown): string => (typeof value === "number" ? value.toLocaleString("en-US") : String(value))

it("the table has the columns field, default and meaning", () => {
  expect(header).toEqual(["field", "default", "meaning"])
  expect(line).toEqual(["---", "---", "---"])
})

it("the table has every field of McpLimits with its default and its meaning", () => {
  const meanings = new Map(
    [...read("src/transport/McpLimits.ts").matchAll(/\/\*\* (.*) \*\/\n {2}readonly (\w+):/g)].map(
      ([, meaning, field]) => [field, meaning]
    )
  )
  const expected = Object.entries(McpLimits.defaults).map(([field, value]): Row => ({
    field: `\`${field}\``,
    default: shown(value),
    meaning: meanings.get(field) ?? ""
  }))
  const table = rows.map(([field, value, meaning]): Row => ({ field: field!, default: value!, meaning: meaning! }))
  expect(table).toEqual(expected)
})
