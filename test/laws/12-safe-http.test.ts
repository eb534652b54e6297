/**
 * Law 12 over HTTP: safe by default.
 *
 * Who is no browser of a foreign page, and means this server, is let in; whose is a session, only they reach it; its id
 * cannot be guessed. By default only this machine can connect at all, and beyond it nobody is let in anonymously unless
 * the option that is named for the risk says so.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { McpServer, McpTransport, SessionStore } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { type AddressInfo, connect, createServer } from "node:net"
import { app, callTool, Record, request } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import { bounded } from "./support/scripted.ts"
import { open, waiting, web, WHO } from "./support/web.ts"

const ping = callTool("modern", 1, "sync", { name: "a" })

/** A host, an origin, and whether a server with its defaults lets them in. */
const rows: ReadonlyArray<readonly [host: string | undefined, origin: string | undefined, letIn: boolean]> = [
  ["localhost", undefined, true],
  ["localhost:3000", undefined, true],
  ["127.0.0.1:80", undefined, true],
  ["[::1]:80", undefined, true],
  ["LOCALHOST", undefined, true],
  ["localhost", "http://localhost:5173", true],
  ["localhost", "https://127.0.0.1", true],
  ["evil.example", undefined, false],
  ["evil.example:80", "http://evil.example:80", false],
  ["localhost.evil.example", undefined, false],
  ["evil.example#localhost", undefined, false],
  ["127.0.0.1.evil.example", undefined, false],
  ["user@localhost", undefined, false],
  ["", undefined, false],
  ["0.0.0.0", undefined, false],
  ["localhost", "http://evil.example", false],
  ["localhost", "http://localhost.evil.example", false],
  ["localhost", "http://evil.example/?localhost", false],
  ["localhost", "http://localhost@evil.example", false],
  ["localhost", "null", false],
  ["localhost", "", false],
  ["localhost", "file://", false]
]

describe("law 12 over HTTP: Host and Origin are checked, before anything else", () => {
  it.effect.each(rows)("host %s, origin %s: %s", ([host, origin, letIn]) =>
    Effect.gen(function* () {
      const record = new Record()
      const { post } = yield* web(app(record))
      const named = {
        ...(host === undefined ? undefined : { host }),
        ...(origin === undefined ? undefined : { origin })
      }
      const heard = post(ping, named)
      assert.isTrue(yield* waiting(() => heard.ended))
      assert.strictEqual(heard.status, letIn ? 200 : 403, heard.body)
      assert.strictEqual(record.started.length, letIn ? 1 : 0)
      // nobody learns more by not saying who they are
      const nobody = post(ping, { ...named, [WHO]: "nobody" })
      assert.isTrue(yield* waiting(() => nobody.ended))
      assert.strictEqual(nobody.status, letIn ? 401 : 403)
    })
  )
})

const callers = ["owner", "thief", "nobody"] as const
const uses = ["call", "notification", "garbage", "GET", "GET with Last-Event-ID", "DELETE"] as const
const given = ["its id", "no id", "a similar id", "another id"] as const

property(
  "law 12 over HTTP: a session belongs to its principal; to everybody else it is not there",
  {
    steps: Schema.Array(
      Schema.Struct({ who: Schema.Literals(callers), use: Schema.Literals(uses), id: Schema.Literals(given) })
    ).pipe(Schema.check(Schema.isMinLength(2), Schema.isMaxLength(8))),
    restarted: Schema.Boolean
  },
  { who: callers, use: uses, id: given, restarted: ["true", "false"] },
  ({ restarted, steps }, seen) =>
    Effect.gen(function* () {
      seen("restarted", String(restarted))
      const record = new Record()
      const store = yield* Layer.build(SessionStore.layerMemory)
      const served = Effect.provide(web(app(record)), store)
      const before = yield* served
      const session = yield* open(before, "owner")
      // of a server that was started anew only the store knows the session
      if (restarted) yield* before.close
      const server = restarted ? yield* served : before
      let alive = true
      const idOf = { "its id": session.id, "a similar id": `${session.id.slice(0, -1)}!`, "another id": "x".repeat(32) }
      for (const [index, { id, use, who }] of steps.entries()) {
        seen("who", who)
        seen("use", use)
        seen("id", id)
        const headers = {
          ...session.headers,
          [WHO]: who,
          accept: use.startsWith("GET") ? "text/event-stream" : "application/json, text/event-stream",
          "mcp-session-id": id === "no id" ? "" : idOf[id],
          ...(use === "GET with Last-Event-ID" ? { "last-event-id": "x-1.1" } : undefined)
        }
        const message =
          use === "call" ? callTool("legacy", index, "sync", { name: `${index}` }) : request("legacy", index, "x/y")
        const calls = record.started.length
        const heard = use.startsWith("GET")
          ? server.ask("GET", { headers })
          : use === "DELETE"
            ? server.ask("DELETE", { headers })
            : use === "notification"
              ? server.post({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 0 } }, headers)
              : server.post(message, headers, use === "garbage" ? { body: "{" } : {})
        assert.isTrue(yield* waiting(() => heard.status !== undefined), "no answer")
        const allowed = who === "owner" && id === "its id" && alive
        if (who === "nobody") assert.strictEqual(heard.status, 401)
        else if (allowed) assert.include([200, 202, 204, 400], heard.status)
        else assert.include([400, 404], heard.status)
        if (!allowed) assert.notProperty(heard.messages[0] ?? {}, "result")
        // what is no message is refused whatever it names
        if (!allowed && who !== "nobody" && id !== "no id" && use !== "garbage") {
          assert.strictEqual(heard.status, 404, heard.body)
        }
        assert.strictEqual(record.started.length > calls, allowed && use === "call", "whether a handler starts")
        if (allowed && use.startsWith("GET")) heard.drop()
        if (allowed && use === "DELETE") alive = false
      }
      const still = server.post(request("legacy", "still", "ping"), session.headers)
      assert.isTrue(yield* waiting(() => still.ended))
      assert.strictEqual(still.status, alive ? 200 : 404)
    })
)

