/**
 * The client over HTTP in the modern era: what it says in headers, which tools it leaves out, what it does when a server
 * refuses its headers, and how it cancels.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber, Schema, Stream } from "effect"
import { McpContent, McpMethod, type McpError, McpSchema, McpTool, type McpClient } from "mcp-effect"
import { MessageHeaders } from "../../src/client/internal/headers.ts"
import { latestModern } from "mcp-effect/revisions"
import { modern, MODERN, withoutStream } from "./support/httpHandshakes.ts"
import { type Asked, type HttpPeer, httpPeer, type Json } from "./support/httpPeer.ts"
import { warnings } from "./support/warnings.ts"

const MISMATCH = -32020

const done = { content: [{ type: "text", text: "done" }], resultType: "complete" }

const tool = (name: string, properties: Json): Json => ({ name, inputSchema: { type: "object", properties } })
const region = tool("region", { region: { type: "string", "x-mcp-header": "Region" } })

const listed = (asked: Asked, ...tools: ReadonlyArray<Json>): void =>
  asked.result({ tools, resultType: "complete", ttlMs: 0, cacheScope: "private" })

/** The `Mcp-Param-*` headers of a request. */
const paramsOf = ({ headers }: Asked): Json =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith("mcp-param-")))

/** What is asked for by an Effect, and what that gives once it has been answered. */
const answering = <A>(
  peer: HttpPeer,
  what: string,
  effect: Effect.Effect<A, McpError.McpError>,
  answer: (asked: Asked) => void
) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect)
    const asked = yield* peer.expect(what)
    answer(asked)
    return { asked, value: yield* Fiber.join(fiber) }
  })

const listing = (peer: HttpPeer, client: McpClient.Service, ...tools: ReadonlyArray<Json>) =>
  answering(peer, "tools/list", client.listTools(), (asked) => listed(asked, ...tools))

const calling = (peer: HttpPeer, client: McpClient.Service, name: string, args: McpSchema.JsonObject) =>
  answering(peer, "tools/call", client.callTool(name, args), (asked) => asked.result(done))

describe("headers", () => {
  it.effect("name the revision and the method, from the first request on, and no session", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const { asked } = yield* listing(peer, client)
      assert.strictEqual(asked.headers["mcp-protocol-version"], MODERN)
      assert.strictEqual(asked.headers["mcp-method"], "tools/list")
      assert.isUndefined(asked.headers["mcp-name"])
      assert.isUndefined(asked.headers["mcp-session-id"])
      const meta = asked.params["_meta"] as Json
      assert.strictEqual(meta[McpSchema.metaKeys.protocolVersion], MODERN)
      assert.strictEqual(yield* peer.waiting, 0, "nothing is listened to unasked")
    })
  )

  it.effect("are of the same revision in the discovery; a session that is offered is not taken", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const ping = yield* Effect.forkChild(client.ping())
      const asked = yield* peer.expect("server/discover")
      assert.strictEqual(asked.headers["mcp-method"], "server/discover")
      assert.strictEqual(asked.headers["mcp-protocol-version"], MODERN)
      asked.result({ resultType: "complete" }, { "mcp-session-id": "s-1" })
      yield* Fiber.join(ping)
      const { asked: next } = yield* listing(peer, client)
      assert.isUndefined(next.headers["mcp-session-id"])
    })
  )

  it.effect.each([
    ["a tool", (client: McpClient.Service) => client.callTool("größe"), "=?base64?Z3LDtsOfZQ==?="],
    ["a prompt", (client: McpClient.Service) => client.getPrompt("my prompt"), "my prompt"],
    ["a resource", (client: McpClient.Service) => client.readResource("file:///a%20b"), "file:///a%20b"]
  ] as const)("name %s", ([, ask, name]) =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      yield* Effect.forkChild(Effect.ignore(ask(client)))
      const asked = yield* peer.next
      assert.strictEqual(asked.headers["mcp-name"], name)
      assert.strictEqual(asked.headers["mcp-method"], asked.message["method"])
      asked.error(-32603)
    })
  )

  it.each(["tasks/get", "tasks/update", "tasks/cancel"])("name the task that %s is about", (method) => {
    const hints = new MessageHeaders(1).ofRequest(latestModern, method, `"taskId":"t-1"`)
    assert.strictEqual(hints?.headers?.["Mcp-Name"], "t-1")
  })

  it.effect("go with notifications, too", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      yield* client.notify(McpMethod.notification("example.com/note", { params: Schema.Struct({}) }))
      const asked = yield* peer.expect("example.com/note")
      assert.strictEqual(asked.headers["mcp-protocol-version"], MODERN)
      assert.strictEqual(asked.headers["mcp-method"], "example.com/note")
      asked.status(202)
    })
  )
})

