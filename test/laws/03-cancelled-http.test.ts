/**
 * Law 3 over HTTP: cancelled means silent, and cancelling works, by each era's own signal.
 *
 * A modern request is cancelled by closing its response, or the request before there is one, and by nothing else. In a
 * legacy session losing the connection cancels nothing; `notifications/cancelled`, posted beside it in the same session,
 * does. What was cancelled ends without a message: with 202 if nothing had been said, else with the end of its stream.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Layer, Schema } from "effect"
import { EventStore, McpRequest, McpServer, McpTool } from "mcp-effect"
import { callTool, cancel, Record } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import { modernNotification, open, waiting, web, WHO } from "./support/web.ts"

/** Says something, if asked to, and waits for its door. */
const Announce = McpTool.make("announce", { parameters: { name: Schema.String, aloud: Schema.Boolean } })

const app = (record: Record) =>
  Announce.toLayer(({ aloud, name }) =>
    record.watch(
      name,
      Effect.gen(function* () {
        if (aloud) yield* (yield* McpRequest).progress({ progress: 1 })
        yield* Deferred.await(record.door(name))
        return "done"
      })
    )
  ).pipe(Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })))

const modernFates = ["answered", "request dropped", "body dropped", "cancelled by message"] as const

const Some = <const F extends ReadonlyArray<string>>(fates: F) =>
  Schema.Array(Schema.Struct({ fate: Schema.Literals(fates), aloud: Schema.Boolean })).pipe(
    Schema.check(Schema.isMinLength(1), Schema.isMaxLength(5))
  )

property(
  "law 3 over HTTP: closing the exchange of a modern request cancels it, and nothing else does",
  { requests: Some(modernFates), response: Schema.Literals(["auto", "sse", "json"]) },
  {
    fate: modernFates,
    lost: ["before the first byte", "in its stream"],
    response: ["auto", "sse", "json"]
  },
  ({ requests, response }, seen) =>
    Effect.gen(function* () {
      seen("response", response)
      const record = new Record()
      const { post } = yield* web(app(record), { http: { response } })
      const names = requests.map((_, index) => `request ${index}`)
      const heard = requests.map(({ aloud }, index) =>
        post(callTool("modern", index, "announce", { name: names[index]!, aloud }, { progressToken: index }))
      )
      assert.isTrue(yield* waiting(() => record.started.length === names.length), "a request has not started")
      yield* settle
      const dropped = requests.map(({ fate }) => fate.endsWith("dropped"))
      for (const [index, { fate }] of requests.entries()) {
        seen("fate", fate)
        if (fate === "cancelled by message") post(modernNotification("notifications/cancelled", { requestId: index }))
        if (!dropped[index]) continue
        seen("lost", heard[index]!.status === undefined ? "before the first byte" : "in its stream")
        heard[index]!.drop(fate === "request dropped" ? "request" : "body")
      }
      const lost = names.filter((_, index) => dropped[index])
      assert.isTrue(yield* waiting(() => record.finalized.length >= lost.length), "a handler goes on")
      yield* settle
      assert.sameMembers([...record.finalized], lost, "what was interrupted")
      for (const name of names) yield* record.open(name)
      const kept = heard.filter((_, index) => !dropped[index])
      assert.isTrue(yield* waiting(() => kept.every(({ ended }) => ended)), "an exchange hangs")
      assert.sameMembers(
        record.ended,
        names.filter((_, index) => !dropped[index])
      )
      for (const [index, { messages, status }] of heard.entries()) {
        if (dropped[index]) continue
        assert.strictEqual(status, 200)
        const replies = messages.filter(({ id }) => id !== undefined)
        assert.deepStrictEqual([replies.length, replies[0]?.["id"]], [1, index])
      }
    })
)

const legacyFates = [
  "answered",
  "lost",
  "cancelled",
  "lost and cancelled",
  "cancelled elsewhere",
  "cancelled by a thief"
] as const

property(
  "law 3 over HTTP: in a session a disconnect cancels nothing; a cancel by another POST does, and is silent",
  {
    requests: Some(legacyFates),
    response: Schema.Literals(["auto", "sse", "json"]),
    resumable: Schema.Boolean
  },
  {
    fate: legacyFates,
    response: ["auto", "sse", "json"],
    resumable: ["true", "false"],
    end: ["202", "end of its stream"],
    lost: ["before the first byte", "in its stream"]
  },
  ({ requests, response, resumable }, seen) =>
    Effect.gen(function* () {
      seen("response", response)
      seen("resumable", String(resumable))
      const record = new Record()
      const server = yield* web(app(record), {
        http: { response },
        ...(resumable ? { events: EventStore.layerMemory } : undefined)
      })
      const session = yield* open(server, "owner")
      const elsewhere = yield* open(server, "owner")
      const names = requests.map((_, index) => `request ${index}`)
      const heard = requests.map(({ aloud }, id) =>
        session.post(callTool("legacy", id, "announce", { name: names[id]!, aloud }, { progressToken: id }))
      )
      assert.isTrue(yield* waiting(() => record.started.length === names.length), "a request has not started")
      yield* settle
      for (const [id, { fate }] of requests.entries()) {
        seen("fate", fate)
        if (fate.startsWith("lost")) {
          seen("lost", heard[id]!.status === undefined ? "before the first byte" : "in its stream")
          heard[id]!.drop(id % 2 === 0 ? "request" : "body")
        }
        if (fate === "cancelled elsewhere") elsewhere.post(cancel(id))
        if (fate === "cancelled by a thief") {
          const refused = server.post(cancel(id), { ...session.headers, [WHO]: "thief" })
          assert.isTrue(yield* waiting(() => refused.ended))
          assert.strictEqual(refused.status, 404)
        }
      }
      yield* settle
      assert.deepStrictEqual([...record.finalized], [], "a disconnect, or a stranger, has cancelled")
      const isCancelled = (id: number) => ["cancelled", "lost and cancelled"].includes(requests[id]!.fate)
      for (const id of names.keys()) {
        if (!isCancelled(id)) continue
        const told = session.post(cancel(id))
        assert.isTrue(yield* waiting(() => told.ended), "the cancel is not taken")
        assert.deepStrictEqual([told.status, told.body], [202, ""])
      }
      const gone = names.filter((_, id) => isCancelled(id))
      assert.isTrue(yield* waiting(() => record.finalized.length >= gone.length), "a handler goes on")
      assert.sameMembers([...record.finalized], gone)
      for (const name of names) yield* record.open(name)
      const present = heard.filter((one) => !one.gone)
      assert.isTrue(yield* waiting(() => present.every(({ ended }) => ended)), "an exchange hangs")
      yield* settle
      assert.sameMembers(
        record.ended,
        names.filter((_, id) => !isCancelled(id)),
        "whoever is lost comes to its end"
      )
      for (const [id, one] of heard.entries()) {
        if (one.gone) continue
        const replies = one.messages.filter((message) => message["id"] === id)
        assert.strictEqual(replies.length, isCancelled(id) ? 0 : 1, `replies to ${id}`)
        assert.strictEqual(one.messages.filter((message) => message["id"] !== undefined).length, replies.length)
        if (!isCancelled(id)) continue
        seen("end", one.isStream ? "end of its stream" : "202")
        if (!one.isStream) assert.deepStrictEqual([one.status, one.body], [202, ""])
      }
    })
)
