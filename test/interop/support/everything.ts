/**
 * `server-everything`, on the official SDK v1: where it is, and what our client finds there, whatever carries it.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { type McpClient, McpContent } from "mcp-effect"
import { fileURLToPath } from "node:url"

export const script = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-everything/dist/index.js"))

/** It speaks the last legacy revision, lists its tools and calls one. */
export const listsAndCalls = (client: McpClient.Service) =>
  Effect.gen(function* () {
    assert.strictEqual(client.revision, "2025-11-25")
    assert.strictEqual(client.serverInfo?.name, "mcp-servers/everything")
    const { tools } = yield* client.listTools()
    assert.includeMembers(
      tools.map(({ name }) => name),
      ["echo", "get-sum", "trigger-long-running-operation"]
    )
    const result = yield* client.callTool("get-sum", { a: 2.5, b: 40 })
    assert.strictEqual(McpContent.textOf(result), "The sum of 2.5 and 40 is 42.5.")
  })

/** It reports its progress, in order and before the result. */
export const reportsProgress = (client: McpClient.Service) =>
  Effect.gen(function* () {
    const seen: Array<readonly [progress: number, total: number | undefined]> = []
    const result = yield* client.callTool(
      "trigger-long-running-operation",
      { duration: 0.1, steps: 4 },
      { onProgress: ({ progress, total }) => Effect.sync(() => void seen.push([progress, total])) }
    )
    assert.deepStrictEqual(seen, [
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4]
    ])
    assert.include(McpContent.textOf(result), "completed")
  })

/** It goes on after what happened before. */
export const answers = (client: McpClient.Service) =>
  Effect.map(client.callTool("echo", { message: "still here" }), (result) =>
    assert.strictEqual(McpContent.textOf(result), "Echo: still here")
  )
