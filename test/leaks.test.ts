/**
 * Nothing stays: after many connections, calls, cancels and failures the heap is where it was, and no handle is left.
 *
 * The heap is read after four forced collections and may be 2 MB above the start, in each of three repeats; a first round
 * pays for what is made once.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Fiber, References } from "effect"
import { McpClient } from "mcp-effect"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import { app, Decline, Die, Record, Report, Sync, versions, Wait } from "./laws/support/app.ts"

setFlagsFromString("--expose-gc")
const collect = runInNewContext("gc") as () => void

const CONNECTIONS = 50
const CALLS = 40
const ALLOWED = 2 * 1024 * 1024

const conversation = (version: string) =>
  Effect.gen(function* () {
    const client = yield* McpClient.connect(app(new Record()), { revision: version })
    yield* Effect.forEach(
      Array.from({ length: CALLS }, (_, index) => `call ${index}`),
      (name) =>
        Effect.gen(function* () {
          yield* client.call(Sync, { name })
          yield* client.call(Report, { name, steps: 3 }, { onProgress: () => Effect.void })
          yield* Effect.exit(client.call(Decline, { name }))
          yield* Effect.exit(client.call(Die, { name }))
          const waiting = yield* Effect.forkChild(client.call(Wait, { name }), { startImmediately: true })
          yield* Fiber.interrupt(waiting)
        }),
      { concurrency: 8, discard: true }
    )
  }).pipe(Effect.scoped)

const round = Effect.forEach(
  Array.from({ length: CONNECTIONS }, (_, index) => (index % 2 === 0 ? versions.legacy : versions.modern)),
  conversation,
  { discard: true }
)

const heap = Effect.sync(() => {
  for (let turn = 0; turn < 4; turn++) collect()
  return process.memoryUsage().heapUsed
})

it.effect(
  "the heap and the handles are where they were",
  () =>
    Effect.gen(function* () {
      yield* round
      yield* round
      const handles = process.getActiveResourcesInfo().toSorted()
      const start = yield* heap
      for (const repeat of [1, 2, 3]) {
        yield* round
        assert.isAtMost((yield* heap) - start, ALLOWED, `repeat ${repeat}`)
      }
      assert.deepStrictEqual(process.getActiveResourcesInfo().toSorted(), handles)
      // the incidents of `die` would fill the runner's memory with their log
    }).pipe(Effect.provideService(References.MinimumLogLevel, "None")),
  { timeout: 120_000 }
)
