/**
 * What the client hears unasked, everywhere: logs, notifications, progress, every message; as Streams and by handlers.
 *
 * All of it begins when it is run and is over with its scope, or with the connection.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Scope, Stream } from "effect"
import { type McpClient } from "mcp-effect"
import { LoggingMessage } from "mcp-effect/methods/logging"
import { settle } from "../laws/support/law.ts"
import { fork } from "../laws/support/limits.ts"
import { until } from "../laws/support/scripted.ts"
import { type Running, running, Say, Tock, upTo } from "./support/client.ts"
import { kept } from "./support/hostile.ts"
import { everywhere } from "./support/places.ts"

const LOG_LEVEL = "io.modelcontextprotocol/logLevel"
const EPOCH = new Date("2026-01-01T00:00:00.000Z")

/** Calls `say` so that its logs are heard in every revision. */
const say = ({ client }: Running, count: number, options?: McpClient.CallOptions) =>
  client.call(Say, { count }, { ...options, meta: { [LOG_LEVEL]: "debug" } })

everywhere("what the client hears", (place) => {
  it.effect("logs, notifications and handlers hear the same, in order, from when they began", () =>
    Effect.gen(function* () {
      const own = yield* running(place)
      const { client } = own
      yield* say(own, 2)
      const logs: Array<unknown> = []
      const raw: Array<unknown> = []
      const handled: Array<unknown> = []
      yield* fork(Stream.runForEach(client.logs, ({ data }) => Effect.sync(() => logs.push(data))))
      yield* fork(Stream.runForEach(client.notifications, ({ method }) => Effect.sync(() => raw.push(method))))
      yield* client.on(LoggingMessage, ({ data }) => Effect.sync(() => handled.push(data)))
      yield* say(own, 3)
      yield* settle
      const said = upTo(3).map((n) => ({ n }))
      assert.deepStrictEqual(logs, said)
      assert.deepStrictEqual(handled, said)
      assert.deepStrictEqual(
        raw,
        upTo(3).flatMap(() => [Tock.name, "notifications/message"])
      )
    }).pipe(Effect.scoped)
  )

  it.effect("on: notifications of one's own are decoded, one after the other, until the scope closes", () =>
    Effect.gen(function* () {
      const own = yield* running(place)
      const heard: Array<string> = []
      const scope = yield* Scope.make()
      const slowly = ({ at, n }: (typeof Tock)["params"]["Type"]) =>
        Effect.gen(function* () {
          heard.push(`${n} begins at ${at.toISOString()}`)
          yield* Effect.yieldNow
          heard.push(`${n} ends`)
        })
      yield* Scope.provide(own.client.on(Tock, slowly), scope)
      yield* say(own, 2)
      yield* settle
      assert.deepStrictEqual(
        heard,
        upTo(2).flatMap((n) => [`${n} begins at ${EPOCH.toISOString()}`, `${n} ends`])
      )
      yield* Scope.close(scope, Exit.void)
      yield* say(own, 1)
      yield* settle
      assert.strictEqual(heard.length, 4)
    }).pipe(Effect.scoped)
  )

  it.effect("progress: told to the call that asked, all of it before it returns, and to nobody else", () =>
    Effect.gen(function* () {
      const own = yield* running(place)
      const raw: Array<string> = []
      yield* fork(Stream.runForEach(own.client.notifications, ({ method }) => Effect.sync(() => raw.push(method))))
      const reports: Array<number> = []
      const onProgress = ({ progress }: { readonly progress: number }) =>
        Effect.andThen(
          settle,
          Effect.sync(() => void reports.push(progress))
        )
      yield* say(own, 3, { onProgress })
      assert.deepStrictEqual(reports, [1, 2, 3])
      yield* say(own, 3)
      assert.deepStrictEqual(reports, [1, 2, 3])
      assert.notInclude(raw, "notifications/progress")
    }).pipe(Effect.scoped)
  )

  it.effect("messages: both directions in order, while somebody reads", () =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      yield* client.callTool("tool1")
      const read = Effect.gen(function* () {
        const seen: Array<string> = []
        const reading = yield* fork(
          Stream.runForEach(client.messages, ({ from, text }) =>
            Effect.sync(() => {
              const { method } = JSON.parse(text) as { readonly method?: string }
              seen.push(`${from} ${method ?? "answers"}`)
            })
          )
        )
        yield* settle
        yield* client.callTool("tool2")
        yield* settle
        yield* Fiber.interrupt(reading)
        return seen
      })
      const once = ["client tools/call", "server answers"]
      assert.deepStrictEqual(yield* read, once)
      yield* client.callTool("tool3")
      assert.deepStrictEqual(yield* read, once)
    }).pipe(Effect.scoped)
  )

  it.effect("a handler that dies is named in the log, and the next notification is handled", () =>
    Effect.gen(function* () {
      const { layer, lines } = kept()
      const handled: Array<number> = []
      yield* Effect.gen(function* () {
        const own = yield* running(place)
        yield* own.client.on(Tock, ({ n }) =>
          n === 1 ? Effect.die(new Error("odd")) : Effect.sync(() => handled.push(n))
        )
        yield* say(own, 2)
        yield* settle
      }).pipe(Effect.scoped, Effect.provide(layer))
      assert.strictEqual(lines.filter((line) => line.includes(Tock.name)).length, 1, lines.join("\n"))
      assert.deepStrictEqual(handled, [2])
    })
  )

  it.effect("when the connection ends, so do logs, notifications and messages; those that begin then, too", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const own = yield* Scope.provide(running(place), scope)
      const { client } = own
      const heard: Array<string> = []
      const streams = [
        Stream.map(client.logs, () => "log"),
        Stream.map(client.notifications, () => "notification"),
        Stream.map(client.messages, () => "message")
      ]
      const reading = yield* Effect.forEach(streams, (stream) =>
        fork(Stream.runForEach(stream, (what) => Effect.sync(() => heard.push(what))))
      )
      yield* settle
      yield* say(own, 1)
      yield* Scope.close(scope, Exit.void)
      const later = yield* Effect.forEach(streams, (stream) => fork(Stream.runDrain(stream)))
      yield* until(() => [...reading, ...later].every((fiber) => fiber.pollUnsafe() !== undefined))
      for (const fiber of [...reading, ...later]) {
        const exit = fiber.pollUnsafe()
        assert.isTrue(exit !== undefined && Exit.isSuccess(exit), exit === undefined ? "it goes on" : "it fails")
      }
      // the last of what was said is heard, before they end
      assert.includeMembers(heard, ["log", "notification", "message"])
    }).pipe(Effect.scoped)
  )
})
