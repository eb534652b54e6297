/**
 * A handler asks the user in the middle of its work, everywhere: by forms, by pages, several at once and one by one.
 *
 * The handler is the same in both eras; what differs between them is in ASKING.md and `asking-matrix.test.ts`. Here only the
 * number of rounds differs, and what a revision has no words for is refused with `Unsupported`, before anybody is asked.
 */
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Schema } from "effect"
import { Ask, McpError } from "mcp-effect"
import {
  asker,
  asksForms,
  asksPages,
  begun,
  call,
  ended,
  filling,
  Host,
  interacting,
  kinds,
  refusal
} from "./support/interaction.ts"
import { everywhere, type Place } from "./support/places.ts"

const Name = Schema.Struct({ name: Schema.String })

/** How often a handler runs that asks in so many turns. */
const runs = ({ era }: Place, turns: number): number => (era === "modern" ? turns + 1 : 1)

/** Later, and in the same turn of the loop. */
const soon = <A>(value: A) => Effect.promise(() => Promise.resolve(value))

const reasonOf = (error: unknown) =>
  error instanceof McpError.McpError ? error.reason : assert.fail(`This is no McpError: ${String(error)}`)

everywhere("questions to the user", (place) => {
  if (!asksForms(place)) {
    it.effect("cannot be put in this revision", () =>
      Effect.gen(function* () {
        const handler = asker((request) => request.elicit("name", { message: "Who?", schema: Name }))
        const host = new Host()
        const client = yield* Effect.provide(place.connect(handler.app), filling({ name: "Ada" })(host))
        assert.include((yield* refusal(client, "tool")).text, "elicitation/create")
        assert.strictEqual(reasonOf(yield* handler.heard.failure)._tag, "Unsupported")
        assert.lengthOf(host.asked, 0)
      }).pipe(Effect.scoped)
    )
    return
  }

  describe.each(kinds)("of a %s", (kind) => {
    it.effect("are answered, decoded", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) =>
            request.elicit("who", { message: "Who?", schema: Schema.Struct({ born: Schema.DateFromString }) }),
          filling({ born: "2000-01-02T00:00:00.000Z" })
        )
        assert.deepStrictEqual(yield* call(client, kind), { born: "2000-01-02T00:00:00.000Z" })
        const exit = yield* heard.outcome
        assert.deepInclude(exit, { value: { born: new Date("2000-01-02T00:00:00.000Z") } })
        assert.deepStrictEqual(host.messages, ["Who?"])
        assert.strictEqual(heard.runs, runs(place, 1))
      }).pipe(Effect.scoped)
    )

    it.effect("travel together", () =>
      Effect.gen(function* () {
        const both = Deferred.makeUnsafe<void>()
        const { client, heard, host } = yield* interacting(
          place,
          (request) =>
            request.ask({
              one: Ask.form({ message: "one", schema: Name }),
              two: Ask.form({ message: "two", schema: Schema.Struct({ n: Schema.Int }) })
            }),
          // neither is answered before both have come
          (host) =>
            host.forms(({ message }) =>
              Effect.andThen(
                host.asked.length === 2 ? Deferred.succeed(both, undefined) : Effect.void,
                Effect.as(Deferred.await(both), message === "one" ? { name: "Ada" } : { n: 2 })
              )
            )
        )
        assert.deepStrictEqual(yield* call(client, kind), { one: { name: "Ada" }, two: { n: 2 } })
        assert.strictEqual(host.most, 2)
        assert.sameMembers([...host.messages], ["one", "two"])
        assert.strictEqual(heard.runs, runs(place, 1))
      }).pipe(Effect.scoped)
    )

    it.effect("travel together where the handler puts them apart, in one turn", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) =>
            Effect.all(
              ["a", "b", "c"].map((key) => request.elicit(key, { message: key, schema: Name })),
              { concurrency: "unbounded" }
            ),
          (host) => host.forms(({ message }) => Effect.succeed({ name: message }))
        )
        assert.deepStrictEqual(yield* call(client, kind), [{ name: "a" }, { name: "b" }, { name: "c" }])
        assert.sameMembers([...host.messages], ["a", "b", "c"])
        assert.strictEqual(heard.runs, runs(place, 1))
      }).pipe(Effect.scoped)
    )

    it.effect("are a round each, one after the other", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) =>
            Effect.gen(function* () {
              const { name } = yield* request.elicit("name", { message: "Who?", schema: Name })
              const { n } = yield* request.elicit("n", {
                message: `${name}, how many?`,
                schema: Schema.Struct({ n: Schema.Int })
              })
              yield* request.elicit("sure", { message: `${name}, ${n}, sure?` })
              return `${name} ${n}`
            }),
          (host) => host.forms(({ message }) => Effect.succeed(message === "Who?" ? { name: "Ada" } : { n: 3 }))
        )
        assert.strictEqual(yield* call(client, kind), "Ada 3")
        assert.deepStrictEqual(host.messages, ["Who?", "Ada, how many?", "Ada, 3, sure?"])
        assert.strictEqual(host.most, 1)
        assert.strictEqual(heard.runs, runs(place, 3))
      }).pipe(Effect.scoped)
    )

    it.effect("are withdrawn that have lost a race before the turn ends", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) =>
            Effect.raceFirst(request.ask({ lost: Ask.form({ message: "lost", schema: Name }) }), soon("found")),
          (host) => host.forms(() => Effect.never)
        )
        assert.strictEqual(yield* call(client, kind), "found")
        assert.strictEqual(heard.runs, 1)
        assert.strictEqual(host.open, 0)
        if (place.era === "modern") assert.lengthOf(host.asked, 0)
      }).pipe(Effect.scoped)
    )

    it.effect.each([
      { action: "decline", error: McpError.ElicitDeclined, says: "declined" },
      { action: "cancel", error: McpError.ElicitCancelled, says: "did not answer" }
    ] as const)("may be left unanswered: $action", ({ action, error, says }) =>
      Effect.gen(function* () {
        const { client, heard } = yield* interacting(
          place,
          (request) => request.elicit("name", { message: "Who?", schema: Name }),
          filling(action)
        )
        const { code, text } = yield* refusal(client, kind)
        assert.strictEqual(code, kind === "tool" ? undefined : -1)
        assert.include(text, says)
        assert.deepStrictEqual(yield* heard.failure, new error({ key: "name" }))
      }).pipe(Effect.scoped)
    )

    it.effect("that are declined can be handled", () =>
      Effect.gen(function* () {
        const { client, heard } = yield* interacting(
          place,
          (request) =>
            request
              .elicit("name", { message: "Who?", schema: Name })
              .pipe(Effect.catchTag("ElicitDeclined", ({ key }) => Effect.succeed(`no ${key}`))),
          filling("decline")
        )
        assert.strictEqual(yield* call(client, kind), "no name")
        assert.strictEqual(heard.runs, runs(place, 1))
      }).pipe(Effect.scoped)
    )

    it.effect("fail at once where the client has nobody to ask", () =>
      Effect.gen(function* () {
        const { app, heard } = asker((request) => request.elicit("name", { message: "Who?", schema: Name }))
        const client = yield* place.connect(app)
        const { code, data } = yield* refusal(client, kind)
        assert.strictEqual(code, place.era === "modern" ? -32021 : -32602)
        assert.deepStrictEqual(data, { requiredCapabilities: { elicitation: { form: {} } } })
        const reason = reasonOf(yield* heard.failure)
        assert.strictEqual(reason._tag, "Unsupported")
        assert.strictEqual(heard.runs, 1)
      }).pipe(Effect.scoped)
    )

    it.effect("are not answered by what does not fit", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) => request.elicit("n", { message: "How many?", schema: Schema.Struct({ n: Schema.Int }) }),
          filling({ n: "three" })
        )
        const { code, text } = yield* refusal(client, kind)
        assert.strictEqual(code, kind === "tool" ? undefined : -32602)
        assert.include(text, `"n"`)
        assert.deepInclude(reasonOf(yield* heard.failure), { _tag: "InvalidAnswer", key: "n" })
        assert.lengthOf(host.asked, 1)
      }).pipe(Effect.scoped)
    )

    it.effect("are asked for with other words where the answer did not do", () =>
      Effect.gen(function* () {
        const { client, host } = yield* interacting(
          place,
          (request) =>
            request
              .elicit("first", { message: "How many?", schema: Schema.Int })
              .pipe(
                Effect.catchReason("McpError", "InvalidAnswer", () =>
                  request.elicit("second", { message: "A number!", schema: Schema.Int })
                )
              ),
          (host) => host.forms(({ message }) => Effect.succeed({ value: message === "A number!" ? 3 : "three" }))
        )
        assert.strictEqual(yield* call(client, kind), 3)
        assert.deepStrictEqual(host.messages, ["How many?", "A number!"])
      }).pipe(Effect.scoped)
    )

    const page = { message: "Sign in", url: "https://example.com/sign-in?for=1" }

    if (asksPages(place)) {
      it.effect.each(["accept", "decline", "cancel"] as const)("can be pages: %s", (action) =>
        Effect.gen(function* () {
          const { client, heard, host } = yield* interacting(
            place,
            (request) =>
              request.ask({ page: Ask.url(page) }).pipe(
                Effect.as("accept"),
                Effect.catchTags({
                  ElicitDeclined: () => Effect.succeed("decline"),
                  ElicitCancelled: () => Effect.succeed("cancel")
                })
              ),
            (host) => host.pages(() => Effect.succeed(action))
          )
          assert.strictEqual(yield* call(client, kind), action)
          assert.deepInclude(host.params, { mode: "url", ...page })
          assert.strictEqual("elicitationId" in host.params, place.era === "legacy")
          assert.strictEqual(heard.runs, runs(place, 1))
        }).pipe(Effect.scoped)
      )
    }

    it.effect("cannot be a page where the client has only forms", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) => request.ask({ page: Ask.url(page) }),
          filling({})
        )
        const { code, data } = yield* refusal(client, kind)
        assert.strictEqual(code, place.era === "modern" ? -32021 : -32602)
        assert.deepStrictEqual(data, { requiredCapabilities: { elicitation: { url: {} } } })
        assert.strictEqual(reasonOf(yield* heard.failure)._tag, "Unsupported")
        assert.lengthOf(host.asked, 0)
      }).pipe(Effect.scoped)
    )

    it.effect("name who asks, and what about", () =>
      Effect.gen(function* () {
        const { client, host } = yield* interacting(
          place,
          (request) => request.elicit("name", { message: "Who?", schema: Name }),
          filling({ name: "Ada" })
        )
        yield* call(client, kind)
        const [asked] = host.asked
        assert.deepInclude(asked, { method: "elicitation/create", revision: place.revision })
        assert.strictEqual(asked?.server?.name, "held")
      }).pipe(Effect.scoped)
    )
  })

  it.effect("of two calls are not mixed", () =>
    Effect.gen(function* () {
      const open = Deferred.makeUnsafe<void>()
      let call_ = 0
      const { client, host } = yield* interacting(
        place,
        (request) => request.elicit("name", { message: "Who?", schema: Name }),
        (host) =>
          host.forms(() => Effect.suspend(() => Effect.as(Deferred.await(open), { name: `answer ${(call_ += 1)}` })))
      )
      const calling = yield* Effect.forEach(kinds, (kind) => begun(call(client, kind)))
      yield* host.come(3)
      yield* Deferred.succeed(open, undefined)
      const exits = yield* Effect.forEach(calling, ended)
      const names = exits.map((exit) => (exit._tag === "Success" ? exit.value : exit))
      assert.sameDeepMembers(names, [{ name: "answer 1" }, { name: "answer 2" }, { name: "answer 3" }])
    }).pipe(Effect.scoped)
  )
})
