/**
 * What is a message and what is not: decoding, encoding, ids.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { JsonRpc } from "mcp-effect"
import { property } from "../laws/support/law.ts"

const decode = (value: unknown) => JsonRpc.decode(JSON.stringify(value))
const rpc = (members: object) => ({ jsonrpc: "2.0", ...members })

describe("decode", () => {
  it.each<[string, object, JsonRpc.Message]>([
    ["a request", { id: 1, method: "a" }, { _tag: "Request", id: 1, method: "a", params: undefined }],
    ["with params", { id: "x", method: "a", params: { b: 1 } }, request("x", { b: 1 })],
    ["with a list of params", { id: 1, method: "a", params: [1] }, request(1, [1])],
    ["with the empty id", { id: "", method: "a" }, request("", undefined)],
    ["with the id 0", { id: 0, method: "a" }, request(0, undefined)],
    ["a notification", { method: "a" }, { _tag: "Notification", method: "a", params: undefined }],
    ["a success", { id: 1, result: { a: 1 } }, { _tag: "Success", id: 1, result: { a: 1 } }],
    ["a success of null", { id: 1, result: null }, { _tag: "Success", id: 1, result: null }],
    ["a failure", { id: 1, error: { code: 1, message: "m" } }, failure(1)],
    ["a failure with data", { id: 1, error: { code: 1, message: "m", data: 0 } }, failure(1, 0)],
    ["a failure without id", { error: { code: 1, message: "m" } }, failure(undefined)],
    ["a failure with the id null", { id: null, error: { code: 1, message: "m" } }, failure(undefined)]
  ])("%s", (_, members, expected) => {
    assert.deepStrictEqual<unknown>(decode(rpc(members)), expected)
  })

  it("does not mind members it does not know", () => {
    assert.strictEqual(decode({ ...rpc({ id: 1, method: "a" }), extra: true })._tag, "Request")
  })

  it("takes no member from a prototype", () => {
    const message = JsonRpc.decode('{"__proto__":{"jsonrpc":"2.0","id":1,"method":"a"}}')
    assert.strictEqual(message._tag, "Malformed")
  })

  it.each<[string, string]>([
    ["nothing", ""],
    ["a word", "hello"],
    ["half an object", '{"jsonrpc":"2.0"'],
    ["two objects", "{}{}"],
    ["a trailing comma", '{"jsonrpc":"2.0","id":1,"method":"a",}'],
    ["NaN", "NaN"],
    ["a byte order mark", '\uFEFF{"jsonrpc":"2.0","id":1,"method":"a"}']
  ])("%s is not JSON", (_, text) => {
    assert.deepInclude(JsonRpc.decode(text), { _tag: "Malformed", fault: "Parse", id: undefined })
  })

  it.each<[string, unknown, JsonRpc.Id | undefined, JsonRpc.Malformed["kind"]]>([
    ["null", null, undefined, "unknown"],
    ["a string", "a", undefined, "unknown"],
    ["a batch", [rpc({ id: 1, method: "a" })], undefined, "unknown"],
    ["an empty batch", [], undefined, "unknown"],
    ["an empty object", {}, undefined, "unknown"],
    ["no jsonrpc", { id: 1, method: "a" }, 1, "request"],
    ["jsonrpc 1.0", { jsonrpc: "1.0", id: "x", method: "a" }, "x", "request"],
    ["jsonrpc as a number", { jsonrpc: 2, id: 1, method: "a" }, 1, "request"],
    ["no method and no answer", rpc({}), undefined, "unknown"],
    ["an id and nothing else", rpc({ id: 1 }), 1, "unknown"],
    ["an id and null for an error", rpc({ id: 1, error: null }), 1, "response"],
    ["a method that is no string", rpc({ id: 1, method: 7 }), 1, "request"],
    ["params that are a string", rpc({ id: 1, method: "a", params: "p" }), 1, "request"],
    ["params that are null", rpc({ id: 1, method: "a", params: null }), 1, "request"],
    ["the id null", rpc({ id: null, method: "a" }), undefined, "unknown"],
    ["a fractional id", rpc({ id: 1.5, method: "a" }), undefined, "unknown"],
    ["a boolean id", rpc({ id: true, method: "a" }), undefined, "unknown"],
    ["an object as id", rpc({ id: {}, method: "a" }), undefined, "unknown"],
    ["a list as id", rpc({ id: [1], method: "a" }), undefined, "unknown"],
    ["result and error", rpc({ id: 1, result: {}, error: { code: 1, message: "m" } }), 1, "response"],
    ["a result without id", rpc({ result: {} }), undefined, "response"],
    ["an error that is a string", rpc({ id: 1, error: "e" }), 1, "response"],
    ["an error without code", rpc({ id: 1, error: { message: "m" } }), 1, "response"],
    ["an error without message", rpc({ id: 1, error: { code: 1 } }), 1, "response"],
    ["a response without jsonrpc", { id: 1, result: {} }, 1, "response"]
  ])("%s is no message", (_, value, id, kind) => {
    assert.deepInclude(decode(value), { _tag: "Malformed", fault: "Envelope", id, kind })
  })

  it.each(["-0", "-0.0", "9007199254740992", "-9007199254740992", "1e400", "1e16", "0.1", "9007199254740993"])(
    "the id %s cannot be given back, so it is not read",
    (id) => {
      const message = JsonRpc.decode(`{"jsonrpc":"2.0","id":${id},"method":"a"}`)
      assert.deepInclude(message, { _tag: "Malformed", fault: "Envelope", id: undefined })
    }
  )
})

const request = (id: JsonRpc.Id, params: unknown): JsonRpc.Message => ({ _tag: "Request", id, method: "a", params })
const failure = (id: JsonRpc.Id | undefined, data?: unknown): JsonRpc.Message => ({
  _tag: "Failure",
  id,
  error: data === undefined ? { code: 1, message: "m" } : { code: 1, message: "m", data }
})

const Id = Schema.Union([Schema.String, Schema.Int])
const Json = Schema.Record(Schema.String, Schema.Union([Schema.String, Schema.Finite, Schema.Boolean, Schema.Null]))
/** What JSON keeps of a value: it has no -0. */
const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

