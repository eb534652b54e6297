/**
 * What is Node's own of the client over HTTP: proxies, certificates, what is loaded when, and what stays open when a
 * connection, or the connector, is closed.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Scope } from "effect"
import { FetchHttpClient } from "effect/http"
import { McpClient, type McpTransport } from "mcp-effect"
import * as McpHttpClient from "mcp-effect/McpHttpClient"
import { McpNode } from "mcp-effect/node"
import { execFileSync } from "node:child_process"
import { createServer as createSecure } from "node:https"
import { request as forward } from "node:http"
import { join } from "node:path"
import { certificate, key } from "./fixtures/certificate.ts"
import { eventually, within } from "./support/eventually.ts"
import { discovered, legacy, MODERN, reaching } from "./support/httpHandshakes.ts"
import { httpPeer, listening, urlOf } from "./support/httpPeer.ts"

const connector = (options: McpNode.HttpOptions) =>
  Effect.flatMap(Effect.scope, (scope) => Layer.buildWithScope(McpNode.layerWith(options), scope))

/** A proxy that remembers what it was asked for. */
const proxy = Effect.gen(function* () {
  const asked: Array<string> = []
  const server = yield* listening((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const { headers, method, url = "" } = request
    const onward = forward(url, { method: method ?? "GET", headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    request.pipe(onward)
  })
  return { asked, url: urlOf(server).replace("/mcp", "") }
})

/** Sets variables of this process until the scope closes. */
const environment = (variables: { readonly [name: string]: string }) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = Object.keys(variables).map((name) => [name, process.env[name]] as const)
      Object.assign(process.env, variables)
      return before
    }),
    (before) =>
      Effect.sync(() => {
        for (const [name, value] of before) {
          if (value === undefined) delete process.env[name]
          else process.env[name] = value
        }
      })
  )

/** Connects by a connector, to a peer that is modern. */
const visit = (options: McpNode.HttpOptions) =>
  Effect.gen(function* () {
    const peer = yield* httpPeer
    const context = yield* connector(options)
    const fiber = yield* Effect.forkScoped(Effect.provide(McpClient.connect(peer.url, { revision: MODERN }), context))
    discovered(yield* peer.expect("server/discover"))
    yield* Fiber.join(fiber)
    return peer.url
  })

describe("a proxy", () => {
  it.effect("that the options name is used", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* proxy
      const target = yield* visit({ proxy: url })
      assert.deepStrictEqual(asked, [`POST ${target}`])
    })
  )

  it.effect("that the environment names is used, but for what that excepts", () =>
    Effect.gen(function* () {
      const { asked, url } = yield* proxy
      yield* environment({ HTTP_PROXY: url, http_proxy: url, NO_PROXY: "", no_proxy: "" })
      const target = yield* visit({})
      assert.deepStrictEqual(asked, [`POST ${target}`])
      yield* environment({ NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1" })
      yield* visit({})
      yield* environment({ NO_PROXY: "", no_proxy: "" })
      yield* visit({ proxy: false })
      assert.strictEqual(asked.length, 1)
    })
  )
})

describe("certificates", () => {
  const secure = Effect.map(
    listening(
      (request, response) => {
        request.resume()
        response.writeHead(200, { "content-type": "application/json" })
        const result = { supportedVersions: [MODERN], capabilities: {}, resultType: "complete" }
        response.end(JSON.stringify({ jsonrpc: "2.0", id: 0, result }))
      },
      (listener) => createSecure({ cert: certificate, key }, listener)
    ),
    (server) => urlOf(server).replace("http:", "https:")
  )

  it.effect("of one's own are trusted where the options have them", () =>
    Effect.gen(function* () {
      const url = yield* secure
      const client = yield* McpClient.connect(url)
      assert.strictEqual(client.revision, MODERN)
    }).pipe(Effect.provide(reaching({ ca: certificate })))
  )

  it.effect("that nobody trusts are refused before anything is sent", () =>
    Effect.gen(function* () {
      const url = yield* secure
      const { reason } = yield* Effect.flip(McpClient.connect(url))
      assert.strictEqual(reason._tag, "ConnectFailed")
      assert.include(reason.message, "self-signed")
    }).pipe(Effect.provide(reaching()))
  )
})

