/**
 * The bounds of asking back, each reached: how long a state may be, how many are remembered, how old one may get, and how
 * often a client answers. A row for each field of `McpLimits`, for the table of law 11.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpHost, McpRequest, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { versions } from "./app.ts"
import { accept, asks, caller, type Caller, calling, refusalOf, replied, textOf } from "./chains.ts"
import { failureOf, fork, type Limits, within } from "./limits.ts"
import { until } from "./scripted.ts"
import { pad } from "./peers.ts"
import type { Row } from "./serverBounds.ts"

const Curious = McpTool.make("curious", { parameters: { questions: Schema.Int, keeps: Schema.Int } })

/** Keeps so many characters, and asks so many questions, one after the other. */
const curious = (begun: Array<string> = []) =>
  Curious.toLayer(({ keeps, questions }) =>
    Effect.gen(function* () {
      const request = yield* McpRequest
      begun.push(String(request.id))
      yield* request.once("kept", Schema.String, Effect.succeed(pad(keeps)))
      for (let question = 1; question <= questions; question++) {
        yield* Effect.orDie(request.elicit(`question ${question}`, { message: "Go on?" }))
      }
      return "enough"
    })
  ).pipe(Layer.provide(McpServer.layer({ name: "curious", version: "1.0.0" })))

const facing = (limits: Limits) => Effect.flatMap(within(limits, McpTest.acceptor(curious())), caller)

const call = (id: string, keeps = 0) => calling("modern", id, "curious", { questions: 1, keeps })

/** Asks, and gives the state. */
const begin = (peer: Caller, id: string) =>
  Effect.map(
    replied(peer, call(id)),
    (reply) => asks(reply)?.state ?? assert.fail(`it asks nothing: ${JSON.stringify(reply)}`)
  )

/** Goes on with a state. */
const goOn = (peer: Caller, id: string, requestState: string) =>
  replied(
    peer,
    calling(
      "modern",
      id,
      "curious",
      { questions: 1, keeps: 0 },
      {
        requestState,
        inputResponses: { "question 1": accept({}) }
      }
    )
  )

export const askBounds = {
  state: [
    "a call that has more to keep is an internal error; a longer state is refused unread",
    () =>
      Effect.gen(function* () {
        const peer = yield* facing({ state: 1_000 })
        assert.isDefined(asks(yield* replied(peer, call("fits", 400))))
        const { error } = yield* replied(peer, call("does not fit", 1_000))
        assert.deepInclude(error as object, { code: -32603 })
        assert.include((error as { readonly message: string }).message, "1000")
        assert.deepStrictEqual(refusalOf(yield* goOn(peer, "long", pad(1_001))), [-32602, "TooLong"])
        const state = yield* begin(peer, "again")
        assert.strictEqual(textOf(yield* goOn(peer, "goes on", state)), "enough")
      })
  ],
  states: [
    "of those that were used so many are remembered; the ones that were written no later than a forgotten one are refused",
    () =>
      Effect.gen(function* () {
        const peer = yield* facing({ states: 2 })
        const states: Array<string> = []
        for (let n = 0; n < 5; n++) {
          states.push(yield* begin(peer, `begin ${n}`))
          yield* TestClock.adjust("1 second")
        }
        const [first, second, third, fourth, fifth] = states as [string, string, string, string, string]
        const use = (id: string, state: string) =>
          Effect.map(goOn(peer, id, state), (reply) => textOf(reply) ?? refusalOf(reply))
        assert.strictEqual(yield* use("2", second), "enough")
        assert.strictEqual(yield* use("3", third), "enough")
        assert.strictEqual(yield* use("4", fourth), "enough")
        const used = [-32602, "Used"] as const
        assert.deepStrictEqual(yield* use("2 again", second), used, "it is forgotten, and not used again")
        assert.deepStrictEqual(yield* use("4 again", fourth), used)
        assert.deepStrictEqual(yield* use("1", first), used, "whether it was used is not known any more")
        assert.strictEqual(yield* use("5", fifth), "enough")
      })
  ],
  stateAge: [
    "an older state is refused",
    () =>
      Effect.gen(function* () {
        const peer = yield* facing({ stateAge: "7 minutes" })
        const [one, other] = [yield* begin(peer, "one"), yield* begin(peer, "other")]
        yield* TestClock.adjust("7 minutes")
        assert.strictEqual(textOf(yield* goOn(peer, "in time", one)), "enough")
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(refusalOf(yield* goOn(peer, "late", other)), [-32602, "Expired"])
      })
  ],
  rounds: [
    "a server that asks more often fails the call; one that asks as often is answered",
    () =>
      Effect.gen(function* () {
        const begun: Array<string> = []
        const asked: Array<unknown> = []
        const host = McpHost.elicitation({ form: (_, { id }) => Effect.sync(() => (asked.push(id), {})) })
        const client = yield* within(
          { rounds: 3 },
          Effect.provide(McpTest.client(curious(begun), { revision: versions.modern }), host)
        )
        const asking = (questions: number) => fork(client.call(Curious, { questions, keeps: 0 }))
        const enough = yield* asking(3)
        assert.isTrue(yield* until(() => enough.pollUnsafe() !== undefined))
        assert.isTrue(Exit.isSuccess(enough.pollUnsafe()!))
        assert.lengthOf(asked, 3)
        const more = yield* asking(4)
        assert.isTrue(yield* until(() => more.pollUnsafe() !== undefined))
        assert.strictEqual(failureOf(more)._tag, "Unsupported")
        assert.include(String(failureOf(more)), "McpLimits.rounds")
        assert.lengthOf(asked, 6, "the question beyond it is shown to nobody")
        assert.lengthOf(begun, 8)
      })
  ]
} as const satisfies { readonly [field: string]: Row }
