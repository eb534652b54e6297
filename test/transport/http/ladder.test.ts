/**
 * From headers and message to what is done with a POST: the pure ladder as a table of everything that can be said and of
 * every pair of mistakes. The order of all checks of an endpoint is the table of `order.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Result } from "effect"
import { McpHeader, McpTransport } from "mcp-effect"
import { revisions } from "mcp-effect/revisions"
import type { McpTest } from "mcp-effect/testing"
import { type Headers, judge } from "../../../src/transport/internal/http/ladder.ts"
import * as JsonRpc from "mcp-effect/JsonRpc"
import { modernMeta, request } from "../../laws/support/app.ts"

const annotated = (type: string, name: string) => ({ type, "x-mcp-header": name })
const params = Result.getOrThrow(
  McpHeader.params({
    properties: {
      region: annotated("string", "Region"),
      count: annotated("integer", "Count"),
      dry: annotated("boolean", "Dry"),
      where: { properties: { deep: annotated("string", "Deep") } }
    }
  })
)

const admission: McpTransport.Admission = {
  revisions,
  requiredHeaders: (method, name) => (method === "tools/call" && name === "mirrored" ? params : []),
  staysOpen: () => false,
  forgetsAtRestart: false,
  maxBody: 1000
}

/** What becomes of it, in a word: the era and revision, or the fault, the revision of its codes, and the header. */
const verdictOf = (message: unknown, headers: Headers): string => {
  const verdict = judge(JsonRpc.fromJson(message), headers, admission, McpTransport.anonymous)
  if (verdict._tag !== "Rejected") return `${verdict._tag} ${verdict.revision ?? "unnamed"}`
  const { detail, fault, id } = verdict.refusal
  const header = /\b(Mcp-[\w-]+|MCP-Protocol-Version)\b/i.exec(detail)?.[1] ?? "?"
  return `${fault} ${verdict.revision ?? "-"} ${id ?? "-"} ${header}`
}

const V = "mcp-protocol-version"
const MODERN = "2026-07-28"
const call = (args: object, name = "mirrored", meta: object = {}): McpTest.Json =>
  request("modern", 7, "tools/call", { name, arguments: args as McpTest.Json }, meta as McpTest.Json)
const good: Headers = { [V]: MODERN, "mcp-method": "tools/call", "mcp-name": "mirrored" }
const mismatch = (header: string, revision = MODERN) => `HeaderMismatch ${revision} 7 ${header}`
const legacyCall = request("legacy", 7, "tools/call", { name: "mirrored", arguments: {} })
const note = (meta?: object) => ({
  jsonrpc: "2.0",
  method: "notifications/x",
  params: meta === undefined ? {} : { _meta: meta }
})

type Row = readonly [label: string, message: unknown, headers: Headers, verdict: string]

const table = (name: string, rows: ReadonlyArray<Row>): void => {
  describe(name, () => {
    it.each(rows)("%s", (_, message, headers, verdict) => {
      assert.strictEqual(verdictOf(message, headers), verdict)
    })
  })
}

