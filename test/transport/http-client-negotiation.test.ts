/**
 * How the client finds out which era a server behind a URL is of: what is evidence, what is an error, how long it is
 * remembered, and what is said where there is no conversation to be had.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { NodeServices } from "@effect/platform-node"
import { McpClient, McpCommand, type McpError } from "mcp-effect"
import * as McpHttpClient from "mcp-effect/McpHttpClient"
import { TestClock } from "effect/testing"
import {
  capabilities,
  connecting,
  discovered,
  initialized,
  LEGACY,
  MODERN,
  reaching
} from "./support/httpHandshakes.ts"
import { type Asked, type HttpPeer, httpPeer } from "./support/httpPeer.ts"

const plain = { "content-type": "text/plain" }

/** Plays a legacy server from `initialize` on. */
const handshake = (peer: HttpPeer) =>
  Effect.gen(function* () {
    const asked = yield* peer.expect("initialize")
    assert.strictEqual(asked.params["protocolVersion"], LEGACY)
    assert.isUndefined(asked.headers["mcp-method"])
    assert.isUndefined(asked.headers["mcp-protocol-version"])
    initialized(asked)
    const done = yield* peer.expect("notifications/initialized")
    done.status(202)
    const get = yield* peer.expect("GET")
    get.status(405)
  })

const failing = (fiber: Fiber.Fiber<McpClient.Service, McpError.McpError>) =>
  Effect.map(Effect.flip(Fiber.join(fiber)), ({ reason }) => reason)

describe("a server that answers `server/discover`", () => {
  it.effect("is modern", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer)
      const asked = yield* peer.expect("server/discover")
      assert.strictEqual(asked.headers["mcp-protocol-version"], MODERN)
      discovered(asked, [LEGACY, MODERN])
      assert.strictEqual((yield* Fiber.join(fiber)).revision, MODERN)
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect("and has legacy revisions only, is initialized", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer)
      discovered(yield* peer.expect("server/discover"), [LEGACY])
      yield* handshake(peer)
      assert.strictEqual((yield* Fiber.join(fiber)).revision, LEGACY)
    })
  )

  it.effect("late is waited for", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer)
      const asked = yield* peer.expect("server/discover")
      yield* TestClock.adjust("30 seconds")
      assert.strictEqual(yield* peer.waiting, 0)
      discovered(asked)
      assert.strictEqual((yield* Fiber.join(fiber)).revision, MODERN)
    })
  )
})

describe("a server that refuses `server/discover`", () => {
  it.effect.each([
    ["with 400", (asked: Asked) => asked.status(400, "no", plain)],
    ["with 404", (asked: Asked) => asked.status(404)],
    ["with 405", (asked: Asked) => asked.status(405)],
    ["with 406", (asked: Asked) => asked.status(406)],
    ["with 415", (asked: Asked) => asked.status(415)],
    ["as not initialized", (asked: Asked) => asked.error(-32000, 400, undefined, null)],
    ["as an unknown method", (asked: Asked) => asked.error(-32601, 404)],
    ["as an unknown method, with 200", (asked: Asked) => asked.error(-32601)],
    ["with a code that is nobody's", (asked: Asked) => asked.error(0)],
    ["with a page", (asked: Asked) => asked.status(200, "<html>", { "content-type": "text/html" })],
    ["with an answer to something else", (asked: Asked) => asked.result({})],
    ["as a version, and has legacy ones", (asked: Asked) => asked.error(-32022, 400, { supported: [LEGACY] })]
  ] as const)("%s is initialized", ([, refuse]) =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer)
      refuse(yield* peer.expect("server/discover"))
      yield* handshake(peer)
      assert.strictEqual((yield* Fiber.join(fiber)).revision, LEGACY)
    })
  )

  it.effect.each(["auto", MODERN])("as a version, and names the same, is asked once more: %s", (revision) =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer, { revision })
      const first = yield* peer.expect("server/discover")
      first.error(-32022, 400, { supported: [MODERN], requested: MODERN })
      discovered(yield* peer.expect("server/discover"))
      assert.strictEqual((yield* Fiber.join(fiber)).revision, MODERN)
    })
  )

  it.effect("as a version for ever has none in common", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer)
      for (let time = 0; time < 2; time++) {
        const asked = yield* peer.expect("server/discover")
        asked.error(-32022, 400, { supported: [MODERN] })
      }
      assert.strictEqual((yield* failing(fiber))._tag, "Unsupported")
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect.each([
    ["its headers", (asked: Asked) => asked.error(-32020, 400), "Remote"],
    ["what the client cannot do", (asked: Asked) => asked.error(-32021, 400), "Remote"],
    ["who is calling (401)", (asked: Asked) => asked.status(401), "Lost"],
    ["who is calling (403)", (asked: Asked) => asked.status(403), "Lost"],
    ["that it has trouble (500)", (asked: Asked) => asked.status(500), "Lost"],
    ["that it is busy (503)", (asked: Asked) => asked.status(503), "ConnectFailed"],
    ["too many requests (429)", (asked: Asked) => asked.status(429), "ConnectFailed"],
    ["nothing", (asked: Asked) => asked.cut(), "Lost"]
  ] as const)("because of %s is not taken for a legacy one", ([, refuse, tag]) =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* connecting(peer)
      refuse(yield* peer.expect("server/discover"))
      assert.strictEqual((yield* failing(fiber))._tag, tag)
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )
})

