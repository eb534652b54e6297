/**
 * The grammar of names, and the formats of trace context.
 *
 * A sentence about a bad name has to name the place and what is allowed there.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Effect, Schema } from "effect"
import * as McpName from "../../src/protocol/McpName.ts"
import { property } from "../laws/support/law.ts"

const long = (unit: string): string => unit.repeat(1_000_000 / unit.length)

describe("a key of _meta", () => {
  it.each([
    "a",
    "A1",
    "1",
    "progressToken",
    "a-b_c.d",
    "a--b",
    "traceparent",
    "com.example/",
    "com.example/a",
    "com.example/A.b-c_d9",
    "x/y",
    "a1.b-2/c",
    "a-b/c",
    "mcp-effect/failure",
    "io.modelcontextprotocol/related-task",
    ""
  ])("%j is one", (key) => {
    assert.isUndefined(McpName.metaKeyProblem(key))
  })

  it.each<[string, string, string]>([
    ["_a", "position 0", "begin and end with a letter or a digit"],
    ["a_", "position 0", "begin and end with a letter or a digit"],
    ["-", "position 0", "begin and end"],
    ["a b", '" " at position 1', '"-", "_" and "." are allowed'],
    ["é", '"é" at position 0', "letters"],
    ["a😀", '"😀" at position 1', "letters"],
    ["a\n", '"\\n" at position 1', "letters"],
    ["__proto__", "position 0", "begin and end"],
    ["/a", "position 0", "empty label"],
    [".a/b", "position 0", "empty label"],
    ["a..b/c", "position 2", "empty label"],
    ["a./b", "position 2", "empty label"],
    ["1a/b", "position 0", "begin with a letter"],
    ["com.1a/b", "position 4", "begin with a letter"],
    ["-a/b", "position 0", "begin with a letter"],
    ["com.a-/b", "position 4", "end with a letter or a digit"],
    ["com.a_b/c", '"_" at position 5', 'labels are letters, digits and "-"'],
    ["cöm/c", '"ö" at position 1', "labels"],
    ["a/b/c", '"/" at position 3', 'behind the "/"'],
    ["a/.b", "position 2", "begin and end"],
    ["a/b.", "position 2", "begin and end"],
    ["a/ ", '" " at position 2', 'behind the "/"']
  ])("%j is none", (key, place, allowed) => {
    const problem = McpName.metaKeyProblem(key)
    assert.isDefined(problem)
    assert.isTrue(problem.startsWith(`The key ${JSON.stringify(key)} `), problem)
    assert.isTrue(problem.endsWith("."), problem)
    assert.include(problem, place)
    assert.include(problem, allowed)
  })

  it.each<[string, string]>([
    ["letters", long("a")],
    ["labels", `${long("a.")}/`],
    ["dashes", `a${long("-")}/b`],
    ["slashes", long("/")],
    ["dots", long(".")]
  ])("a long one is read: %s", (_, key) => {
    assert.isBelow(McpName.metaKeyProblem(key)?.length ?? 0, 400)
    assert.isFalse(McpName.isReservedMetaKey(key))
    assert.isDefined(McpName.toolNameProblem(key))
  })
})

describe("what the specification keeps to itself", () => {
  it.each([
    ["io.modelcontextprotocol/x", true],
    ["dev.mcp/", true],
    ["org.modelcontextprotocol.api/x", true],
    ["com.mcp.tools/x", true],
    ["io.modelcontextprotocol/not a name", true],
    ["progressToken", true],
    ["traceparent", true],
    ["tracestate", true],
    ["baggage", true],
    ["com.example.mcp/x", false],
    ["mcp/x", false],
    ["mcp.dev/x", false],
    ["modelcontextprotocol.io/x", false],
    ["io.modelcontextprotocol", false],
    ["io.modelcontextprotocols/x", false],
    ["io.MCP/x", false],
    ["x/io.mcp/x", false],
    ["mcp-effect/failure", false],
    ["Baggage", false],
    ["constructor", false],
    ["", false]
  ])("%j: %s", (key, isReserved) => {
    assert.strictEqual(McpName.isReservedMetaKey(key), isReserved)
  })
})

describe("the id of an extension", () => {
  it.each(["io.modelcontextprotocol/ui", "com.example/my-extension", "x/y", "com.example/"])("%j is one", (id) => {
    assert.isUndefined(McpName.extensionIdProblem(id))
  })

  it.each<[string, string]>([
    ["ui", "has no prefix"],
    ["", "has no prefix"],
    ["/ui", "empty label"],
    ["com.example/my extension", '" " at position 14'],
    ["1com/x", "does not begin with a letter"]
  ])("%j is none", (id, detail) => {
    const problem = McpName.extensionIdProblem(id)
    assert.isDefined(problem)
    assert.isTrue(problem.startsWith(`The id ${JSON.stringify(id)} of an extension `), problem)
    assert.include(problem, detail)
  })
})

describe("the name of a tool", () => {
  it.each(["getUser", "DATA_EXPORT_v2", "admin.tools.list", "a", ".", "-_-", "a".repeat(128)])("%j is one", (name) => {
    assert.isUndefined(McpName.toolNameProblem(name))
  })

  it.each<[string, string]>([
    ["", "is empty"],
    ["a b", '" " at position 1'],
    ["a,b", '"," at position 1'],
    ["a/b", '"/" at position 1'],
    ["grüß", '"ü" at position 2'],
    ["a\n", '"\\n" at position 1'],
    ["a".repeat(129), "129 characters; at most 128"]
  ])("%j is none", (name, detail) => {
    assert.include(McpName.toolNameProblem(name), detail)
  })
})

const trace = "4bf92f3577b34da6a3ce929d0e0e4736"
const parent = "00f067aa0ba902b7"

describe("trace context", () => {
  it.each<[unknown, boolean]>([
    [`00-${trace}-${parent}-01`, true],
    [`00-${trace}-${parent}-ff`, true],
    [`cc-${trace}-${parent}-01`, true],
    [`cc-${trace}-${parent}-01-what comes later`, true],
    [`cc-${trace}-${parent}-01.what`, false],
    [`00-${trace}-${parent}-01-more`, false],
    [`ff-${trace}-${parent}-01`, false],
    [`00-${trace.toUpperCase()}-${parent}-01`, false],
    [`00-${"0".repeat(32)}-${parent}-01`, false],
    [`00-${trace}-${"0".repeat(16)}-01`, false],
    [`00-${trace}-${parent}`, false],
    [`00-${trace}-${parent}-1`, false],
    [` 00-${trace}-${parent}-01`, false],
    [`00-${trace}-${parent}-01\n`, false],
    ["", false],
    [7, false],
    [undefined, false]
  ])("traceparent %j: %s", (value, expected) => {
    assert.strictEqual(McpName.isTraceparent(value), expected)
  })

  it.each<[unknown, boolean]>([
    ["rojo=00f067aa0ba902b7", true],
    ["rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", true],
    ["rojo=1 , \tcongo=2\t", true],
    ["fw529a3039@dt=FfffffeaSomething", true],
    ["0a*/_-@=!~", true],
    ["a= b", true],
    ["a=1,a=2", true],
    ["", true],
    [" , ,a=1", true],
    [Array.from({ length: 32 }, (_, n) => `k${n}=v`).join(","), true],
    [Array.from({ length: 33 }, (_, n) => `k${n}=v`).join(","), false],
    [`${"k".repeat(256)}=${"v".repeat(256)}`, true],
    [`${"k".repeat(257)}=v`, false],
    [`k=${"v".repeat(257)}`, false],
    ["A=1", false],
    ["_a=1", false],
    ["a", false],
    ["a=", false],
    ["=1", false],
    ["a =1", false],
    ["a=b=c", false],
    ["a=é", false],
    ["a=1\n", false],
    [[], false]
  ])("tracestate %j: %s", (value, expected) => {
    assert.strictEqual(McpName.isTracestate(value), expected)
  })

  it.each<[unknown, boolean]>([
    ["userId=alice,serverNode=DF%2028,isProduction=false", true],
    ["key1=value1;property1;property2, key2 = value2, key3=value3; propertyKey=propertyValue", true],
    ["a \t = \t b \t ; \t c \t = \t d \t , \t e=f", true],
    ["a=", true],
    ["a=b=c;d==", true],
    [Array.from({ length: 180 }, () => "k=v").join(","), true],
    [Array.from({ length: 181 }, () => "k=v").join(","), false],
    ["", false],
    ["a", false],
    ["a;b=c", false],
    ["a=b,", false],
    ["a=b;", false],
    ["=b", false],
    ["a b=c", false],
    ['a="b"', false],
    ["a=b c", false],
    ["a=b\\c", false],
    ["a=é", false],
    ["a=b\n", false],
    [null, false]
  ])("baggage %j: %s", (value, expected) => {
    assert.strictEqual(McpName.isBaggage(value), expected)
  })

  it.each([long("a"), long("a=1,"), long(" "), long("a= "), long(";"), long("="), `a=${long(" ")}b`, long(" \t,")])(
    "a long value is read",
    (value) => {
      assert.isFalse(McpName.isTraceparent(value))
      McpName.isTracestate(value)
      McpName.isBaggage(value)
    }
  )
})

