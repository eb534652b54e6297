/**
 * Runs every example in reading order, each as a program of its own. An example checks itself: exit code 0 is a pass.
 *
 * Beside it runs the same once more with one expected value altered (`EXAMPLES_ALTER`, see `check.ts`): a check that
 * checks exits with code 1 and says what it expected.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect } from "effect"
import { spawn } from "node:child_process"
import { existsSync, readdirSync } from "node:fs"
import { join } from "node:path"

const stories = readdirSync(import.meta.dirname)
  .filter((name) => existsSync(join(import.meta.dirname, name, "main.ts")))
  .toSorted()

/** Runs an example to its end; gives its exit code, and what it said if that is not shown. */
const run = (name: string, env: { readonly [name: string]: string }, stdio: "inherit" | "pipe") =>
  Effect.callback<{ readonly code: number | null; readonly said: string }>((resume) => {
    const program = join(import.meta.dirname, name, "main.ts")
    const child = spawn(process.execPath, [...process.execArgv, program], {
      env: { ...process.env, ...env },
      stdio: ["ignore", stdio, stdio]
    })
    let said = ""
    for (const output of [child.stdout, child.stderr]) output?.on("data", (chunk) => (said += String(chunk)))
    child.on("close", (code) => resume(Effect.succeed({ code, said })))
    return Effect.sync(() => child.kill())
  })

/** Why an example is not as it should be, if it is not. */
const problem = Effect.fnUntraced(function* (name: string) {
  yield* Console.log(`\n── examples/${name}`)
  const [plain, altered] = yield* Effect.all(
    [run(name, { EXAMPLES_ALTER: "" }, "inherit"), run(name, { EXAMPLES_ALTER: "1" }, "pipe")],
    { concurrency: 2 }
  )
  if (plain.code !== 0) return `examples/${name} failed`
  const noticed = altered.code === 1 && /expected .*altered|not as expected/.test(altered.said)
  return noticed ? undefined : `examples/${name} did not notice that an expected value was altered:\n${altered.said}`
})

const all = Effect.gen(function* () {
  const problems = (yield* Effect.forEach(stories, problem)).filter((reason) => reason !== undefined)
  const passed = stories.length - problems.length
  yield* Console.log(`\n${passed} of ${stories.length} examples passed, and notice an altered value`)
  for (const reason of problems) yield* Console.log(reason)
  process.exitCode = stories.length > 0 && problems.length === 0 ? 0 : 1
})

NodeRuntime.runMain(all)