describe("arguments in headers", () => {
  const many = tool("many", {
    text: { type: "string", "x-mcp-header": "Text" },
    empty: { type: "string", "x-mcp-header": "Empty" },
    count: { type: "integer", "x-mcp-header": "Count" },
    flag: { type: "boolean", "x-mcp-header": "Flag" },
    gone: { type: "string", "x-mcp-header": "Gone" },
    nothing: { type: "boolean", "x-mcp-header": "Nothing" },
    secret: { type: "string" },
    deep: { type: "object", properties: { down: { type: "string", "x-mcp-header": "Down" } } }
  })
  const args = { text: " ä", empty: "", count: 42, flag: false, nothing: null, secret: "s", deep: { down: "here" } }

  it.effect("are those that the listed schema marks; what is null, absent or not marked has none", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      yield* listing(peer, client, many)
      const { asked } = yield* calling(peer, client, "many", args)
      assert.deepStrictEqual(asked.params["arguments"], args)
      assert.deepStrictEqual(paramsOf(asked), {
        "mcp-param-text": "=?base64?IMOk?=",
        "mcp-param-empty": "",
        "mcp-param-count": "42",
        "mcp-param-flag": "false",
        "mcp-param-down": "here"
      })
    })
  )

  it.effect("are none of a tool that nobody has listed", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const { asked } = yield* calling(peer, client, "many", args)
      assert.deepStrictEqual(paramsOf(asked), {})
    })
  )

  it.effect("follow the last list", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      yield* listing(peer, client, region)
      yield* listing(peer, client, tool("region", { region: { type: "string" } }))
      const { asked } = yield* calling(peer, client, "region", { region: "eu" })
      assert.deepStrictEqual(paramsOf(asked), {})
    })
  )

  it.effect("are those of a definition, where nothing is listed", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const Region = McpTool.make("region", { parameters: { region: Schema.String } })
      Object.defineProperty(Region.codecs, "inputSchema", { value: region["inputSchema"] })
      const call = yield* Effect.forkChild(client.call(Region, { region: "eu" }))
      const asked = yield* peer.expect("tools/call")
      assert.deepStrictEqual(paramsOf(asked), { "mcp-param-region": "eu" })
      asked.result(done)
      yield* Fiber.join(call)
    })
  )
})

describe("a tool that marks its arguments wrongly", () => {
  const wrong = tool("wrong", { a: { type: "number", "x-mcp-header": "A" } })

  it.effect("is left out and named in the log; the others stay", () => {
    const { log, said } = warnings()
    return Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const all = yield* Effect.forkChild(Stream.runCollect(client.tools()))
      listed(yield* peer.expect("tools/list"), region, wrong)
      const names = [...(yield* Fiber.join(all))].map(({ name }) => name)
      assert.deepStrictEqual(names, ["region"])
      assert.strictEqual(said.length, 1)
      assert.include(said[0], '"wrong"')
      assert.include(said[0], "number")
    }).pipe(log)
  })
})

describe("in a legacy revision", () => {
  it.effect("no argument is in a header, and no tool is left out for it", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      const wrong = tool("wrong", { a: { type: "number", "x-mcp-header": "A" } })
      const { value } = yield* listing(peer, client, region, wrong)
      assert.strictEqual(value.tools.length, 2)
      const { asked } = yield* calling(peer, client, "region", { region: "eu" })
      assert.deepStrictEqual(paramsOf(asked), {})
      assert.isUndefined(asked.headers["mcp-method"])
      assert.isUndefined(asked.headers["mcp-name"])
    })
  )
})