describe("a server that refuses both", () => {
  /** Refuses discovery and handshake, and gives the GET that follows. */
  const refusing = (peer: HttpPeer, status: number) =>
    Effect.gen(function* () {
      const fiber = yield* connecting(peer)
      const discover = yield* peer.expect("server/discover")
      discover.status(status)
      const initialize = yield* peer.expect("initialize")
      initialize.status(status)
      return fiber
    })

  it.effect.each([400, 404, 405])("with %s, and names another endpoint, speaks the transport of 2024-11-05", (status) =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* refusing(peer, status)
      const get = yield* peer.expect("GET")
      get.events().event({ kind: "endpoint", data: "/messages?id=1" })
      const reason = yield* failing(fiber)
      assert.strictEqual(reason._tag, "Unsupported")
      assert.include(reason.message, "2024-11-05")
      yield* get.gone
    })
  )

  it.effect.each([
    ["nothing there", (get: Asked) => get.status(404)],
    ["another first event", (get: Asked) => get.events().event({ data: "{}" }).event({ kind: "endpoint", data: "/m" })],
    ["a page", (get: Asked) => get.status(200, "event: endpoint\ndata: /m\n\n", { "content-type": "text/html" })]
  ] as const)("and has %s to listen to, is no server", ([, answer]) =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* refusing(peer, 404)
      answer(yield* peer.expect("GET"))
      const reason = yield* failing(fiber)
      assert.strictEqual(reason._tag, "ConnectFailed")
      assert.include(reason.message, peer.url)
      assert.include(reason.message, "404")
    })
  )

  it.effect("and says nothing to whoever listens, is no server after five seconds", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* refusing(peer, 404)
      const get = yield* peer.expect("GET")
      get.events()
      yield* TestClock.adjust("5 seconds")
      assert.strictEqual((yield* failing(fiber))._tag, "ConnectFailed")
      yield* get.gone
    })
  )

  it.effect("with another status is not listened to", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* refusing(peer, 418)
      assert.strictEqual((yield* failing(fiber))._tag, "ConnectFailed")
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )
})

describe("what was learned", () => {
  it.effect("is kept for an hour, by origin", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const connect = (path: string) => Effect.forkScoped(McpClient.connect(peer.url + path))
      const first = yield* connect("")
      const refused = yield* peer.expect("server/discover")
      refused.status(404)
      yield* handshake(peer)
      yield* Fiber.join(first)

      const second = yield* connect("/other")
      yield* handshake(peer)
      yield* Fiber.join(second)

      yield* TestClock.adjust("1 hour")
      const third = yield* connect("")
      discovered(yield* peer.expect("server/discover"))
      assert.strictEqual((yield* Fiber.join(third)).revision, MODERN)
    }).pipe(Effect.provide(reaching()))
  )

  it.effect("is doubted where the server does not know a handshake any more", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const connect = Effect.forkScoped(McpClient.connect(peer.url))
      const first = yield* connect
      const refused = yield* peer.expect("server/discover")
      refused.status(404)
      yield* handshake(peer)
      yield* Fiber.join(first)

      const second = yield* connect
      const initialize = yield* peer.expect("initialize")
      initialize.error(-32601, 404)
      discovered(yield* peer.expect("server/discover"))
      assert.strictEqual((yield* Fiber.join(second)).revision, MODERN)
    }).pipe(Effect.provide(reaching()))
  )

  it.effect("is nothing where connecting has failed", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const connect = Effect.forkChild(Effect.scoped(McpClient.connect(peer.url)))
      const first = yield* connect
      const refused = yield* peer.expect("server/discover")
      refused.status(404)
      const initialize = yield* peer.expect("initialize")
      initialize.status(500)
      assert.strictEqual((yield* failing(first))._tag, "Lost")
      const second = yield* connect
      discovered(yield* peer.expect("server/discover"))
      assert.deepStrictEqual((yield* Fiber.join(second)).capabilities, capabilities)
    }).pipe(Effect.provide(reaching()))
  )
})

describe("a connector", () => {
  it.effect("over any HTTP client reaches no commands", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(McpClient.connect({ command: "server" }))
      assert.strictEqual(reason._tag, "ConnectFailed")
    }).pipe(Effect.provide(Layer.provide(McpHttpClient.layer(), FetchHttpClient.layer)))
  )

  it.effect("for commands reaches no URLs", () =>
    Effect.gen(function* () {
      const { reason } = yield* Effect.flip(McpClient.connect("http://127.0.0.1:1/mcp"))
      assert.strictEqual(reason._tag, "ConnectFailed")
      assert.include(reason.message, "McpHttpClient.layer")
    }).pipe(Effect.provide(Layer.provide(McpCommand.layer(), NodeServices.layer)))
  )
})
