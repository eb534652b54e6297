/**
 * POSTs whose body is not as it should be, or not said to be: type, size, pace, encoding. Each gets its status at once,
 * nobody else waits for it, and it is let go of.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { TestClock } from "effect/testing"
import type { McpTest } from "mcp-effect/testing"
import { callTool, request } from "../../laws/support/app.ts"
import { assertError } from "./support/answer.ts"
import { modern, modernHeaders, opened } from "./support/endpoint.ts"
import { discover, goesOn, told, tried } from "./support/tried.ts"
import { turns } from "./support/turns.ts"

const LIMIT = 2000
const encoder = new TextEncoder()

describe("Content-Type", () => {
  const types: ReadonlyArray<readonly [string, number]> = [
    ["application/json", 200],
    ["application/json; charset=utf-8", 200],
    ['Application/JSON ;charset="UTF-8"', 200],
    ["application/json;charset=utf8", 200],
    ["application/json; profile=x", 200],
    ["application/json; charset=latin1", 415],
    ["application/json; charset=utf-16", 415],
    ["application/jsonp", 415],
    ["application/json-rpc", 415],
    ["application/vnd.api+json", 415],
    ["text/json", 415],
    ["text/plain", 415],
    ["text/plain; x=application/json", 415],
    ["application/x-www-form-urlencoded", 415],
    ["multipart/form-data; boundary=a", 415],
    ["*/*", 415]
  ]
  it.effect.each(types)("%s: %i", ([type, status]) =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const answer = yield* modern(endpoint, discover, { "content-type": type })
        if (status === 200) assert.strictEqual(answer.status, 200)
        else yield* assertError(answer, status, -32600, undefined)
      })
    )
  )

  it.effect("none", () =>
    tried((endpoint) =>
      // bytes, since a text would be given a type
      told(
        endpoint.send({ headers: modernHeaders(discover), body: encoder.encode(JSON.stringify(discover)) }),
        415,
        -32600
      )
    )
  )
})

describe("Accept", () => {
  const JSON_TYPE = "application/json"
  const EVENTS = "text/event-stream"
  const accepts: ReadonlyArray<readonly [string, string | undefined]> = [
    ["", JSON_TYPE],
    ["*/*", JSON_TYPE],
    ["application/json, text/event-stream", JSON_TYPE],
    ["text/event-stream,application/json", JSON_TYPE],
    ["Application/JSON;q=0.5 , Text/Event-Stream", JSON_TYPE],
    ["text/html, */*;q=0.1", JSON_TYPE],
    ["application/*", JSON_TYPE],
    ["application/json", JSON_TYPE],
    ["text/event-stream", EVENTS],
    ["text/*", EVENTS],
    ["application/json;q=0, text/event-stream", EVENTS],
    ["application/json;q=0.000, */event-stream", undefined],
    ["text/html", undefined],
    ["application/jsonp", undefined],
    ["nonsense", undefined],
    ["application/json;q=0", undefined]
  ]
  it.effect.each(accepts)("%s: %s", ([accept, type]) =>
    tried((endpoint) =>
      Effect.gen(function* () {
        for (const answer of [
          yield* modern(endpoint, discover, { accept }),
          yield* (yield* opened(endpoint)).post(request("legacy", 1, "ping"), { accept })
        ]) {
          if (type === undefined) yield* assertError(answer, 406, -32600, undefined)
          else {
            assert.deepStrictEqual([answer.status, answer.type], [200, type])
            assert.strictEqual((yield* answer.reply)["id"], 1)
          }
        }
      })
    )
  )

  it.effect("of a GET: a stream is what there is", () =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const client = yield* opened(endpoint)
        for (const accept of ["application/json", "text/html", "text/event-stream;q=0"]) {
          yield* told(client.get({ accept }), 406, -32600)
        }
        for (const accept of ["text/event-stream", "*/*", "text/*", ""]) {
          const answer = yield* client.get({ accept })
          assert.strictEqual(answer.status, 200)
          yield* answer.events.drop
        }
      })
    )
  )

  it.effect("of a listen: it is a stream", () =>
    tried((endpoint) =>
      told(
        modern(endpoint, request("modern", 5, "subscriptions/listen", { notifications: {} }), {
          accept: "application/json"
        }),
        406,
        -32600,
        5
      )
    )
  )
})

/** A body that is fed by hand. */
const fed = () => {
  let control: ReadableStreamDefaultController<Uint8Array> | undefined
  const cancelled = { reason: "not cancelled" as unknown }
  const body = new ReadableStream<Uint8Array>({
    start: (own) => void (control = own),
    cancel: (reason) => void (cancelled.reason = reason)
  })
  return {
    body,
    cancelled,
    add: (text: string) => Effect.sync(() => control?.enqueue(encoder.encode(text))),
    end: Effect.sync(() => control?.close()),
    break: Effect.sync(() => control?.error(new Error("gone")))
  }
}

const json = { ...modernHeaders(discover), "content-type": "application/json" }