table("the era", [
  ["_meta names a revision", call({}), good, "Modern 2026-07-28"],
  ["only the header names a modern one", legacyCall, good, "Modern 2026-07-28"],
  ["neither does", legacyCall, {}, "Legacy unnamed"],
  ["the header names a legacy one", legacyCall, { [V]: "2025-06-18" }, "Legacy 2025-06-18"],
  ["each legacy one: 2024-11-05", legacyCall, { [V]: "2024-11-05" }, "Legacy 2024-11-05"],
  ["each legacy one: 2025-03-26", legacyCall, { [V]: "2025-03-26" }, "Legacy 2025-03-26"],
  ["each legacy one: 2025-11-25", legacyCall, { [V]: "2025-11-25" }, "Legacy 2025-11-25"],
  ["space around the header", legacyCall, { [V]: " \t2025-06-18 " }, "Legacy 2025-06-18"],
  ["the header names none", legacyCall, { [V]: "1999-01-01" }, "UnsupportedVersion - 7 MCP-Protocol-Version"],
  ["the header is empty", legacyCall, { [V]: "" }, "UnsupportedVersion - 7 MCP-Protocol-Version"],
  ["the header differs by case", legacyCall, { [V]: "DRAFT-2025" }, "UnsupportedVersion - 7 MCP-Protocol-Version"],
  ["_meta without a revision", request("legacy", 7, "ping", {}, { progressToken: 1 }), {}, "Legacy unnamed"],
  [
    "_meta with capabilities only",
    request("legacy", 7, "ping", {}, { "io.modelcontextprotocol/clientCapabilities": {} }),
    {},
    "Legacy unnamed"
  ],
  [
    "_meta that is a list",
    { jsonrpc: "2.0", id: 7, method: "ping", params: { _meta: [MODERN] } },
    {},
    "Legacy unnamed"
  ],
  ["no params", { jsonrpc: "2.0", id: 7, method: "ping" }, {}, "Legacy unnamed"],
  ["initialize", request("legacy", 7, "initialize"), {}, "Legacy unnamed"],
  ["initialize, with a header", request("legacy", 7, "initialize"), { [V]: "2025-06-18" }, "Legacy unnamed"],
  [
    "initialize, with a header of no revision",
    request("legacy", 7, "initialize"),
    { [V]: "1999-01-01" },
    "Legacy unnamed"
  ],
  [
    "initialize in a modern envelope",
    request("modern", 7, "initialize"),
    { ...good, "mcp-method": "initialize" },
    "Modern 2026-07-28"
  ],
  ["a modern call in a session", call({}), { ...good, "mcp-session-id": "s" }, "Modern 2026-07-28"],
  ["a modern notification, by _meta", note(modernMeta), {}, "Modern 2026-07-28"],
  ["a modern notification, by header", note(), { [V]: MODERN }, "Modern 2026-07-28"],
  ["a legacy notification", note(), { [V]: "2025-11-25" }, "Legacy 2025-11-25"],
  ["a response", { jsonrpc: "2.0", id: 7, result: {} }, {}, "Legacy unnamed"],
  ["a response with a modern header", { jsonrpc: "2.0", id: 7, result: {} }, { [V]: MODERN }, "Modern 2026-07-28"],
  ["a batch", [legacyCall], {}, "Legacy unnamed"],
  ["a batch with a modern header", [legacyCall], { [V]: MODERN }, "Modern 2026-07-28"]
])

const other = (version: unknown) => call({}, "plain", { "io.modelcontextprotocol/protocolVersion": version })
const plain = { ...good, "mcp-name": "plain" }

table("MCP-Protocol-Version", [
  ["missing", call({}, "plain"), { ...plain, [V]: undefined }, mismatch("MCP-Protocol-Version")],
  ["empty", call({}, "plain"), { ...plain, [V]: "" }, mismatch("MCP-Protocol-Version")],
  ["another", call({}, "plain"), { ...plain, [V]: "2025-11-25" }, mismatch("MCP-Protocol-Version")],
  ["space around it", call({}, "plain"), { ...plain, [V]: `\t${MODERN}  ` }, "Modern 2026-07-28"],
  ["both name one that is unknown", other("2099-01-01"), { ...plain, [V]: "2099-01-01" }, "Modern 2099-01-01"],
  ["the body names one that is unknown", other("2099-01-01"), plain, mismatch("MCP-Protocol-Version")],
  [
    "the body names a legacy one, the header too",
    other("2025-11-25"),
    { ...plain, [V]: "2025-11-25" },
    "Modern 2025-11-25"
  ],
  ["the body's is not a string", other(7), plain, "Modern 2026-07-28"],
  ["the body's is null", other(null), plain, "Modern 2026-07-28"]
])

