/**
 * Bad input, and what it gets: one row for each thing that a client or a server may do wrong.
 *
 * A row says what is sent to a server, in which revision, and the code that comes of it; while it is sent another request
 * waits, and both that one and the next are answered. What a server may do to a client is in the files beside this.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpClient, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { revisions } from "../../src/protocol/revisions/index.ts"
import {
  callTool,
  cancel,
  Die,
  type Era,
  eras as both,
  handshake,
  modernMeta,
  Record,
  request,
  Stubborn,
  Sync,
  versions,
  Wait,
  Wrong
} from "../laws/support/app.ts"
import { joinBytes, serveBytes } from "../laws/support/byteServer.ts"
import { eventually } from "../laws/support/garbage.ts"
import { settle } from "../laws/support/law.ts"

const Typed = McpTool.make("typed", {
  parameters: { a: Schema.Finite, list: Schema.optionalKey(Schema.Array(Schema.Struct({ b: Schema.Boolean }))) }
})
const Slow = McpTool.make("slow", { timeout: "1 second" })

const app = (record: Record) =>
  Layer.mergeAll(
    Typed.toLayer(() => Effect.succeed("fine")),
    Slow.toLayer(() => Effect.never),
    Sync.toLayer(({ name }) => Effect.succeed({ name })),
    Wait.toLayer(({ name }) => record.watch(name, Effect.as(Deferred.await(record.door(name)), { name }))),
    Stubborn.toLayer(({ name }) =>
      record.watch(name, Effect.as(Effect.uninterruptible(Deferred.await(record.door(name))), "at last"))
    ),
    Die.toLayer(() => Effect.die(new Error("not for the wire"))),
    Wrong.toLayer(() => Effect.succeed({ n: 0.5 }))
  ).pipe(Layer.provide(McpServer.layer({ name: "bad", version: "1" })))

interface Row {
  readonly what: string
  readonly eras: ReadonlyArray<Era>
  readonly send: string | Uint8Array | ((era: Era) => McpTest.Json)
  readonly gets: Gets
}
interface Gets {
  /** The code of the error, or an error result for the model. */
  readonly code: number | "isError"
  /** Whether the reply carries the id of the message. */
  readonly withId: boolean
  /** What the message or text must name. */
  readonly names?: ReadonlyArray<string>
  readonly data?: (data: unknown) => boolean
}

const noId = (code: number): Gets => ({ code, withId: false })
const withId = (code: number | "isError", ...names: ReadonlyArray<string>): Gets => ({ code, withId: true, names })
const rawId = (id: string) =>
  `{"jsonrpc":"2.0","id":${id},"method":"tools/list","params":${JSON.stringify({ _meta: modernMeta })}}`
const metaOf = (changes: McpTest.Json) => () => request("modern", "bad", "tools/list", {}, changes)
const key = (name: string) => `io.modelcontextprotocol/${name}`
const isIncident = (data: unknown) =>
  typeof data === "object" && data !== null && "incident" in data && typeof data.incident === "string"

const MAX_LINE = 1000

