/**
 * A server program on stdio: how it ends, by itself or by a signal, and that stdout is the protocol's.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { call, drained, program, textOf } from "./support/program.ts"

const succeeded = { code: 0, signal: null }

describe("when stdin ends, the program ends by itself with code 0", () => {
  it.live("at once, when nothing runs", () =>
    Effect.gen(function* () {
      const server = yield* program()
      yield* server.endStdin
      assert.deepStrictEqual(yield* server.ended, succeeded)
      assert.strictEqual(server.stdout, "")
      assert.deepStrictEqual(server.words("resource"), ["resource acquired", "resource released"])
    })
  )

  it.live("after it has answered what was piped in before", () =>
    Effect.gen(function* () {
      const server = yield* program()
      const ids = Array.from({ length: 100 }, (_, id) => id)
      yield* server.send(...ids.map((id) => call(id, "echo", { text: `number ${id}` })), call("last", "lasting"))
      yield* server.endStdin
      assert.deepStrictEqual(yield* server.ended, succeeded)
      const texts = server.replies.map((reply) => [reply.id, textOf(reply)])
      assert.deepStrictEqual(texts, [...ids.map((id) => [id, `number ${id}`]), ["last", "lasted"]])
    })
  )

  it.live("after it has interrupted a handler that does not end", () =>
    Effect.gen(function* () {
      const server = yield* program()
      yield* server.send(call(1, "endless"))
      yield* server.said("endless started")
      yield* server.endStdin
      assert.deepStrictEqual(yield* server.ended, succeeded)
      assert.deepStrictEqual(server.words("endless", "resource"), drained)
    })
  )

  it.live("although a handler cannot be interrupted, which is reported once", () =>
    Effect.gen(function* () {
      const server = yield* program()
      yield* server.send(call("the stubborn one", "stubborn"))
      yield* server.said("stubborn started")
      yield* server.endStdin
      assert.deepStrictEqual(yield* server.ended, succeeded)
      assert.include(server.words("resource"), "resource released")
      assert.strictEqual(server.stderr.split("the stubborn one").length - 1, 1, server.stderr)
      assert.strictEqual(server.stdout, "")
    })
  )
})

describe("a graph that fails to build", () => {
  it.live("answers nothing and ends with code 1 and the reason on stderr", () =>
    Effect.gen(function* () {
      const server = yield* program({ BUILD: "fail" })
      yield* server.send(call(1, "echo", { text: "is anybody there?" }))
      assert.deepStrictEqual(yield* server.ended, { code: 1, signal: null })
      assert.strictEqual(server.stdout, "")
      assert.strictEqual(server.stderr.split("the graph was not built: no database").length - 1, 1, server.stderr)
    })
  )
})

describe.each(["SIGTERM", "SIGINT"] as const)("%s", (signal) => {
  it.live("drains: handlers are interrupted, then resources released, and the program ends by itself", () =>
    Effect.gen(function* () {
      const server = yield* program()
      yield* server.send(call(1, "echo", { text: "before" }), call(2, "endless"))
      yield* server.said("endless started")
      assert.strictEqual(textOf(yield* server.answer(1)), "before")
      yield* server.kill(signal)
      assert.deepStrictEqual(yield* server.ended, succeeded)
      assert.deepStrictEqual(server.words("endless", "resource"), drained)
      assert.strictEqual((yield* server.answer(2)).error?.code, -32603)
    })
  )

  it.live("ends a program whose handler cannot be interrupted", () =>
    Effect.gen(function* () {
      const server = yield* program()
      yield* server.send(call(1, "stubborn"))
      yield* server.said("stubborn started")
      yield* server.kill(signal)
      assert.isNull((yield* server.ended).signal)
      assert.include(server.words("resource"), "resource released")
    })
  )
})

describe("stdout belongs to the protocol", () => {
  it.live("what handlers print and log goes to stderr", () =>
    Effect.gen(function* () {
      const server = yield* program()
      yield* server.send(call(1, "printing"))
      assert.strictEqual(textOf(yield* server.answer(1)), "printed")
      yield* server.endStdin
      assert.deepStrictEqual(yield* server.ended, succeeded)
      assert.strictEqual(server.replies.length, 1)
      for (const text of ["printed by the console", "printed to stdout", "logged"]) assert.include(server.stderr, text)
    })
  )
})