table("Mcp-Method", [
  ["missing", call({}, "plain"), { ...plain, "mcp-method": undefined }, mismatch("Mcp-Method")],
  ["empty", call({}, "plain"), { ...plain, "mcp-method": "" }, mismatch("Mcp-Method")],
  ["another", call({}, "plain"), { ...plain, "mcp-method": "tools/list" }, mismatch("Mcp-Method")],
  ["another case", call({}, "plain"), { ...plain, "mcp-method": "Tools/Call" }, mismatch("Mcp-Method")],
  ["space around it", call({}, "plain"), { ...plain, "mcp-method": " tools/call\t" }, "Modern 2026-07-28"],
  [
    "in base64, which it never is",
    call({}, "plain"),
    { ...plain, "mcp-method": "=?base64?dG9vbHMvY2FsbA==?=" },
    mismatch("Mcp-Method")
  ],
  [
    "of a notification does not matter",
    note(modernMeta),
    { [V]: MODERN, "mcp-method": "tools/list" },
    "Modern 2026-07-28"
  ]
])

const named = (name: string, header: string | undefined): readonly [unknown, Headers] => [
  call({}, name),
  { ...good, "mcp-name": header }
]
const ok = "Modern 2026-07-28"
const wrong = mismatch("Mcp-Name")

table("Mcp-Name", [
  ["missing", ...named("plain", undefined), wrong],
  ["empty", ...named("plain", ""), wrong],
  ["the empty name", ...named("", ""), ok],
  ["another", ...named("plain", "plane"), wrong],
  ["another case", ...named("plain", "Plain"), wrong],
  ["space around it", ...named("plain", "\t plain "), ok],
  ["space within it", ...named("a b", "a b"), ok],
  ["space around the name itself", ...named(" a", " a"), wrong],
  ["space around the name itself, in base64", ...named(" a", "=?base64?IGE=?="), ok],
  ["base64", ...named("größe", "=?base64?Z3LDtsOfZQ==?="), ok],
  ["base64 of ASCII", ...named("plain", "=?base64?cGxhaW4=?="), ok],
  ["base64 with space around it", ...named("plain", "  =?base64?cGxhaW4=?= "), ok],
  ["base64 of another", ...named("plain", "=?base64?cGxhbmU=?="), wrong],
  ["base64 of nothing", ...named("", "=?base64??="), ok],
  ["base64 without its padding", ...named("plain", "=?base64?cGxhaW4?="), wrong],
  ["base64 with too much padding", ...named("plain", "=?base64?cGxhaW4==?="), wrong],
  ["base64 of another alphabet", ...named("???", "=?base64?Pz8_?="), wrong],
  ["base64 with a space", ...named("plain", "=?base64?cGxh aW4=?="), wrong],
  ["base64 with stray bits", ...named("plain", "=?base64?cGxhaW5=?="), wrong],
  ["base64 of what is not UTF-8", ...named("\uFFFD", "=?base64?/w==?="), wrong],
  ["without the suffix it is taken as it is", ...named("=?base64?cGxhaW4=", "=?base64?cGxhaW4="), ok],
  ["without the suffix it is no base64", ...named("plain", "=?base64?cGxhaW4="), wrong],
  ["without the prefix it is taken as it is", ...named("cGxhaW4=?=", "cGxhaW4=?="), ok],
  ["without the prefix it is no base64", ...named("plain", "cGxhaW4=?="), wrong],
  ["BASE64 is taken as it is", ...named("=?BASE64?cGxhaW4=?=", "=?BASE64?cGxhaW4=?="), ok],
  ["BASE64 is no base64", ...named("plain", "=?BASE64?cGxhaW4=?="), wrong],
  ["Base64 is no base64", ...named("plain", "=?Base64?cGxhaW4=?="), wrong],
  ["a name that looks like base64, as it is", ...named("=?base64?cGxhaW4=?=", "=?base64?cGxhaW4=?="), wrong],
  ["characters that a header cannot have", ...named("größe", "größe"), wrong],
  ["a control character", ...named("a\u0001", "a\u0001"), wrong],
  [
    "a name that is not a string is the server's to refuse",
    request("modern", 7, "tools/call", { name: 7 }),
    { ...good, "mcp-name": undefined },
    ok
  ],
  ["no name is the server's to refuse", request("modern", 7, "tools/call"), { ...good, "mcp-name": undefined }, ok],
  [
    "of a resource",
    request("modern", 7, "resources/read", { uri: "docs://a" }),
    { [V]: MODERN, "mcp-method": "resources/read", "mcp-name": "docs://a" },
    ok
  ],
  [
    "of a resource, missing",
    request("modern", 7, "resources/read", { uri: "docs://a" }),
    { [V]: MODERN, "mcp-method": "resources/read" },
    wrong
  ],
  [
    "of a prompt",
    request("modern", 7, "prompts/get", { name: "p" }),
    { [V]: MODERN, "mcp-method": "prompts/get", "mcp-name": "p" },
    ok
  ],
  [
    "of a prompt, another",
    request("modern", 7, "prompts/get", { name: "p" }),
    { [V]: MODERN, "mcp-method": "prompts/get", "mcp-name": "q" },
    wrong
  ],
  [
    "of a list there is none",
    request("modern", 7, "tools/list", { name: "p" }),
    { [V]: MODERN, "mcp-method": "tools/list" },
    ok
  ]
])