const rows: ReadonlyArray<Row> = [
  { what: "broken JSON", eras: both, send: '{"jsonrpc":"2.0","id":"bad",', gets: noId(-32700) },
  { what: "no JSON at all", eras: both, send: "GET / HTTP/1.1", gets: noId(-32700) },
  { what: "a line over the ceiling", eras: both, send: `{"a":"${"x".repeat(MAX_LINE)}"}`, gets: noId(-32700) },
  { what: "invalid UTF-8", eras: both, send: Uint8Array.of(0x22, 0xc3, 0x28, 0x22), gets: noId(-32700) },
  { what: "a batch", eras: both, send: `[${rawId('"bad"')}]`, gets: noId(-32600) },
  { what: "an empty batch", eras: both, send: "[]", gets: noId(-32600) },
  { what: "missing jsonrpc", eras: both, send: '{"id":"bad","method":"ping"}', gets: withId(-32600, "jsonrpc") },
  { what: "another jsonrpc", eras: both, send: '{"jsonrpc":"1.0","id":"bad","method":"ping"}', gets: withId(-32600) },
  { what: "the id null", eras: both, send: rawId("null"), gets: noId(-32600) },
  { what: "a fractional id", eras: both, send: rawId("1.5"), gets: noId(-32600) },
  { what: "the id -0", eras: both, send: rawId("-0"), gets: noId(-32600) },
  { what: "a huge id", eras: both, send: rawId("9007199254740993"), gets: noId(-32600) },
  { what: "an id beyond numbers", eras: both, send: rawId("1e999"), gets: noId(-32600) },
  { what: "an object as id", eras: both, send: rawId('{"a":1}'), gets: noId(-32600) },
  {
    what: "a duplicate id",
    eras: both,
    send: (era) => callTool(era, "waiting", "sync", { name: "n" }),
    gets: noId(-32600)
  },
  {
    what: "an unknown method",
    eras: both,
    send: (era) => request(era, "bad", "no/such"),
    gets: withId(-32601, "no/such")
  },
  {
    what: "a method of the other era",
    eras: ["modern"],
    send: () => request("modern", "bad", "ping"),
    gets: withId(-32601)
  },
  {
    what: "a method of the other era",
    eras: ["legacy"],
    send: () => request("legacy", "bad", "server/discover"),
    gets: withId(-32601)
  },
  {
    what: "params that are a string",
    eras: both,
    send: '{"jsonrpc":"2.0","id":"bad","method":"tools/list","params":"p"}',
    gets: withId(-32600, "params")
  },
  {
    what: "params that do not fit",
    eras: both,
    send: (era) => request(era, "bad", "tools/call", { name: 7 }),
    gets: withId(-32602, "name")
  },
  {
    what: "an early request",
    eras: ["modern"],
    send: () => request("legacy", "bad", "tools/list"),
    gets: withId(-32602, "initialize", "_meta")
  },
  {
    what: "a second handshake",
    eras: ["legacy"],
    send: () => initialize("bad", versions.legacy),
    gets: withId(-32600)
  },
  {
    what: "missing _meta",
    eras: ["modern"],
    send: '{"jsonrpc":"2.0","id":"bad","method":"tools/list"}',
    gets: withId(-32602, "_meta")
  },
  {
    what: "_meta that is no object",
    eras: both,
    send: '{"jsonrpc":"2.0","id":"bad","method":"tools/list","params":{"_meta":"m"}}',
    gets: withId(-32602, "_meta")
  },
  {
    what: "a version that is no string",
    eras: ["modern"],
    send: metaOf({ [key("protocolVersion")]: 7 }),
    gets: withId(-32602, "protocolVersion")
  },
  {
    what: "_meta without capabilities",
    eras: ["modern"],
    send: metaOf({ [key("clientCapabilities")]: undefined }),
    gets: withId(-32602, "clientCapabilities")
  },
  {
    what: "capabilities that are a list",
    eras: ["modern"],
    send: metaOf({ [key("clientCapabilities")]: [] }),
    gets: withId(-32602, "clientCapabilities")
  },
  {
    what: "client info without a name",
    eras: ["modern"],
    send: metaOf({ [key("clientInfo")]: {} }),
    gets: withId(-32602, "clientInfo")
  },
  {
    what: "an unknown revision",
    eras: ["modern"],
    send: metaOf({ [key("protocolVersion")]: "1999-01-01" }),
    gets: {
      ...withId(-32022, "1999-01-01"),
      data: (data) => {
        assert.deepStrictEqual(data, { supported: revisions.map(({ version }) => version), requested: "1999-01-01" })
        return true
      }
    }
  },
  {
    what: "an unknown tool",
    eras: both,
    send: (era) => callTool(era, "bad", "nobody", {}),
    gets: withId(-32602, "nobody")
  },
  {
    what: "an argument of another type",
    eras: both,
    send: (era) => callTool(era, "bad", "typed", { a: "x" }),
    gets: withId("isError", "typed", "a:", "number")
  },
  {
    what: "an argument that is missing",
    eras: both,
    send: (era) => callTool(era, "bad", "typed", {}),
    gets: withId("isError", "typed", "a:")
  },
  {
    what: "an argument deep inside",
    eras: both,
    send: (era) => callTool(era, "bad", "typed", { a: 1, list: [{ b: true }, { b: 7 }] }),
    gets: withId("isError", "list.1.b:", "boolean")
  },
  {
    what: "arguments that are a list",
    eras: both,
    send: (era) => request(era, "bad", "tools/call", { name: "typed", arguments: [1] }),
    gets: withId(-32602, "arguments")
  },
  {
    what: "a result that fails its own schema",
    eras: both,
    send: (era) => callTool(era, "bad", "wrong", { name: "n" }),
    gets: { ...withId(-32603), data: isIncident }
  },
  {
    what: "a handler that dies",
    eras: both,
    send: (era) => callTool(era, "bad", "die", { name: "n" }),
    gets: { ...withId(-32603), data: isIncident }
  }
]

