/**
 * Law 15: asking is the same in both eras, and what ran once has run once.
 *
 * Random handlers ask, run effects once, fail, try again, catch everything, fork, race, mask themselves and hold
 * resources, several calls beside each other. Each call has to come to what plain rules say, whatever the rounds were. An
 * effect whose result left in a state does not run again, nothing of a handler sees that it was interrupted for a question,
 * its finalizers have run before a round ends, and nothing is left waiting. What may go wrong with a state is in
 * `15-states.test.ts`.
 */
import { assert } from "@effect/vitest"
import { Effect, Exit, Layer, Logger, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpServer } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { cancel, type Era, eras } from "./support/app.ts"
import { asks, caller, introduced, waitFor } from "./support/chains.ts"
import { fibersLeft, property, type Seen, settle } from "./support/law.ts"
import { Diary, outcome, runs, stepKinds, stepsOf } from "./support/questions.ts"
import { answering, Chain, judge, unseen } from "./support/rounds.ts"

const Seed = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 2 ** 31 }))
const Size = Schema.Literals([1, 3, 6, 10, 16, 24])

const server = (diary: Diary) => runs(diary).pipe(Layer.provide(McpServer.layer({ name: "asking", version: "1.0.0" })))

/** Where a case has failed, what still waits is not waited for. */
const hurry = (exit: Exit.Exit<unknown, unknown>): Effect.Effect<void> =>
  Exit.isSuccess(exit)
    ? Effect.void
    : Effect.asVoid(Effect.forkDetach(Effect.andThen(settle, TestClock.adjust("1 minute"))))

/** Every finalizer of a round has run. */
const closed = (chain: Chain, diary: Diary): void => {
  const count = (what: "opened" | "closed") =>
    diary.of(chain.name, what).filter(({ round }) => round === chain.round).length
  assert.strictEqual(count("closed"), count("opened"), `a finalizer has not run: ${JSON.stringify(chain.root)}`)
}

const MOST_ROUNDS = 60

/** Runs calls beside each other, their rounds in any order, until all have ended. */
const play = Effect.fnUntraced(function* (
  era: Era,
  chains: ReadonlyArray<Chain>,
  diary: Diary,
  choices: ReadonlyArray<number>,
  withholds: boolean
) {
  const peer = yield* caller(yield* McpTest.acceptor(server(diary)))
  yield* Effect.addFinalizer(hurry)
  yield* introduced(peer, era)
  const answer = answering(peer, chains)
  for (let turn = 0; chains.some(({ done }) => done === undefined); turn++) {
    assert.isBelow(turn, MOST_ROUNDS * chains.length, "there is no end of asking")
    const open = chains.filter(({ done }) => done === undefined)
    const chain = open[choices[turn % choices.length]! % open.length]!
    if (!chain.waiting) {
      chain.send(peer, era)
      continue
    }
    const came = yield* waitFor(() => (answer(), peer.reply(chain.id) !== undefined))
    assert.isTrue(came, `${chain.id} is left waiting: ${JSON.stringify(chain.root)}`)
    closed(chain, diary)
    chain.take(peer.reply(chain.id)!, diary, withholds)
  }
})

const many = (count: number): string => (count === 0 ? "0" : count === 1 ? "1" : count < 4 ? "2-3" : "4 and more")
const counts = ["0", "1", "2-3", "4 and more"]

const sayWhat = (seen: Seen, chains: ReadonlyArray<Chain>, era: Era): void => {
  for (const chain of chains) {
    for (const kind of new Set(stepsOf(chain.root).map(([, step]) => step.kind))) seen("step", kind)
    seen("end", outcome(chain.root, chain.name, era) === "failed" ? "failed" : "came to something")
    if (era === "modern") seen("rounds", many(chain.round))
  }
}