describe("the tools whose arguments are remembered", () => {
  it.effect("are bounded; the one that was seen longest ago is forgotten first", () =>
    Effect.gen(function* () {
      const headers = new MessageHeaders(2)
      const marked = (name: string) => tool(name, { region: { type: "string", "x-mcp-header": "Region" } })
      yield* headers.usable([marked("a"), marked("b"), marked("a"), marked("c")])
      const knows = (name: string) =>
        headers.ofRequest(latestModern, "tools/call", `"name":"${name}","arguments":{"region":"eu"}`)?.headers?.[
          "Mcp-Param-Region"
        ]
      assert.deepStrictEqual(["a", "b", "c"].map(knows), ["eu", undefined, "eu"])
    })
  )
})

describe("a server that refuses the headers of a call", () => {
  const asking = (client: McpClient.Service) => client.callTool("region", { region: "eu" })
  const codeOf = ({ reason }: McpError.McpError) => (reason._tag === "Remote" ? reason.code : reason._tag)

  /** Begins a call and refuses its headers. */
  const refused = <A, E>(peer: HttpPeer, call: Effect.Effect<A, E>) =>
    Effect.gen(function* () {
      const fiber = yield* Effect.forkChild(call)
      const first = yield* peer.expect("tools/call")
      first.error(MISMATCH, 400)
      return { call: fiber, first }
    })

  it.effect("is asked for its tools, and then called once more", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const { call, first } = yield* refused(peer, asking(client))
      listed(yield* peer.expect("tools/list"), region)
      const second = yield* peer.expect("tools/call")
      assert.deepStrictEqual(paramsOf(second), { "mcp-param-region": "eu" })
      assert.notStrictEqual(second.message["id"], first.message["id"])
      second.result(done)
      assert.strictEqual(McpContent.textOf(yield* Fiber.join(call)), "done")
    })
  )

  it.effect("is not called a third time", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const { call } = yield* refused(peer, Effect.flip(asking(client)))
      listed(yield* peer.expect("tools/list"), region)
      const second = yield* peer.expect("tools/call")
      second.error(MISMATCH, 400)
      assert.strictEqual(codeOf(yield* Fiber.join(call)), MISMATCH)
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect("and does not list its tools has refused the call", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const { call } = yield* refused(peer, Effect.flip(asking(client)))
      const list = yield* peer.expect("tools/list")
      list.error(-32603)
      assert.strictEqual(codeOf(yield* Fiber.join(call)), MISMATCH)
    })
  )
})

describe("cancelling", () => {
  it.effect("is the end of the exchange, and nothing else is said", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const call = yield* Effect.forkChild(client.callTool("slow"))
      const asked = yield* peer.expect("tools/call")
      yield* Fiber.interrupt(call)
      yield* asked.gone
      yield* calling(peer, client, "other", {})
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect("ends a stream that is open, too", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const call = yield* Effect.forkChild(client.callTool("slow"))
      const asked = yield* peer.expect("tools/call")
      asked.events().raw(": still there\n\n")
      yield* calling(peer, client, "other", {})
      yield* Fiber.interrupt(call)
      yield* asked.gone
      assert.strictEqual(yield* peer.waiting, 0)
    })
  )

  it.effect("a watch that ends is an exchange that ends", () =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const client = yield* modern(peer)
      const watch = yield* Effect.forkChild(
        Effect.scoped(Effect.flatMap(client.changes, (changes) => Stream.runCollect(Stream.take(changes, 1))))
      )
      const asked = yield* peer.expect("subscriptions/listen")
      assert.strictEqual(asked.headers["mcp-method"], "subscriptions/listen")
      const _meta = { [McpSchema.metaKeys.subscriptionId]: asked.message["id"] }
      const notifications = { toolsListChanged: true }
      asked
        .events()
        .message({ method: "notifications/subscriptions/acknowledged", params: { _meta, notifications } })
        .message({ method: "notifications/tools/list_changed", params: { _meta } })
      assert.deepStrictEqual([...(yield* Fiber.join(watch))], ["tools"])
      yield* asked.gone
    })
  )
})
