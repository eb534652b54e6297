/**
 * What a handler and its caller hear when a question does not reach an answer: the host refuses, breaks, or is not there.
 *
 * Up to 2025-11-25 the server asked, so the handler hears of it. Since 2026-07-28 the caller's own side has failed, and the
 * caller hears of it: the call is not made again. At an endpoint that gives no streams or no sessions nobody can be asked
 * before 2026-07-28; since then everybody can.
 */
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Exit, Schema } from "effect"
import { Ask, McpClient, type McpError, McpHost } from "mcp-effect"
import { until } from "../laws/support/peers.ts"
import { quiet } from "./support/asking.ts"
import { heard as arrived, playing, result, rpc, text } from "./support/hostile.ts"
import {
  asker,
  asksForms,
  begun,
  call,
  ended,
  filling,
  Host,
  interacting,
  kinds,
  refusal,
  Said
} from "./support/interaction.ts"
import { everywhere, everywhereAtAll } from "./support/places.ts"

const Name = Schema.Struct({ name: Schema.String })
const who = { message: "Who?", schema: Name }

everywhere("a host that does not answer", (place) => {
  describe.each(kinds)("a %s", (kind) => {
    it.effect("is refused by its user", () =>
      Effect.gen(function* () {
        const { client, heard, host } = yield* interacting(
          place,
          (request) => request.sample("poem", { messages: "A poem" }),
          (host) => host.model(() => Effect.fail(McpHost.rejected("not today")))
        )
        const error = yield* Effect.flip(call(client, kind))
        assert.include(error instanceof Said ? error.text : error.message, "not today")
        assert.lengthOf(host.asked, 1)
        assert.strictEqual(heard.runs, 1)
        if (place.era === "legacy") {
          const { reason } = (yield* heard.failure) as McpError.McpError
          assert.deepInclude(reason, {
            _tag: "Remote",
            method: "sampling/createMessage",
            code: -1,
            detail: "not today"
          })
          return
        }
        // the handler was interrupted to ask, and is not run again
        assert.strictEqual(heard.interrupted, 1)
        assert.deepNestedInclude(error, { "reason._tag": "Remote", "reason.code": -1 })
      }).pipe(Effect.scoped)
    )

    it.effect("breaks, and says nothing of how", () =>
      Effect.gen(function* () {
        const { client, heard } = yield* interacting(
          place,
          (request) => request.sample("poem", { messages: "A poem" }),
          (host) => host.model(() => Effect.die(new Error("the password is swordfish")))
        )
        const exit = yield* Effect.provide(Effect.exit(call(client, kind)), quiet)
        if (Exit.isSuccess(exit)) return assert.fail("It has been answered")
        if (place.era === "legacy") {
          const { reason } = (yield* heard.failure) as McpError.McpError
          assert.deepInclude(reason, { _tag: "Remote", code: -32603 })
          assert.notInclude(Cause.pretty(exit.cause), "swordfish")
          return
        }
        // it is the caller's own program that has broken
        assert.isTrue(Cause.hasDies(exit.cause))
        assert.strictEqual(heard.runs, 1)
      }).pipe(Effect.scoped)
    )
  })

  it.effect("leaves the connection as it was", () =>
    Effect.gen(function* () {
      let times = 0
      const { client } = yield* interacting(
        place,
        (request) => Effect.map(request.sample("poem", { messages: "A poem" }), ({ model }) => model),
        (host) =>
          host.model(() =>
            Effect.suspend(() =>
              (times += 1) === 1
                ? Effect.fail(McpHost.rejected("not today"))
                : Effect.succeed({ role: "assistant", content: { type: "text", text: "" }, model: "m" })
            )
          )
      )
      yield* Effect.flip(call(client, "tool"))
      assert.strictEqual(yield* call(client, "tool"), "m")
    }).pipe(Effect.scoped)
  )

  const forms = filling({ name: "Ada" })

  /** A call to a server that asks for what the client has not said that it can. */
  const askedAnyway = Effect.fnUntraced(function* (question: { readonly method: string; readonly params: object }) {
    const { peer, transport } = yield* playing(place.revision, (asked) => {
      if (asked.method !== "tools/call") return undefined
      return place.era === "modern"
        ? [result(asked, { resultType: "input_required", inputRequests: { q: question } })]
        : [rpc({ id: "q", ...question }), text(asked, "done")]
    })
    const client = yield* Effect.provide(McpClient.connect(transport, { revision: place.revision }), forms(new Host()))
    const calling = yield* begun(client.callTool("t"))
    if (place.era === "modern") {
      const exit = yield* ended(calling)
      const error = Exit.isFailure(exit) ? Cause.squash(exit.cause) : undefined
      assert.deepNestedInclude(error, { "reason._tag": "Unsupported" })
      return { error: String(error), answer: undefined }
    }
    const answer = () => arrived(peer).find(({ id }) => id === "q")
    yield* until(() => answer() !== undefined)
    return { error: undefined, answer: answer() }
  })

  it.effect("has no such method", () =>
    Effect.gen(function* () {
      const { answer, error } = yield* askedAnyway({
        method: "sampling/createMessage",
        params: { messages: [], maxTokens: 1 }
      })
      if (error !== undefined) assert.include(error, "sampling/createMessage")
      else assert.deepNestedInclude(answer, { "error.code": -32601 })
    }).pipe(Effect.scoped)
  )

  it.effect("has forms only, and is asked to open a page", () =>
    Effect.gen(function* () {
      const { answer, error } = yield* askedAnyway({
        method: "elicitation/create",
        params: { mode: "url", message: "m", url: "https://example.com/", elicitationId: "e" }
      })
      if (error === undefined) assert.deepNestedInclude(answer, { "error.code": asksForms(place) ? -32602 : -32601 })
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("where a question can be asked", (place) => {
  const isLesser = place.transport === "http without sessions" || place.transport === "http without streams"
  const canAsk = place.era === "modern" || !isLesser

  it.effect.each(kinds)("a %s asks, or is told that it cannot", (kind) =>
    Effect.gen(function* () {
      const { client, heard, host } = yield* interacting(
        place,
        (request) => Effect.map(request.ask({ city: Ask.sample({ messages: "A city" }) }), ({ city }) => city.model),
        (host) =>
          host.model(() => Effect.succeed({ role: "assistant", content: { type: "text", text: "" }, model: "m" }))
      )
      if (canAsk) {
        assert.strictEqual(yield* call(client, kind), "m")
        return
      }
      yield* refusal(client, kind)
      assert.deepNestedInclude(yield* heard.failure, { "reason._tag": "Unsupported" })
      assert.lengthOf(host.asked, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("what cannot be asked can be done without", () =>
    Effect.gen(function* () {
      const { app } = asker((request) =>
        request.elicit("who", who).pipe(
          Effect.map(({ name }) => name),
          Effect.catchReason("McpError", "Unsupported", () => Effect.succeed("somebody"))
        )
      )
      const client = yield* Effect.provide(place.connect(app), filling({ name: "Ada" })(new Host()))
      assert.strictEqual(yield* call(client, "tool"), canAsk && asksForms(place) ? "Ada" : "somebody")
    }).pipe(Effect.scoped)
  )
})
