/**
 * Law 15, where a handler cannot be interrupted: a question there is refused at once, and nothing is left waiting.
 *
 * One row for each place in which a question can be put that is masked, or comes too late. Where the fiber that asks, or
 * the root of the handler, is masked, the error is typed and nobody is asked. Where something between them is, the question
 * leaves as any other. In the legacy era asking does not interrupt, and all of them are asked.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema, type Scope } from "effect"
import { TestClock } from "effect/testing"
import { type Ask, McpError, McpRequest, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { accept, asks, caller, calling, replied, textOf } from "./support/chains.ts"
import { fibersLeft } from "./support/law.ts"

type Question = Effect.Effect<string, McpError.McpError | Ask.Unanswered>
type Does = (
  request: McpRequest.Service,
  question: Question
) => Effect.Effect<string, McpError.McpError | Ask.Unanswered, Scope.Scope>

const forked = (question: Question) => Effect.flatMap(Effect.forkChild(question), Fiber.join)
const timed = (question: Question) =>
  Effect.timeoutOrElse(question, { duration: "1 hour", orElse: () => Effect.die("no time passes") })
const tagOf = (exit: Exit.Exit<unknown, McpError.McpError | Ask.Unanswered>): string => {
  if (Exit.isSuccess(exit)) return "answered"
  const reason = exit.cause.reasons[0]
  const error = reason?._tag === "Fail" ? reason.error : undefined
  return error instanceof McpError.McpError ? error.reason._tag : String(reason?._tag)
}

const refused: { readonly [what: string]: Does } = {
  "the fiber that asks is masked": (_, question) => Effect.uninterruptible(question),
  "a branch of a masked `Effect.all`": (_, question) =>
    Effect.map(
      Effect.uninterruptible(Effect.all([question, Effect.yieldNow], { concurrency: "unbounded" })),
      ([answer]) => answer
    ),
  "the root is masked, and its child asks": (_, question) => Effect.uninterruptible(forked(question)),
  "the root is masked, and a race asks": (_, question) => Effect.uninterruptible(timed(question)),
  "an acquisition asks": (_, question) => Effect.acquireRelease(question, () => Effect.void),
  "inside of what runs once": (request, question) => request.once("once", Schema.String, question)
}

const passed: { readonly [what: string]: Does } = {
  "a fiber between root and question is masked": (_, question) => timed(Effect.uninterruptible(forked(question))),
  "a masked race inside of another": (_, question) => timed(Effect.uninterruptible(timed(question))),
  "where a mask is lifted": (_, question) => Effect.uninterruptibleMask((restore) => restore(question)),
  "a lifted mask that would catch it": (_, question) =>
    Effect.uninterruptibleMask((restore) => Effect.flatMap(Effect.exit(restore(question)), (exit) => exit)),
  "a detached fiber asks": (_, question) => Effect.flatMap(Effect.forkDetach(question), Fiber.join)
}

const Masked = McpTool.make("masked", { parameters: { what: Schema.String } })

const app = (all: { readonly [what: string]: Does }, seen: Array<string>) =>
  Masked.toLayer(({ what }) =>
    Effect.flatMap(McpRequest, (request) => {
      const question = Effect.onExit(request.elicit("key", { message: "m", schema: Schema.String }), (exit) =>
        Effect.sync(() => seen.push(tagOf(exit)))
      )
      return all[what]!(request, question)
    })
  ).pipe(Layer.provide(McpServer.layer({ name: "masks", version: "1.0.0" })))

/** Whatever a case came to, what still waits is not waited for. */
const hurry = Effect.asVoid(Effect.forkDetach(TestClock.adjust("1 minute")))

for (const what of Object.keys(refused)) {
  it.effect(`law 15: a question is refused at once: ${what}`, () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const peer = yield* caller(yield* McpTest.acceptor(app(refused, seen)))
      yield* Effect.addFinalizer(() => hurry)
      const reply = yield* replied(peer, calling("modern", "1", "masked", { what }))
      assert.isUndefined(asks(reply), "it has left")
      assert.deepNestedInclude(reply, { "result.isError": true })
      assert.include(textOf(reply), '"key"')
      assert.deepStrictEqual(seen, ["Unsupported"])
    })
  )
}

for (const what of Object.keys(passed)) {
  it.effect(`law 15: a question leaves, and is answered: ${what}`, () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const left = yield* fibersLeft(
        Effect.gen(function* () {
          const peer = yield* caller(yield* McpTest.acceptor(app(passed, seen)))
          yield* Effect.addFinalizer((exit) => (Exit.isSuccess(exit) ? Effect.void : hurry))
          const asked = asks(yield* replied(peer, calling("modern", "1", "masked", { what })))
          assert.deepStrictEqual(asked?.keys, ["key"])
          const inputResponses = { key: accept({ value: "yes" }) }
          const round = { requestState: asked!.state, inputResponses }
          assert.strictEqual(textOf(yield* replied(peer, calling("modern", "2", "masked", { what }, round))), "yes")
        })
      )
      assert.strictEqual(left, 0, "a fiber is left")
      assert.deepStrictEqual(seen, ["Interrupt", "answered"])
    })
  )
}
