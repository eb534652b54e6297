/**
 * Law 7, of what does not leave at once: progress that the rate limit holds, and log lines that nobody waits for.
 *
 * A handler follows a generated script of reports, lines and pauses. All lines arrive, in order; of the reports some do,
 * the last one always; all of it before the reply and nothing after, also from
 * fibers that were left behind, and also where the other side does not read.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Layer, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpRequest, McpServer, McpTool } from "mcp-effect"
import * as McpLimits from "mcp-effect/McpLimits"
import { McpTest } from "mcp-effect/testing"
import { callTool, drivers, type Era, eras, handshake, versions } from "./support/app.ts"
import { property, settle } from "./support/law.ts"
import { messages, until } from "./support/scripted.ts"

const kinds = ["progress", "log", "logUnsafe", "pause"] as const
const PAUSE = 400

const Script = Schema.Struct({
  steps: Schema.Array(
    // progress advances by the value
    Schema.Struct({
      kind: Schema.Literals([...kinds, "progress", "progress"]),
      value: Schema.Literals([-1, 0, 1, 1, 2])
    })
  ).pipe(Schema.check(Schema.isMinLength(4), Schema.isMaxLength(20))),
  /** Fibers that are left behind and go on reporting. */
  left: Schema.Literals([0, 0, 1])
})
type Script = typeof Script.Type

class Failed extends Schema.TaggedError<Failed>()("Failed", {}) {}
const Chatty = McpTool.make("chatty", { parameters: { end: Schema.Literals(["value", "failure"]) }, failure: Failed })

/** More than any script reports. */
const MANY = 100
const AFTER = 20

/** A server whose handler follows the script; `over` has how many fibers that it left behind have ended. */
const server = ({ left, steps }: Script, limits: Partial<McpLimits.Limits>, over: Array<number> = []) =>
  Chatty.toLayer(
    Effect.fnUntraced(function* ({ end }) {
      const request = yield* McpRequest
      for (let fiber = 1; fiber <= left; fiber++) {
        const reporting = Effect.gen(function* () {
          for (let value = MANY; value < MANY + AFTER; value++) {
            yield* request.progress({ progress: value })
            request.logUnsafe("info", -value)
            yield* Effect.yieldNow
          }
          over.push(fiber)
        })
        yield* Effect.forkDetach(reporting)
      }
      let progress = 0
      for (const { kind, value } of steps) {
        if (kind === "progress") yield* request.progress({ progress: (progress += value) })
        if (kind === "log") yield* request.log("info", value)
        if (kind === "logUnsafe") request.logUnsafe("info", value)
        if (kind === "pause") yield* Effect.sleep(PAUSE)
      }
      if (end === "failure") return yield* new Failed()
      return "done"
    })
  ).pipe(
    Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })),
    Layer.provide(Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, ...limits }))
  )

const ask = (era: Era, end = "value") =>
  callTool(
    era,
    "asked",
    "chatty",
    { end },
    { progressToken: "token", ...(era === "modern" ? { "io.modelcontextprotocol/logLevel": "debug" } : undefined) }
  )

interface Heard {
  readonly lines: ReadonlyArray<number>
  readonly reports: ReadonlyArray<number>
  /** What comes after the reply. */
  readonly after: number
}

/** What arrived for the request, apart. */
const heardOf = (received: ReadonlyArray<McpTest.Json>): Heard => {
  const paramsOf = (method: string) =>
    received.flatMap((message) => (message["method"] === method ? [message["params"] as McpTest.Json] : []))
  const replied = received.findIndex(({ id }) => id === "asked")
  return {
    lines: paramsOf("notifications/message").map(({ data }) => data as number),
    reports: paramsOf("notifications/progress").map(({ progress }) => progress as number),
    after: received.length - 1 - replied
  }
}

/** The reports that a script makes: those that grow. */
const growing = ({ steps }: Script): ReadonlyArray<number> => {
  let last = -Infinity
  let progress = 0
  return steps.flatMap(({ kind, value }) => {
    if (kind !== "progress") return []
    progress += value
    if (progress <= last) return []
    last = progress
    return [progress]
  })
}