property(
  "what is encoded is decoded as the same message",
  {
    kind: Schema.Literals(["request", "notification", "success", "failure"]),
    id: Id,
    method: Schema.String,
    payload: Schema.UndefinedOr(Json),
    withId: Schema.Boolean
  },
  {
    kind: ["request", "notification", "success", "failure"],
    id: ["string", "number"],
    payload: ["some", "none"],
    withId: ["yes", "no"]
  },
  ({ id: given, kind, method, payload, withId }, seen) =>
    Effect.sync(() => {
      const id = Object.is(given, -0) ? 0 : given
      seen("kind", kind)
      seen("id", typeof id === "string" ? "string" : "number")
      seen("payload", payload === undefined ? "none" : "some")
      seen("withId", withId ? "yes" : "no")
      const params = payload === undefined ? undefined : asJson(payload)
      const text = params === undefined ? undefined : JsonRpc.encodeJson(params)
      const error = { code: -32600, message: method, ...(params === undefined ? undefined : { data: params }) }
      const [encoded, expected] = ((): readonly [string, JsonRpc.Message] => {
        switch (kind) {
          case "request":
            return [JsonRpc.encodeRequest(id, method, text), { _tag: "Request", id, method, params }]
          case "notification":
            return [JsonRpc.encodeNotification(method, text), { _tag: "Notification", method, params }]
          case "success":
            return [JsonRpc.encodeSuccess(id, text ?? "{}"), { _tag: "Success", id, result: params ?? {} }]
          case "failure": {
            const said = withId ? id : undefined
            return [JsonRpc.encodeFailure(said, error), { _tag: "Failure", id: said, error }]
          }
        }
      })()
      assert.deepStrictEqual<unknown>(JsonRpc.decode(encoded), expected)
      assert.notInclude(encoded, "\n")
    })
)

property(
  "decode never throws, and reads a request only where there is one",
  { value: Schema.toEncoded(Schema.Json), text: Schema.String, asText: Schema.Boolean },
  { input: ["text", "JSON"] },
  ({ asText, text, value }, seen) =>
    Effect.sync(() => {
      seen("input", asText ? "text" : "JSON")
      const message = JsonRpc.decode(asText ? text : JSON.stringify(value))
      assert.strictEqual(message._tag, "Malformed")
    })
)

describe("encode", () => {
  it("an error whose id is withheld has no id, not null", () => {
    const text = JsonRpc.encodeFailure(undefined, { code: 1, message: "m" })
    assert.deepStrictEqual(JSON.parse(text), { jsonrpc: "2.0", error: { code: 1, message: "m" } })
  })

  it("ready text is written as it stands", () => {
    assert.strictEqual(JsonRpc.encodeJson(new JsonRpc.Raw('{ "a":1}')), '{ "a":1}')
  })

  it.each<[JsonRpc.Id, string]>([
    ["1", '"1"'],
    [1, "1"],
    ["", '""'],
    [0, "0"],
    [-1, "-1"],
    [Number.MAX_SAFE_INTEGER, "9007199254740991"],
    [Number.MIN_SAFE_INTEGER, "-9007199254740991"],
    ['"\\\n', '"\\"\\\\\\n"']
  ])("the id %j", (id, text) => {
    assert.strictEqual(JsonRpc.encodeId(id), text)
  })
})
