/**
 * Work that handlers leave behind (`McpRequest.background`), everywhere.
 *
 * It begins when the reply is on its way, belongs to the server and to the registration of its handler, and nobody but
 * the log hears what became of it.
 */
import { assert, it } from "@effect/vitest"
import { Cause, Deferred, Effect, Exit, Layer, Logger, Scope } from "effect"
import { McpError, McpPrompt, McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"
import { within } from "../laws/support/limits.ts"
import { settle } from "../laws/support/law.ts"
import { cancelled, errorOf, heard, held, quiet, resultOf } from "./support/held.ts"
import { everywhere, type Raw } from "./support/places.ts"

/** Work that says what happens to it, and ends when the test says so. */
class Work {
  readonly lines: Array<string> = []
  readonly door = Deferred.makeUnsafe<void>()

  readonly effect = Effect.gen({ self: this }, function* () {
    this.lines.push("began")
    yield* Effect.addFinalizer((exit) =>
      Effect.sync(() => void this.lines.push(Exit.isSuccess(exit) ? "closed" : "cut"))
    )
    yield* Deferred.await(this.door)
    this.lines.push("ended")
  })

  /** A tool that leaves it behind, and answers at once. */
  readonly tool = (name = "leave") => McpTool.make(name).register(() => this.leave)

  readonly leave = Effect.gen({ self: this }, function* () {
    const request = yield* McpRequest
    yield* request.background(this.effect)
    this.lines.push("answering")
    return "left"
  })
}

const LeaveLive = (work: Work, name = "leave") => McpTool.make(name).toLayer(() => work.leave)
const call = (raw: Raw, id: string | number, name = "leave") => raw.ask(id, "tools/call", { name })

/** A logger that keeps what it is told, causes as text. */
const keeping = (lines: Array<string>) =>
  Logger.layer([Logger.make(({ cause, message }) => void lines.push([message].flat().join(" ") + Cause.pretty(cause)))])

everywhere("background work", (place) => {
  it.effect("begins after the reply, and its Scope is closed when it ends", () =>
    Effect.gen(function* () {
      const work = new Work()
      const raw = yield* place.raw(held(LeaveLive(work)).app)
      resultOf(yield* call(raw, 1))
      yield* settle
      assert.deepStrictEqual(work.lines, ["answering", "began"])
      yield* Deferred.succeed(work.door, undefined)
      yield* settle
      assert.deepStrictEqual(work.lines, ["answering", "began", "ended", "closed"])
    }).pipe(Effect.scoped)
  )

  it.effect("may be left by handlers of resources and prompts, too, and does not begin before they answer", () =>
    Effect.gen(function* () {
      const work = new Work()
      const door = yield* Deferred.make<void>()
      const Doc = McpResource.make("docs://a", { name: "a" }).toLayer(
        Effect.andThen(work.leave, Effect.as(Deferred.await(door), "text"))
      )
      const Prompt = McpPrompt.make("prompt").toLayer(() => work.leave)
      const raw = yield* place.raw(held(Layer.merge(Doc, Prompt)).app)
      yield* raw.send(raw.message(1, "resources/read", { uri: "docs://a" }))
      yield* settle
      assert.deepStrictEqual(work.lines, ["answering"])
      yield* Deferred.succeed(door, undefined)
      assert.isDefined(resultOf(yield* raw.next))
      resultOf(yield* raw.ask(2, "prompts/get", { name: "prompt" }))
      yield* settle
      assert.deepStrictEqual(work.lines, ["answering", "began", "answering", "began"])
    }).pipe(Effect.scoped)
  )

  it.effect("knows the request that it was left by, which says nothing more", () =>
    Effect.gen(function* () {
      const seen: Array<unknown> = []
      const Late = McpTool.make("late").toLayer(() =>
        Effect.andThen(McpRequest, (request) =>
          Effect.as(
            request.background(
              Effect.gen(function* () {
                const { id, name } = yield* McpRequest
                yield* request.log("emergency", "too late")
                yield* request.progress({ progress: 1 })
                seen.push(id, name)
              })
            ),
            "left"
          )
        )
      )
      const raw = yield* place.raw(held(Late).app)
      const meta = {
        progressToken: "t",
        ...(place.era === "modern" ? { "io.modelcontextprotocol/logLevel": "debug" } : {})
      }
      yield* raw.ask(7, "tools/call", { name: "late" }, meta)
      yield* quiet(raw)
      assert.deepStrictEqual(seen, [7, "late"])
      assert.isEmpty(heard(raw).filter(({ method }) => method !== undefined))
    }).pipe(Effect.scoped)
  )

  it.effect("is not cancelled with a request that has been answered", () =>
    Effect.gen(function* () {
      const work = new Work()
      const raw = yield* place.raw(held(LeaveLive(work)).app)
      resultOf(yield* call(raw, 1))
      yield* raw.send(cancelled(1))
      yield* quiet(raw)
      yield* Deferred.succeed(work.door, undefined)
      yield* settle
      assert.deepStrictEqual(work.lines, ["answering", "began", "ended", "closed"])
    }).pipe(Effect.scoped)
  )

  it.effect("fails into the log, and nobody else hears of it", () =>
    Effect.gen(function* () {
      const logged: Array<string> = []
      const secret = "the secret of the failure"
      const Fails = McpTool.make("fails").toLayer(() =>
        Effect.andThen(McpRequest, (request) => Effect.as(request.background(Effect.fail(new Error(secret))), "left"))
      )
      const raw = yield* place.raw(Layer.provide(held(Fails).app, keeping(logged)))
      resultOf(yield* call(raw, 1, "fails"))
      yield* quiet(raw)
      assert.notInclude(raw.received.join("\n"), secret)
      const [line, ...more] = logged.filter((line) => line.includes("background"))
      assert.deepStrictEqual(more, [])
      assert.include(line, 'Tool "fails"')
      assert.include(line, secret)
      resultOf(yield* call(raw, 2, "fails"))
    }).pipe(Effect.scoped)
  )

  it.effect("is bounded: what is too much is Busy, and what has ended makes room", () =>
    Effect.gen(function* () {
      const work = new Work()
      const raw = yield* within({ background: 2 }, place.raw(held(LeaveLive(work)).app))
      for (const id of [1, 2]) assert.isUndefined(resultOf(yield* call(raw, id))["isError"])
      yield* settle
      const refused = resultOf(yield* call(raw, 3))
      assert.strictEqual(refused["isError"], true)
      assert.deepNestedInclude(refused["_meta"], { "mcp-effect/failure": { tag: "McpError", value: { code: 503 } } })
      yield* Deferred.succeed(work.door, undefined)
      yield* settle
      assert.isUndefined(resultOf(yield* call(raw, 4))["isError"])
    }).pipe(Effect.scoped)
  )

  it.effect("is bounded in one handler as well, which may go on without it", () =>
    Effect.gen(function* () {
      const work = new Work()
      const Greedy = McpTool.make("greedy").toLayer(() =>
        Effect.gen(function* () {
          const request = yield* McpRequest
          yield* request.background(work.effect)
          return yield* Effect.match(request.background(work.effect), {
            onSuccess: () => "there was room",
            onFailure: ({ reason }) => (reason instanceof McpError.Busy ? "busy" : reason.message)
          })
        })
      )
      const raw = yield* within({ background: 1 }, place.raw(held(Greedy).app))
      assert.deepStrictEqual(resultOf(yield* call(raw, 1, "greedy"))["content"], [{ type: "text", text: "busy" }])
      yield* settle
      assert.deepStrictEqual(work.lines, ["began"])
    }).pipe(Effect.scoped)
  )

  it.effect("is interrupted when the server goes down, before what it uses is released", () =>
    Effect.gen(function* () {
      const work = new Work()
      const used = Layer.effectDiscard(
        Effect.acquireRelease(Effect.void, () => Effect.sync(() => void work.lines.push("released")))
      )
      const raw = yield* place.raw(held(LeaveLive(work).pipe(Layer.provideMerge(used))).app)
      resultOf(yield* call(raw, 1))
      yield* settle
      yield* raw.shutDown
      assert.deepStrictEqual(work.lines, ["answering", "began", "cut", "released"])
    }).pipe(Effect.scoped)
  )

  it.effect("is interrupted when its registration ends, and no other is", () =>
    Effect.gen(function* () {
      const mine = new Work()
      const other = new Work()
      const { app, on } = held(LeaveLive(other, "other"))
      const raw = yield* place.raw(app)
      const scope = yield* Scope.make()
      yield* Scope.provide(on(mine.tool()), scope)
      resultOf(yield* call(raw, 1))
      resultOf(yield* call(raw, 2, "other"))
      yield* settle
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(mine.lines, ["answering", "began", "cut"])
      assert.deepStrictEqual(other.lines, ["answering", "began"])
      assert.strictEqual(errorOf(yield* call(raw, 3)).code, -32602)
      yield* Deferred.succeed(other.door, undefined)
      yield* settle
      assert.deepStrictEqual(other.lines, ["answering", "began", "ended", "closed"])
    }).pipe(Effect.scoped)
  )

  it.effect("does not outlive a registration that ends while its handler still runs", () =>
    Effect.gen(function* () {
      const work = new Work()
      const { app, on } = held(LeaveLive(new Work(), "other"))
      const raw = yield* place.raw(app)
      const scope = yield* Scope.make()
      const Stays = McpTool.make("stays").register(() => Effect.andThen(work.leave, Effect.never))
      yield* Scope.provide(on(Stays), scope)
      yield* raw.send(raw.message(1, "tools/call", { name: "stays" }))
      yield* settle
      assert.deepStrictEqual(work.lines, ["answering"])
      yield* Scope.close(scope, Exit.void)
      const began = work.lines.filter((line) => line === "began").length
      const cut = work.lines.filter((line) => line === "cut").length
      assert.strictEqual(cut, began, work.lines.join())
      yield* settle
      assert.strictEqual(work.lines.filter((line) => line === "began").length, began)
    }).pipe(Effect.scoped)
  )

  it.effect("uses the services of its handler", () =>
    Effect.gen(function* () {
      const done = yield* Deferred.make<string>()
      const Named = McpTool.make("named").toLayer(() =>
        Effect.andThen(McpRequest, (request) =>
          Effect.as(
            request.background(Effect.flatMap(McpServer.McpServer, ({ info }) => Deferred.succeed(done, info.name))),
            "left"
          )
        )
      )
      const raw = yield* place.raw(held(Named).app)
      resultOf(yield* call(raw, 1, "named"))
      assert.strictEqual(yield* Deferred.await(done), "held")
    }).pipe(Effect.scoped)
  )

  it.effect("begins even where the handler fails after leaving it", () =>
    Effect.gen(function* () {
      const work = new Work()
      const Breaks = McpTool.make("breaks").toLayer(() => Effect.andThen(work.leave, Effect.die(new Error("broken"))))
      const raw = yield* place.raw(held(Breaks).app)
      assert.strictEqual(errorOf(yield* call(raw, 1, "breaks")).code, -32603)
      yield* settle
      assert.deepStrictEqual(work.lines, ["answering", "began"])
    }).pipe(Effect.scoped)
  )
})
