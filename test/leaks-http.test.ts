/**
 * Nothing stays of those who go away over HTTP: after thousands of sessions that are left, calls whose connection is lost
 * and streams that are dropped, the server has the fibers, sockets, sessions, streams and exchanges that it had, and its
 * heap is within 2 MB, in each of three repeats; a first round pays for what is made once.
 *
 * The server is a process of its own that measures itself. A server that is broken on purpose does not pass.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Queue, type Scope } from "effect"
import { fork } from "node:child_process"
import type { Figures } from "./transport/fixtures/measured.ts"
import { Abandoning } from "./transport/support/abandoning.ts"
import { fixture } from "./transport/support/children.ts"

const SESSIONS = 5000
const CALLS = 5000
const STREAMS = 1000
const ALLOWED = 2 * 1024 * 1024
const IDLE = "5 seconds"

interface Measured {
  readonly clients: Abandoning
  readonly figures: Effect.Effect<Figures>
}

/** A server with or without an `EventStore`, as it is or broken. */
const measured = (...orders: ReadonlyArray<string>): Effect.Effect<Measured, never, Scope.Scope> =>
  Effect.gen(function* () {
    const told = yield* Queue.unbounded<{ readonly url?: string; readonly figures?: Figures }>()
    const child = yield* Effect.acquireRelease(
      Effect.sync(() =>
        fork(fixture("measured.ts"), [...orders], {
          execArgv: ["--conditions=mcp-effect-source", "--expose-gc", "--disable-warning=ExperimentalWarning"],
          stdio: ["ignore", "ignore", "inherit", "ipc"]
        }).on("message", (message: object) => void Queue.offerUnsafe(told, message))
      ),
      (child) => Effect.sync(() => void child.kill("SIGKILL"))
    )
    const { url = assert.fail("no URL") } = yield* Queue.take(told)
    const ask = Effect.sync(() => void child.send("figures"))
    const figures = Effect.map(Effect.andThen(ask, Queue.take(told)), ({ figures }) => figures ?? assert.fail("none"))
    return { clients: new Abandoning(url), figures }
  })

const times = (count: number, one: (index: number) => Effect.Effect<unknown>) =>
  Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    one,
    { concurrency: 64, discard: true }
  )

/** All who go away, and what is left of them after a while. */
const round = ({ clients, figures }: Measured, share = 1): Effect.Effect<Figures> =>
  Effect.gen(function* () {
    yield* times(SESSIONS * share, (index) => clients.session(index % 2 === 0))
    yield* times(CALLS * share, (index) => clients.call(index, index % 4 < 2))
    yield* times(STREAMS * share, (index) => (index % 2 === 0 ? clients.stand(index) : clients.listen(index)))
    yield* clients.close
    yield* Effect.sleep(IDLE)
    return yield* figures
  })

/** What has become more, by name. */
const grown = (start: Figures, now: Figures): ReadonlyArray<string> =>
  (Object.keys(start) as ReadonlyArray<keyof Figures>).flatMap((name) => {
    const more = now[name] - start[name]
    return more > (name === "heap" ? ALLOWED : 0) ? `${more} more of ${name}` : []
  })

describe("who goes away over HTTP", () => {
  it.live(
    "leaves nothing behind",
    () =>
      Effect.gen(function* () {
        const server = yield* measured("events")
        const start = yield* round(server)
        assert.strictEqual(start.handlers + start.sockets + start.sessions + start.streams + start.exchanges, 0)
        for (const repeat of [1, 2, 3]) {
          const now = yield* round(server)

          assert.deepStrictEqual(grown(start, now), [], `repeat ${repeat}`)
        }
      }),
    { timeout: 180_000 }
  )

  it.live(
    "is noticed where lost connections are not heard of, or sessions are kept",
    () =>
      Effect.gen(function* () {
        const left = yield* Effect.forEach(
          ["whole", "deaf", "hoarding"],
          (broken) =>
            Effect.gen(function* () {
              const server = yield* measured("none", broken)
              const start = yield* server.figures
              const more = grown(start, yield* round(server, 0.02))
              // too few to tell by the heap, which has not come to rest
              return more.map((one) => one.split(" ").at(-1)).filter((name) => name !== "heap")
            }),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(left, [[], ["fibers", "handlers", "exchanges"], ["sessions"]])
      }),
    { timeout: 90_000 }
  )
})
