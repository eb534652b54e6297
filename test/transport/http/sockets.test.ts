/**
 * A server on a socket of this process: ports, Unix sockets and TLS, what waits while it starts, whom it does not wait
 * for, and the order in which it ends. What a whole program does is in `program.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schedule } from "effect"
import { McpClient, type McpLimits, McpServer } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import type { McpTest } from "mcp-effect/testing"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { callTool, Record, Sync, tools } from "../../laws/support/app.ts"
import { certificate, key } from "../fixtures/certificate.ts"
import { eventually, within } from "../support/eventually.ts"
import { type App, modernHeaders } from "./support/endpoint.ts"
import { listening, onSocket, type Posted, raw, sent } from "./support/sockets.ts"

const server = McpServer.layer({ name: "sockets", version: "1.0.0" })
const appOf = (record = new Record()): App => Layer.provide(tools(record), server)

const hello = callTool("modern", 1, "sync", { name: "hello" })

/** Posts a message as a modern client does. */
const posted = (at: URL, message: McpTest.Json = hello) =>
  sent(
    {
      host: at.hostname,
      port: at.port,
      path: at.pathname,
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json", ...modernHeaders(message) }
    },
    message
  )

const health = (at: URL, path = "/health") => sent({ host: at.hostname, port: at.port, path })

/** Asks again until nothing refuses the connection. */
const until = (look: Effect.Effect<Posted, unknown>) => within("it listens", Effect.eventually(look))

const errorIn = ({ body }: Posted): McpTest.Json => (JSON.parse(body) as { readonly error: McpTest.Json }).error

/** A port of this machine that is free now. */
const freePort = Effect.scoped(Effect.map(listening(appOf()), ({ at }) => at.port))

/** A directory that is gone afterwards. */
const directory = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "mcp-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true }))
)

