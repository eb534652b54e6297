/**
 * Sockets that do what sockets should not: pipelined, half-closed, cut off, slow, endless, not HTTP at all, and clients
 * that never read. Each gets its answer or its end, others do not notice, and nothing stays.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { EventStore, McpRequest, McpServer, McpTool } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, eras, request } from "../../laws/support/app.ts"
import { eventually, within } from "../support/eventually.ts"
import { served } from "./support/app.ts"
import { initialize, INITIALIZED } from "./support/endpoint.ts"
import { limited } from "./support/people.ts"
import { listening, messageIn, modernly, posting, type Raw, socket } from "./support/socket.ts"

const discover = request("modern", "d", "server/discover")

/** Another client is served. */
const goesOn = (port: number) =>
  Effect.scoped(
    Effect.gen(function* () {
      const other = yield* socket(port)
      const { status } = yield* other.write(modernly(discover)).response
      assert.strictEqual(status, 200)
    })
  )

/** Opens a session on a socket; gives its headers. */
const session = (client: Raw) =>
  Effect.gen(function* () {
    const { head } = yield* client.write(posting(initialize())).response
    const headers = { "mcp-session-id": /mcp-session-id: (\S+)/i.exec(head)?.[1] ?? assert.fail(head) }
    assert.strictEqual((yield* client.write(posting(INITIALIZED, headers)).response).status, 202)
    return headers
  })

const structured = (message: McpTest.Json) => (message["result"] as McpTest.Json)["structuredContent"]

