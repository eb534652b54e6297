/**
 * Official clients and our server: they list, call, get progress and cancel, each in the revision it comes to.
 *
 * Cancelling is proven at the server, by its journal, and on the pipe, by a tap.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { eventually, within } from "../transport/support/eventually.ts"
import { connected, officialClients } from "./support/officialClients.ts"
import { rig, servers } from "./support/rig.ts"

describe.each(officialClients)("the official client ($name) and our server", ({ connect, revision }) => {
  it.live("lists and calls", () =>
    Effect.gen(function* () {
      const ours = yield* rig(servers.ours)
      const client = yield* connected(connect, ours.command)
      const { tools } = yield* Effect.promise(() => client.listTools())
      assert.deepStrictEqual(
        tools.map(({ name }) => name),
        ["add", "slow"]
      )
      const result = yield* Effect.promise(() => client.callTool("add", { a: 2.5, b: 40 }))
      assert.deepStrictEqual(result.structuredContent, { sum: 42.5 })
      assert.deepStrictEqual(result.content, [{ type: "text", text: '{"sum":42.5}' }])
      assert.deepStrictEqual(ours.journal("add"), [{ event: "called", name: "add", revision }])
    })
  )

  it.live("gets progress, in order and before the result", () =>
    Effect.gen(function* () {
      const ours = yield* rig(servers.ours)
      const client = yield* connected(connect, ours.command)
      const seen: Array<string | undefined> = []
      const args = { name: "short", steps: 5, pause: 5, until: ours.until }
      const onprogress = ({ message }: { readonly message?: string | undefined }) => void seen.push(message)
      const call = yield* Effect.forkChild(Effect.promise(() => client.callTool("slow", args, { onprogress })))
      yield* eventually("five reports", () => (seen.length >= 5 ? true : undefined))
      yield* ours.letGo
      const result = yield* within("the call", Fiber.join(call))
      assert.deepStrictEqual(seen, ["short 1", "short 2", "short 3", "short 4", "short 5"])
      assert.deepStrictEqual(result.content, [{ type: "text", text: "short took 5 steps" }])
      assert.deepStrictEqual(
        ours.journal("short").map(({ event }) => event),
        ["started", "ended", "finalized"]
      )
      const { id } = ours.callOf("slow")
      const order = ours.sent("server").flatMap((message) => (message.id === id ? ["reply"] : (message.method ?? [])))
      assert.deepStrictEqual(order, [...Array.from({ length: 5 }, () => "notifications/progress"), "reply"])
    })
  )

  it.live("cancels: the handler is interrupted, and nothing with that id leaves", () =>
    Effect.gen(function* () {
      const ours = yield* rig(servers.ours)
      const controller = new AbortController()
      yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* connected(connect, ours.command)
          const call = yield* Effect.forkChild(
            Effect.exit(
              Effect.tryPromise(() =>
                client.callTool("slow", { name: "long", steps: 100_000, pause: 5 }, { signal: controller.signal })
              )
            )
          )
          yield* ours.happened("started", "long")
          controller.abort("enough")
          assert.isTrue(Exit.isFailure(yield* within("the cancelled call", Fiber.join(call))))
          yield* ours.happened("finalized", "long")
          // what the server had to say about the cancelled call would be written before this answer
          const after = yield* Effect.promise(() => client.callTool("add", { a: 1, b: 2 }))
          assert.deepStrictEqual(after.structuredContent, { sum: 3 })
        })
      )
      assert.strictEqual(yield* ours.exited, 0)

      assert.deepStrictEqual(
        ours.journal("long").map(({ event }) => event),
        ["started", "interrupted", "finalized"]
      )
      const { id } = ours.callOf("slow")
      assert.isDefined(id)
      assert.deepStrictEqual(ours.cancelled, [id])
      assert.deepStrictEqual(ours.replies(id), [])
    })
  )
})