const initialize = (id: string, protocolVersion: string): McpTest.Json =>
  request("legacy", id, "initialize", { protocolVersion, capabilities: {}, clientInfo: { name: "bad", version: "1" } })

interface Reply {
  readonly id?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
  readonly result?: {
    readonly isError?: boolean
    readonly content?: ReadonlyArray<{ readonly text: string }>
    readonly structuredContent?: unknown
    readonly protocolVersion?: string
  }
}

const line = (message: McpTest.Json) => `${JSON.stringify(message)}\n`

/** Over bytes, as on stdio: the row, then a good request; while another request waits. */
const served = (row: Row, era: Era) =>
  Effect.gen(function* () {
    const record = new Record()
    const server = yield* serveBytes(app(record), { messageIn: MAX_LINE })
    const replies = () => server.lines().map((text) => JSON.parse(text) as Reply)
    const opening = era === "legacy" ? 1 : 0
    if (era === "legacy") yield* server.write(joinBytes([line(initialize("handshake", versions.legacy))]))
    yield* server.write(joinBytes([line(callTool(era, "waiting", "wait", { name: "waiting" }))]))
    yield* eventually(() => record.started.includes("waiting"))
    const sent = typeof row.send === "function" ? JSON.stringify(row.send(era)) : row.send
    yield* server.write(joinBytes([sent, "\n"]))
    yield* server.write(joinBytes([line(callTool(era, "good", "sync", { name: "good" }))]))
    yield* eventually(() => server.lines().length >= opening + 2)
    yield* record.open("waiting")
    yield* eventually(() => server.lines().length >= opening + 3)
    yield* settle
    const said = replies().slice(opening)
    const shown = JSON.stringify(said)
    assert.strictEqual(said.length, 3, shown)

    const good = said.find(({ id }) => id === "good")
    assert.deepStrictEqual(good?.result?.structuredContent, { name: "good" }, shown)
    const waiting = said.find(({ id }) => id === "waiting")
    assert.deepStrictEqual(waiting?.result?.structuredContent, { name: "waiting" }, shown)

    const bad = said.find((reply) => reply !== good && reply !== waiting)
    const { code, data, names, withId } = row.gets
    assert.strictEqual(bad?.id, withId ? "bad" : undefined, shown)
    assert.strictEqual(
      code === "isError" ? bad?.result?.isError : bad?.error?.code,
      code === "isError" ? true : code,
      shown
    )
    const text = bad?.error?.message ?? bad?.result?.content?.[0]?.text ?? ""
    for (const name of names ?? []) assert.include(text, name)
    if (data !== undefined) assert.isTrue(data(bad?.error?.data), shown)
  })

