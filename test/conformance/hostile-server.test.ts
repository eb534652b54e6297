/**
 * A client whose server is hostile: what it answers, each method of the client by itself.
 *
 * Whatever comes, the call that asked gets a typed error, nobody else notices, and the next call is answered. That a call
 * has ended is asserted, not waited for.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type McpClient, type McpError, McpMethod } from "mcp-effect"
import { CallTool } from "mcp-effect/methods/tools"
import type { McpTest } from "mcp-effect/testing"
import { eras, versions } from "../laws/support/app.ts"
import { fibersLeft, settle } from "../laws/support/law.ts"
import { failureOf, fork } from "../laws/support/limits.ts"
import { bounded, cancels } from "../laws/support/scripted.ts"
import {
  type Asked,
  asked,
  deep,
  heard,
  hostile,
  result,
  rpc,
  type Script,
  text,
  told,
  failed
} from "./support/hostile.ts"

/** What a client asks its user. */
const question = {
  method: "elicitation/create",
  params: { message: "Who are you?", requestedSchema: { type: "object", properties: {} } }
}

type Ask = (client: McpClient.Service) => Effect.Effect<unknown, McpError.McpError>

interface Row {
  readonly method: string
  readonly ask: Ask
  /** Results that are none. */
  readonly wrong: ReadonlyArray<unknown>
}

const Own = McpMethod.request("own/method", { params: Schema.Struct({}), result: Schema.Struct({ n: Schema.Int }) })

const argument = { name: "a", value: "" }
const rows: ReadonlyArray<Row> = [
  {
    method: "tools/call",
    ask: (client) => client.callTool("bad"),
    wrong: [{}, { content: 7 }, { content: [{ type: "text" }] }, { content: [{ type: "smell" }] }]
  },
  {
    method: "tools/list",
    ask: (client) => client.listTools(),
    wrong: [{}, { tools: 7 }, { tools: {} }, { tools: [], nextCursor: 7 }]
  },
  {
    method: "tools/list",
    ask: (client) => Stream.runCollect(client.tools()),
    wrong: [{}, { tools: null }, { tools: [], nextCursor: {} }]
  },
  {
    method: "prompts/list",
    ask: (client) => client.listPrompts(),
    wrong: [{}, { prompts: "many" }, { prompts: [], nextCursor: null }]
  },
  {
    method: "resources/list",
    ask: (client) => client.listResources(),
    wrong: [{}, { resources: false }, { resources: [], nextCursor: [] }]
  },
  {
    method: "resources/templates/list",
    ask: (client) => client.listResourceTemplates(),
    wrong: [{}, { templates: [] }, { resourceTemplates: 7 }]
  },
  {
    method: "resources/read",
    ask: (client) => client.readResource("x://y"),
    wrong: [{}, { contents: 7 }, { contents: [{}] }, { contents: [{ uri: "x://y", blob: 7 }] }]
  },
  {
    method: "prompts/get",
    ask: (client) => client.getPrompt("p"),
    wrong: [
      {},
      { messages: 7 },
      { messages: [{ role: "nobody", content: { type: "text", text: "t" } }] },
      { messages: [{ role: "user", content: { type: "smell" } }] }
    ]
  },
  {
    method: "completion/complete",
    ask: (client) => client.complete({ ref: { type: "ref/prompt", name: "p" }, argument }),
    wrong: [{}, { completion: 7 }, { completion: {} }, { completion: { values: [7] } }]
  },
  {
    method: "tools/call",
    ask: (client) => client.request(CallTool, { name: "bad" }),
    wrong: [{}, { content: "text" }]
  },
  {
    method: "own/method",
    ask: (client) => client.request(Own, {}),
    wrong: [{}, { n: "one" }]
  }
]

/** Answers one method as the row says, and the tool `good` well. */
const answering =
  (method: string, answers: (asked: Asked) => ReadonlyArray<McpTest.Json | string>): Script =>
  (one) => {
    if (one.method === "tools/call" && one.params["name"] === "good") return [text(one, "good")]
    return one.method === method ? answers(one) : undefined
  }

