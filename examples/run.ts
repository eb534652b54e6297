/**
 * Runs every example in reading order, each as a program of its own. An example checks itself: exit code 0 is a pass.
 */
import { spawnSync } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"

const stories = readdirSync(import.meta.dirname)
  .filter((name) => existsSync(join(import.meta.dirname, name, "main.ts")))
  .toSorted()

const failed = stories.filter((name) => {
  console.log(`\n── examples/${name}`)
  const program = join(import.meta.dirname, name, "main.ts")
  return spawnSync(process.execPath, [...process.execArgv, program], { stdio: "inherit" }).status !== 0
})

console.log(`\n${stories.length - failed.length} of ${stories.length} examples passed`)
for (const name of failed) console.log(`failed: examples/${name}`)
process.exitCode = stories.length > 0 && failed.length === 0 ? 0 : 1
