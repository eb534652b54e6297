/**
 * Bad answers, and what they get: one row for each thing that a server may say to a client.
 *
 * After every row the next call is answered. A call that should have ended is not waited for: that it has is asserted.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Schema } from "effect"
import { McpClient, type McpError, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { type Era, eras, versions } from "../laws/support/app.ts"
import { eventually } from "../laws/support/garbage.ts"

const Dated = McpTool.make("dated", { success: Schema.Struct({ b: Schema.Date }) })

const welcome = (era: Era) =>
  era === "legacy"
    ? { protocolVersion: versions.legacy, capabilities: { tools: {} }, serverInfo: { name: "s", version: "1" } }
    : { supportedVersions: [versions.modern], capabilities: { tools: {} } }

/** What an effect has come to, once nothing more can happen without time passing. */
const ended = <A, E>(effect: Effect.Effect<A, E>): Effect.Effect<Exit.Exit<A, E>> =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    yield* eventually(() => fiber.pollUnsafe() !== undefined)
    return fiber.pollUnsafe() ?? assert.fail("it does not end")
  })

/** A server in the hands of a test: it answers calls as the row says, each with all of the messages. */
const scripted = (era: Era, answers: (id: number, name: string) => ReadonlyArray<McpTest.Json>) =>
  Effect.gen(function* () {
    const { peer, transport } = yield* McpTest.scripted()
    yield* Effect.forkScoped(
      Effect.forever(
        Effect.gen(function* () {
          const { id, method, params } = yield* peer.next
          if (id === undefined || method === undefined) return
          const name = (params as { readonly name?: string } | undefined)?.name ?? ""
          if (method === "tools/call") for (const answer of answers(id as number, name)) yield* peer.send(answer)
          else yield* peer.send({ jsonrpc: "2.0", id, result: welcome(era) })
        })
      )
    )
    return yield* McpClient.connect(transport, { revision: versions[era] })
  })

const text = (id: unknown, said: string) => ({
  jsonrpc: "2.0",
  id,
  result: { content: [{ type: "text", text: said }] }
})

type Answers = (id: number) => ReadonlyArray<McpTest.Json>
const serverRows: ReadonlyArray<readonly [what: string, answers: Answers, gets: McpError.Reason["_tag"] | "first"]> = [
  ["twice", (id) => [text(id, "first"), text(id, "second")], "first"],
  [
    "first well, then with an error",
    (id) => [text(id, "first"), { jsonrpc: "2.0", id, error: { code: 1, message: "m" } }],
    "first"
  ],
  [
    "with an error, then well",
    (id) => [{ jsonrpc: "2.0", id, error: { code: 1, message: "m" } }, text(id, "x")],
    "Remote"
  ],
  [
    "foreign ids first",
    (id) => [text(id + 1000, "x"), text("foreign", "x"), text(`${id}`, "x"), text(id, "first")],
    "first"
  ],
  ["the ids of calls to come first", (id) => [text(id + 1, "x"), text(id + 2, "x"), text(id, "first")], "first"],
  [
    "an error without id first",
    (id) => [{ jsonrpc: "2.0", error: { code: 1, message: "m" } }, text(id, "first")],
    "first"
  ],
  ["the id null first", (id) => [text(null, "x"), text(id, "first")], "first"],
  ["an unknown request first", (id) => [{ jsonrpc: "2.0", id, method: "no/such" }, text(id, "first")], "first"],
  ["an unknown notification first", (id) => [{ jsonrpc: "2.0", method: "no/such" }, text(id, "first")], "first"],
  [
    "a log that is none first",
    (id) => [{ jsonrpc: "2.0", method: "notifications/message", params: { level: 7 } }, text(id, "first")],
    "first"
  ],
  [
    "progress of nobody first",
    (id) => [
      { jsonrpc: "2.0", method: "notifications/progress", params: { progressToken: "x", progress: 1 } },
      text(id, "first")
    ],
    "first"
  ],
  ["no content", (id) => [{ jsonrpc: "2.0", id, result: {} }], "Undecodable"],
  ["null", (id) => [{ jsonrpc: "2.0", id, result: null }], "Undecodable"],
  ["an unknown block", (id) => [{ jsonrpc: "2.0", id, result: { content: [{ type: "smell" }] } }], "Undecodable"],
  [
    "an unknown resultType",
    (id) => [{ jsonrpc: "2.0", id, result: { resultType: "odd", content: [] } }],
    "Undecodable"
  ],
  [
    "a question",
    (id) => [
      {
        jsonrpc: "2.0",
        id,
        result: { resultType: "input_required", inputRequests: { q: { method: "roots/list", params: {} } } }
      }
    ],
    "Unsupported"
  ],
  ["result and error", (id) => [{ jsonrpc: "2.0", id, result: {}, error: { code: 1, message: "m" } }], "Undecodable"],
  ["a code that is a string", (id) => [{ jsonrpc: "2.0", id, error: { code: "1", message: "m" } }], "Undecodable"],
  ["busy", (id) => [{ jsonrpc: "2.0", id, error: { code: 503, message: "later" } }], "Busy"]
]

describe.each(eras)("a client, to a server of the %s era that answers", (era) => {
  it.effect.each(serverRows.map(([what, answers, gets]) => ({ what, answers, gets })))(
    "$what: $gets",
    ({ answers, gets }) =>
      Effect.gen(function* () {
        const client = yield* scripted(era, (id, name) => (name === "good" ? [text(id, "good")] : answers(id)))
        const exit = yield* ended(client.callTool("bad"))
        if (gets === "first") {
          assert.isTrue(Exit.isSuccess(exit))
          assert.deepInclude((yield* exit).content[0], { text: "first" })
        } else {
          assert.strictEqual((yield* Effect.flip(exit)).reason._tag, gets)
        }
        const good = yield* ended(client.callTool("good"))
        assert.deepInclude((yield* good).content[0], { text: "good" })
      })
  )

  it.effect("what its tool's schema does not allow: Undecodable, with the path", () =>
    Effect.gen(function* () {
      const wrong = { content: [], structuredContent: { b: 7 } }
      const client = yield* scripted(era, (id, name) =>
        name === "good" ? [text(id, "good")] : [{ jsonrpc: "2.0", id, result: wrong }]
      )
      const { reason } = yield* Effect.flip(yield* ended(client.call(Dated)))
      assert.strictEqual(reason._tag, "Undecodable")
      assert.include(reason.message, "b:")
      const good = yield* ended(client.callTool("good"))
      assert.deepInclude((yield* good).content[0], { text: "good" })
    })
  )
})