describe("a socket", () => {
  it.live("with several requests at once answers all of them, in their order", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const client = yield* socket(yield* listening(app))
      const calls = Array.from({ length: 50 }, (_, id) => modernly(callTool("modern", id, "sync", { name: `n${id}` })))
      client.write(modernly(callTool("modern", "w", "wait", { name: "w" })) + calls.join(""))
      yield* eventually("the first runs", () => (record.started.includes("w") ? true : undefined))
      yield* record.open("w")
      assert.deepStrictEqual(structured(messageIn(yield* client.response)), { name: "w" })
      for (let id = 0; id < 50; id++) {
        const message = messageIn(yield* client.response)
        assert.deepStrictEqual([message["id"], structured(message)], [id, { name: `n${id}` }])
      }
    })
  )

  it.live("with a bad request among good ones answers each for itself", () =>
    Effect.gen(function* () {
      const client = yield* socket(yield* listening(served().app))
      client.write(
        modernly(discover) + posting("{") + posting(discover, { "content-type": "text/plain" }) + modernly(discover)
      )
      const statuses = [yield* client.response, yield* client.response, yield* client.response, yield* client.response]
      assert.deepStrictEqual(
        statuses.map(({ status }) => status),
        [200, 400, 415, 200]
      )
    })
  )

  it.live("that is half closed after its request: the request is answered, or given up, and nothing stays", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const port = yield* listening(app)
      const client = yield* socket(port)
      client.write(modernly(callTool("modern", 1, "wait", { name: "a" })))
      yield* eventually("it runs", () => (record.started.includes("a") ? true : undefined))
      client.end()
      yield* goesOn(port)
      yield* record.open("a")
      yield* eventually("it has ended", () => (record.finalized.includes("a") ? true : undefined))
      yield* client.closed
    })
  )

  it.live.each(eras)(
    "that goes away: the call is cancelled in a modern revision, and goes on in a legacy one: %s",
    (era) =>
      Effect.gen(function* () {
        const { app, record } = served()
        const port = yield* listening(app)
        const client = yield* socket(port)
        const headers = era === "legacy" ? yield* session(client) : {}
        const call = callTool(era, 1, "wait", { name: "a" })
        client.write(era === "legacy" ? posting(call, headers) : modernly(call))
        yield* eventually("it runs", () => (record.started.includes("a") ? true : undefined))
        client.destroy()
        if (era === "modern") {
          yield* eventually("it is interrupted", () => (record.finalized.includes("a") ? true : undefined))
          return assert.deepStrictEqual(record.ended, [])
        }
        const other = yield* socket(port)
        const ping = yield* other.write(posting(request("legacy", 2, "ping"), headers)).response
        assert.deepStrictEqual(messageIn(ping)["result"], {})
        assert.deepStrictEqual(record.finalized, [])
        yield* record.open("a")
        yield* eventually("it has ended", () => (record.ended.includes("a") ? true : undefined))
      })
  )

  it.live("whose body is cut short", () =>
    Effect.gen(function* () {
      const port = yield* listening(served().app)
      const whole = modernly(discover)
      const [ended, gone] = [yield* socket(port), yield* socket(port)]
      ended.write(whole.slice(0, -5)).end()
      gone.write(whole.slice(0, -5)).destroy()
      yield* ended.closed
      assert.notInclude(ended.text, "200 OK")
      yield* goesOn(port)
    })
  )

  it.live("whose headers do not come is closed", () =>
    Effect.gen(function* () {
      const port = yield* limited(listening(served().app), { headers: "200 millis", body: "1 second" })
      const client = yield* socket(port)
      client.write("POST /mcp HTTP/1.1\r\nhost: localhost\r\nx: ")
      yield* goesOn(port)
      yield* client.closed
      assert.match(client.text, /^HTTP\/1\.1 408 |^$/)
    })
  )

  it.live("whose body does not come is told, and closed", () =>
    Effect.gen(function* () {
      const port = yield* limited(listening(served().app), { body: "1 second" })
      const client = yield* socket(port)
      client.write(modernly(discover).slice(0, -5))
      yield* goesOn(port)
      const answer = yield* client.response
      assert.strictEqual(answer.status, 408)
      assert.strictEqual((messageIn(answer)["error"] as McpTest.Json)["code"], -32600)
      yield* client.closed
    })
  )

  it.live("whose body does not end is told, and closed", () =>
    Effect.gen(function* () {
      const port = yield* limited(listening(served().app), { messageIn: 10_000 })
      const client = yield* socket(port)
      client.write(
        modernly(discover, { "content-length": "", "transfer-encoding": "chunked" }).split("\r\n\r\n")[0]! + "\r\n\r\n"
      )
      for (let sent = 0; sent < 20; sent++) client.write(`400\r\n${"x".repeat(1024)}\r\n`)
      const answer = yield* client.response
      assert.strictEqual(answer.status, 413)
      assert.strictEqual((messageIn(answer)["error"] as McpTest.Json)["code"], -32600)
      yield* client.closed
      yield* goesOn(port)
    })
  )

  it.live("whose body is said to be too large is told at once", () =>
    Effect.gen(function* () {
      const port = yield* limited(listening(served().app), { messageIn: 10_000 })
      const client = yield* socket(port)
      client.write(modernly(discover, { "content-length": "10001" }))
      assert.strictEqual((yield* client.response).status, 413)
      yield* client.closed
    })
  )

  const head = "host: localhost\r\ncontent-type: application/json\r\naccept: */*\r\n"
  const strange: ReadonlyArray<readonly [string, string]> = [
    ["no HTTP", "hello\r\n\r\n"],
    ["no HTTP at all", "\u0000\u0001\u0002\u0003".repeat(100)],
    ["TLS", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"],
    ["HTTP/2 without TLS", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["another version", `POST /mcp HTTP/9.9\r\n${head}\r\n`],
    ["a method that is none", `P(ST /mcp HTTP/1.1\r\n${head}\r\n`],
    ["headers without end", `POST /mcp HTTP/1.1\r\n${head}x: ${"x".repeat(100_000)}\r\n\r\n`],
    ["two lengths", `POST /mcp HTTP/1.1\r\n${head}content-length: 2\r\ncontent-length: 3\r\n\r\n{}`],
    [
      "a length and chunks",
      `POST /mcp HTTP/1.1\r\n${head}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`
    ],
    ["chunks that are none", `POST /mcp HTTP/1.1\r\n${head}transfer-encoding: chunked\r\n\r\nxyz\r\n\r\n`],
    ["a header that is none", `POST /mcp HTTP/1.1\r\n${head}no colon\r\n\r\n`],
    ["no host", "POST /mcp HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"],
    ["no host, in HTTP/1.0", "POST /mcp HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"]
  ]
  it.live.each(strange)("%s is refused", ([, text]) =>
    Effect.gen(function* () {
      const port = yield* limited(listening(served().app), { headers: "500 millis", body: "1 second" })
      const client = yield* socket(port)
      client.write(text ?? "")
      yield* eventually("it was answered or closed", () => (/^HTTP\/1\.1 4\d\d /.test(client.text) ? true : undefined))
      yield* goesOn(port)
    })
  )

  it.live.each([
    ["evil.example", "localhost"],
    ["localhost", "evil.example"]
  ] as const)("with two hosts, %s and %s, does not come in by the second", ([one, two]) =>
    Effect.gen(function* () {
      const client = yield* socket(yield* listening(served().app))
      client.write(modernly(discover, { host: one }).replace("\r\n", `\r\nHost: ${two}\r\n`))
      const { status } = yield* client.response
      // by one or the other, but never by a mixture: either is named, and only one of them is ours
      assert.include([200, 400, 403], status)
      if (status === 200) assert.strictEqual(two, "localhost")
    })
  )

  it.live("with two session ids has none", () =>
    Effect.gen(function* () {
      const client = yield* socket(yield* listening(served().app))
      const headers = yield* session(client)
      client.write(posting(request("legacy", 1, "ping"), headers).replace("\r\n", `\r\nMcp-Session-Id: other\r\n`))
      assert.strictEqual((yield* client.response).status, 404)
    })
  )
})