describe.each(both)("a server of the %s era", (era) => {
  for (const row of rows.filter(({ eras }) => eras.includes(era))) {
    it.effect(`${row.what}: ${row.gets.code}, ${row.gets.withId ? "with its id" : "without id"}`, () =>
      served(row, era)
    )
  }

  it.effect("a handler that never ends: its tool's timeout is an error result", () =>
    Effect.gen(function* () {
      const peer = yield* McpTest.raw(app(new Record()))
      yield* handshake(peer, era)
      const before = peer.received.length
      yield* peer.send(callTool(era, "slow", "slow", {}))
      yield* settle
      yield* TestClock.adjust("1 second")
      yield* peer.send(callTool(era, "good", "sync", { name: "good" }))
      yield* eventually(() => peer.received.length === before + 2)
      const [slow, good] = peer.received.slice(before).map((text) => JSON.parse(text) as Reply)
      assert.strictEqual(slow?.result?.isError, true)
      assert.include(slow?.result?.content?.[0]?.text, "1s")
      assert.strictEqual(good?.id, "good")
    })
  )

  it.effect("a handler that never ends: the client's limit is a typed error, and the server is told", () =>
    Effect.gen(function* () {
      const record = new Record()
      const client = yield* McpClient.connect(app(record), { revision: versions[era] })
      const calling = yield* Effect.forkChild(
        Effect.flip(client.callTool("wait", { name: "w" }, { timeout: "1 second" }))
      )
      yield* eventually(() => record.started.includes("w"))
      yield* TestClock.adjust("1 second")
      yield* eventually(() => calling.pollUnsafe() !== undefined && record.finalized.includes("w"))
      assert.isDefined(calling.pollUnsafe())
      const { reason } = yield* Fiber.join(calling)
      assert.deepInclude(reason, { _tag: "Timeout", limit: "total", after: 1000 })
      assert.deepStrictEqual(record.finalized, ["w"])
      assert.isUndefined((yield* client.callTool("sync", { name: "good" })).isError)
    })
  )

  it.effect("a handler that ignores interruption: the cancel is silent, the server goes on", () =>
    Effect.gen(function* () {
      const record = new Record()
      const peer = yield* McpTest.raw(app(record))
      yield* handshake(peer, era)
      const before = peer.received.length
      yield* peer.send(callTool(era, "stubborn", "stubborn", { name: "s" }))
      yield* settle
      yield* peer.send(cancel("stubborn"))
      yield* peer.send(callTool(era, "good", "sync", { name: "good" }))
      yield* eventually(() => peer.received.length > before)
      yield* record.open("s")
      yield* eventually(() => record.finalized.includes("s"))
      yield* settle
      const ids = peer.received.slice(before).map((text) => (JSON.parse(text) as Reply).id)
      assert.deepStrictEqual(ids, ["good"])
    })
  )
})

describe("opening a conversation", () => {
  it.effect.each(["tools/list", "tools/call", "no/such"])(
    "%s before initialize: -32602, and initialize still works",
    (method) =>
      Effect.gen(function* () {
        const peer = yield* McpTest.raw(app(new Record()))
        yield* peer.send({ jsonrpc: "2.0", id: 1, method, params: { name: "sync", arguments: { name: "n" } } })
        const early = (yield* peer.next) as Reply
        assert.strictEqual(early.id, 1)
        assert.strictEqual(early.error?.code, -32602)
        yield* handshake(peer, "legacy")
        yield* peer.send(callTool("legacy", 2, "sync", { name: "good" }))
        assert.strictEqual(((yield* peer.next) as Reply).id, 2)
      })
  )

  it.effect.each(["1999-01-01", "2026-07-28", "latest", ""])(
    "initialize with the unknown revision %j: the latest that the server has",
    (version) =>
      Effect.gen(function* () {
        const peer = yield* McpTest.raw(app(new Record()))
        yield* peer.send(initialize("hello", version))
        assert.strictEqual(((yield* peer.next) as Reply).result?.protocolVersion, versions.legacy)
        yield* peer.send(callTool("legacy", 2, "sync", { name: "good" }))
        assert.strictEqual(((yield* peer.next) as Reply).id, 2)
      })
  )

  it.effect.each([
    {},
    { protocolVersion: 7, capabilities: {}, clientInfo: { name: "n", version: "1" } },
    { protocolVersion: versions.legacy }
  ])("initialize with %j: -32602, and the next one works", (params) =>
    Effect.gen(function* () {
      const peer = yield* McpTest.raw(app(new Record()))
      yield* peer.send({ jsonrpc: "2.0", id: 1, method: "initialize", params })
      assert.strictEqual(((yield* peer.next) as Reply).error?.code, -32602)
      yield* handshake(peer, "legacy")
      yield* peer.send(callTool("legacy", 2, "sync", { name: "good" }))
      assert.strictEqual(((yield* peer.next) as Reply).id, 2)
    })
  )
})
