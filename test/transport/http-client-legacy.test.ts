/**
 * The client over HTTP in the legacy era: the handshake and its headers, the session, replies as JSON and as streams,
 * cancelling, and what becomes of everything when the session ends.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Redacted, Scope } from "effect"
import { McpContent } from "mcp-effect"
import { TestClock } from "effect/testing"
import { httpPeer, httpPeerWith } from "./support/httpPeer.ts"
import { connecting, initialized, legacy, LEGACY } from "./support/httpHandshakes.ts"

const said = (text: string) => ({ content: [{ type: "text", text }] })

describe("the handshake", () => {
  it.effect(
    "the end of the handshake has been answered before anything else is sent, with the session and revision",
    () =>
      Effect.gen(function* () {
        const peer = yield* httpPeer
        const fiber = yield* connecting(peer, { revision: LEGACY })
        const first = yield* peer.expect("initialize")
        assert.strictEqual(first.method, "POST")
        assert.strictEqual(first.headers["content-type"], "application/json")
        assert.strictEqual(first.headers["accept"], "application/json, text/event-stream")
        assert.isUndefined(first.headers["mcp-protocol-version"])
        assert.isUndefined(first.headers["mcp-session-id"])
        initialized(first, LEGACY, { "mcp-session-id": "s-1" })

        const end = yield* peer.expect("notifications/initialized")
        assert.strictEqual(end.headers["mcp-protocol-version"], LEGACY)
        assert.strictEqual(end.headers["mcp-session-id"], "s-1")
        const client = yield* Fiber.join(fiber)
        const call = yield* Effect.forkChild(client.ping())
        yield* Effect.yieldNow
        assert.strictEqual(yield* peer.waiting, 0)
        end.status(202)

        const after = [yield* peer.next, yield* peer.next]
        const get = after.find(({ method }) => method === "GET")
        const ping = after.find(({ method }) => method === "POST")
        assert.strictEqual(get?.headers["accept"], "text/event-stream")
        for (const one of after) {
          assert.strictEqual(one.headers["mcp-protocol-version"], LEGACY)
          assert.strictEqual(one.headers["mcp-session-id"], "s-1")
        }
        get?.status(405)
        ping?.result({})
        yield* Fiber.join(call)
      })
  )

  it.effect("a notification that is never answered holds the rest up for ten seconds", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer, { revision: LEGACY })
      initialized(yield* peer.expect("initialize"))
      const end = yield* peer.expect("notifications/initialized")
      const client = yield* Fiber.join(fiber)
      const call = yield* Effect.forkChild(client.ping())
      yield* TestClock.adjust("10 seconds")
      yield* end.gone
      const ping = yield* peer.expect("ping")
      ping.result({})
      yield* Fiber.join(call)
    })
  )

  it.effect("whose end is refused goes on, and is not listened to", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer, { revision: LEGACY })
      initialized(yield* peer.expect("initialize"), LEGACY, { "mcp-session-id": "s-1" })
      const end = yield* peer.expect("notifications/initialized")
      end.status(400)
      const client = yield* Fiber.join(fiber)
      const call = yield* Effect.forkChild(client.ping())
      const ping = yield* peer.expect("ping")
      assert.strictEqual(ping.headers["mcp-session-id"], "s-1")
      ping.result({}, { "mcp-session-id": "s-2" })
      yield* Fiber.join(call)
      const again = yield* Effect.forkChild(client.ping())
      const second = yield* peer.expect("ping")
      assert.strictEqual(second.headers["mcp-session-id"], "s-1")
      second.result({})
      yield* Fiber.join(again)
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect("2025-03-26 has no header for the revision", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { done, get } = yield* legacy(peer, { revision: "2025-03-26" })
      assert.isUndefined(done.headers["mcp-protocol-version"])
      assert.isUndefined(get.headers["mcp-protocol-version"])
      assert.strictEqual(get.headers["mcp-session-id"], "s-1")
    })
  )

  it.effect("without a session none is sent, and none is given back", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeerWith({ deletes: true })
      const scope = yield* Scope.make()
      const { get } = yield* Scope.provide(legacy(peer, { session: "" }), scope)
      assert.isUndefined(get.headers["mcp-session-id"])
      get.status(405)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )
})

describe("headers of the user", () => {
  it.effect("are sent with every exchange, made anew for each, and do not replace those of the protocol", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeerWith({ deletes: true })
      const scope = yield* Scope.make()
      let turn = 0
      const headers = {
        Authorization: Effect.sync(() => Redacted.make(`Bearer ${++turn}`)),
        "X-Own": "own",
        accept: "text/html",
        "Mcp-Session-Id": "forged"
      }
      const { client, done, get } = yield* Scope.provide(legacy(peer, { http: { headers } }), scope)
      get.status(405)
      const call = yield* Effect.forkChild(client.ping())
      const ping = yield* peer.expect("ping")
      ping.result({})
      yield* Fiber.join(call)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      const left = yield* peer.expect("DELETE")
      left.status(200)
      yield* Fiber.join(closing)

      const all = [done, get, ping, left]
      const bearers = all.map(({ headers }) => headers["authorization"])
      assert.deepStrictEqual(bearers, ["Bearer 2", "Bearer 3", "Bearer 4", "Bearer 5"])
      for (const { headers } of all) {
        assert.strictEqual(headers["x-own"], "own")
        assert.strictEqual(headers["mcp-session-id"], "s-1")
        assert.notStrictEqual(headers["accept"], "text/html")
      }
    })
  )
})

describe("headers that cannot be made", () => {
  it.effect("fail the request that wants them, and no other", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      let broken = false
      const headers = { "x-token": Effect.suspend(() => (broken ? Effect.die("no token") : Effect.succeed("t"))) }
      const { client, get } = yield* legacy(peer, { http: { headers } })
      get.status(405)
      broken = true
      // a notification is not sent, and holds nothing up
      yield* client.progress({ progressToken: 1, progress: 1 })
      const { reason } = yield* Effect.flip(client.ping())
      assert.strictEqual(reason._tag === "Lost" ? reason.loss : reason._tag, "Unavailable")
      assert.include(reason.message, "no token")
      broken = false
      const ping = yield* Effect.forkChild(client.ping())
      const asked = yield* peer.expect("ping")
      asked.result({})
      yield* Fiber.join(ping)
    })
  )
})

describe("replies", () => {
  it.effect("come as JSON", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client } = yield* legacy(peer)
      const call = yield* Effect.forkChild(client.callTool("echo", { a: 1 }))
      const asked = yield* peer.expect("tools/call")
      assert.deepStrictEqual(asked.params["arguments"], { a: 1 })
      asked.result(said("done"))
      assert.strictEqual(McpContent.textOf(yield* Fiber.join(call)), "done")
    })
  )

  it.effect("come as a stream, after progress and beside what is no message", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client } = yield* legacy(peer)
      const seen: Array<number> = []
      const onProgress = ({ progress }: { readonly progress: number }) => Effect.sync(() => void seen.push(progress))
      const call = yield* Effect.forkChild(client.callTool("slow", {}, { onProgress }))
      const asked = yield* peer.expect("tools/call")
      const progress = (progress: number) => ({
        method: "notifications/progress",
        params: { progressToken: asked.message["id"], progress }
      })
      const reply = JSON.stringify({ jsonrpc: "2.0", id: asked.message["id"], result: said("ö") })
      asked
        .events()
        .raw("\uFEFF: a comment\n\n")
        .event({ id: "1" })
        .event({ kind: "other", data: { jsonrpc: "2.0", id: asked.message["id"], result: said("wrong") } })
        .message(progress(1))
        .raw(`data: ${JSON.stringify({ jsonrpc: "2.0", ...progress(2) })}\r\n\r\n`)
        .raw(`data: ${reply.slice(0, 20)}`)
        .raw(`${reply.slice(20)}\n\n`)
        .end()
      assert.strictEqual(McpContent.textOf(yield* Fiber.join(call)), "ö")
      assert.deepStrictEqual(seen, [1, 2])
    })
  )

  it.effect("a connection whose stream has ended is used again; one that goes on after the reply is let go", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer)
      get.status(405)
      for (let time = 0; time < 3; time++) {
        const call = yield* Effect.forkChild(client.callTool("quick"))
        const asked = yield* peer.expect("tools/call")
        asked
          .events()
          .message({ id: asked.message["id"], result: said("done") })
          .end()
        yield* Fiber.join(call)
      }
      const sockets = peer.sockets()
      assert.isAtMost(sockets, 2)
      const call = yield* Effect.forkChild(client.callTool("endless"))
      const asked = yield* peer.expect("tools/call")
      asked.events().message({ id: asked.message["id"], result: said("done") })
      yield* Fiber.join(call)
      yield* TestClock.adjust("1 second")
      yield* asked.gone
    })
  )

  it.effect("a batch of 2025-03-26 is a reply as well", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client } = yield* legacy(peer, { revision: "2025-03-26" })
      const call = yield* Effect.forkChild(client.callTool("echo"))
      const asked = yield* peer.expect("tools/call")
      const log = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info", data: "x" } }
      asked.json([log, { jsonrpc: "2.0", id: asked.message["id"], result: said("done") }])
      assert.strictEqual(McpContent.textOf(yield* Fiber.join(call)), "done")
    })
  )

  it.effect("of ours go to the server, with the session", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { get } = yield* legacy(peer)
      get.events().message({ id: "from-server", method: "ping" })
      const reply = yield* peer.expect("reply")
      assert.deepStrictEqual(reply.message, { jsonrpc: "2.0", id: "from-server", result: {} })
      assert.strictEqual(reply.headers["mcp-session-id"], "s-1")
      assert.strictEqual(reply.headers["mcp-protocol-version"], LEGACY)
      reply.status(202)
    })
  )
})

describe("cancelling", () => {
  it.effect("is said, without keeping the caller waiting, and then the exchange is ended", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client } = yield* legacy(peer)
      const call = yield* Effect.forkChild(client.callTool("slow"))
      const asked = yield* peer.expect("tools/call")
      asked.events().event({ id: "1" })
      yield* Fiber.interrupt(call)
      const cancel = yield* peer.expect("notifications/cancelled")
      assert.strictEqual(cancel.params["requestId"], asked.message["id"])
      assert.strictEqual(cancel.headers["mcp-session-id"], "s-1")
      assert.strictEqual(cancel.headers["mcp-protocol-version"], LEGACY)
      cancel.status(202)
      yield* asked.gone
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect("ends the exchange even where it is never taken", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client } = yield* legacy(peer)
      const call = yield* Effect.forkChild(client.callTool("slow"))
      const asked = yield* peer.expect("tools/call")
      yield* Fiber.interrupt(call)
      const cancel = yield* peer.expect("notifications/cancelled")
      yield* TestClock.adjust("5 seconds")
      yield* cancel.gone
      yield* asked.gone
    })
  )
})

describe("the session", () => {
  it.effect("is given back, after all else has ended", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeerWith({ deletes: true })
      const scope = yield* Scope.make()
      const { client, get } = yield* Scope.provide(legacy(peer), scope)
      get.events()
      const call = yield* Effect.forkChild(Effect.flip(client.callTool("slow")))
      const asked = yield* peer.expect("tools/call")
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      const left = yield* peer.expect("DELETE")
      yield* asked.gone
      yield* get.gone
      assert.strictEqual((yield* Fiber.join(call)).reason._tag, "Closed")
      assert.strictEqual(left.headers["mcp-session-id"], "s-1")
      assert.strictEqual(left.headers["mcp-protocol-version"], LEGACY)
      left.status(405)
      yield* Fiber.join(closing)
    })
  )

  it.effect("is not waited for longer than two seconds", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeerWith({ deletes: true })
      const scope = yield* Scope.make()
      const { get } = yield* Scope.provide(legacy(peer), scope)
      get.status(405)
      const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
      const left = yield* peer.expect("DELETE")
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(closing)
      yield* left.gone
    })
  )

  it.effect("that has ended fails all that waits, and all that comes later", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeerWith({ deletes: true })
      const scope = yield* Scope.make()
      const { client, get } = yield* Scope.provide(legacy(peer), scope)
      get.events()
      const first = yield* Effect.forkChild(Effect.flip(client.callTool("first")))
      const waiting = yield* peer.expect("tools/call")
      waiting.events()
      const second = yield* Effect.forkChild(Effect.flip(client.callTool("second")))
      const asked = yield* peer.expect("tools/call")
      asked.error(-32001, 404)
      for (const call of [first, second]) {
        const { reason } = yield* Fiber.join(call)
        assert.strictEqual(reason._tag === "Lost" ? reason.loss : reason._tag, "SessionEnded")
      }
      yield* waiting.gone
      yield* get.gone
      const later = yield* Effect.flip(client.callTool("third"))
      assert.strictEqual(later.reason._tag, "Closed")
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* peer.waiting, 0, "there is nothing to give back")
    })
  )

  it.effect("may end with a notification, too", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeerWith({ deletes: true })
      const { client } = yield* legacy(peer)
      const call = yield* Effect.forkChild(Effect.flip(client.callTool("first")))
      yield* peer.expect("tools/call")
      yield* client.progress({ progressToken: 1, progress: 1 })
      const note = yield* peer.expect("notifications/progress")
      note.status(404)
      const { reason } = yield* Fiber.join(call)
      assert.strictEqual(reason._tag === "Lost" ? reason.loss : reason._tag, "SessionEnded")
    })
  )
})