const increases = (values: ReadonlyArray<number>) =>
  values.every((value, index) => index === 0 || value > values[index - 1]!)

property(
  "law 7: what is held, and what nobody waits for, arrives before the reply, and progress increases",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    end: Schema.Literals(["value", "failure"]),
    limit: Schema.Literals([1, 2, 3]),
    script: Script
  },
  {
    era: eras,
    driver: drivers,
    end: ["value", "failure"],
    step: kinds,
    left: ["none", "some"],
    held: ["none", "some"]
  },
  ({ driver, end, era, limit, script }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      seen("end", end)
      seen("left", script.left === 0 ? "none" : "some")
      for (const { kind } of script.steps) seen("step", kind)
      const over: Array<number> = []
      const revision = era === "legacy" ? versions.legacy : undefined
      const peer = yield* McpTest.raw(server(script, { progress: limit }, over), { driver, revision })
      yield* handshake(peer, era, driver)
      const before = peer.received.length
      yield* peer.send(ask(era, end))
      yield* settle
      const pauses = script.steps.filter(({ kind }) => kind === "pause").length
      yield* Effect.repeat(Effect.andThen(TestClock.adjust(PAUSE), settle), { times: pauses })
      assert.isTrue(yield* until(() => over.length === script.left), "a fiber left behind is stuck")
      yield* TestClock.adjust("5 seconds")
      yield* settle
      const { after, lines, reports } = heardOf(messages(peer).slice(before))
      const all = peer.received.join("\n")
      assert.strictEqual(after, 0, `the reply comes last: ${all}`)
      assert.isTrue(increases(reports), `progress increases: ${reports.join(", ")}`)
      if (script.left > 0) return
      const said = script.steps.flatMap(({ kind, value }) => (kind.startsWith("log") ? [value] : []))
      assert.deepStrictEqual(lines, said, "all lines, in order")
      const expected = growing(script)
      assert.includeMembers([...expected], [...reports])
      assert.strictEqual(reports.at(-1), expected.at(-1), "the last report arrives")
      seen("held", reports.length < expected.length ? "some" : "none")
    })
)

property(
  "law 7: where the other side does not read, lines are kept up to a bound, and leave before the reply",
  { era: Schema.Literals(eras), said: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 1, maximum: 9 }))) },
  { era: eras, lines: ["all", "the last"] },
  ({ era, said }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      const buffer = 4
      seen("lines", said <= buffer ? "all" : "the last")
      const go = yield* Deferred.make<void>()
      const Stalled = McpTool.make("chatty", { parameters: { end: Schema.String } })
      const app = Stalled.toLayer(() =>
        Effect.gen(function* () {
          const request = yield* McpRequest
          yield* request.log("info", 0)
          for (let line = 1; line <= said; line++) request.logUnsafe("info", line)
          yield* Deferred.await(go)
          return "done"
        })
      ).pipe(
        Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })),
        Layer.provide(Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, buffer, unsentSoft: 1 }))
      )
      const acceptor = yield* McpTest.acceptor(app)
      const { peer, transport } = yield* McpTest.scripted()
      const { release, stall, transport: stalling } = yield* McpTest.faulty(transport)
      yield* Effect.forkScoped(acceptor.run(stalling))
      yield* handshake(peer, era)
      yield* settle
      yield* stall
      const before = peer.received.length
      yield* peer.send(ask(era))
      yield* settle
      yield* Deferred.succeed(go, undefined)
      yield* settle
      yield* release
      assert.isTrue(yield* until(() => messages(peer).some(({ id }) => id === "asked")), "it is not answered")
      yield* settle
      const { after, lines } = heardOf(messages(peer).slice(before))
      assert.strictEqual(after, 0, "the reply comes last")
      const all = Array.from({ length: said }, (_, index) => index + 1)
      assert.deepStrictEqual(lines, [0, ...all.slice(-buffer)])
    })
)
