/**
 * The order in which an endpoint checks a POST, as one table: each row breaks one thing and everything that is checked
 * after it, and is answered for the first.
 *
 * The table is golden (`test/golden/http-checks.md`; UPDATE_GOLDEN=1 writes it): what is there is what was seen.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import type { McpTest } from "mcp-effect/testing"
import { served } from "./support/app.ts"
import type { Answer } from "./support/answer.ts"
import { type Endpoint, modernHeaders, modernMeta, serve, versions } from "./support/endpoint.ts"
import { asking, limited } from "./support/people.ts"

const LIMIT = 2000

/** A request that is being made, and can be broken. */
interface Making {
  readonly headers: { [name: string]: string }
  readonly message: { [name: string]: unknown }
  readonly params: { [name: string]: unknown }
  readonly meta: { [name: string]: unknown }
  /** What is done to the text at the end. */
  text: (text: string) => string
}

interface Rung {
  readonly check: string
  readonly breaks: (making: Making) => void
  /** The status, the code, and whether the id of the request is in the answer. `result` is a tool's own answer. */
  readonly expected: readonly [status: number, code: number | "none" | "result", id: boolean]
}

const PV = "io.modelcontextprotocol/protocolVersion"
const also = (making: Making, change: (text: string) => string) => {
  const before = making.text
  making.text = (text) => change(before(text))
}

const outside: ReadonlyArray<Rung> = [
  { check: "`Host`", breaks: ({ headers }) => (headers["host"] = "evil.example"), expected: [403, 403, false] },
  {
    check: "`Origin`",
    breaks: ({ headers }) => (headers["origin"] = "https://evil.example"),
    expected: [403, 403, false]
  },
  { check: "who is calling", breaks: ({ headers }) => delete headers["authorization"], expected: [401, 403, false] },
  {
    check: "content type",
    breaks: ({ headers }) => (headers["content-type"] = "text/plain"),
    expected: [415, -32600, false]
  },
  { check: "`Accept`", breaks: ({ headers }) => (headers["accept"] = "text/html"), expected: [406, -32600, false] },
  {
    check: "size of the body",
    breaks: (making) => also(making, (text) => text + " ".repeat(LIMIT)),
    expected: [413, -32600, false]
  },
  {
    check: "JSON",
    breaks: (making) => also(making, (text) => text.replace("{", "{,")),
    expected: [400, -32700, false]
  },
  { check: "envelope", breaks: ({ message }) => (message["jsonrpc"] = "1.0"), expected: [400, -32600, true] }
]

const modernRungs: ReadonlyArray<Rung> = [
  ...outside,
  {
    check: "`MCP-Protocol-Version` says what `_meta` says",
    breaks: ({ headers }) => (headers["mcp-protocol-version"] = "2025-11-25"),
    expected: [400, -32020, true]
  },
  { check: "`Mcp-Method`", breaks: ({ headers }) => delete headers["mcp-method"], expected: [400, -32020, true] },
  { check: "`Mcp-Name`", breaks: ({ headers }) => (headers["mcp-name"] = "another"), expected: [400, -32020, true] },
  {
    check: "the revision is spoken",
    breaks: ({ headers, meta }) => {
      meta[PV] = "2099-01-01"
      // unless the header is to differ
      if (headers["mcp-protocol-version"] === versions.modern) headers["mcp-protocol-version"] = "2099-01-01"
    },
    expected: [400, -32022, true]
  },
  {
    check: "capabilities in `_meta`",
    breaks: ({ meta }) => delete meta["io.modelcontextprotocol/clientCapabilities"],
    expected: [400, -32602, true]
  },
  {
    check: "the method exists",
    breaks: ({ headers, message }) => {
      // which name is mirrored is known of methods that exist
      if (headers["mcp-name"] === "another") return
      message["method"] = "tools/none"
      if (headers["mcp-method"] === "tools/call") headers["mcp-method"] = "tools/none"
    },
    expected: [404, -32601, true]
  },
  {
    check: "`Mcp-Param-*`",
    breaks: ({ headers }) => (headers["mcp-param-region"] = "us"),
    expected: [400, -32020, true]
  },
  {
    check: "arguments",
    breaks: ({ params }) => (params["arguments"] = { ...(params["arguments"] as object), needed: "too long" }),
    expected: [200, "result", true]
  }
]

