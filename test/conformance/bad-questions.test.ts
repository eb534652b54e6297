/**
 * Bad answers at a server, and what they get; bad questions at a client are in `bad-asking.test.ts`.
 *
 * A row says what comes and what becomes of it. A bad answer fails the question that it answers, by a typed error of the
 * handler, or the whole request where it is no answer at all; what is missing is asked again, what was never asked is not
 * looked at. No handler is left waiting, and the next one is answered. What may be wrong with a state is in
 * `test/laws/15-states.test.ts`.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { Ask, McpError, McpPrompt, McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { request } from "../laws/support/app.ts"
import { accept, askable, asks, caller, type Caller, introduced, replied, waitFor } from "../laws/support/chains.ts"
import { fibersLeft } from "../laws/support/law.ts"

const Form = Ask.form({ message: "How many?", schema: Schema.Struct({ n: Schema.Int }) })

/** A tool, a prompt and a resource that ask the same, and note what became of it. */
const curious = (seen: Array<string>) => {
  const asking = Effect.gen(function* () {
    const { ask } = yield* McpRequest
    const { key } = yield* ask({ key: Form })
    return `${key.n}`
  }).pipe(Effect.onExit((exit) => Effect.sync(() => seen.push(outcomeOf(exit)))))
  return Layer.mergeAll(
    McpTool.make("memo:curious").toLayer(() => asking),
    McpPrompt.make("memo:curious").toLayer(() => asking),
    McpResource.make("memo:curious", { name: "curious" }).toLayer(asking)
  ).pipe(Layer.provide(McpServer.layer({ name: "curious", version: "1.0.0" })))
}

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return "answered"
  const reason = exit.cause.reasons[0]!
  if (reason._tag !== "Fail") return reason._tag
  const { error } = reason
  if (error instanceof McpError.McpError) return error.reason._tag
  return (error as { readonly _tag: string })._tag
}

const methods = ["tools/call", "prompts/get", "resources/read"] as const
type Method = (typeof methods)[number]
const target = { name: "memo:curious", uri: "memo:curious" }
const paramsOf = (method: Method): McpTest.Json =>
  method === "resources/read" ? { uri: target.uri } : { name: target.name }

/** What comes of a bad answer. */
type Gets =
  /** The question is put again. */
  | "asked again"
  /** The handler ends with its answer. */
  | "answered"
  /** The question fails with this. */
  | "InvalidAnswer"
  | "ElicitDeclined"
  | "ElicitCancelled"
  | "Remote"
  /** The request is refused, and no handler runs. */
  | "refused"

interface Row {
  readonly what: string
  readonly answers: unknown
  readonly gets: Gets
}

const rows: ReadonlyArray<Row> = [
  { what: "nothing", answers: undefined, gets: "asked again" },
  { what: "no answers", answers: {}, gets: "asked again" },
  { what: "an answer to what was never asked", answers: { other: accept({ n: 1 }) }, gets: "asked again" },
  { what: "an answer to `__proto__`", answers: JSON.parse('{"__proto__":{"action":"accept"}}'), gets: "asked again" },
  { what: "an answer beside one to another", answers: { other: accept({}), key: accept({ n: 1 }) }, gets: "answered" },
  { what: "a member more", answers: { key: accept({ n: 1, more: true }) }, gets: "answered" },
  { what: "another type", answers: { key: accept({ n: "1" }) }, gets: "InvalidAnswer" },
  { what: "a fraction", answers: { key: accept({ n: 1.5 }) }, gets: "InvalidAnswer" },
  { what: "null in a field", answers: { key: accept({ n: null }) }, gets: "InvalidAnswer" },
  { what: "an object in a field", answers: { key: accept({ n: { a: 1 } }) }, gets: "InvalidAnswer" },
  { what: "a field missing", answers: { key: accept({}) }, gets: "InvalidAnswer" },
  { what: "no content", answers: { key: { action: "accept" } }, gets: "InvalidAnswer" },
  { what: "content that is a list", answers: { key: { action: "accept", content: [] } }, gets: "InvalidAnswer" },
  { what: "a decline", answers: { key: { action: "decline" } }, gets: "ElicitDeclined" },
  {
    what: "a decline with content",
    answers: { key: { action: "decline", content: { n: 1 } } },
    gets: "ElicitDeclined"
  },
  { what: "a form put away", answers: { key: { action: "cancel" } }, gets: "ElicitCancelled" },
  { what: "an unknown action", answers: { key: { action: "perhaps" } }, gets: "InvalidAnswer" },
  { what: "an answer to another method", answers: { key: { roots: [] } }, gets: "InvalidAnswer" },
  { what: "null", answers: { key: null }, gets: "refused" },
  { what: "a text", answers: { key: "yes" }, gets: "refused" },
  { what: "answers that are null", answers: null, gets: "refused" },
  { what: "answers that are a list", answers: [accept({ n: 1 })], gets: "refused" },
  { what: "answers that are a text", answers: "key", gets: "refused" }
]

const errorOf = (reply: McpTest.Json) =>
  reply["error"] as { readonly code: number; readonly message: string } | undefined
const resultOf = (reply: McpTest.Json) => reply["result"] as { readonly isError?: boolean } | undefined

