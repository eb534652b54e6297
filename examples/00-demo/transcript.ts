/**
 * What the demo prints, and whether it was as expected: chapters, steps with a tick or a cross, and live lines.
 */
import { Effect } from "effect"

const coloured = process.stdout.isTTY && process.env["NO_COLOR"] === undefined
const paint = (code: number) => (text: string) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text)
const bold = paint(1)
const dim = paint(2)
const red = paint(31)
const green = paint(32)

const write = (text: string) => Effect.sync(() => void process.stdout.write(text))
const line = (text: string) => write(`${text}\n`)

let failures = 0

/** How many steps were not as expected. */
export const failed = (): number => failures

export const title = (text: string, remark: string) => line(`${bold(text)}  ${dim(remark)}`)

export const chapter = (text: string) => line(`\n${bold(text)}`)

export const note = (text: string) => line(`    ${dim(text)}`)

/** One step: what was done and what came of it. With a cross when it was not as expected. */
export const step = (what: string, outcome: string, asExpected: boolean) => {
  if (!asExpected) failures += 1
  const mark = asExpected ? green("✓") : red("✗")
  return line(`  ${mark} ${what.padEnd(28)} ${outcome}${asExpected ? "" : red("   ← not as expected")}`)
}

/** A line that grows while something happens. */
export const live = (what: string) => write(`  ${dim("…")} ${what.padEnd(28)}`)
export const grow = (text: string) => write(` ${text}`)
export const endOfLive = line("")