const pieces = ["a", "B", "7", "-", "_", ".", "/", "com", "mcp", " ", "é"] as const
const Key = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Literals([...pieces, "a", "a", "a", ".", "/"])), { maxLength: 7 }),
  (parts) => parts.join("")
)

/** The grammar as the specification has it, as one pattern. */
const GRAMMAR =
  /^(?:([a-z](?:[a-z0-9-]*[a-z0-9])?)(?:\.([a-z](?:[a-z0-9-]*[a-z0-9])?))*\/)?(?:[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?)?$/i

property(
  "the sentences agree with the grammar",
  { key: Key, any: Schema.String },
  { key: ["good", "bad"], prefix: ["some", "none"] },
  ({ any, key }, seen) =>
    Effect.sync(() => {
      seen("key", GRAMMAR.test(key) ? "good" : "bad")
      seen("prefix", key.includes("/") ? "some" : "none")
      for (const text of [key, any]) {
        assert.strictEqual(McpName.metaKeyProblem(text) === undefined, GRAMMAR.test(text), text)
        assert.strictEqual(
          McpName.extensionIdProblem(text) === undefined,
          GRAMMAR.test(text) && text.includes("/"),
          text
        )
        assert.strictEqual(McpName.toolNameProblem(text) === undefined, /^[\w.-]{1,128}$/.test(text), text)
        const second = /^[^/]*\//.test(text) ? text.slice(0, text.indexOf("/")).split(".")[1] : undefined
        assert.strictEqual(McpName.isReservedMetaKey(text), second === "mcp", text)
      }
    })
)
