/**
 * What each HTTP answer to a call means, and each that does not come: a table, over real sockets.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Fiber } from "effect"
import { McpClient, McpContent, type McpError, McpLimits } from "mcp-effect"
import { legacy, modern, reaching, withoutStream } from "./support/httpHandshakes.ts"
import { type Asked, httpPeer } from "./support/httpPeer.ts"

/** An error as one word. */
const wordOf = ({ reason }: McpError.McpError): string => {
  if (reason._tag === "Lost") return `Lost ${reason.loss}`
  return reason._tag === "Remote" ? `Remote ${reason.code}` : reason._tag
}

const detailOf = ({ reason }: McpError.McpError): string => ("detail" in reason ? String(reason.detail) : "")

const outcome = (answer: (asked: Asked) => void, revision: typeof modern | undefined = undefined) =>
  Effect.gen(function* () {
    const peer = yield* httpPeer
    const client = revision === undefined ? (yield* legacy(peer, { session: "" })).client : yield* revision(peer)
    const call = yield* Effect.forkChild(Effect.result(client.callTool("tool")))
    answer(yield* peer.expect("tools/call"))
    return yield* Fiber.join(call)
  })

const refused = (answer: (asked: Asked) => void, revision?: typeof modern) =>
  Effect.flatMap(outcome(answer, revision), (result) =>
    result._tag === "Failure" ? Effect.succeed(result.failure) : Effect.die("The call went well")
  )

const plain = { "content-type": "text/plain" }
const ok = { content: [{ type: "text", text: "done" }] }

describe("an answer", () => {
  it.effect.each([
    ["400 without a reason", (asked: Asked) => asked.status(400, "no", plain), "Lost Refused", "400: no"],
    ["404 without a session", (asked: Asked) => asked.status(404), "Lost Refused", "404"],
    ["405", (asked: Asked) => asked.status(405), "Lost Refused", "405"],
    ["413", (asked: Asked) => asked.status(413), "Lost Refused", "413"],
    ["431", (asked: Asked) => asked.status(431), "Lost Refused", "431"],
    ["408", (asked: Asked) => asked.status(408), "Lost Unavailable", "408"],
    ["425", (asked: Asked) => asked.status(425), "Lost Unavailable", "425"],
    ["429", (asked: Asked) => asked.status(429), "Lost Unavailable", "429"],
    ["503", (asked: Asked) => asked.status(503), "Lost Unavailable", "503"],
    ["500", (asked: Asked) => asked.status(500, "<b>oh</b>", { "content-type": "text/html" }), "Lost Broken", "500"],
    ["502", (asked: Asked) => asked.status(502), "Lost Broken", "502"],
    [
      "401",
      (asked: Asked) => asked.status(401, "", { "www-authenticate": "Bearer x" }),
      "Lost Unauthorized",
      "Bearer x"
    ],
    ["401 with an error", (asked: Asked) => asked.error(-32001, 401), "Lost Unauthorized", "error -32001"],
    ["403", (asked: Asked) => asked.status(403), "Lost Unauthorized", "403"],
    [
      "403 about nobody's request",
      (asked: Asked) => asked.error(-32000, 403, undefined, null),
      "Lost Unauthorized",
      "-32000"
    ],
    ["403 about the request", (asked: Asked) => asked.error(-32000, 403), "Remote -32000", ""],
    ["400 with an error", (asked: Asked) => asked.error(-32602, 400), "Remote -32602", ""],
    [
      "400 with an error without id",
      (asked: Asked) => asked.error(-32600, 400, undefined, undefined),
      "Remote -32600",
      ""
    ],
    [
      "400 with an error whose id is null",
      (asked: Asked) => asked.error(-32600, 400, undefined, null),
      "Remote -32600",
      ""
    ],
    ["404 with an error", (asked: Asked) => asked.error(-32601, 404), "Remote -32601", ""],
    ["500 with an error", (asked: Asked) => asked.error(-32603, 500), "Remote -32603", ""],
    ["503 of a busy server", (asked: Asked) => asked.error(503, 503), "Busy", ""],
    ["400 about another request", (asked: Asked) => asked.error(-32600, 400, undefined, 4711), "Lost Refused", "400"],
    ["202", (asked: Asked) => asked.status(202), "Lost Broken", "202"],
    ["204", (asked: Asked) => asked.status(204), "Lost Broken", "204"],
    ["200 of another kind", (asked: Asked) => asked.status(200, "x", plain), "Lost Refused", "text/plain"],
    ["200 of no kind", (asked: Asked) => asked.status(200, "x"), "Lost Refused", "without a content type"],
    ["303", (asked: Asked) => asked.status(303, "", { location: "/else" }), "Lost Refused", "/else"],
    [
      "307 elsewhere",
      (asked: Asked) => asked.status(307, "", { location: "http://example.com/" }),
      "Lost Refused",
      "example.com"
    ],
    ["200 cut short", (asked: Asked) => asked.events().cut(), "Lost Broken", ""],
    ["nothing at all", (asked: Asked) => asked.cut(), "Lost Broken", ""],
    [
      "no JSON",
      (asked: Asked) => asked.status(200, "{", { "content-type": "application/json" }),
      "Lost Broken",
      "not the reply"
    ],
    ["no response", (asked: Asked) => asked.json({ jsonrpc: "2.0", id: asked.message["id"] }), "Undecodable", ""],
    [
      "a response to another",
      (asked: Asked) => asked.json({ jsonrpc: "2.0", id: 4711, result: ok }),
      "Lost Broken",
      "not the reply"
    ]
  ] as const)("of %s", ([, answer, word, detail]) =>
    Effect.gen(function* () {
      const error = yield* refused(answer)
      assert.strictEqual(wordOf(error), word)
      assert.include(detailOf(error), detail)
    })
  )

  it.effect("of 404 in a modern revision has no session to end", () =>
    Effect.gen(function* () {
      const error = yield* refused((asked) => asked.status(404), modern)
      assert.strictEqual(wordOf(error), "Lost Refused")
    })
  )

  it.effect("may have any content type of JSON, however it is written", () =>
    Effect.gen(function* () {
      const headers = { "content-type": "Application/JSON; charset=UTF-8" }
      const result = yield* outcome((asked) =>
        asked.status(200, JSON.stringify({ jsonrpc: "2.0", id: asked.message["id"], result: ok }), headers)
      )
      assert.strictEqual(result._tag, "Success")
    })
  )
})