it.effect("law 12 over HTTP: ids of sessions carry at least 128 random bits", () =>
  Effect.gen(function* () {
    const server = yield* web(app(new Record()))
    const ids: Array<Uint8Array> = []
    for (let count = 0; count < 256; count++) {
      const { delete: end, id } = yield* open(server)
      assert.match(id, /^[\x21-\x7e]+$/)
      ids.push(Buffer.from(id, "base64url"))
      end()
    }
    const [first] = ids
    const length = first!.length
    assert.isAtLeast(length * 8, 128)
    // of 256 random bits nearly half are set; 8 standard deviations away is no chance
    let random = 0
    for (let bit = 0; bit < length * 8; bit++) {
      const set = ids.filter((id) => ((id[bit >> 3]! >> (bit & 7)) & 1) === 1).length
      if (Math.abs(set - 128) <= 64) random += 1
    }
    assert.isAtLeast(random, 128, "bits that differ from one id to the next")
  })
)

type HttpOptions = Parameters<typeof McpNode.layerHttp>[0]

const serving = (options: HttpOptions, authenticate?: McpTransport.Authenticator) =>
  Layer.provide(McpNode.layerHttp({ port: 0, ...options }), Layer.succeed(McpTransport.Authenticate, authenticate))

/** Serves over a socket, for as long as the scope is open; gives the URL. */
const listening = (options: HttpOptions, authenticate?: McpTransport.Authenticator) =>
  Effect.gen(function* () {
    let url = ""
    const onListening = (at: string) =>
      Effect.sync(() => {
        url = at
      })
    const auth = Layer.succeed(McpTransport.Authenticate, authenticate)
    const listener = serving({ ...options, onListening }, authenticate)
    yield* Layer.build(McpServer.serve(app(new Record())).pipe(Layer.provide(listener), Layer.provide(auth)))
    return yield* untilSaid(() => url)
  })

/** A port that was free a moment ago. */
const freePort = Effect.callback<number>((resume) => {
  const server = createServer()
  server.listen(0, "127.0.0.1", () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resume(Effect.succeed(port)))
  })
})

const untilSaid = (url: () => string): Effect.Effect<string> =>
  Effect.map(
    waiting(() => url() !== ""),
    () => url()
  )

/** Whether a connection can be made. */
const reaches = (host: string, port: number): Effect.Effect<boolean> =>
  Effect.callback((resume) => {
    const socket = connect({ host, port })
    const told = (reached: boolean) => {
      socket.destroy()
      resume(Effect.succeed(reached))
    }
    socket.once("connect", () => told(true)).once("error", () => told(false))
  })

describe("law 12 over HTTP: who can connect", () => {
  it.effect("by default only this machine, by its first name", () =>
    Effect.gen(function* () {
      const { hostname, port } = new URL(yield* listening({}))
      assert.strictEqual(hostname, "127.0.0.1")
      assert.isTrue(yield* reaches("127.0.0.1", Number(port)))
      // another address of the same machine: whoever listens on all of them answers there
      assert.isFalse(yield* reaches("127.0.0.2", Number(port)))
    })
  )

  const refused: ReadonlyArray<readonly [string, HttpOptions, RegExp]> = [
    ["0.0.0.0 with hosts", { host: "0.0.0.0", hosts: ["mcp.example"] }, /allowAnonymousFromNetwork/],
    [":: with a public URL", { host: "::", publicUrl: "https://mcp.example/mcp" }, /allowAnonymousFromNetwork/],
    ["0.0.0.0 without names", { host: "0.0.0.0", allowAnonymousFromNetwork: true }, /"hosts" or "publicUrl"/]
  ]

  it.effect.each(refused)("anonymous beyond it is refused at the start: %s", ([, options, why]) =>
    Effect.gen(function* () {
      const launched = McpServer.launch(app(new Record())).pipe(Effect.provide(serving(options)))
      const exit = yield* bounded("a launch that is refused", launched)
      assert.isTrue(Exit.isFailure(exit))
      assert.match(String(exit), why)
    })
  )

  it.effect("anonymous beyond it: a Layer that was refused keeps no socket", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const listener = serving({ host: "0.0.0.0", hosts: ["mcp.example"], port })
      yield* Effect.exit(Layer.build(McpServer.serve(app(new Record())).pipe(Layer.provide(listener))))
      yield* settle
      assert.isFalse(yield* reaches("127.0.0.1", port))
    })
  )

  it.effect("beyond it with somebody who asks who is calling, or by the option named for the risk", () =>
    Effect.gen(function* () {
      const everywhere = { host: "0.0.0.0", hosts: ["mcp.example"] }
      const asked = yield* listening(everywhere, () =>
        Effect.fail(new McpTransport.Unauthenticated({ detail: "who?" }))
      )
      assert.match(asked, /^http:\/\/0\.0\.0\.0:\d+\/mcp$/)
      const risked = yield* listening({ ...everywhere, allowAnonymousFromNetwork: true })
      assert.match(risked, /^http:\/\/0\.0\.0\.0:\d+\/mcp$/)
    })
  )
})