property(
  "law 15: a call comes to the same, whatever its rounds are",
  {
    era: Schema.Literals(["modern", "modern", "modern", "legacy"]),
    programs: Schema.Array(Schema.Struct({ seed: Seed, size: Size })).check(
      Schema.isMinLength(1),
      Schema.isMaxLength(3)
    ),
    same: Schema.Boolean,
    choices: Schema.Array(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 6 }))).check(
      Schema.isMinLength(1),
      Schema.isMaxLength(12)
    ),
    withholds: Schema.Boolean
  },
  {
    era: eras,
    calls: ["alone", "beside others", "beside itself"],
    rounds: counts,
    end: ["failed", "came to something"],
    step: stepKinds
  },
  ({ choices, era, programs, same, withholds }, seen) =>
    Effect.gen(function* () {
      const chains = programs.map((program, index) => new Chain(`c${index}`, same ? programs[0]! : program))
      const diary = new Diary()
      const left = yield* fibersLeft(play(era, chains, diary, choices, withholds))
      for (const chain of chains) judge(chain, era, diary)
      assert.strictEqual(left, 0, "a fiber is left")
      seen("era", era)
      seen("calls", chains.length === 1 ? "alone" : same ? "beside itself" : "beside others")
      sayWhat(seen, chains, era)
    })
)

property(
  "law 15: a call that is cancelled is not answered, not with a question either",
  {
    program: Schema.Struct({ seed: Seed, size: Size }),
    round: Schema.Literals([0, 0, 1, 2]),
    turns: Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 12 }))
  },
  { cancelled: ["in the first round", "later", "after its answer"] },
  ({ program, round, turns }, seen) =>
    Effect.gen(function* () {
      const diary = new Diary()
      const chain = new Chain("c0", program)
      const run = Effect.gen(function* () {
        const peer = yield* caller(yield* McpTest.acceptor(server(diary)))
        yield* Effect.addFinalizer(hurry)
        while (chain.done === undefined && chain.round < round) {
          chain.send(peer, "modern")
          assert.isTrue(yield* waitFor(() => peer.reply(chain.id) !== undefined), "it is left waiting")
          chain.take(peer.reply(chain.id)!, diary, false)
        }
        if (chain.done === undefined) chain.send(peer, "modern")
        yield* Effect.repeat(Effect.yieldNow, { times: turns })
        const answered = chain.done !== undefined || peer.reply(chain.id) !== undefined
        peer.send(cancel(chain.id))
        seen("cancelled", answered ? "after its answer" : chain.round === 0 ? "in the first round" : "later")
        const isOver = () => peer.reply(chain.id) !== undefined || hasEnded(chain, diary)
        assert.isTrue(yield* waitFor(isOver), `the handler is left waiting: ${JSON.stringify(chain.root)}`)
        yield* Effect.repeat(settle, { times: 5 })
        if (!answered) assert.isUndefined(peer.reply(chain.id), JSON.stringify(chain.root))
      })
      const left = yield* fibersLeft(run)
      closed(chain, diary)
      unseen(chain, diary)
      assert.strictEqual(left, 0, "a fiber is left")
    })
)

/** The handler of a round has begun and ended, or has not begun. */
const hasEnded = (chain: Chain, diary: Diary): boolean => {
  const ended = (what: "opened" | "closed") =>
    diary.of(chain.name, what).some(({ key, round }) => key === "scope" && round === chain.round)
  return ended("closed") || !ended("opened")
}

property(
  "law 15: a handler that breaks while it is interrupted for a question has broken",
  { program: Schema.Struct({ seed: Seed, size: Size }) },
  { asks: ["asks", "does not ask"] },
  ({ program }, seen) =>
    Effect.gen(function* () {
      const diary = new Diary()
      const chain = new Chain("c0", { ...program, breaks: true })
      // an interrupted fiber with children that still run forgets what its finalizers came to: Effect's own doing
      if (stepsOf(chain.root).some(([, { kind }]) => kind === "forked")) return
      const peer = yield* caller(yield* McpTest.acceptor(server(diary)))
      yield* Effect.addFinalizer(hurry)
      chain.send(peer, "modern")
      assert.isTrue(yield* waitFor(() => peer.reply(chain.id) !== undefined), "it is left waiting")
      const reply = peer.reply(chain.id)!
      assert.isUndefined(asks(reply), "a question has left, and the handler had broken")
      assert.strictEqual((reply["error"] as { readonly code: number }).code, -32603)
      closed(chain, diary)
      const asked = stepsOf(chain.root).some(([, { kind }]) => kind === "ask" || kind === "together")
      seen("asks", asked ? "asks" : "does not ask")
    }).pipe(Effect.provide(Logger.layer([])))
)