const codes = { InvalidAnswer: -32602, Remote: -32603, ElicitDeclined: -1, ElicitCancelled: -1 } as const

/** A question that has failed: for a tool an error result, which the model reads; otherwise an error. */
const assertFailed = (reply: McpTest.Json, method: Method, tag: keyof typeof codes) => {
  const shown = JSON.stringify(reply)
  if (method === "tools/call") assert.isTrue(resultOf(reply)?.isError, shown)
  else assert.strictEqual(errorOf(reply)?.code, codes[tag], shown)
  if (tag !== "Remote") assert.include(shown, "key", "it names the question")
}

const assertGets = (reply: McpTest.Json, method: Method, gets: Gets, handlers: ReadonlyArray<string>) => {
  switch (gets) {
    case "asked again":
      assert.deepStrictEqual(asks(reply)?.keys, ["key"], JSON.stringify(reply))
      return assert.deepStrictEqual(handlers, ["Interrupt"])
    case "answered":
      assert.include(JSON.stringify(resultOf(reply)), '"1"', JSON.stringify(reply))
      return assert.deepStrictEqual(handlers, ["answered"])
    case "refused":
      assert.strictEqual(errorOf(reply)?.code, -32602, JSON.stringify(reply))
      return assert.deepStrictEqual(handlers, [], "no handler has run")
    default:
      assertFailed(reply, method, gets)
      return assert.deepStrictEqual(handlers, [gets])
  }
}

describe("bad answers since 2026-07-28", () => {
  for (const method of methods) {
    const send = (peer: Caller, id: string, round: object) =>
      replied(peer, request("modern", id, method, { ...paramsOf(method), ...round }, askable))

    for (const { answers, gets, what } of rows) {
      it.effect(`${method}: ${what}: ${gets}`, () =>
        Effect.gen(function* () {
          const seen: Array<string> = []
          const left = yield* fibersLeft(
            Effect.gen(function* () {
              const peer = yield* caller(yield* McpTest.acceptor(curious(seen)))
              const { state } = asks(yield* send(peer, "asks", {}))!
              seen.length = 0
              const inputResponses = answers === undefined ? {} : { inputResponses: answers }
              assertGets(yield* send(peer, "bad", { requestState: state, ...inputResponses }), method, gets, [...seen])
              // another call is not the worse for it
              const again = asks(yield* send(peer, "again", {}))!
              const good = { requestState: again.state, inputResponses: { key: accept({ n: 1 }) } }
              assert.include(JSON.stringify(resultOf(yield* send(peer, "good", good))), '"1"')
            })
          )
          assert.strictEqual(left, 0)
        })
      )
    }

    for (const requestState of [null, 5, {}, ["x"]]) {
      it.effect(`${method}: a state that is ${JSON.stringify(requestState)} is refused`, () =>
        Effect.gen(function* () {
          const seen: Array<string> = []
          const peer = yield* caller(yield* McpTest.acceptor(curious(seen)))
          const reply = yield* send(peer, "bad", { requestState, inputResponses: { key: accept({ n: 1 }) } })
          assertGets(reply, method, "refused", seen)
        })
      )
    }
  }
})

/** What a legacy client answers to `elicitation/create`. */
const legacyRows: ReadonlyArray<{ readonly what: string; readonly says: object; readonly gets: Gets }> = [
  ...rows
    .filter(({ answers, what }) => what !== "an answer beside one to another" && Object.hasOwn(Object(answers), "key"))
    .map(({ answers, gets, what }) => ({
      what,
      says: { result: (answers as { readonly key: unknown }).key },
      gets: gets === "refused" ? ("InvalidAnswer" as const) : gets
    })),
  { what: "neither result nor error", says: {}, gets: "InvalidAnswer" },
  { what: "an error", says: { error: { code: -1, message: "The user does not want to" } }, gets: "Remote" },
  { what: "an error that is none", says: { error: "no" }, gets: "InvalidAnswer" }
]

describe("bad answers before 2026-07-28", () => {
  for (const { gets, says, what } of legacyRows) {
    it.effect(`${what}: ${gets}`, () =>
      Effect.gen(function* () {
        const seen: Array<string> = []
        const peer = yield* caller(yield* McpTest.acceptor(curious(seen)))
        yield* introduced(peer, "legacy")
        const ask = Effect.fnUntraced(function* (id: string, says: object) {
          const asked = () => peer.received.filter(({ method }) => method === "elicitation/create")
          const before = asked().length
          peer.send(request("legacy", id, "tools/call", { name: target.name }))
          assert.isTrue(yield* waitFor(() => asked().length > before), "it asks nothing")
          peer.send({ jsonrpc: "2.0", id: asked().at(-1)!["id"], ...says })
          assert.isTrue(yield* waitFor(() => peer.reply(id) !== undefined), "it is left waiting")
          return peer.reply(id)!
        })
        const reply = yield* ask("bad", says)
        if (gets === "answered") assert.include(JSON.stringify(resultOf(reply)), '"1"')
        else assert.isTrue(resultOf(reply)?.isError, JSON.stringify(reply))
        assert.notStrictEqual(seen[0], "Die", "the handler has a typed error")
        assert.include(JSON.stringify(resultOf(yield* ask("good", { result: accept({ n: 1 }) }))), '"1"')
      })
    )
  }
})
