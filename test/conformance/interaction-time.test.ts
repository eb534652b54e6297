/**
 * A call that asks ends as any other does: by its caller, and by limits of time, everywhere.
 *
 * While the user thinks, neither the tool's own limit nor the client's idle limit goes on; the total limit does. A client
 * that gives up takes its question back: the host is interrupted, and no handler is left waiting.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpLimits } from "mcp-effect"
import { settle } from "../laws/support/law.ts"
import { until } from "../laws/support/peers.ts"
import { Answers, asker, asksForms, begun, call, ended, Host, interacting, kinds, Said } from "./support/interaction.ts"
import { everywhere } from "./support/places.ts"

const Name = Schema.Struct({ name: Schema.String })
const who = { message: "Who?", schema: Name }

/** The `Timeout` that a call has ended with. */
const timeoutOf = (exit: Exit.Exit<unknown, unknown>) => {
  if (Exit.isSuccess(exit)) return assert.fail("It has succeeded")
  const [reason] = exit.cause.reasons
  return reason?._tag === "Fail" ? (reason.error as { readonly reason?: object }).reason : reason
}

everywhere("while the user is asked", (place) => {
  if (!asksForms(place)) {
    it("nobody is asked in this revision", () => assert.isFalse(place.spoken.server.requests.has("elicitation/create")))
    return
  }

  describe.each(kinds)("by a %s", (kind) => {
    it.effect("the caller may give up", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) => request.elicit("who", who),
          (host) => host.forms(() => Effect.never)
        )
        const calling = yield* begun(call(client, kind))
        yield* host.come(1)
        yield* Fiber.interrupt(calling)
        yield* until(() => host.open === 0 && heard.interrupted === 1)
        assert.deepStrictEqual(host.withdrawn, ["Who?"])
        // the handler has run once, was interrupted, and does not run again
        assert.deepStrictEqual([heard.runs, heard.interrupted], [1, 1])
        const answers = yield* begun(call(client, kind))
        yield* host.come(2)
        yield* Fiber.interrupt(answers)
      }).pipe(Effect.scoped)
    )

    it.effect("the handler's own limit stands still", () =>
      Effect.gen(function* () {
        const answers = new Answers()
        const { client, host } = yield* interacting(place, (request) => request.elicit("who", who), answers.hosts, {
          timeout: "1 second"
        })
        const calling = yield* begun(call(client, kind))
        yield* host.come(1)
        yield* TestClock.adjust("20 seconds")
        yield* settle
        assert.isUndefined(calling.pollUnsafe())
        yield* answers.give("Who?", { name: "Ada" })
        assert.deepStrictEqual(yield* ended(calling), Exit.succeed({ name: "Ada" }))
      }).pipe(Effect.scoped)
    )

    it.effect("the handler's own limit goes on afterwards", () =>
      Effect.gen(function* () {
        const answers = new Answers()
        let waits = false
        const { client, heard, host } = yield* interacting(
          place,
          (request) =>
            Effect.andThen(
              request.elicit("who", who),
              Effect.suspend(() => ((waits = true), Effect.never))
            ),
          answers.hosts,
          { timeout: "1 second" }
        )
        const calling = yield* begun(call(client, kind))
        yield* host.come(1)
        yield* TestClock.adjust("20 seconds")
        yield* answers.give("Who?", { name: "Ada" })
        yield* until(() => waits)
        yield* TestClock.adjust(999)
        yield* settle
        assert.isUndefined(calling.pollUnsafe())
        yield* TestClock.adjust(1)
        const exit = yield* ended(calling)
        assert.isTrue(Exit.isFailure(exit))
        yield* until(() => heard.exits.length === heard.runs)
        assert.strictEqual(heard.interrupted, heard.runs)
      }).pipe(Effect.scoped)
    )

    it.effect("the client's idle limit stands still, and its total limit does not", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) => request.elicit("who", who),
          (host) => host.forms(() => Effect.never)
        )
        const calling = yield* begun(call(client, kind, { idleTimeout: "2 seconds", timeout: "30 seconds" }))
        yield* host.come(1)
        for (const _ of [1, 2, 3, 4, 5]) {
          yield* TestClock.adjust("5 seconds")
          yield* settle
        }
        assert.isUndefined(calling.pollUnsafe())
        yield* TestClock.adjust("5 seconds")
        assert.deepInclude(timeoutOf(yield* ended(calling)), { _tag: "Timeout", limit: "total", after: 30_000 })
        yield* until(() => host.open === 0)
        assert.deepStrictEqual(host.withdrawn, ["Who?"])
        yield* until(() => heard.interrupted === 1)
        assert.deepStrictEqual([heard.runs, heard.interrupted], [1, 1])
      }).pipe(Effect.scoped)
    )

    it.effect("the client's idle limit begins anew with the answer", () =>
      Effect.gen(function* () {
        const answers = new Answers()
        let waits = false
        const { client, host } = yield* interacting(
          place,
          (request) =>
            Effect.andThen(
              request.elicit("who", who),
              Effect.suspend(() => ((waits = true), Effect.never))
            ),
          answers.hosts
        )
        const calling = yield* begun(call(client, kind, { idleTimeout: "2 seconds", timeout: "1 hour" }))
        yield* host.come(1)
        yield* TestClock.adjust("10 seconds")
        yield* answers.give("Who?", { name: "Ada" })
        yield* until(() => waits)
        yield* TestClock.adjust(1999)
        yield* settle
        assert.isUndefined(calling.pollUnsafe())
        yield* TestClock.adjust("2 seconds")
        assert.deepInclude(timeoutOf(yield* ended(calling)), { _tag: "Timeout", limit: "idle", after: 2000 })
      }).pipe(Effect.scoped)
    )
  })

  it.effect("all rounds together have the time of one call", () =>
    Effect.gen(function* () {
      const answers = new Answers()
      const { client, host } = yield* interacting(
        place,
        (request) =>
          Effect.forEach(["1", "2", "3"], (key) => request.elicit(key, { message: key, schema: Name }), {
            discard: true
          }),
        answers.hosts
      )
      const calling = yield* begun(call(client, "tool", { timeout: "5 seconds" }))
      for (const key of ["1", "2"]) {
        yield* host.come(Number(key))
        yield* TestClock.adjust("2 seconds")
        yield* answers.give(key, { name: "Ada" })
      }
      yield* host.come(3)
      yield* TestClock.adjust(999)
      yield* settle
      assert.isUndefined(calling.pollUnsafe())
      yield* TestClock.adjust(1)
      assert.deepInclude(timeoutOf(yield* ended(calling)), { _tag: "Timeout", limit: "total", after: 5000 })
    }).pipe(Effect.scoped)
  )

  it.effect("a server that closes takes its questions back", () =>
    Effect.gen(function* () {
      const { app, heard } = asker((request) => request.elicit("who", who))
      const host = new Host()
      const before = yield* Effect.scoped(
        Effect.gen(function* () {
          const hosts = host.forms(() => Effect.never)
          const client = yield* Effect.provide(place.connect(app), hosts)
          const calling = yield* begun(call(client, "tool"))
          yield* host.come(1)
          return calling
        })
      )
      yield* until(() => host.open === 0 && heard.interrupted === heard.runs)
      assert.deepStrictEqual([host.open, heard.interrupted], [0, heard.runs])
      assert.isDefined(before.pollUnsafe())
    })
  )

  it.effect("a question waits no longer than the server's own limit, where it waits", () =>
    Effect.gen(function* () {
      const { app, heard } = asker((request) => request.elicit("who", who))
      const short = Layer.provide(
        app,
        Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, total: "10 seconds" })
      )
      const host = new Host()
      const answers = new Answers()
      const client = yield* Effect.provide(place.connect(short), answers.hosts(host))
      const calling = yield* begun(call(client, "tool"))
      yield* host.come(1)
      yield* TestClock.adjust("11 seconds")
      if (place.era === "modern") {
        // no handler waits: how old a state may get says how long there is
        yield* answers.give("Who?", { name: "Ada" })
        assert.deepStrictEqual(yield* ended(calling), Exit.succeed({ name: "Ada" }))
        return
      }
      assert.deepNestedInclude(yield* heard.failure, {
        "reason._tag": "Timeout",
        "reason.limit": "total",
        "reason.after": 10_000
      })
      assert.instanceOf(yield* Effect.flip(Fiber.join(calling)), Said)
      yield* until(() => host.open === 0)
      assert.deepStrictEqual(host.withdrawn, ["Who?"])
    }).pipe(Effect.scoped)
  )

  it.effect("the state of a call is too old after its time", () =>
    Effect.gen(function* () {
      const { app } = asker((request) => request.elicit("who", who))
      const host = new Host()
      const answers = new Answers()
      const client = yield* Effect.provide(place.connect(app), answers.hosts(host))
      const calling = yield* begun(call(client, "tool", { timeout: "3 hours" }))
      yield* host.come(1)
      yield* TestClock.adjust("1 hour")
      yield* TestClock.adjust(1)
      yield* answers.give("Who?", { name: "Ada" })
      const exit = yield* ended(calling)
      assert.isTrue(Exit.isFailure(exit))
      if (place.era === "modern") {
        assert.deepInclude(timeoutOf(exit), { _tag: "Remote", code: -32602, data: { state: "Expired" } })
      }
    }).pipe(Effect.scoped)
  )
})
