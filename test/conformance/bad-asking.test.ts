/**
 * Bad questions at a client, and what they get.
 *
 * A server asks for what nobody can show, in words that are none, or without an end; a user refuses, a host breaks. The call
 * for which it was asked fails with a typed error, in the legacy era the server gets a code, nothing of what broke leaves
 * the process, and the next call is answered.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { TestClock } from "effect/testing"
import { type McpClient, type McpError, McpHost } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { versions } from "../laws/support/app.ts"
import { settle } from "../laws/support/law.ts"
import { failureOf, fork } from "../laws/support/limits.ts"
import { until } from "../laws/support/scripted.ts"
import { asked, heard, type Hostile, hostile, type Options, result, rpc, type Script, text } from "./support/hostile.ts"

const form = {
  method: "elicitation/create",
  params: { mode: "form", message: "m", requestedSchema: { type: "object", properties: { a: { type: "string" } } } }
}
const page = {
  method: "elicitation/create",
  params: { mode: "url", message: "m", url: "https://a.b", elicitationId: "1" }
}
const sample = {
  method: "sampling/createMessage",
  params: { messages: [{ role: "user", content: { type: "text", text: "hi" } }], maxTokens: 5 }
}
const fieldOf = (field: unknown) => ({
  ...form,
  params: { ...form.params, requestedSchema: { type: "object", properties: { a: field } } }
})

const SECRET = "nobody's business"
/** Shows forms, and asks a model that the user may not want. */
const shows = McpHost.elicitation({
  form: ({ message }) => {
    if (message === "dies") return Effect.die(new Error(SECRET))
    return message === "refused" ? Effect.fail(McpHost.rejected("not today")) : Effect.succeed({ a: "x" })
  }
})
const samples = McpHost.sampling(() => Effect.fail(McpHost.rejected("not today")))
const host = Layer.merge(shows, samples)
const pages = McpHost.elicitation({ url: () => Effect.succeed("accept" as const) })

type Hosts = Layer.Layer<McpHost.ElicitationHost | McpHost.SamplingHost> | Layer.Layer<McpHost.ElicitationHost>

const connected = (version: string, script: Script, hosts: Hosts = host, options: Options = {}) =>
  Effect.provide(hostile(version, script, options), hosts)

/** Answers the call of "bad" with each of these in turn, and with the last again and again. */
const answering = (results: ReadonlyArray<object>): Script => {
  let told = 0
  return (message) => {
    if (message.method !== "tools/call") return undefined
    if (message.params["name"] !== "bad") return [text(message, "fine")]
    return [result(message, results[Math.min(told++, results.length - 1)]!)]
  }
}

const next = (client: McpClient.Service) =>
  Effect.map(client.callTool("good"), (result) => assert.include(JSON.stringify(result), "fine"))

/** What the call of "bad" fails with; it takes so many seconds. Another is answered afterwards. */
const failing = ({ client }: Hostile, seconds = 0) =>
  Effect.gen(function* () {
    const call = yield* fork(client.callTool("bad"))
    for (let second = 0; second < seconds; second++) {
      yield* settle
      yield* TestClock.adjust("1 second")
    }
    assert.isTrue(yield* until(() => call.pollUnsafe() !== undefined), "the call is left waiting")
    yield* next(client)
    return failureOf(call) as McpError.McpError["reason"]
  })

const asks = (inputRequests: unknown, more: object = { requestState: "s" }) => ({
  resultType: "input_required",
  inputRequests,
  ...more
})

interface Row {
  readonly what: string
  readonly result: object
  readonly fails: McpError.McpError["reason"]["_tag"]
  readonly names?: string
  readonly hosts?: Hosts
}

const rows: ReadonlyArray<Row> = [
  { what: "questions that are null", result: asks(null), fails: "Undecodable" },
  { what: "questions that are a list", result: asks([form]), fails: "Undecodable" },
  { what: "a question that is null", result: asks({ k: null }), fails: "Undecodable" },
  { what: "a question without a method", result: asks({ k: {} }), fails: "Undecodable" },
  {
    what: "a question of an unknown method",
    result: asks({ k: { method: "no/such", params: {} } }),
    fails: "Undecodable"
  },
  { what: "a question that is a request", result: asks({ k: { method: "tools/list" } }), fails: "Undecodable" },
  { what: "a form without a schema", result: asks({ k: { ...form, params: { message: "m" } } }), fails: "Undecodable" },
  { what: "a form that nests", result: asks({ k: fieldOf({ type: "object", properties: {} }) }), fails: "Undecodable" },
  { what: "a form with a list of lists", result: asks({ k: fieldOf({ type: "array" }) }), fails: "Undecodable" },
  {
    what: "a page without an address",
    result: asks({ k: { ...page, params: { mode: "url", message: "m" } } }),
    fails: "Undecodable"
  },
  { what: "a state that is a number", result: asks({ k: form }, { requestState: 5 }), fails: "Undecodable" },
  { what: "a state that is null", result: asks({ k: form }, { requestState: null }), fails: "Undecodable" },
  { what: "input, and none", result: asks({}, {}), fails: "Undecodable" },
  { what: "input, and nothing at all", result: { resultType: "input_required" }, fails: "Undecodable" },
  { what: "a page of a client that shows forms", result: asks({ k: page }), fails: "Unsupported", names: "k" },
  {
    what: "a form of a client that opens pages",
    result: asks({ k: form }),
    fails: "Unsupported",
    names: "k",
    hosts: pages
  },
  {
    what: "a model of a client that has none",
    result: asks({ k: sample }),
    fails: "Unsupported",
    names: "sampling",
    hosts: shows
  },
  {
    what: "roots of a client that has none",
    result: asks({ k: { method: "roots/list" } }),
    fails: "Unsupported",
    names: "roots"
  },
  {
    what: "a form that the user refuses",
    result: asks({ k: { ...form, params: { ...form.params, message: "refused" } } }),
    fails: "Remote",
    names: "not today"
  },
  { what: "a model that the user refuses", result: asks({ k: sample }), fails: "Remote", names: "not today" },
  {
    what: "one that can be shown, and one that cannot",
    result: asks({ a: form, k: page }),
    fails: "Unsupported",
    names: "k"
  }
]