describe("what HTTP needs", () => {
  it("is loaded when the first URL is reached", () => {
    const script = join(import.meta.dirname, "fixtures/loaded.ts")
    const printed = execFileSync(process.execPath, ["--conditions=mcp-effect-source", script], { encoding: "utf8" })
    const { command, url } = JSON.parse(printed) as { command: Array<string>; url: Array<string> }
    assert.deepStrictEqual(command, [])
    assert.deepStrictEqual(url, ["HttpClient.", "NodeHttpClient", "fetching", "undici"])
  })
})

/** The timers of this process. */
const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length

describe("closing", () => {
  it.live("a connection leaves nothing of it: no request, no stream, no wait", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const before = timers()
      const scope = yield* Scope.make()
      const { client, get } = yield* Scope.provide(legacy(peer), scope)
      const events = get.events().message({ method: "notifications/tools/list_changed" }, "g-1")
      const calls = yield* Effect.forEach(["a", "b", "c"], (name) =>
        Effect.forkChild(Effect.exit(client.callTool(name)))
      )
      const a = yield* peer.expect("tools/call")
      const b = yield* peer.expect("tools/call")
      const c = yield* peer.expect("tools/call")
      b.events().raw(":\n\n")
      c.events().event({ id: "c-1", retry: 60_000 }).end()
      events.end()
      yield* eventually("the streams have ended", () => (peer.sockets() <= 4 ? true : undefined))
      yield* within("closing", Scope.close(scope, Exit.void), 5)
      for (const call of calls) assert.isTrue(Exit.isFailure(yield* Fiber.join(call)))
      yield* a.gone
      yield* b.gone
      yield* eventually("no socket is open", () => (peer.sockets() === 0 ? true : undefined))
      yield* eventually("no timer runs", () => (timers() <= before ? true : undefined))
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect("a connection that waits to be connected aborts that", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const fiber = yield* Effect.forkScoped(Effect.provide(McpClient.connect(peer.url), reaching()))
      const asked = yield* peer.expect("server/discover")
      yield* Fiber.interrupt(fiber)
      yield* asked.gone
    })
  )
})

describe("over `fetch`", () => {
  const layer: Layer.Layer<McpTransport.McpConnector> = Layer.provide(McpHttpClient.layer(), FetchHttpClient.layer)

  it.effect("a client calls and is answered, cancels, and follows no redirect elsewhere", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const elsewhere = yield* httpPeer
      const fiber = yield* Effect.forkScoped(McpClient.connect(peer.url))
      discovered(yield* peer.expect("server/discover"))
      const client = yield* Fiber.join(fiber)

      const call = yield* Effect.forkChild(client.callTool("tool"))
      const asked = yield* peer.expect("tools/call")
      asked
        .events()
        .message({ id: asked.message["id"], result: { content: [], resultType: "complete" } })
        .end()
      yield* Fiber.join(call)

      const redirected = yield* Effect.forkChild(Effect.flip(client.callTool("tool")))
      const second = yield* peer.expect("tools/call")
      second.status(307, "", { location: elsewhere.url })
      assert.include((yield* Fiber.join(redirected)).message, elsewhere.url)
      assert.strictEqual(yield* elsewhere.waiting, 0)

      const cancelled = yield* Effect.forkChild(client.callTool("tool"))
      const third = yield* peer.expect("tools/call")
      yield* Fiber.interrupt(cancelled)
      yield* third.gone
    }).pipe(Effect.provide(layer))
  )

  it.effect("a closed port is one where nobody listens", () =>
    Effect.gen(function* () {
      const closed = yield* Effect.scoped(Effect.map(httpPeer, ({ url }) => url))
      const { reason } = yield* Effect.flip(McpClient.connect(closed))
      assert.strictEqual(reason._tag, "ConnectFailed")
    }).pipe(Effect.provide(layer))
  )
})