const isGood = (client: McpClient.Service) =>
  Effect.gen(function* () {
    const exit = yield* bounded("the next call", client.callTool("good"))
    assert.deepInclude((yield* exit).content[0], { text: "good" })
  })

/** What a call fails with, at once. */
const reasonOf = <A>(effect: Effect.Effect<A, McpError.McpError>): Effect.Effect<McpError.Reason> =>
  Effect.gen(function* () {
    const exit = yield* bounded("the call", effect)
    assert.isTrue(Exit.isFailure(exit), "it succeeds")
    return (yield* Effect.orDie(Effect.flip(exit))).reason
  })

describe.each(eras)("a server of the %s era", (era) => {
  const version = versions[era]

  describe.each(rows)("that answers $method", ({ ask, method, wrong }) => {
    it.effect.each([null, 7, "text", true, [], ...wrong].map((answer) => ({ answer })))(
      "with the result $answer: Undecodable",
      ({ answer }) =>
        Effect.gen(function* () {
          const { client } = yield* hostile(
            version,
            answering(method, ({ id }) => [rpc({ id, result: answer })])
          )
          const reason = yield* reasonOf(ask(client))
          assert.strictEqual(reason._tag, "Undecodable", reason.message)
          assert.include(reason.message, method === "tools/call" ? "tool" : method)
          yield* isGood(client)
        }).pipe(Effect.scoped)
    )

    if (method === "own/method") return

    it.effect.each([
      { what: "a question that nobody here answers", resultType: "input_required", gets: "Unsupported" },
      { what: "a resultType that nobody knows", resultType: "odd", gets: "Undecodable" },
      { what: "a resultType that is none", resultType: 7, gets: "Undecodable" }
    ])("with $what: $gets", ({ gets, resultType }) =>
      Effect.gen(function* () {
        const whole = {
          inputRequests: { q: question },
          requestState: "s",
          content: [],
          tools: [],
          prompts: [],
          resources: [],
          resourceTemplates: [],
          contents: [],
          messages: [],
          completion: { values: [] }
        }
        const { client } = yield* hostile(
          version,
          answering(method, (one) => [result(one, { ...whole, resultType })])
        )
        const reason = yield* reasonOf(ask(client))
        assert.strictEqual(reason._tag, gets, reason.message)
        yield* isGood(client)
      }).pipe(Effect.scoped)
    )

    it.effect("with something that is nested too deeply to be written again: Undecodable", () =>
      Effect.gen(function* () {
        const answers = ({ id }: Asked) => [
          `{"jsonrpc":"2.0","id":${id},"result":{"resultType":${deep()},"tools":${deep()},"content":${deep()}}}`
        ]
        const { client } = yield* hostile(version, answering(method, answers))
        const reason = yield* reasonOf(ask(client))
        assert.strictEqual(reason._tag, "Undecodable")
        assert.isBelow(reason.message.length, 10_000)
        yield* isGood(client)
      }).pipe(Effect.scoped)
    )

    it.effect("twice, with foreign ids and with its id as text: only the first that is one counts", () =>
      Effect.gen(function* () {
        const refused = (id: unknown, code: number) => rpc({ id, error: { code, message: "m" } })
        const answers = ({ id }: Asked) => [
          refused(String(id), 1),
          refused(id + 1, 2),
          refused(-1, 3),
          refused(null, 4),
          rpc({ error: { code: 5, message: "no id" } }),
          refused(id, 6),
          refused(id, 7),
          rpc({ id, result: {} })
        ]
        const { client } = yield* hostile(version, answering(method, answers))
        const reason = yield* reasonOf(ask(client))
        assert.deepInclude(reason, { _tag: "Remote", code: 6 })
        yield* isGood(client)
      }).pipe(Effect.scoped)
    )

    it.effect("with a megabyte of error: Remote, with all of it", () =>
      Effect.gen(function* () {
        const message = "e".repeat(1024 * 1024)
        const answers = ({ id }: Asked) => [rpc({ id, error: { code: 1, message, data: { message } } })]
        const { client } = yield* hostile(version, answering(method, answers))
        const reason = yield* reasonOf(ask(client))
        assert.deepInclude(reason, { _tag: "Remote", detail: message, data: { message } })
        yield* isGood(client)
      }).pipe(Effect.scoped)
    )

    it.effect("never: the idle limit ends it, and it is cancelled; what comes late is dropped", () =>
      Effect.gen(function* () {
        const { client, peer } = yield* hostile(
          version,
          answering(method, () => [])
        )
        const before = asked(peer, method).length
        const calling = yield* fork(ask(client))
        yield* settle
        yield* TestClock.adjust("59 seconds")
        assert.isUndefined(calling.pollUnsafe())
        yield* TestClock.adjust("1 second")
        assert.deepInclude(failed(calling), { _tag: "Timeout", limit: "idle", after: 60_000, method })
        const { id } = asked(peer, method)[before]!
        yield* settle
        assert.deepStrictEqual(cancels(peer), [id])
        yield* peer.send(rpc({ id, result: { content: [] } }))
        yield* isGood(client)
      }).pipe(Effect.scoped)
    )

    it.effect("never, but with progress again and again: the total limit ends it", () =>
      Effect.gen(function* () {
        const { client, peer } = yield* hostile(
          version,
          answering(method, () => [])
        )
        const calling = yield* fork(ask(client))
        yield* settle
        const { id } = asked(peer, method).at(-1)!
        for (let minute = 0.5; minute < 10; minute += 0.5) {
          yield* TestClock.adjust("30 seconds")
          yield* peer.send(told("notifications/progress", { progressToken: id, progress: minute }))
          yield* settle
          assert.isUndefined(calling.pollUnsafe())
        }
        yield* TestClock.adjust("30 seconds")
        assert.deepInclude(failed(calling), { _tag: "Timeout", limit: "total", after: 600_000, method })
        yield* isGood(client)
      }).pipe(Effect.scoped)
    )

    it.effect("not, and the connection ends: Closed, and every later call too", () =>
      Effect.gen(function* () {
        const { client, peer } = yield* hostile(
          version,
          answering(method, () => [])
        )
        const calling = yield* fork(ask(client))
        yield* settle
        yield* peer.end
        yield* bounded("the call", Fiber.await(calling))
        assert.strictEqual(failureOf(calling)._tag, "Closed")
        assert.strictEqual((yield* reasonOf(ask(client)))._tag, "Closed")
      }).pipe(Effect.scoped)
    )
  })

  it.effect("nothing is left of any of it", () =>
    Effect.gen(function* () {
      const every = Effect.forEach(rows, ({ ask, method }) =>
        Effect.gen(function* () {
          const { client } = yield* hostile(
            version,
            answering(method, () => [])
          )
          yield* fork(Effect.ignore(ask(client)))
          yield* settle
          yield* TestClock.adjust("10 minutes")
          yield* isGood(client)
        }).pipe(Effect.scoped)
      )
      assert.strictEqual(yield* fibersLeft(every), 0)
    })
  )

  it.effect("a request that nobody declared: refused in a legacy revision, never answered in a modern one", () =>
    Effect.gen(function* () {
      const { client, peer } = yield* hostile(version, (one) =>
        one.method === "tools/call" ? [text(one, "good")] : undefined
      )
      const methods = ["sampling/createMessage", "elicitation/create", "roots/list", "no/such"]
      for (const [id, method] of methods.entries()) yield* peer.send(rpc({ id: `s${id}`, method, params: {} }))
      yield* isGood(client)
      yield* settle
      const replies = heard(peer).filter((message) => message["method"] === undefined)
      const codes = replies.map(({ error, id }) => [id, (error as { readonly code: number }).code])
      assert.deepStrictEqual(codes, era === "modern" ? [] : methods.map((_, id) => [`s${id}`, -32601]))
    }).pipe(Effect.scoped)
  )
})
