/**
 * Laws 1, 3, 6 and 7 over a real pipe: one child process for all cases, and the raw frames on our side of it.
 *
 * 50 cases in the gate, `LAW_CHILD_RUNS` of them in `.ci/long`. What a cancel did inside is asked of the child.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, Queue, Schema, Scope, Stream } from "effect"
import { McpTransport } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import type { McpTest } from "mcp-effect/testing"
import { afterAll, beforeAll } from "vitest"
import { callTool, cancel, eras, request, versions } from "../laws/support/app.ts"
import { property } from "../laws/support/law.ts"

const RUNS = Number(process.env["LAW_CHILD_RUNS"] ?? 50)
/** Turns of the loop; a turn is some microseconds. */
const PATIENCE = 5_000_000

const server = new URL("../laws/support/childServer.ts", import.meta.url).pathname
const scope = Scope.makeUnsafe()
const frames: Array<McpTest.Json> = []
let write: (message: McpTest.Json) => void

const repliesTo = (id: unknown) => frames.filter((frame) => frame["id"] === id && frame["_tag"] !== "Request")

/** Looks again and again, as long as the child may still say something. */
const until = (found: () => boolean, what: string) =>
  Effect.gen(function* () {
    for (let turn = 0; turn < PATIENCE && !found(); turn++) yield* Effect.yieldNow
    assert.isTrue(found(), what)
  })

const start = Effect.gen(function* () {
  const connector = yield* McpTransport.McpConnector
  const route = yield* connector.route({ command: process.execPath, args: ["--conditions=mcp-effect-source", server] })
  const transport = yield* route.open
  const outgoing = yield* Queue.unbounded<McpTransport.Outbound>()
  yield* Effect.forkScoped(Stream.run(Stream.fromQueue(outgoing), transport.outgoing))
  yield* Effect.forkScoped(
    Stream.runForEach(transport.incoming, ({ message }) => Effect.sync(() => void frames.push({ ...message })))
  )
  write = (message) => {
    const text = JSON.stringify(message)
    Queue.offerUnsafe(outgoing, { kind: "request", text, via: undefined, hints: undefined, receipt: undefined })
  }
  write(
    request("legacy", "handshake", "initialize", {
      protocolVersion: versions.legacy,
      capabilities: {},
      clientInfo: { name: "laws", version: "1.0.0" }
    })
  )
  yield* until(() => repliesTo("handshake").length > 0, "an answer to the handshake")
})

beforeAll(() => Effect.runPromise(start.pipe(Scope.provide(scope), Effect.provide(McpNode.layer))))
afterAll(() => Effect.runPromise(Scope.close(scope, Exit.void)))

const ask = Effect.fnUntraced(function* (id: string, tool: string, args: McpTest.Json) {
  write(callTool("modern", id, tool, args))
  yield* until(() => repliesTo(id).length > 0, `an answer to ${tool}`)
  return repliesTo(id)[0]!["result"] as { readonly structuredContent: { readonly names: ReadonlyArray<string> } }
})

const Call = Schema.Struct({
  tool: Schema.Literals(["sync", "wait", "report", "decline", "die"]),
  cancelled: Schema.Boolean,
  numeric: Schema.Boolean
})

let cases = 0

property(
  "over a child process every call settles once, cancelled means silent, progress comes before its reply",
  {
    era: Schema.Literals(eras),
    calls: Schema.Array(Call).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(8)))
  },
  { era: eras, tool: Call.fields.tool.literals, cancelled: ["yes", "no"], id: ["number", "string"] },
  ({ calls, era }, seen) =>
    Effect.gen(function* () {
      const turn = ++cases
      seen("era", era)
      const sent = calls.map((call, index) => {
        seen("tool", call.tool)
        seen("cancelled", call.cancelled ? "yes" : "no")
        seen("id", call.numeric ? "number" : "string")
        const name = `${turn}/${index}`
        return { ...call, name, id: call.numeric ? turn * 100 + index : name }
      })
      for (const { id, name, tool } of sent) {
        write(callTool(era, id, tool, { name, steps: 40 }, { progressToken: `token ${name}` }))
      }
      for (const { cancelled, id } of sent) if (cancelled) write(cancel(id))
      for (const { name } of sent) write(callTool("modern", `open ${name}`, "open", { name }))
      const awaited = sent.filter(({ cancelled }) => !cancelled)
      yield* until(() => awaited.every(({ id }) => repliesTo(id).length > 0), "an answer to every call")
      const waits = sent.filter(({ tool }) => tool === "wait").map(({ name }) => name)
      const { structuredContent } = yield* ask(`barrier ${turn}`, "finalized", {})
      for (const name of waits) assert.include(structuredContent.names, name, "its finalizer has run")

      for (const { cancelled, id, name, tool } of sent) {
        const replies = repliesTo(id)
        if (!cancelled) assert.strictEqual(replies.length, 1, `one reply to ${tool}`)
        else if (tool === "wait") assert.strictEqual(replies.length, 0, "no reply to what was cancelled")
        else assert.isAtMost(replies.length, 1)
        const progress = frames.flatMap((frame, at) => {
          const params = frame["params"] as { readonly progressToken?: unknown; readonly progress: number } | undefined
          return params?.progressToken === `token ${name}` ? [{ at, value: params.progress }] : []
        })
        for (const [index, { at, value }] of progress.entries()) {
          if (index > 0) assert.isAbove(value, progress[index - 1]!.value, "progress increases")
          if (replies.length > 0) assert.isBelow(at, frames.indexOf(replies[0]!), "progress comes before the reply")
        }
      }
      frames.length = 0
    }),
  { runs: RUNS }
)