const legacyRungs: ReadonlyArray<Rung> = [
  ...outside,
  {
    check: "`MCP-Protocol-Version` is spoken",
    breaks: ({ headers }) => (headers["mcp-protocol-version"] = "2099-01-01"),
    expected: [400, -32602, true]
  },
  {
    check: "there is such a session",
    breaks: ({ headers }) => (headers["mcp-session-id"] = "no-such-session"),
    expected: [404, -32602, true]
  },
  {
    check: "the method exists",
    breaks: ({ message }) => (message["method"] = "tools/none"),
    expected: [200, -32601, true]
  },
  { check: "the tool exists", breaks: ({ params }) => (params["name"] = "none"), expected: [200, -32602, true] }
]

const ID = "seven"

/** A good request, with these things broken: the last first, so that a rung may see what is broken before it. */
const made = (era: "legacy" | "modern", session: string, broken: ReadonlyArray<Rung>) => {
  const meta: Making["meta"] = era === "modern" ? { ...modernMeta } : {}
  const params: Making["params"] = { name: "mirrored", arguments: { region: "eu" }, _meta: meta }
  const message: Making["message"] = { jsonrpc: "2.0", id: ID, method: "tools/call", params }
  const own = era === "modern" ? { ...modernHeaders(message), "mcp-param-region": "eu" } : { "mcp-session-id": session }
  const headers = {
    authorization: "somebody",
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    ...own
  }
  const making: Making = { headers, message, params, meta, text: (text) => text }
  for (const rung of broken) rung.breaks(making)
  return { headers: making.headers, body: making.text(JSON.stringify(message)) }
}

const seen = (answer: Answer): Effect.Effect<Rung["expected"]> =>
  Effect.map(answer.message, (message: McpTest.Json): Rung["expected"] => {
    const error = message["error"] as { readonly code: number } | undefined
    return [answer.status, error?.code ?? "result", message["id"] === ID]
  })

const session = (endpoint: Endpoint) =>
  Effect.gen(function* () {
    const headers = { authorization: "somebody" }
    const answer = yield* endpoint.post(
      {
        jsonrpc: "2.0",
        id: 1,
        method: "initialize",
        params: { protocolVersion: versions.legacy, capabilities: {}, clientInfo: { name: "raw", version: "1" } }
      },
      headers
    )
    return answer.header("mcp-session-id") ?? assert.fail("there is no session")
  })

const eras = [
  ["modern", modernRungs],
  ["legacy", legacyRungs]
] as const

const golden = join(import.meta.dirname, "../../golden/http-checks.md")

describe.each(eras)("a %s POST", (era, rungs) => {
  it.effect.each(rungs.map((rung, index) => [rung.check, index] as const))("%s", ([, index]) =>
    Effect.gen(function* () {
      const endpoint = yield* limited(asking(serve(served().app)), { messageIn: LIMIT })
      const id = yield* session(endpoint)
      const whole = made(era, id, [])
      assert.deepStrictEqual(yield* Effect.flatMap(endpoint.send(whole), seen), [200, "result", true])
      const [rung] = rungs.slice(index)
      const alone = yield* Effect.flatMap(endpoint.send(made(era, id, rungs.slice(index, index + 1))), seen)
      assert.deepStrictEqual(alone, rung!.expected, "alone")
      const withAll = yield* Effect.flatMap(endpoint.send(made(era, id, rungs.slice(index))), seen)
      assert.deepStrictEqual(withAll, rung!.expected, "with all that comes after it")
    })
  )
})

it("the table of checks is golden", () => {
  const tables = eras.map(([era, rungs]) => {
    const rows = rungs.map(({ check, expected: [status, code, id] }, index) => {
      const told = code === "result" ? "a result with `isError`" : `\`${code}\``
      return `| ${index + 1} | ${check} | ${status} | ${told} | ${id ? "yes" : "no"} |`
    })
    return [
      `## ${era}`,
      "",
      "| | check | status | code | with its id |",
      "| --- | --- | --- | --- | --- |",
      ...rows
    ].join("\n")
  })
  const text = [
    "# The checks of a POST, in their order",
    "",
    "Made by `test/transport/http/order.test.ts`, which breaks each and everything after it. What is wrong first is what the",
    "caller is told.",
    "",
    tables.join("\n\n"),
    ""
  ].join("\n")
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(golden, text)
  assert.strictEqual(text, readFileSync(golden, "utf8"), "see UPDATE_GOLDEN")
})
