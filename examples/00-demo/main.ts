/**
 * The demo: our client, our server in both eras, and a server that we did not write. Run it with `npm run demo`.
 *
 * The arguments are drawn from a seed that is printed; `DEMO_SEED` draws them again. It checks what it shows, and that no
 * child process is left: it ends with code 0 when everything was as expected.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Effect, Random, Schedule } from "effect"
import { McpNode } from "mcp-effect/node"
import { everything } from "./everything.ts"
import { tour } from "./tour.ts"
import { chapter, failed, note, step, title } from "./transcript.ts"

const seed = process.env["DEMO_SEED"] ?? String(Math.floor(Math.random() * 1_000_000))

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Child processes that Node holds; it forgets one a moment after it has exited. */
const handles = Effect.sync(
  () => process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap").length
)

const demo = Effect.gen(function* () {
  yield* title("mcp-effect", `seed ${seed}; the same again: DEMO_SEED=${seed} npm run demo`)
  const legacy = yield* tour("2025-11-25", "legacy")
  const modern = yield* tour("2026-07-28", "modern")
  yield* everything

  yield* chapter("Afterwards")
  const alive = [legacy, modern].filter(isAlive)
  const children = yield* Effect.repeat(handles, {
    until: (count) => count === 0,
    schedule: Schedule.spaced(10),
    times: 100
  })
  yield* step("child processes left", `${alive.length + children}`, alive.length === 0 && children === 0)
  yield* note(failed() === 0 ? "Everything was as expected." : `Not as expected: ${failed()} of the steps above.`)
  yield* note("Read on: examples/00-demo/server.ts is the server, tour.ts beside it the client.")
  process.exitCode = failed() === 0 ? 0 : 1
})

demo.pipe(Random.withSeed(seed), Effect.timeout("30 seconds"), Effect.provide(McpNode.layer), NodeRuntime.runMain)