// clients that do not read

const PART = "x".repeat(10_000)
const PARTS = 2000

/** Says 20 MB, and counts how much of it was taken. */
const flooding = () => {
  const told = { parts: 0, ended: false, interrupted: false }
  const Flood = McpTool.make("flood")
  const flood = Effect.gen(function* () {
    const request = yield* McpRequest
    for (let part = 0; part < PARTS; part++) {
      yield* request.log("error", PART)
      told.parts += 1
    }
    told.ended = true
    return "done"
  })
  const app = Flood.toLayer(() =>
    Effect.onInterrupt(flood, () => Effect.sync(() => void (told.interrupted = true)))
  ).pipe(Layer.provide(McpServer.layer({ name: "flood", version: "1.0.0" })))
  return { app, told }
}

/** Waits until the handler goes no further. */
const stuck = (told: { readonly parts: number }) =>
  Effect.gen(function* () {
    let [seen, still] = [-1, 0]
    yield* eventually("the handler waits", () => {
      still = told.parts > 0 && told.parts === seen ? still + 1 : 0
      seen = told.parts
      return still > 30 ? true : undefined
    })
    assert.isBelow(told.parts, PARTS)
  })

const loud = { "io.modelcontextprotocol/logLevel": "debug" }

describe("a client that does not read", () => {
  it.live("in a modern revision: its handler waits, and is interrupted when the client goes away", () =>
    Effect.gen(function* () {
      const { app, told } = flooding()
      const port = yield* listening(app)
      const client = yield* socket(port)
      client.stop().write(modernly(callTool("modern", 1, "flood", {}, loud)))
      yield* stuck(told)
      // what the kernel holds besides McpLimits.unsentSoft
      assert.isBelow(told.parts * PART.length, 16 * 1024 * 1024)
      yield* goesOn(port)
      client.destroy()
      yield* eventually("it is interrupted", () => (told.interrupted ? true : undefined))
    })
  )

  it.live("and then does gets all of it", () =>
    Effect.gen(function* () {
      const { app, told } = flooding()
      const client = yield* socket(yield* listening(app))
      client.stop().write(modernly(callTool("modern", 1, "flood", {}, loud)))
      yield* stuck(told)
      client.go()
      yield* client.heard('"text":"done"')
      assert.strictEqual(client.text.split(PART).length - 1, PARTS)
    })
  )

  const stores = [
    ["streams are not kept", (app: ReturnType<typeof flooding>["app"]) => app],
    ["streams are kept", (app: ReturnType<typeof flooding>["app"]) => Layer.provide(app, EventStore.layerMemory)]
  ] as const

  it.live.each(stores)(
    "in a session, where %s: it goes on as soon as the client is gone, and the session is there",
    ([, keeping]) =>
      Effect.gen(function* () {
        const { app, told } = flooding()
        const port = yield* listening(keeping(app))
        const client = yield* socket(port)
        const headers = yield* session(client)
        client.stop().write(posting(callTool("legacy", 1, "flood", {}), headers))
        yield* stuck(told)
        assert.isBelow(told.parts * PART.length, 16 * 1024 * 1024)
        // the session is served meanwhile
        const other = yield* socket(port)
        const ping = posting(request("legacy", 2, "ping"), headers)
        assert.deepStrictEqual(messageIn(yield* other.write(ping).response)["result"], {})
        client.destroy()
        yield* eventually("it has ended", () => (told.ended ? true : undefined))
        assert.isFalse(told.interrupted)
        assert.deepStrictEqual(messageIn(yield* other.write(ping).response)["result"], {})
      })
  )
})

/** How many handles of each kind are open. */
const handles = (): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return counts
}

it.live("nothing stays of sockets that were opened and left", () =>
  Effect.gen(function* () {
    const { app, record } = served()
    // those of the tests before may be about to close: more there must not be
    const before = handles()
    const more = () => [...handles()].filter(([kind, count]) => count > (before.get(kind) ?? 0))
    yield* Effect.scoped(
      Effect.gen(function* () {
        const port = yield* listening(app)
        const texts = [
          "",
          "POST /mcp HTTP/1.1\r\n",
          modernly(discover).slice(0, -5),
          modernly(callTool("modern", 1, "wait", { name: "a" }))
        ]
        for (const text of [...texts, ...texts, ...texts]) (yield* socket(port)).write(text)
        yield* eventually("all run", () => (record.started.length === 3 ? true : undefined))
        assert.isNotEmpty(more())
      })
    ).pipe((scoped) => within("the server has shut down", limited(scoped, { drain: "1 second" })))
    yield* eventually("the handles are gone", () => {
      // the pause between two looks has a timer of its own
      const left = more().filter(([kind]) => kind !== "Timeout")
      return left.length === 0 ? true : undefined
    })
  })
)
