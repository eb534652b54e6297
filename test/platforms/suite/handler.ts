/**
 * The handler of Requests, faced with Requests: statuses, headers and streams, without a client of ours and a socket.
 */
import { Effect, Fiber } from "effect"
import { McpServer, McpTool } from "mcp-effect"
import { check, type Check } from "./harness.ts"
import {
  ask,
  EVENTS,
  INITIALIZE,
  initialized,
  modern,
  notify,
  opened,
  post,
  type Serve,
  streamed,
  ENDPOINT
} from "./http.ts"
import { type World, world } from "./world.ts"

interface Answer {
  readonly id?: unknown
  readonly result?: { readonly structuredContent?: unknown }
  readonly error?: { readonly code?: unknown }
}

const json = (response: Response): Effect.Effect<Answer> => Effect.promise(() => response.json() as Promise<Answer>)

const typeOf = (response: Response): string | undefined => response.headers.get("content-type")?.split(";")[0]

type Use = (name: string, body: (look: Parameters<Check["body"]>[0], made: World) => ReturnType<Check["body"]>) => Check

const use: Use = (name, body) => check(name, (look) => Effect.suspend(() => body(look, world())))

const modernChecks = (serve: Serve): ReadonlyArray<Check> => [
  use("a modern request is answered by one message", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      const response = yield* fetch(modern("tools/call", { name: "add", arguments: { a: 1, b: "2" } }))
      look.same("status", response.status, 200)
      look.same("type", typeOf(response), "application/json")
      look.same("session", response.headers.get("mcp-session-id"), null)
      const { id, result } = yield* json(response)
      look.same("id", id, 1)
      look.same("result", result?.structuredContent, { sum: 3 })
    })
  ),
  use("or by a stream, from its first notification on", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      const response = yield* fetch(modern("tools/call", { name: "report" }, { progressToken: "token" }))
      look.same("type", typeOf(response), "text/event-stream")
      look.same("buffering", response.headers.get("x-accel-buffering"), "no")
      const { all } = yield* streamed(response)
      const said = (yield* all).map(({ method }) => method ?? "reply")
      look.same("messages", said, [...Array.from({ length: 3 }, () => "notifications/progress"), "reply"])
    })
  ),
  use("dropping the request or its stream interrupts the handler", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      const call = (name: string, meta: object) =>
        fetch(modern("tools/call", { name: "wait", arguments: { name } }, meta))
      const asked = yield* Effect.forkChild(call("one", {}), { startImmediately: true })
      yield* made.happened("one began")
      yield* Fiber.interrupt(asked)
      yield* made.happened("one released")
      const { drop, next } = yield* streamed(yield* call("two", { progressToken: 2 }))
      look.same("first", (yield* next)?.method, "notifications/progress")
      yield* drop
      yield* made.happened("two released")
      const interrupted = made.journal.filter((line) => line.endsWith("interrupted"))
      look.same("interrupted", interrupted, ["one interrupted", "two interrupted"])
    })
  ),
  use("refuses with the revision's statuses and codes", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      const refused = (request: Request) =>
        Effect.flatMap(fetch(request), (response) =>
          Effect.map(json(response), ({ error }) => [response.status, error?.code])
        )
      const header = (name: string, value: string) => modern("tools/list", {}, {}, { [name]: value })
      look.same("header", yield* refused(header("mcp-method", "tools/call")), [400, -32020])
      look.same("version", yield* refused(header("mcp-protocol-version", "2025-11-25")), [400, -32020])
      look.same("method", yield* refused(modern("no/such/method", {})), [404, -32601])
      look.same("not JSON", yield* refused(post("{ not JSON")), [400, -32700])
    })
  )
]

const legacyChecks = (serve: Serve): ReadonlyArray<Check> => [
  use("a legacy session is opened, used, listened to and ended", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      const { headers, response } = yield* opened(fetch)
      look.same("status", response.status, 200)
      look.that("session", headers["mcp-session-id"] !== "")
      look.same("initialized", (yield* fetch(post(initialized, headers))).status, 202)
      const reply = yield* streamed(yield* fetch(post(ask(2, "tools/list"), headers)))
      look.same("reply", (yield* reply.next)?.id, 2)

      const stream = yield* streamed(yield* fetch(new Request(ENDPOINT, { headers: { ...headers, accept: EVENTS } })))
      const server = yield* made.server
      const guest = McpTool.make("guest").register(() => Effect.succeed("welcome"))
      yield* Effect.provideService(guest, McpServer.McpServer, server)
      look.same("heard", (yield* stream.next)?.method, "notifications/tools/list_changed")
      yield* stream.drop

      const ended = yield* fetch(new Request(ENDPOINT, { method: "DELETE", headers }))
      look.that("ended", ended.ok)
      look.same("afterwards", (yield* fetch(post(ask(3, "tools/list"), headers))).status, 404)
    })
  ),
  use("a call of a session goes on when its connection is lost, until it is cancelled", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      const { headers } = yield* opened(fetch)
      yield* fetch(post(initialized, headers))
      const call = (id: number, name: string) =>
        fetch(post(ask(id, "tools/call", { name: "wait", arguments: { name } }), headers))
      const dropped = yield* Effect.forkChild(call(2, "one"), { startImmediately: true })
      yield* made.happened("one began")
      yield* Fiber.interrupt(dropped)
      look.same("meanwhile", (yield* fetch(post(ask(3, "ping"), headers))).status, 200)
      look.that("goes on", !made.journal.includes("one interrupted"))
      yield* fetch(post(notify("notifications/cancelled", { requestId: 2 }), headers))
      yield* made.happened("one released")
      look.that("is cancelled", made.journal.includes("one interrupted"))
    })
  ),
  use("refuses who has no session, and what is not served here", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      const unknown = { "mcp-session-id": "nobody-has-this", "mcp-protocol-version": "2025-11-25" }
      look.same("no session", (yield* fetch(post(ask(1, "tools/list")))).status, 400)
      look.same("unknown session", (yield* fetch(post(ask(1, "tools/list"), unknown))).status, 404)
      look.same("put", (yield* fetch(new Request(ENDPOINT, { method: "PUT", body: "{}" }))).status, 405)
    })
  )
]

const guardChecks = (serve: Serve): ReadonlyArray<Check> => [
  use("lets in neither foreign pages nor foreign names", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      look.same("origin", (yield* fetch(post(INITIALIZE, { origin: "https://evil.example" }))).status, 403)
      look.same("host", (yield* fetch(post(INITIALIZE, {}, "http://evil.example/mcp"))).status, 403)
      look.same("own origin", (yield* fetch(post(INITIALIZE, { origin: "http://localhost" }))).status, 200)
    })
  ),
  use("refuses what is no JSON, too large, or not wanted", (look, made) =>
    Effect.gen(function* () {
      const fetch = yield* serve(made)
      look.same("type", (yield* fetch(post(INITIALIZE, { "content-type": "text/plain" }))).status, 415)
      look.same("accept", (yield* fetch(post(INITIALIZE, { accept: "text/html" }))).status, 406)
      look.same("anything", (yield* fetch(post(INITIALIZE, { accept: "*/*" }))).status, 200)
      look.same("size", (yield* fetch(post(`"${"x".repeat(9_000_000)}"`))).status, 413)
    })
  )
]

/** All of it. */
export const handlerChecks = (serve: Serve): ReadonlyArray<Check> => [
  ...modernChecks(serve),
  ...legacyChecks(serve),
  ...guardChecks(serve)
]
