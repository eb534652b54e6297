/**
 * Our client over HTTP and servers that are not ours: the official SDK v2 in both eras, with sessions and without, and
 * `server-everything` on the official SDK v1.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schedule, Scope, Stream } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { spawn } from "node:child_process"
import { eventually, within } from "../transport/support/eventually.ts"
import { listening, urlOf } from "../transport/support/httpPeer.ts"
import { Add, Slow } from "./fixtures/tools.ts"
import { answers, listsAndCalls, reportsProgress, script } from "./support/everything.ts"
import { officialHttp } from "./support/officialHttp.ts"

const LEGACY = "2025-11-25"
const MODERN = "2026-07-28"

const onNode = Effect.provide(McpNode.layerWith({ proxy: false }))

const modes = [
  ["modern", "sessions", "auto", MODERN, "auto"],
  ["modern, always as a stream", "sessions", "auto", MODERN, "sse"],
  ["legacy, with sessions", "sessions", LEGACY, LEGACY, "auto"],
  ["legacy, without sessions", "stateless", LEGACY, LEGACY, "auto"],
  ["legacy only", "legacy", "auto", LEGACY, "auto"]
] as const

describe.each(modes)("our client and the official server v2: %s", (_, mode, revision, agreed, responses) => {
  const connected = Effect.gen(function* () {
    const official = yield* officialHttp(mode, responses)
    const client = yield* McpClient.connect(official.url, { revision })
    assert.strictEqual(client.revision, agreed)
    return { official, client }
  })

  it.live("lists and calls", () =>
    Effect.gen(function* () {
      const { client } = yield* connected
      const tools = yield* Stream.runCollect(client.tools())
      assert.includeMembers(
        [...tools].map(({ name }) => name),
        ["add", "slow"]
      )
      const sums = yield* Effect.forEach(
        Array.from({ length: 50 }, (_, a) => a),
        (a) => client.call(Add, { a, b: 0.5 }),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        sums.map(({ sum }) => sum),
        Array.from({ length: 50 }, (_, a) => a + 0.5)
      )
    }).pipe(onNode)
  )

  it.live("gets progress, in order and before the result", () =>
    Effect.gen(function* () {
      const { client } = yield* connected
      const messages: Array<string | undefined> = []
      const onProgress = ({ message }: { readonly message?: string }) => Effect.sync(() => void messages.push(message))
      const result = yield* client.call(Slow, { name: "short", steps: 4, pause: 5 }, { onProgress })
      assert.deepStrictEqual(messages, ["short 1", "short 2", "short 3", "short 4"])
      assert.strictEqual(McpContent.textOf(result), "short took 4 steps")
    }).pipe(onNode)
  )

  it.live("cancels, and others go on; without sessions nothing connects the cancel with its request", () =>
    Effect.gen(function* () {
      const { client, official } = yield* connected
      const call = yield* Effect.forkChild(client.call(Slow, { name: "long", steps: 20, pause: 50 }))
      yield* eventually("it has begun", () => (official.journal.length > 0 ? true : undefined))
      yield* within("the interrupted call", Fiber.interrupt(call))
      assert.deepStrictEqual(yield* client.call(Add, { a: 1, b: 2 }), { sum: 3 })
      if (mode !== "stateless") {
        yield* eventually("it has ended", () => (official.journal.length > 1 ? true : undefined))
        assert.deepStrictEqual(official.journal, ["started long", "interrupted long"])
      }
      const said = official.requests.filter((request) => request.endsWith("notifications/cancelled"))
      assert.strictEqual(said.length, agreed === MODERN ? 0 : 1)
    }).pipe(onNode)
  )

  it.live("leaves as it should", () =>
    Effect.gen(function* () {
      const official = yield* officialHttp(mode, responses)
      const scope = yield* Scope.make()
      const client = yield* Scope.provide(McpClient.connect(official.url, { revision }), scope)
      yield* client.call(Add, { a: 1, b: 2 })
      yield* within("closing", Scope.close(scope, Exit.void), 5)
      const given = official.requests.filter((request) => request === "DELETE").length
      assert.strictEqual(given, agreed === LEGACY && mode !== "stateless" ? 1 : 0)
    }).pipe(onNode)
  )
})

describe("our client and the official server v2, with sessions", () => {
  it.live("hears what the server says unasked", () =>
    Effect.gen(function* () {
      const official = yield* officialHttp("legacy")
      const client = yield* McpClient.connect(official.url)
      const changes = yield* client.changes
      const heard = yield* Effect.forkChild(Stream.runCollect(Stream.take(changes, 1)))
      yield* eventually("the stream is open", () => (official.requests.includes("GET") ? true : undefined))
      yield* client.callTool("grow")
      assert.deepStrictEqual([...(yield* within("the change", Fiber.join(heard)))], ["tools"])
    }).pipe(onNode)
  )

  it.live("a session that is gone is an error, and then the connection is closed", () =>
    Effect.gen(function* () {
      const official = yield* officialHttp("legacy")
      const client = yield* McpClient.connect(official.url)
      yield* client.ping()
      official.forget()
      const { reason } = yield* Effect.flip(client.ping())
      assert.strictEqual(reason._tag === "Lost" ? reason.loss : reason._tag, "SessionEnded")
      assert.strictEqual((yield* Effect.flip(client.ping())).reason._tag, "Closed")
    }).pipe(onNode)
  )
})

/** `server-everything` over HTTP, at a port that was free a moment ago. */
const everything = Effect.gen(function* () {
  const url = yield* Effect.scoped(
    Effect.map(
      listening(() => {}),
      urlOf
    )
  )
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      spawn(process.execPath, [script, "streamableHttp"], {
        env: { ...process.env, PORT: new URL(url).port },
        stdio: "ignore"
      })
    ),
    (child) =>
      Effect.callback<void>((resume) => {
        child.on("exit", () => resume(Effect.void))
        child.kill("SIGKILL")
      })
  )
  const up = Effect.tryPromise(() => fetch(url, { method: "GET" }))
  yield* within("its start", Effect.retry(up, Schedule.spaced("50 millis")))
  return url
})

describe("our client and server-everything", () => {
  it.live("agrees, lists, calls, gets progress, hears and leaves", () =>
    Effect.gen(function* () {
      const client = yield* McpClient.connect(yield* everything)
      yield* listsAndCalls(client)
      yield* reportsProgress(client)
      const { resources } = yield* client.listResources()
      const { contents } = yield* client.readResource(resources[0]!.uri)
      assert.strictEqual(contents[0]?.uri, resources[0]!.uri)
      const { prompts } = yield* client.listPrompts()
      assert.isAbove(prompts.length, 0)
    }).pipe(onNode)
  )

  it.live("cancels, and goes on", () =>
    Effect.gen(function* () {
      const client = yield* McpClient.connect(yield* everything)
      const seen: Array<number> = []
      const call = yield* Effect.forkChild(
        client.callTool(
          "trigger-long-running-operation",
          { duration: 5, steps: 50 },
          { onProgress: ({ progress }) => Effect.sync(() => void seen.push(progress)) }
        )
      )
      yield* eventually("the first report", () => (seen.length > 0 ? true : undefined))
      yield* within("the interrupted call", Fiber.interrupt(call), 2)
      yield* answers(client)
    }).pipe(onNode)
  )
})
