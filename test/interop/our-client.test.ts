/**
 * Our client and servers that we did not write: the official SDK v2 in both eras, and `server-everything`.
 *
 * The official server observes a cancellation by its AbortSignal. `server-everything` does not hear of it (the tap keeps
 * it), so its late reports and its late reply show that nobody waits for them any more.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { eventually, within } from "../transport/support/eventually.ts"
import { Add, Slow } from "./fixtures/tools.ts"
import { answers, listsAndCalls, reportsProgress, script } from "./support/everything.ts"
import { rig, servers } from "./support/rig.ts"

/** Keeps the messages of progress reports. */
const reports = () => {
  const messages: Array<string | undefined> = []
  const onProgress = ({ message }: { readonly message?: string | undefined }) =>
    Effect.sync(() => void messages.push(message))
  return { messages, onProgress }
}

describe.each([
  { wanted: "2025-11-25", agreed: "2025-11-25" },
  { wanted: "2026-07-28", agreed: "2026-07-28" },
  { wanted: "auto", agreed: "2026-07-28" }
])("our client ($wanted) and the official server v2", ({ agreed, wanted }) => {
  const connect = (command: { readonly command: string; readonly args: Array<string> }) =>
    McpClient.connect(command, { revision: wanted })

  it.live("lists and calls", () =>
    Effect.gen(function* () {
      const official = yield* rig(servers.official)
      const client = yield* connect(official.command)
      assert.strictEqual(client.revision, agreed)
      assert.strictEqual(client.serverInfo?.name, "official")
      const { tools } = yield* client.listTools()
      assert.deepStrictEqual(
        tools.map(({ name }) => name),
        ["add", "slow"]
      )
      assert.deepStrictEqual(yield* client.call(Add, { a: 2.5, b: 40 }), { sum: 42.5 })
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("gets progress, in order and before the result", () =>
    Effect.gen(function* () {
      const official = yield* rig(servers.official)
      const client = yield* connect(official.command)
      const { messages, onProgress } = reports()
      const result = yield* client.call(Slow, { name: "short", steps: 5, pause: 5 }, { onProgress })
      assert.deepStrictEqual(messages, ["short 1", "short 2", "short 3", "short 4", "short 5"])
      assert.strictEqual(McpContent.textOf(result), "short took 5 steps")
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("cancels: the server's signal is aborted, and the conversation goes on", () =>
    Effect.gen(function* () {
      const official = yield* rig(servers.official)
      const client = yield* connect(official.command)
      const call = yield* Effect.forkChild(client.call(Slow, { name: "long", steps: 100_000, pause: 5 }))
      yield* official.happened("started", "long")
      yield* within("the interrupted call", Fiber.interrupt(call))
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(call)))
      yield* official.happened("interrupted", "long")
      assert.deepStrictEqual(yield* client.call(Add, { a: 1, b: 2 }), { sum: 3 })
      assert.deepStrictEqual(official.cancelled, [official.callOf("slow").id])
      assert.deepStrictEqual(
        official.journal("long").map(({ event }) => event),
        ["started", "interrupted"]
      )
    }).pipe(Effect.provide(McpNode.layer))
  )
})

const everything = [script] as const

describe("our client and server-everything", () => {
  it.live("finds out what it speaks, lists and calls", () =>
    Effect.gen(function* () {
      const foreign = yield* rig(everything)
      const client = yield* McpClient.connect(foreign.command)
      yield* listsAndCalls(client)
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("gets progress, in order and before the result", () =>
    Effect.gen(function* () {
      const foreign = yield* rig(everything)
      const client = yield* McpClient.connect(foreign.command)
      yield* reportsProgress(client)
    }).pipe(Effect.provide(McpNode.layer))
  )

  it.live("cancels: our call returns before the server is done, and what comes late is ignored", () =>
    Effect.gen(function* () {
      const foreign = yield* rig(everything, { deaf: true })
      const client = yield* McpClient.connect(foreign.command)
      const { messages, onProgress } = reports()
      const call = yield* Effect.forkChild(
        client.callTool("trigger-long-running-operation", { duration: 2, steps: 8 }, { onProgress })
      )
      yield* eventually("the first report", () => (messages.length > 0 ? true : undefined))
      yield* within("the interrupted call", Fiber.interrupt(call))
      const { id } = foreign.callOf("trigger-long-running-operation")
      assert.isDefined(id)
      assert.deepStrictEqual(foreign.replies(id), [], "the call has returned before there was a reply")
      const before = messages.length

      yield* eventually("the late reply", () => foreign.replies(id)[0])
      assert.deepStrictEqual(foreign.cancelled, [id])
      yield* answers(client)
      assert.strictEqual(messages.length, before)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(call)))
    }).pipe(Effect.provide(McpNode.layer))
  )
})