describe("where a server listens", () => {
  it.live("port 0 is a free port, another for each server, and the URL says which", () =>
    Effect.gen(function* () {
      const first = yield* listening(appOf())
      const second = yield* listening(appOf(), { port: 0, path: "/tools" })
      assert.match(first.at.href, /^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
      assert.match(second.at.href, /^http:\/\/127\.0\.0\.1:\d+\/tools$/)
      assert.notStrictEqual(first.at.port, second.at.port)
      for (const { at } of [first, second]) assert.strictEqual((yield* posted(at)).status, 200)
    })
  )

  it.live("loopback only: another address of this machine reaches nobody", () =>
    Effect.gen(function* () {
      const { at } = yield* listening(appOf())
      const refused = yield* Effect.flip(sent({ host: "127.0.0.2", port: at.port, path: "/health" }))
      assert.include(String(refused.message), "ECONNREFUSED")
    })
  )

  it.live("a Unix socket, which is gone afterwards; the guards hold there too", () =>
    Effect.gen(function* () {
      const path = join(yield* directory, "server.sock")
      const server = yield* onSocket(appOf(), { socket: path })
      assert.strictEqual(yield* server.url, `${path} (/mcp)`)
      const over = (host: string) =>
        sent(
          {
            socketPath: path,
            path: "/mcp",
            method: "POST",
            headers: { "content-type": "application/json", host, ...modernHeaders(hello) }
          },
          hello
        )
      const answer = yield* over("localhost")
      assert.strictEqual(answer.status, 200)
      assert.include(answer.body, '"hello"')
      assert.strictEqual((yield* over("evil.example")).status, 403)
      yield* server.close
      assert.strictEqual(yield* Effect.flip(raw({ path })), "ENOENT")
    })
  )

  it.live("TLS, with the certificate that it is given", () =>
    Effect.gen(function* () {
      const { at } = yield* listening(appOf(), { tls: { key, cert: certificate } })
      assert.match(at.href, /^https:\/\/127\.0\.0\.1:\d+\/mcp$/)
      const client = yield* McpClient.connect(at)
      assert.deepStrictEqual(yield* client.call(Sync, { name: "secret" }), { name: "secret" })
      const plain = yield* Effect.exit(sent({ host: at.hostname, port: at.port, path: "/health" }))
      assert.strictEqual(plain._tag, "Failure", "without TLS nothing is said")
    }).pipe(Effect.provide(McpNode.layerWith({ ca: certificate, proxy: false })))
  )
})

describe("a server that cannot listen says why in a sentence", () => {
  const refusal = (options: McpNode.HttpServerOptions) =>
    Effect.flatMap(onSocket(appOf(), options), ({ built }) => Effect.flip(built))

  it.live("when somebody else has the port", () =>
    Effect.gen(function* () {
      const { at } = yield* listening(appOf())
      const error = yield* refusal({ port: Number(at.port) })
      assert.strictEqual(error._tag, "TransportError")
      assert.strictEqual(
        error.message,
        `The server cannot listen: listen EADDRINUSE: address already in use 127.0.0.1:${at.port}`
      )
      assert.strictEqual((yield* posted(at)).status, 200, "the other one is unharmed")
    })
  )

  it.live("when there is no such directory, or no such address", () =>
    Effect.gen(function* () {
      const nowhere = yield* refusal({ socket: "/no/such/directory/server.sock" })
      assert.match(nowhere.message, /^The server cannot listen: listen E\w+: .*\/no\/such\/directory\/server\.sock$/)
      const foreign = yield* refusal({ host: "203.0.113.1", allowAnonymousFromNetwork: true })
      assert.match(foreign.message, /^The server cannot listen: listen EADDRNOTAVAIL: .*203\.0\.113\.1/)
    })
  )

  it.live("when nobody has said by which names it is reached from the network", () =>
    Effect.gen(function* () {
      const { message } = yield* refusal({ host: "0.0.0.0", allowAnonymousFromNetwork: true })
      assert.include(message, 'the option "hosts" or "publicUrl"')
    })
  )

  it.live("and `serveHttp` fails with it", () =>
    Effect.gen(function* () {
      const { at } = yield* listening(appOf())
      const taken = yield* Effect.flip(McpNode.serveHttp(appOf(), { port: Number(at.port) }))
      assert.include(taken.message, "address already in use")
      const open = McpNode.serveHttp(appOf(), { port: 0, host: "0.0.0.0", hosts: ["localhost"] })
      const refused = yield* within("serving", Effect.flip(open), 5)
      assert.include(refused.message, "provide Authenticate")
    })
  )

  it.live("when nobody asks who is calling from the network, and lets nobody wait for it", () =>
    Effect.gen(function* () {
      const port = Number(yield* freePort)
      const options = { port, host: "0.0.0.0", hosts: ["localhost"] }
      const server = yield* onSocket(appOf(), options)
      yield* server.built
      const at = new URL(`http://127.0.0.1:${port}/mcp`)
      const outcome = yield* within(
        "the request",
        Effect.match(posted(at), { onFailure: () => 0, onSuccess: ({ status }) => status }),
        5
      )
      assert.include([0, 503], outcome)
    })
  )
})

describe("while a server starts", () => {
  /** An application whose graph waits for a door. */
  const slow = (door: Deferred.Deferred<void>): App =>
    Layer.provide(tools(new Record()), Layer.merge(server, Layer.effectDiscard(Deferred.await(door))))

  it.live("its health is 503, requests wait, and it says where it listens only when it can answer", () =>
    Effect.gen(function* () {
      const at = new URL(`http://127.0.0.1:${yield* freePort}/mcp`)
      const door = yield* Deferred.make<void>()
      const server = yield* onSocket(slow(door), { port: Number(at.port) })
      const starting = yield* until(health(at))
      assert.deepStrictEqual([starting.status, starting.body], [503, '{"status":"starting"}'])
      const waiting = yield* Effect.forkScoped(posted(at), { startImmediately: true })
      // whatever has been sent before this has arrived before it
      yield* health(at)
      assert.isFalse(yield* server.isListening)
      assert.isUndefined(waiting.pollUnsafe())
      yield* Deferred.succeed(door, undefined)
      assert.strictEqual((yield* Fiber.join(waiting)).status, 200)
      assert.strictEqual(yield* server.url, at.href)
      const ready = yield* health(at)
      assert.deepStrictEqual([ready.status, ready.body], [200, '{"status":"ok"}'])
    })
  )

  it.live("health is where the options say, or nowhere", () =>
    Effect.gen(function* () {
      const moved = yield* listening(appOf(), { health: "/alive" })
      assert.strictEqual((yield* health(moved.at, "/alive")).status, 200)
      assert.strictEqual((yield* health(moved.at)).status, 404)
      const none = yield* listening(appOf(), { health: false })
      assert.strictEqual((yield* health(none.at)).status, 404)
    })
  )
})

describe("whoever is slow", () => {
  const limits = { headers: "300 millis", body: "1 minute" } satisfies Partial<McpLimits.Limits>
  const begun = "POST /mcp HTTP/1.1\r\nhost: localhost\r\n"

  it.live.each([
    ["has sent a part of the headers", begun, 1],
    ["has sent nothing at all", "", 1],
    ["has had an answer before", `GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n${begun}`, 2]
  ] as const)("with the headers gets 408, and the connection is closed: who %s", ([, text, answers]) =>
    Effect.gen(function* () {
      const { at } = yield* listening(appOf(), {}, limits)
      const slow = yield* raw({ port: Number(at.port) })
      slow.send(text)
      yield* eventually("the connection is closed", () => (slow.closed ? true : undefined), 10)
      const statuses = [...slow.received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => Number(status))
      assert.deepStrictEqual(statuses, answers === 1 ? [408] : [200, 408])
      assert.match(slow.received, /connection: close\r\n\r\n$/i)
      assert.strictEqual((yield* posted(at)).status, 200, "others do not notice")
    })
  )

  it.live("sends a byte now and then: that does not count as progress", () =>
    Effect.gen(function* () {
      const { at } = yield* listening(appOf(), {}, limits)
      const slow = yield* raw({ port: Number(at.port) })
      slow.send(begun)
      const drip = Effect.repeat(
        Effect.sync(() => slow.send("x")),
        Schedule.spaced("50 millis")
      )
      yield* Effect.raceFirst(
        drip,
        eventually("the connection is closed", () => (slow.closed ? true : undefined), 10)
      )
      assert.match(slow.received, /^HTTP\/1\.1 408 /)
    })
  )
})

describe("a connection that is not used", () => {
  it.live("is closed after `keepOpen`, and says so to whoever keeps it", () =>
    Effect.gen(function* () {
      const { at } = yield* listening(appOf(), {}, { keepOpen: "1 second" })
      const idle = yield* raw({ port: Number(at.port) })
      idle.send("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
      yield* eventually("the connection is closed", () => (idle.closed ? true : undefined), 10)
      assert.match(idle.received, /^HTTP\/1\.1 200 [^]*keep-alive: timeout=1\r\n/i)
    })
  )
})

describe("the end of a server", () => {
  const outcomes = { onFailure: (code: string) => code, onSuccess: () => "connected" }

  it.live("drains, then closes the socket, then releases the application", () =>
    Effect.gen(function* () {
      const story: Array<string> = []
      const told = (what: string) => Effect.sync(() => void story.push(what))
      let port = 0
      const tried = Effect.suspend(() => Effect.match(Effect.scoped(raw({ port })), outcomes))
      const resource = Layer.effectDiscard(
        Effect.addFinalizer(() => Effect.flatMap(tried, (outcome) => told(`released; a connection: ${outcome}`)))
      )
      const record = new Record()
      const { at, close } = yield* listening(Layer.provide(tools(record), Layer.merge(server, resource)))
      port = Number(at.port)
      const call = yield* Effect.forkScoped(posted(at, callTool("modern", 1, "wait", { name: "call" })))
      const stubborn = yield* Effect.forkScoped(posted(at, callTool("modern", 2, "stubborn", { name: "stubborn" })))
      yield* eventually("both calls run", () => (record.started.length === 2 ? true : undefined))

      const closing = yield* Effect.forkScoped(Effect.andThen(close, told("closed")))
      // the drain has begun when what can be interrupted has been
      const interrupted = yield* Fiber.join(call)
      assert.include(String(errorIn(interrupted)["message"]), "interrupted")
      yield* told("drained the first")
      const late = yield* posted(at)
      assert.deepStrictEqual([late.status, errorIn(late)["code"]], [503, 503])
      assert.strictEqual((yield* health(at)).status, 200, "the socket is still open")
      yield* told("refused another")
      yield* record.open("stubborn")
      yield* Fiber.join(stubborn)
      yield* within("closing", Fiber.join(closing))
      assert.deepStrictEqual(story, [
        "drained the first",
        "refused another",
        "released; a connection: ECONNREFUSED",
        "closed"
      ])
    })
  )

  it.live("does not wait for connections on which nothing is asked", () =>
    Effect.gen(function* () {
      const { at, close } = yield* listening(appOf())
      const idle = yield* raw({ port: Number(at.port) })
      const kept = yield* raw({ port: Number(at.port) })
      kept.send("GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
      yield* eventually("it is answered", () => (kept.received.includes('"ok"') ? true : undefined))
      yield* within("closing", close, 5)
      yield* eventually("both are closed", () => (idle.closed && kept.closed ? true : undefined))
      assert.strictEqual(yield* Effect.flip(raw({ port: Number(at.port) })), "ECONNREFUSED")
    })
  )
})
