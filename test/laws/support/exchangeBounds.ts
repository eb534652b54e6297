/**
 * The bounds of what comes by exchanges, each reached: requests of one caller, and what is kept for sessions and streams.
 * A row for each field of `McpLimits`, for the table of law 11.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { EventStore, SessionStore } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { app, callTool, Record } from "./app.ts"
import { exchanged } from "./exchanges.ts"
import { settle } from "./law.ts"
import { codeOf, within } from "./limits.ts"
import { pad } from "./peers.ts"
import type { Row } from "./serverBounds.ts"

const session = (id: string): SessionStore.Session => ({
  id,
  principal: "one",
  revision: "2025-11-25",
  clientInfo: { name: "laws", version: "1.0.0" },
  capabilities: {},
  logLevel: "info",
  ready: true,
  watched: [],
  lastActivity: 0
})

export const exchangeBounds = {
  exchanges: [
    "one request more waits; what does not fit into the park beside it is refused as busy",
    () =>
      Effect.gen(function* () {
        const record = new Record()
        const acceptor = yield* within({ exchanges: 2, park: 1_000 }, McpTest.acceptor(app(record)))
        const ask = (name: string, padding = "") =>
          exchanged(acceptor, callTool("modern", name, "wait", { name }, { padding }))
        for (const name of ["a", "b", "c"]) yield* ask(name)
        const refused = yield* ask("d", pad(1_000))
        yield* settle
        assert.deepStrictEqual(record.started, ["a", "b"])
        assert.deepStrictEqual(refused.messages.map(codeOf), [503])
        yield* record.open("a")
        yield* settle
        assert.deepStrictEqual(record.started, ["a", "b", "c"])
      })
  ],
  sessionBytes: [
    "of more sessions the one that was used least recently is forgotten; one that is larger is refused",
    () =>
      Effect.gen(function* () {
        const sessionBytes = 2 * JSON.stringify(session("a")).length
        yield* within(
          { sessionBytes },
          Effect.gen(function* () {
            const store = yield* SessionStore.SessionStore
            for (const id of ["a", "b"]) yield* store.set(session(id))
            yield* store.touch("a", 1)
            yield* store.set(session("c"))
            const kept = yield* Effect.forEach(["a", "b", "c"], (id) => store.get(id))
            assert.deepStrictEqual(
              kept.map((found) => found?.id),
              ["a", undefined, "c"]
            )
            const refused = yield* Effect.flip(store.set({ ...session("d"), principal: pad(sessionBytes) }))
            assert.strictEqual(refused._tag, "StoreError")
          }).pipe(Effect.provide(SessionStore.layerMemory))
        )
      })
  ],
  events: [
    "of more events the oldest are forgotten, and reading on from there fails",
    () =>
      within(
        { events: 20_000 },
        Effect.gen(function* () {
          const store = yield* EventStore.EventStore
          const key = { session: "a", stream: "s" }
          yield* store.open(key, [1])
          for (let seq = 1; seq <= 10; seq++) yield* store.append(key, { seq, text: pad(1_000) }, false)
          const numbers: Array<ReadonlyArray<number> | string> = []
          for (const after of [0, 5, 6, 7]) {
            numbers.push(
              yield* Effect.match(store.read(key, after, 100_000), {
                onSuccess: ({ events }) => events.map(({ seq }) => seq),
                onFailure: ({ _tag }) => _tag
              })
            )
          }
          assert.deepStrictEqual(numbers, ["ResumeLost", "ResumeLost", "ResumeLost", [8, 9, 10]])
        }).pipe(Effect.provide(EventStore.layerMemory))
      )
  ]
} as const satisfies { readonly [field: string]: Row }