describe("a redirect", () => {
  it.effect.each([301, 302, 307, 308])("within the origin is followed with the same message: %s", (status) =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      const call = yield* Effect.forkChild(client.callTool("tool", { a: 1 }))
      const first = yield* peer.expect("tools/call")
      first.status(status, "", { location: "/mcp/" })
      const second = yield* peer.expect("tools/call")
      assert.strictEqual(second.url, "/mcp/")
      assert.strictEqual(second.text, first.text)
      assert.strictEqual(second.headers["mcp-session-id"], "s-1")
      second.result(ok)
      assert.strictEqual(McpContent.textOf(yield* Fiber.join(call)), "done")
    })
  )

  it.effect("that leads round in a circle ends", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* withoutStream
      const call = yield* Effect.forkChild(Effect.flip(client.callTool("tool")))
      for (let time = 0; time < 6; time++) {
        const asked = yield* peer.expect("tools/call")
        asked.status(307, "", { location: "/mcp" })
      }
      assert.strictEqual(wordOf(yield* Fiber.join(call)), "Lost Refused")
    })
  )

  it.effect("to another origin gets nothing of what was sent", () =>
    Effect.gen(function* () {
      const other = yield* httpPeer
      const error = yield* refused((asked) => asked.status(307, "", { location: other.url }))
      assert.include(detailOf(error), other.url)
      assert.strictEqual(yield* other.waiting, 0)
    })
  )
})

describe("bounds", () => {
  const limited = Effect.provideService(McpLimits.McpLimits, { ...McpLimits.defaults, messageIn: 1000 })
  const long = "x".repeat(2000)

  it.effect.each([
    ["a body", (asked: Asked) => asked.result({ content: [{ type: "text", text: long }] })],
    ["an event", (asked: Asked) => asked.events().message({ id: 1, result: long })],
    ["a line without end", (asked: Asked) => asked.events().raw(`data: ${long}`)]
  ] as const)("%s that is too long breaks its exchange, and no other", ([, answer]) =>
    Effect.gen(function* () {
      const peer = yield* httpPeer
      const { client, get } = yield* legacy(peer, { session: "" })
      get.status(405)
      const call = yield* Effect.forkChild(Effect.flip(client.callTool("tool")))
      answer(yield* peer.expect("tools/call"))
      const error = yield* Fiber.join(call)
      assert.strictEqual(wordOf(error), "Lost Broken")
      assert.include(detailOf(error), "McpLimits.messageIn")
      const ping = yield* Effect.forkChild(client.ping())
      const asked = yield* peer.expect("ping")
      asked.result({})
      yield* Fiber.join(ping)
    }).pipe(limited)
  )
})

describe("where nobody listens", () => {
  it.effect.each([
    ["a closed port", "http://127.0.0.1:1/mcp", "ECONNREFUSED"],
    ["no such host", "http://nowhere.invalid/mcp", "nowhere.invalid"],
    ["no such scheme", new URL("ftp://127.0.0.1/mcp"), "ftp:"],
    ["a password in the URL", "http://me:secret@127.0.0.1/mcp", "`headers`"],
    ["no URL", "http://", "is not a URL"]
  ] as const)("%s: the error says so", ([, url, detail]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(McpClient.connect(url))
      assert.strictEqual(error.reason._tag, "ConnectFailed")
      assert.include(error.message, detail)
    }).pipe(Effect.provide(reaching()))
  )
})
