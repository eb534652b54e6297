/**
 * What an endpoint does with a POST that is no message, too much of one, or not its sender's to send: the right status,
 * the right error, nothing that hangs, and a server that goes on. Bodies are in `bad-bodies.test.ts`, hosts and origins in
 * `guards.test.ts`, sockets in `bad-sockets.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "../../laws/support/app.ts"
import { assertError, messageOf } from "./support/answer.ts"
import { served } from "./support/app.ts"
import { type Endpoint, modern, modernHeaders, modernMeta, opened, serve } from "./support/endpoint.ts"
import { asking } from "./support/people.ts"
import { discover, told, tried } from "./support/tried.ts"
import { turns } from "./support/turns.ts"

describe("what is no message", () => {
  const texts: ReadonlyArray<readonly [string, number, (string | number)?]> = [
    ["", -32700],
    [" \n", -32700],
    ["{", -32700],
    ['{"jsonrpc":"2.0"', -32700],
    [`${JSON.stringify(discover)}${JSON.stringify(discover)}`, -32700],
    [`${JSON.stringify(discover)}\u0000`, -32700],
    [`\uFEFF${JSON.stringify(discover)}`, -32700],
    ["NaN", -32700],
    ["null", -32600],
    ["7", -32600],
    ['"text"', -32600],
    ["[]", -32600],
    ["{}", -32600],
    ['{"jsonrpc":"2.0"}', -32600],
    ['{"jsonrpc":"2.0","id":3}', -32600, 3],
    ['{"jsonrpc":"1.0","id":"a","method":"ping"}', -32600, "a"],
    ['{"id":3,"method":"ping"}', -32600, 3],
    ['{"jsonrpc":"2.0","id":3,"method":7}', -32600, 3],
    ['{"jsonrpc":"2.0","id":3,"method":"ping","params":7}', -32600, 3],
    ['{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600],
    ['{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600],
    ['{"jsonrpc":"2.0","id":9007199254740993,"method":"ping"}', -32600],
    ['{"jsonrpc":"2.0","id":-0,"method":"ping"}', -32600],
    ['{"jsonrpc":"2.0","id":{},"method":"ping"}', -32600],
    // what was meant as an answer is about an id of the server's
    ['{"jsonrpc":"2.0","id":3,"result":{},"error":{"code":1,"message":""}}', -32600],
    ['{"jsonrpc":"2.0","id":3,"error":"no"}', -32600]
  ]

  const callers = [
    ["without a session", (endpoint: Endpoint, text: string) => endpoint.post(text)],
    ["in a session", (endpoint: Endpoint, text: string) => Effect.flatMap(opened(endpoint), ({ post }) => post(text))],
    ["in a modern revision", (endpoint: Endpoint, text: string) => endpoint.post(text, modernHeaders(discover))]
  ] as const

  describe.each(callers)("%s", (_, post) => {
    it.effect.each(texts)("%s", ([text, code, id]) => tried((endpoint) => told(post(endpoint, text), 400, code, id)))

    it.effect.each(texts)("%s, of a server without sessions", ([text, code, id]) =>
      tried((endpoint) => told(endpoint.post(text), 400, code, id), {}, { sessions: "stateless" })
    )
  })
})

describe("what is too much", () => {
  const DEEP = 200_000
  const deep = { a: `${"[".repeat(DEEP)}${"]".repeat(DEEP)}`, o: `${'{"a":'.repeat(DEEP)}1${"}".repeat(DEEP)}` }
  const wide = `{${Array.from({ length: 200_000 }, (_, index) => `"k${index}":${index}`).join()}}`
  const values = [
    ["deep lists", deep.a],
    ["deep objects", deep.o],
    ["many members", wide],
    ["a long text", JSON.stringify("x".repeat(4_000_000))],
    ["a number that is endless", "1".repeat(1_000_000)]
  ] as const

  const where = [
    ["as an argument", (value: string) => `{"name":"sync","arguments":{"name":"a","more":${value}}}`],
    ["as the arguments", (value: string) => `{"name":"sync","arguments":${value}}`],
    ["beside them", (value: string) => `{"name":"sync","arguments":{"name":"a"},"more":${value}}`],
    ["in _meta", (value: string) => `{"name":"sync","arguments":{"name":"a"},"_meta":{"more":${value}}}`]
  ] as const

  const cases = values.flatMap(([what, value]) =>
    where.map(([place, params]) => [`${what} ${place}`, params(value)] as const)
  )

  it.effect.each(cases)("%s", ([, params]) =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const client = yield* opened(endpoint)
        const legacy = yield* client.post(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}}`)
        assert.strictEqual(legacy.status, 200)
        assert.strictEqual((yield* legacy.message)["id"], 1)
        assert.deepStrictEqual((yield* client.ask(2, "ping"))["result"], {})

        const meta = JSON.stringify(modernMeta)
        const both = params.includes('"_meta":{')
          ? params.replace('"_meta":{', `"_meta":${meta.slice(0, -1)},`)
          : params.replace(/^\{/, `{"_meta":${meta},`)
        const text = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${both}}`
        const headers = { "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "sync" }
        const answer = yield* endpoint.post(text, headers)
        assert.strictEqual(answer.status, 200)
        assert.strictEqual((yield* answer.message)["id"], 1)
      })
    )
  )

  it.effect.each([
    ["a deep body", deep.a],
    ["a deep message", `{"jsonrpc":"2.0","id":1,"method":"ping","params":${deep.o}}`],
    ["a deep batch", `[${deep.o}]`]
  ])("%s", ([, text]) =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const client = yield* opened(endpoint, { revision: "2025-03-26" })
        const answer = yield* client.post(text)
        assert.include([200, 400], answer.status)
        const told = JSON.parse(yield* answer.text) as unknown
        for (const one of Array.isArray(told) ? told : [told]) messageOf(JSON.stringify(one))
        assert.deepStrictEqual((yield* client.ask(2, "ping"))["result"], {})
      })
    )
  )

  it.effect("long headers are said short", () =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const long = "x".repeat(100_000)
        for (const name of [
          "mcp-protocol-version",
          "mcp-method",
          "mcp-session-id",
          "host",
          "origin",
          "last-event-id"
        ]) {
          const answer = yield* endpoint.post(request("legacy", 1, "ping"), { [name]: long })
          assert.isAtLeast(answer.status, 400)
          assert.isBelow((yield* answer.text).length, 2000, name)
        }
      })
    )
  )
})

describe("sessions of others", () => {
  const [ada, eve] = [{ authorization: "ada" }, { authorization: "eve" }]

  it.effect("cannot be used, heard or ended", () =>
    Effect.gen(function* () {
      const endpoint = yield* asking(serve(served().app))
      const client = yield* opened(endpoint, { headers: ada })
      const own = { "mcp-session-id": client.session, ...eve }
      yield* told(endpoint.post(request("legacy", 1, "ping"), own), 404, -32602, 1)
      yield* told(endpoint.post({ jsonrpc: "2.0", id: 1, result: {} }, own), 404, -32602)
      yield* told(endpoint.send({ method: "GET", headers: { accept: "text/event-stream", ...own } }), 404, -32602)
      yield* told(endpoint.send({ method: "DELETE", headers: own }), 404, -32602)
      assert.deepStrictEqual((yield* client.ask(1, "ping"))["result"], {})
    })
  )

  it.effect("are not told apart from none", () =>
    Effect.gen(function* () {
      const endpoint = yield* asking(serve(served().app))
      const client = yield* opened(endpoint, { headers: ada })
      const answers = yield* Effect.forEach([client.session, "none"], (session) =>
        Effect.flatMap(
          endpoint.post(request("legacy", 1, "ping"), { "mcp-session-id": session, ...eve }),
          ({ message }) => message
        )
      )
      assert.deepStrictEqual(answers[0], answers[1])
    })
  )
})

describe("a request id that is taken", () => {
  it.effect("is refused on its own exchange, and the first is unharmed", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const client = yield* opened(endpoint)
      const other = yield* opened(endpoint)
      const first = yield* Effect.forkChild(client.ask(1, "tools/call", { name: "wait", arguments: { name: "a" } }))
      yield* turns
      const again = yield* client.post(request("legacy", 1, "ping"))
      yield* assertError(again, 200, -32600, 1)
      // a text is another id, and another session another matter
      assert.deepStrictEqual((yield* client.ask("1", "ping"))["result"], {})
      assert.deepStrictEqual((yield* other.ask(1, "ping"))["result"], {})
      yield* record.open("a")
      const reply = yield* Fiber.join(first)
      assert.deepStrictEqual((reply["result"] as McpTest.Json)["structuredContent"], { name: "a" })
      assert.deepStrictEqual((yield* client.ask(1, "ping"))["result"], {})
    })
  )

  it.effect("is none in a modern revision: each is alone", () =>
    Effect.gen(function* () {
      const { app, record } = served()
      const endpoint = yield* serve(app)
      const call = (name: string) => modern(endpoint, callTool("modern", 1, "wait", { name }))
      const both = yield* Effect.forEach(["a", "b"], (name) => Effect.forkChild(call(name)))
      yield* turns
      for (const name of ["b", "a"]) yield* record.open(name)
      for (const [index, fiber] of both.entries()) {
        const { result } = yield* (yield* Fiber.join(fiber)).message
        assert.deepStrictEqual((result as McpTest.Json)["structuredContent"], { name: ["a", "b"][index] })
      }
    })
  )
})