describe("bad questions since 2026-07-28", () => {
  for (const { fails, hosts, names = "", result, what } of rows) {
    it.effect(`${what}: ${fails}`, () =>
      Effect.gen(function* () {
        const server = yield* connected(versions.modern, answering([result]), hosts)
        const reason = yield* failing(server)
        assert.strictEqual(reason._tag, fails, reason.message)
        assert.include(reason.message, names)
        assert.lengthOf(asked(server.peer, "tools/call"), 2, "it has not tried again")
      })
    )
  }

  it.effect("the same question without an end", () =>
    Effect.gen(function* () {
      const server = yield* connected(versions.modern, answering([asks({ k: form })]), host, { limits: { rounds: 4 } })
      const reason = yield* failing(server)
      assert.strictEqual(reason._tag, "Unsupported")
      assert.include(reason.message, "McpLimits.rounds")
      assert.lengthOf(asked(server.peer, "tools/call"), 1 + 4 + 1)
    })
  )

  it.effect("a state without a question, without an end: it is left alone for a second each time", () =>
    Effect.gen(function* () {
      const script = answering([{ resultType: "input_required", requestState: "wait" }])
      const server = yield* connected(versions.modern, script, host, { limits: { rounds: 4 } })
      const reason = yield* failing(server, 4)
      assert.strictEqual(reason._tag, "Unsupported")
      assert.include(reason.message, "McpLimits.rounds")
      const tries = asked(server.peer, "tools/call").slice(1, -1)
      assert.lengthOf(tries, 4)
      for (const { params } of tries) {
        assert.include(params as object, { requestState: "wait" })
        assert.notProperty(params, "inputResponses")
      }
    })
  )

  it.effect("a host that breaks is the client's own defect, and the conversation goes on", () =>
    Effect.gen(function* () {
      const dies = { ...form, params: { ...form.params, message: "dies" } }
      const server = yield* connected(versions.modern, answering([asks({ k: dies })]))
      const call = yield* fork(server.client.callTool("bad"))
      assert.isTrue(yield* until(() => call.pollUnsafe() !== undefined), "the call is left waiting")
      assert.notInclude(JSON.stringify(heard(server.peer)), SECRET)
      yield* next(server.client)
    })
  )

  it.effect("a state goes back as it came, whatever it is, and not where there was none", () =>
    Effect.gen(function* () {
      const states = ["", " ", 'a"\\\u0001\u2028🙂', "x".repeat(100_000)]
      const results = [...states.map((requestState) => asks({ k: form }, { requestState })), asks({ k: form }, {})]
      const server = yield* connected(versions.modern, answering([...results, { content: [], resultType: "complete" }]))
      yield* server.client.callTool("bad")
      const sent = asked(server.peer, "tools/call").map(({ params }) => (params as McpTest.Json)["requestState"])
      assert.deepStrictEqual(sent, [undefined, ...states, undefined])
      const ids = asked(server.peer, "tools/call").map(({ id }) => id)
      assert.strictEqual(new Set(ids).size, ids.length, "each try has an id of its own")
    })
  )
})

/** What a legacy server asks, and the code that it gets. */
const legacyRows: ReadonlyArray<{
  readonly what: string
  readonly asks: object
  readonly code: number
  readonly hosts?: Hosts
}> = [
  { what: "a page of a client that shows forms", asks: page, code: -32602 },
  { what: "a form of a client that opens pages", asks: form, code: -32602, hosts: pages },
  { what: "a model of a client that has none", asks: sample, code: -32601, hosts: shows },
  { what: "roots of a client that has none", asks: { method: "roots/list" }, code: -32601 },
  { what: "an unknown method", asks: { method: "no/such" }, code: -32601 },
  { what: "a form without a schema", asks: { ...form, params: { message: "m" } }, code: -32602 },
  { what: "a form that nests", asks: fieldOf({ type: "object", properties: {} }), code: -32602 },
  { what: "a form without parameters", asks: { method: "elicitation/create" }, code: -32602 },
  { what: "a model without messages", asks: { ...sample, params: {} }, code: -32602 },
  { what: "a form that the user refuses", asks: { ...form, params: { ...form.params, message: "refused" } }, code: -1 },
  { what: "a model that the user refuses", asks: sample, code: -1 },
  { what: "a host that breaks", asks: { ...form, params: { ...form.params, message: "dies" } }, code: -32603 }
]

describe("bad questions before 2026-07-28", () => {
  for (const { asks, code, hosts, what } of legacyRows) {
    it.effect(`${what}: ${code}`, () =>
      Effect.gen(function* () {
        const server = yield* connected(versions.legacy, answering([]), hosts)
        yield* server.peer.send(rpc({ id: "asked", ...asks }))
        const answer = () => heard(server.peer).find(({ id }) => id === "asked")
        assert.isTrue(yield* until(() => answer() !== undefined), "the server is left waiting")
        assert.deepNestedInclude(answer()!, { "error.code": code }, JSON.stringify(answer()))
        assert.notInclude(JSON.stringify(answer()), SECRET)
        yield* next(server.client)
      })
    )
  }
})