describe("the body", () => {
  it.effect("over the limit, as Content-Length says: it is not read", () =>
    tried(
      (endpoint) =>
        Effect.gen(function* () {
          const { body } = fed()
          const headers = { ...json, "content-length": String(LIMIT + 1) }
          const answer = yield* endpoint.send({ headers, body })
          yield* assertError(answer, 413, -32600, undefined)
          assert.strictEqual(answer.header("connection"), "close")
        }),
      { messageIn: LIMIT }
    )
  )

  it.effect("over the limit, without Content-Length: what is too much is not waited for", () =>
    tried(
      (endpoint) =>
        Effect.gen(function* () {
          const { add, body } = fed()
          const waiting = yield* Effect.forkChild(endpoint.send({ headers: json, body }))
          yield* add(JSON.stringify(discover) + " ".repeat(LIMIT))
          yield* told(Fiber.join(waiting), 413, -32600)
        }),
      { messageIn: LIMIT }
    )
  )

  it.effect("over the limit, though Content-Length says less", () =>
    tried(
      (endpoint) =>
        told(
          endpoint.send({
            headers: { ...json, "content-length": "5" },
            body: JSON.stringify(discover) + " ".repeat(LIMIT)
          }),
          413,
          -32600
        ),
      { messageIn: LIMIT }
    )
  )

  it.effect("of exactly the limit is taken", () =>
    tried(
      (endpoint) =>
        Effect.map(endpoint.send({ headers: json, body: JSON.stringify(discover).padEnd(LIMIT) }), ({ status }) =>
          assert.strictEqual(status, 200)
        ),
      { messageIn: LIMIT }
    )
  )

  it.effect.each([
    ["nonsense", 200],
    ["-1", 200],
    ["1e9", 413],
    ["0x10", 200],
    [" ", 200]
  ] as const)("a Content-Length that is no number: %s", ([length, status]) =>
    tried((endpoint) =>
      Effect.map(
        endpoint.send({ headers: { ...json, "content-length": length }, body: JSON.stringify(discover) }),
        (answer) => assert.strictEqual(answer.status, status)
      )
    )
  )

  it.effect("cut short", () =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const { add, body, break: broken } = fed()
        const waiting = yield* Effect.forkChild(endpoint.send({ headers: json, body }))
        yield* add('{"jsonrpc":"2.0",')
        yield* turns
        yield* broken
        yield* told(Fiber.join(waiting), 400, -32700)
      })
    )
  )

  it.effect("that comes one byte a minute is given up, and let go of", () =>
    tried(
      (endpoint) =>
        Effect.gen(function* () {
          const { add, body, cancelled } = fed()
          const waiting = yield* Effect.forkChild(endpoint.send({ headers: json, body }))
          for (const byte of JSON.stringify(discover).slice(0, 2)) {
            yield* turns
            assert.isUndefined(waiting.pollUnsafe())
            yield* add(byte)
            yield* TestClock.adjust("1 minute")
          }
          yield* TestClock.adjust("2 seconds")
          const answer = yield* Fiber.join(waiting)
          yield* assertError(answer, 408, -32600, undefined)
          assert.strictEqual(answer.header("connection"), "close")
          yield* turns
          assert.notStrictEqual(cancelled.reason, "not cancelled")
        }),
      { body: "2 minutes" }
    )
  )

  it.effect("that never comes holds up nobody else", () =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const bodies = Array.from({ length: 200 }, fed)
        const waiting = yield* Effect.forEach(bodies, ({ body }) =>
          Effect.forkChild(endpoint.send({ headers: json, body }))
        )
        yield* turns
        yield* goesOn(endpoint)
        yield* TestClock.adjust("31 seconds")
        for (const fiber of waiting) yield* told(Fiber.join(fiber), 408, -32600)
      })
    )
  )

  it.effect("whose sender goes away meanwhile is let go of", () =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const { body, cancelled } = fed()
        const gone = new AbortController()
        yield* Effect.forkChild(endpoint.send({ headers: json, body, signal: gone.signal }))
        yield* turns
        gone.abort()
        yield* turns
        assert.notStrictEqual(cancelled.reason, "not cancelled")
      })
    )
  )

  const bytes: ReadonlyArray<readonly [string, ReadonlyArray<number>]> = [
    ["a byte that never is", [0xff]],
    ["a character that is cut off", [0xc3]],
    ["an overlong form", [0xc0, 0xaf]],
    ["half a pair", [0xed, 0xa0, 0x80]],
    ["beyond the last character", [0xf4, 0x90, 0x80, 0x80]]
  ]
  it.effect.each(bytes)("that is not UTF-8: %s", ([, wrong]) =>
    tried((endpoint) => {
      const text = encoder.encode(JSON.stringify(discover))
      // inside a string that is not looked at
      const [before, after] = [encoder.encode('{"x":"'), encoder.encode('",')]
      const body = new Uint8Array([...before, ...wrong, ...after, ...text.slice(1)])
      return told(endpoint.send({ headers: json, body }), 400, -32700)
    })
  )

  it.effect("of another encoding", () =>
    tried((endpoint) =>
      told(
        endpoint.send({ headers: json, body: new Uint8Array(Buffer.from(JSON.stringify(discover), "utf16le")) }),
        400,
        -32700
      )
    )
  )

  it.effect("whose characters are cut by its chunks is read", () =>
    tried((endpoint) =>
      Effect.gen(function* () {
        const text = encoder.encode(JSON.stringify(callTool("modern", 1, "sync", { name: "größe 💥" })))
        const body = new ReadableStream<Uint8Array>({
          start: (control) => {
            for (const byte of text) control.enqueue(new Uint8Array([byte]))
            control.close()
          }
        })
        const headers = { ...json, "mcp-method": "tools/call", "mcp-name": "sync" }
        const reply = yield* (yield* endpoint.send({ headers, body })).message
        assert.deepStrictEqual((reply["result"] as McpTest.Json)["structuredContent"], { name: "größe 💥" })
      })
    )
  )
})
