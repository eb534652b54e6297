/**
 * A server program over HTTP: when it can be reached, what waits for it, and how it ends.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { call, drained, type Program, program, type Reply } from "../support/program.ts"
import { eventually } from "../support/eventually.ts"

const served = (options: object = {}, env: { readonly [name: string]: string } = {}) =>
  program({ ...env, HTTP: JSON.stringify({ port: 0, ...options }) })

/** Where the program has said that it listens. */
const urlOf = (server: Program): Effect.Effect<string> =>
  eventually("the program says where it listens", () => / listens at (\S+)/.exec(server.stdout)?.[1])

const headers = (method: string, name?: string) => ({
  "content-type": "application/json",
  accept: "application/json, text/event-stream",
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": method,
  ...(name === undefined ? {} : { "mcp-name": name })
})

const posted = (url: string, name: string, args: object = {}) =>
  Effect.promise((signal) =>
    fetch(url, {
      method: "POST",
      headers: headers("tools/call", name),
      body: JSON.stringify(call(1, name, args)),
      signal
    })
  )

const listened = (url: string) => {
  const { params } = call(1, "") as { readonly params: { readonly _meta: object } }
  const listen = {
    jsonrpc: "2.0",
    id: "listening",
    method: "subscriptions/listen",
    params: { notifications: { toolsListChanged: true }, _meta: params._meta }
  }
  return Effect.promise(() =>
    fetch(url, { method: "POST", headers: headers("subscriptions/listen"), body: JSON.stringify(listen) })
  )
}

const textIn = (response: Response) => Effect.promise(() => response.text())

const messagesIn = (events: string): ReadonlyArray<Reply> =>
  events.split("\n").flatMap((line) => (line.startsWith("data: ") ? [JSON.parse(line.slice(6)) as Reply] : []))

/** A port that nobody listens on. */
const freePort = Effect.gen(function* () {
  const server = yield* served()
  const url = yield* urlOf(server)
  server.stop()
  yield* server.ended
  return Number(new URL(url).port)
})

describe("a program over HTTP", () => {
  it.live("prints where it listens, answers there, and is healthy", () =>
    Effect.gen(function* () {
      const server = yield* served()
      const url = yield* urlOf(server)
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/mcp$/)
      const response = yield* posted(url, "echo", { text: "hello" })
      assert.strictEqual(response.status, 200)
      assert.include(yield* textIn(response), '"text":"hello"')
      const health = yield* Effect.promise(() => fetch(new URL("/health", url)))
      assert.strictEqual(health.status, 200)
      yield* textIn(health)
      assert.strictEqual(server.stdout, `The MCP server listens at ${url}\n`)
    })
  )

  it.live.each(["SIGTERM", "SIGINT"] as const)(
    "%s drains it: listens end with their result, calls are interrupted",
    (signal) =>
      Effect.gen(function* () {
        const server = yield* served()
        const url = yield* urlOf(server)
        const listen = yield* listened(url)
        const endless = yield* Effect.forkScoped(posted(url, "endless"))
        yield* server.said("endless started")
        yield* server.kill(signal)
        const heard = messagesIn(yield* textIn(listen))
        assert.deepStrictEqual(
          heard.map(({ id, method }) => method ?? id),
          ["notifications/subscriptions/acknowledged", "listening"]
        )
        const refused = JSON.parse(yield* textIn(yield* Fiber.join(endless))) as Reply
        assert.include(refused.error?.message, "interrupted")
        assert.deepStrictEqual(yield* server.ended, { code: 0, signal: null })
        assert.deepStrictEqual(server.words("endless", "resource"), drained)
      })
  )
})

describe("a program whose graph takes its time", () => {
  it.live("lets a request wait for it, and says only then where it listens", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const server = yield* served({ port }, { BUILD: "slow" })
      const health = Effect.promise(() =>
        fetch(`http://127.0.0.1:${port}/health`).then(
          (response) => response.status,
          () => 0
        )
      )
      while ((yield* health) === 0) yield* Effect.sleep(20)
      assert.strictEqual(yield* health, 503)
      assert.strictEqual(server.stdout, "")
      const response = yield* posted(`http://127.0.0.1:${port}/mcp`, "echo", { text: "early" })
      assert.include(yield* textIn(response), '"text":"early"')
      assert.strictEqual(yield* health, 200)
    })
  )

  it.live("answers what has waited with 503 when it fails, and ends with code 1 and the reason", () =>
    Effect.gen(function* () {
      const port = yield* freePort
      const server = yield* served({ port }, { BUILD: "fail" })
      const early = Effect.promise(() =>
        fetch(`http://127.0.0.1:${port}/mcp`, {
          method: "POST",
          headers: headers("tools/call", "echo"),
          body: JSON.stringify(call(1, "echo", { text: "early" }))
        }).then(
          (response) => response.status,
          () => 0
        )
      )
      let status = 0
      while (status === 0) status = yield* Effect.andThen(Effect.sleep(20), early)
      assert.strictEqual(status, 503)
      assert.deepStrictEqual(yield* server.ended, { code: 1, signal: null })
      assert.include(server.stderr + server.stdout, "the graph was not built: no database")
    })
  )
})

describe("a program that cannot listen", () => {
  it.live("says why, in one sentence, and ends with code 1", () =>
    Effect.gen(function* () {
      const first = yield* served()
      const { port } = new URL(yield* urlOf(first))
      const second = yield* served({ port: Number(port) })
      assert.deepStrictEqual(yield* second.ended, { code: 1, signal: null })
      assert.include(second.stderr + second.stdout, `address already in use 127.0.0.1:${port}`)
    })
  )

  it.live.each([
    ["everybody on the network could use it", { host: "0.0.0.0", hosts: ["example.com"] }, "allowAnonymousFromNetwork"],
    ["nobody has said by which names it is reached", { host: "0.0.0.0", allowAnonymousFromNetwork: true }, '"hosts"']
  ] as const)("does not begin when %s", ([, options, word]) =>
    Effect.gen(function* () {
      const server = yield* served(options)
      assert.deepStrictEqual(yield* server.ended, { code: 1, signal: null })
      assert.include(server.stderr + server.stdout, word)
    })
  )
})