const P = "mcp-param-"
const mirrored = (args: object, headers: Headers): readonly [unknown, Headers] => [call(args), { ...good, ...headers }]
const region = mismatch("Mcp-Param-Region")
const count = mismatch("Mcp-Param-Count")
const dry = mismatch("Mcp-Param-Dry")
const deep = mismatch("Mcp-Param-Deep")

table("Mcp-Param-*", [
  ["a string", ...mirrored({ region: "eu" }, { [`${P}region`]: "eu" }), ok],
  ["a string, missing", ...mirrored({ region: "eu" }, {}), region],
  ["a string, empty", ...mirrored({ region: "eu" }, { [`${P}region`]: "" }), region],
  ["the empty string", ...mirrored({ region: "" }, { [`${P}region`]: "" }), ok],
  ["the empty string, missing", ...mirrored({ region: "" }, {}), region],
  ["another string", ...mirrored({ region: "eu" }, { [`${P}region`]: "us" }), region],
  ["another case", ...mirrored({ region: "eu" }, { [`${P}region`]: "EU" }), region],
  ["space around it", ...mirrored({ region: "eu" }, { [`${P}region`]: " eu " }), ok],
  ["base64", ...mirrored({ region: "größe" }, { [`${P}region`]: "=?base64?Z3LDtsOfZQ==?=" }), ok],
  ["bad base64", ...mirrored({ region: "größe" }, { [`${P}region`]: "=?base64?Z3LDtsOfZQ?=" }), region],
  ["characters that a header cannot have", ...mirrored({ region: "größe" }, { [`${P}region`]: "größe" }), region],
  ["an argument that is absent", ...mirrored({}, {}), ok],
  ["an argument that is absent, but said", ...mirrored({}, { [`${P}region`]: "eu" }), region],
  ["an argument that is null", ...mirrored({ region: null }, {}), ok],
  ["an argument that is null, but said", ...mirrored({ region: null }, { [`${P}region`]: "null" }), region],
  ["no arguments at all", request("modern", 7, "tools/call", { name: "mirrored" }), good, ok],
  [
    "no arguments at all, but said",
    request("modern", 7, "tools/call", { name: "mirrored" }),
    { ...good, [`${P}dry`]: "true" },
    dry
  ],
  ["an integer", ...mirrored({ count: 42 }, { [`${P}count`]: "42" }), ok],
  ["42.0 is 42", ...mirrored({ count: 42 }, { [`${P}count`]: "42.0" }), ok],
  ["42.5 is not 42", ...mirrored({ count: 42 }, { [`${P}count`]: "42.5" }), count],
  ["4.2e1 is not how an integer is written", ...mirrored({ count: 42 }, { [`${P}count`]: "4.2e1" }), count],
  ["0x2a is no number", ...mirrored({ count: 42 }, { [`${P}count`]: "0x2a" }), count],
  ["an integer, negative", ...mirrored({ count: -1 }, { [`${P}count`]: "-1" }), ok],
  ["another integer", ...mirrored({ count: 42 }, { [`${P}count`]: "43" }), count],
  ["an integer, empty", ...mirrored({ count: 0 }, { [`${P}count`]: "" }), count],
  ["a large integer", ...mirrored({ count: 2 ** 53 - 1 }, { [`${P}count`]: "9007199254740991" }), ok],
  ["an integer beyond the largest", ...mirrored({ count: 2 ** 53 }, { [`${P}count`]: "9007199254740992" }), count],
  ["a boolean", ...mirrored({ dry: false }, { [`${P}dry`]: "false" }), ok],
  ["another boolean", ...mirrored({ dry: false }, { [`${P}dry`]: "true" }), dry],
  ["a boolean of another case", ...mirrored({ dry: true }, { [`${P}dry`]: "True" }), dry],
  ["inside", ...mirrored({ where: { deep: "x" } }, { [`${P}deep`]: "x" }), ok],
  ["inside, missing", ...mirrored({ where: { deep: "x" } }, {}), deep],
  ["inside, absent but said", ...mirrored({ where: {} }, { [`${P}deep`]: "x" }), deep],
  ["inside of what is no object", ...mirrored({ where: "deep" }, {}), ok],
  ["a list where a string is meant", ...mirrored({ region: ["eu"] }, { [`${P}region`]: "eu" }), region],
  [
    "arguments that are a list",
    request("modern", 7, "tools/call", { name: "mirrored", arguments: ["eu"] as never }),
    good,
    ok
  ],
  ["one that is not known", ...mirrored({}, { [`${P}other`]: "\u0001" }), ok],
  ["of another tool", call({ region: "eu" }, "plain"), { ...plain, [`${P}region`]: "us" }, ok],
  ["the first that is wrong is named", ...mirrored({ dry: true, count: 1 }, {}), count],
  [
    "wait for a revision that holds",
    call({ region: "eu" }, "mirrored", { "io.modelcontextprotocol/protocolVersion": "2099-01-01" }),
    { ...good, [V]: "2099-01-01" },
    "Modern 2099-01-01"
  ],
  [
    "wait for capabilities that hold",
    call({ region: "eu" }, "mirrored", { "io.modelcontextprotocol/clientCapabilities": 7 }),
    good,
    ok
  ]
])

// two mistakes: the earlier rung wins

const rungs = ["MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Param-Region"]
const pairs = rungs.flatMap((first, index) => rungs.slice(index + 1).map((second) => [first, second] as const))

describe("of two mistakes", () => {
  it.each(pairs)("%s comes before %s", (first, second) => {
    const message = call({ region: "eu" })
    const fine: Headers = { ...good, [`${P}region`]: "eu" }
    assert.strictEqual(verdictOf(message, fine), ok)
    for (const value of ["nothing of the kind", undefined]) {
      const one = { ...fine, [second.toLowerCase()]: value }
      assert.strictEqual(verdictOf(message, one), mismatch(second))
      assert.strictEqual(verdictOf(message, { ...one, [first.toLowerCase()]: value }), mismatch(first))
    }
  })
})

it("a value that is said in a refusal is cut short", () => {
  const verdict = judge(
    JsonRpc.fromJson(call({})),
    { ...good, "mcp-method": "x".repeat(100_000) },
    admission,
    McpTransport.anonymous
  )
  assert.strictEqual(verdict._tag, "Rejected")
  assert.isBelow(JSON.stringify(verdict).length, 1000)
})
