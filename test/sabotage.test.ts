/**
 * Every saboteur still applies to the source, and says which law it breaks. Whether each is caught, `npm run sabotage`
 * tells, which takes longer than the gate may.
 */
import { assert, describe, it } from "@effect/vitest"
import { execFileSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"

const root = new URL("../", import.meta.url).pathname
const folder = `${root}test/laws/sabotage/`
const patches = readdirSync(folder).filter((name) => name.endsWith(".patch"))
const laws = [
  ...new Set(readdirSync(`${root}test/laws`).flatMap((name) => /^(\d\d)-.*\.test\.ts$/.exec(name)?.[1] ?? []))
]

describe("saboteurs", () => {
  it.each(patches)("%s applies", (name) => {
    assert.match(readFileSync(folder + name, "utf8"), /^Law: \d+\nBreaks: .+\n/)
    execFileSync("git", ["apply", "--check", folder + name], { cwd: root, stdio: "pipe" })
  })

  it("there is at least one for each law that has tests", () => {
    assert.isNotEmpty(laws)
    for (const law of laws)
      assert.isTrue(
        patches.some((name) => name.startsWith(law)),
        `law ${law}`
      )
  })
})
