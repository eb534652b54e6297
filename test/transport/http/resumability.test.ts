/**
 * Streams that broke and are taken up again: `GET` with `Last-Event-ID`, against an `EventStore` in memory.
 *
 * What is read before and after a break is, put together, what was said: nothing is lost, nothing comes twice. What cannot
 * be given is in `resume-refused.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "../../laws/support/app.ts"
import type { SseEvent } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { opened, serve } from "./support/endpoint.ts"
import { letGo, report, resume, SAID, using, word, words } from "./support/resuming.ts"
import { turns } from "./support/turns.ts"

const URI = "docs://a"
const UPDATED = { jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri: URI } }
const result = (message: McpTest.Json | undefined) => message?.["result"] as McpTest.Json

describe("a stream", () => {
  it.effect("begins with an event that names it, and says when to come back (2025-11-25)", () =>
    Effect.gen(function* () {
      const { client, record } = yield* using()
      const { events } = yield* client.post(callTool("legacy", 1, "wait", { name: "a" }))
      const first = yield* events.nextRaw
      assert.deepStrictEqual(first, { id: first?.id ?? "", retry: 1000 })
      assert.match(first?.id ?? "", /^[\x21-\x7e]+$/)
      yield* record.open("a")
      const [reply, ...more] = yield* events.rest
      assert.strictEqual(word(reply!), "reply 1")
      assert.notStrictEqual(reply?.id, first?.id)
      assert.deepStrictEqual(more, [])
    })
  )

  it.effect.each(["2025-03-26", "2025-06-18"])("does not in %s, whose clients would read it as a message", (revision) =>
    Effect.gen(function* () {
      const { client, record } = yield* using({ revision })
      const { events } = yield* client.post(callTool("legacy", 1, "wait", { name: "a" }))
      assert.deepStrictEqual(yield* events.nextRaw, { comment: "" })
      yield* record.open("a")
      const [reply] = yield* events.rest
      assert.isDefined(reply?.id)
      assert.isUndefined(reply?.retry)
    })
  )

  it.effect("names its events apart from those of every other stream of the session", () =>
    Effect.gen(function* () {
      const { client } = yield* using()
      const all = yield* Effect.forEach([1, 2, 3], (id) =>
        Effect.flatMap(client.post(report(id)), ({ events }) => events.rest)
      )
      const ids = all.flat().flatMap(({ id }) => id ?? [])
      assert.strictEqual(ids.length, 3 * (SAID.length + 1))
      assert.strictEqual(new Set(ids).size, ids.length)
    })
  )

  it.effect("is none where the reply is there at once", () =>
    Effect.gen(function* () {
      const { client } = yield* using()
      const answer = yield* client.post(callTool("legacy", 1, "sync", { name: "a" }))
      assert.strictEqual(answer.type, "application/json")
    })
  )

  it.effect("is none for a caller that takes no stream", () =>
    Effect.gen(function* () {
      const { client } = yield* using()
      const answer = yield* client.post(report(1), { accept: "application/json" })
      assert.strictEqual((yield* answer.message)["id"], 1)
    })
  )

  it.effect("of a modern request has no ids, and is gone when it breaks", () =>
    Effect.gen(function* () {
      const { endpoint } = yield* using()
      const message = callTool("modern", 1, "report", { name: "m", steps: 2 }, { progressToken: 1 })
      const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "report" }
      const events = yield* (yield* endpoint.post(message, { ...headers, "last-event-id": "x.1" })).events.rest
      assert.deepStrictEqual(words(events), ["progress 1", "progress 2", "reply 1"])
      for (const { id, retry } of events) assert.deepStrictEqual([id, retry], [undefined, undefined])
    })
  )
})

describe("taken up again", () => {
  it.effect.each(Array.from({ length: SAID.length }, (_, index) => index))(
    "after event %i it gives the rest",
    (index) =>
      Effect.gen(function* () {
        const { client } = yield* using()
        const all = yield* (yield* client.post(report(1))).events.rest
        assert.deepStrictEqual(words(all), ["nothing", ...SAID])
        const again = yield* (yield* resume(client, all[index]?.id)).rest
        const expected = all.slice(index + 1)
        assert.deepStrictEqual(
          again.filter(({ message }) => message !== undefined).map(({ id, message }) => ({ id, message })),
          expected.map(({ id, message }) => ({ id, message }))
        )
      })
  )

  it.effect("after the last event of one that has ended there is nothing to come back for", () =>
    Effect.gen(function* () {
      const { client } = yield* using()
      const all = yield* (yield* client.post(report(1))).events.rest
      const answer = yield* client.get({ "last-event-id": all.at(-1)!.id! })
      assert.strictEqual(answer.status, 204)
      yield* answer.nothing
    })
  )

  it.effect("while its request still runs it goes on, from what was said meanwhile", () =>
    Effect.gen(function* () {
      const { client, record } = yield* using()
      const last = yield* letGo(client)
      yield* turns
      assert.deepStrictEqual([record.started, record.finalized], [["a"], []])
      const again = yield* resume(client, last)
      yield* record.open("a")
      assert.deepStrictEqual(
        words(yield* again.rest).filter((said) => said !== "nothing"),
        ["reply 1"]
      )
    })
  )

  it.effect("after its request has ended meanwhile it gives the reply", () =>
    Effect.gen(function* () {
      const { client, record } = yield* using()
      const last = yield* letGo(client)
      yield* record.open("a")
      yield* turns
      const again = yield* (yield* resume(client, last)).rest
      assert.deepStrictEqual(
        words(again).filter((said) => said !== "nothing"),
        ["reply 1"]
      )
      assert.deepStrictEqual(result(again.at(-1)?.message)["structuredContent"], { name: "a" })
    })
  )

  it.effect("by another connection while one reads: the first ends, and nothing is said on both", () =>
    Effect.gen(function* () {
      const { client, record } = yield* using()
      const { events } = yield* client.post(callTool("legacy", 1, "wait", { name: "a" }))
      const first = yield* events.nextRaw
      const again = yield* resume(client, first?.id)
      assert.deepStrictEqual(yield* events.messages, [])
      yield* record.open("a")
      assert.strictEqual((yield* again.messages).length, 1)
    })
  )

  it.effect("never gives what another stream said", () =>
    Effect.gen(function* () {
      const { client, record, server } = yield* using()
      yield* client.ask("s", "resources/subscribe", { uri: URI })
      const standing = (yield* client.get()).events
      const last = yield* letGo(client)
      yield* (yield* server).updated(URI)
      yield* (yield* client.post(report(2))).events.rest
      yield* record.open("a")
      yield* turns
      const again = yield* (yield* resume(client, last)).messages
      assert.deepStrictEqual(
        again.map(({ id }) => id),
        [1]
      )
      assert.deepStrictEqual((yield* standing.next).message, UPDATED)
      yield* standing.drop
    })
  )

  it.effect("the stream on GET: what was said while nobody read it is given", () =>
    Effect.gen(function* () {
      const { client, server } = yield* using()
      yield* client.ask("s", "resources/subscribe", { uri: URI })
      const update = Effect.flatMap(server, (server) => server.updated(URI))
      const standing = (yield* client.get()).events
      const first = yield* standing.nextRaw
      assert.isDefined(first?.id)
      yield* update
      const seen = yield* standing.next
      yield* standing.drop
      yield* turns
      yield* update
      yield* turns
      const again = yield* resume(client, seen.id)
      const next = yield* again.next
      assert.deepStrictEqual(next.message, UPDATED)
      assert.notStrictEqual(next.id, seen.id)
      // it goes on as before
      yield* update
      assert.deepStrictEqual((yield* again.next).message, UPDATED)
      yield* again.drop
    })
  )

  it.effect("often: each time from the last event seen, all comes once", () =>
    Effect.gen(function* () {
      const { client } = yield* using()
      const all: Array<SseEvent> = []
      let { events } = yield* client.post(report(1))
      for (;;) {
        const event = yield* events.nextRaw
        if (event === undefined) break
        if (event.message === undefined && all.length > 0) continue
        all.push(event)
        yield* events.drop
        if (word(event) === "reply 1") break
        events = yield* resume(client, event.id)
      }
      assert.deepStrictEqual(words(all), ["nothing", ...SAID])
    })
  )
})

describe("a connection that the server lets go of", () => {
  it.effect("ends after the first event, and the client comes back for the reply", () =>
    Effect.gen(function* () {
      const { client, record } = yield* using()
      const { events } = yield* client.post(request("legacy", 1, "tools/call", { name: "detach", arguments: {} }))
      const brief = yield* events.rest
      assert.deepStrictEqual(
        brief.map(({ retry }) => retry),
        [1000]
      )
      assert.deepStrictEqual(words(brief), ["nothing"])
      assert.deepStrictEqual(record.finalized, [])
      const again = yield* resume(client, brief[0]?.id)
      yield* record.open("detach")
      const [reply] = yield* again.messages
      assert.deepStrictEqual(result(reply)["content"], [{ type: "text", text: "detached" }])
    })
  )

  it.effect("is not let go of where the client could not come back", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const client = yield* opened(yield* serve(app))
      yield* record.open("detach")
      const answer = yield* client.post(request("legacy", 1, "tools/call", { name: "detach", arguments: {} }))
      assert.deepStrictEqual(result(yield* answer.reply)["content"], [{ type: "text", text: "detached" }])
    })
  )

  it.effect.each(["2025-03-26", "2025-06-18"])("nor in %s, whose clients have no event to come back from", (revision) =>
    Effect.gen(function* () {
      const { client, record } = yield* using({ revision })
      const { events } = yield* client.post(request("legacy", 1, "tools/call", { name: "detach", arguments: {} }))
      yield* turns
      yield* record.open("detach")
      const [reply] = yield* events.messages
      assert.deepStrictEqual(result(reply)["content"], [{ type: "text", text: "detached" }])
    })
  )
})
