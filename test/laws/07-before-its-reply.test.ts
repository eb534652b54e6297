/**
 * Law 7: progress and logs of a request arrive before its reply, on its own stream, never after; progress increases.
 *
 * Handlers follow a generated script and may leave fibers behind that go on reporting. What arrives is compared with
 * what the script says, for each driver in both eras; on exchanges of their own each request's stream is looked at by
 * itself. At the client `onProgress` has run for every report when the call returns, however it returns.
 */
import { assert, it } from "@effect/vitest"
import { Deferred, Effect, Exit, Fiber, Layer, Schema } from "effect"
import { McpClient, McpRequest, McpServer, McpTool } from "mcp-effect"
import * as McpLimits from "mcp-effect/McpLimits"
import { McpTest } from "mcp-effect/testing"
import { callTool, drivers, type Era, eras, handshake, versions } from "./support/app.ts"
import { exchanged, session } from "./support/exchanges.ts"
import { property, settle } from "./support/law.ts"
import { messages, until } from "./support/scripted.ts"

const kinds = ["progress", "log", "yield"] as const

const Step = Schema.Struct({ kind: Schema.Literals(kinds), value: Schema.Literals([-1, 0, 0.5, 1, 2, 3]) })
type Step = typeof Step.Type

/** What a handler does: its steps, and how many fibers it leaves behind that go on reporting. */
const Script = Schema.Struct({
  steps: Schema.Array(Step).pipe(Schema.check(Schema.isMaxLength(8))),
  background: Schema.Literals([0, 0, 1, 2])
})
type Script = typeof Script.Type

class Failed extends Schema.TaggedError<Failed>()("Failed", {}) {}

const Chatty = McpTool.make("chatty", {
  parameters: { name: Schema.String, end: Schema.Literals(["value", "failure", "defect"]) },
  failure: Failed
})

const REPORTS_AFTER = 30

/** A server whose handlers follow the scripts of their names; `over` counts the fibers that have stopped reporting. */
const server = (scripts: { readonly [name: string]: Script }, over: Array<string> = []) =>
  Chatty.toLayer(
    Effect.fnUntraced(function* ({ end, name }) {
      const request = yield* McpRequest
      const { background, steps } = scripts[name]!
      const say = (kind: Step["kind"], value: number) =>
        kind === "progress"
          ? request.progress({ progress: value })
          : kind === "log"
            ? request.log("info", { name, value })
            : Effect.yieldNow
      for (let left = background; left > 0; left--) {
        const reporting = Effect.gen(function* () {
          for (let value = 4; value < 4 + REPORTS_AFTER; value++) {
            yield* say("progress", value)
            yield* say("log", value)
            yield* Effect.yieldNow
          }
          over.push(name)
        })
        yield* Effect.forkDetach(reporting, { startImmediately: left === 1 })
      }
      yield* Effect.forEach(steps, ({ kind, value }) => say(kind, value))
      if (end === "failure") return yield* new Failed()
      if (end === "defect") return yield* Effect.die(new Error("as the script says"))
      return name
    })
  ).pipe(Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })))

/** What a script leads to on the wire: progress only where it grows, every log. */
const told = ({ steps }: Script, asked: boolean): ReadonlyArray<string> => {
  let last = -Infinity
  return steps.flatMap(({ kind, value }) => {
    if (kind === "log") return [`log ${value}`]
    if (kind === "yield" || !asked || value <= last) return []
    last = value
    return [`progress ${value}`]
  })
}

interface Said {
  readonly progressToken?: unknown
  readonly progress?: number
  readonly data?: { readonly name: string; readonly value: number }
}

/** What arrived for a request, its reply included, in order. */
const heard = (received: ReadonlyArray<McpTest.Json>, name: string): ReadonlyArray<string> =>
  received.flatMap((message) => {
    if (message["id"] === name) return ["reply"]
    const { data, progress, progressToken } = (message["params"] ?? {}) as Said
    if (progressToken === `token of ${name}`) return [`progress ${progress}`]
    return data?.name === name ? [`log ${data.value}`] : []
  })

const ask = (era: Era, name: string, asked: boolean, end = "value"): McpTest.Json =>
  callTool(
    era,
    name,
    "chatty",
    { name, end },
    {
      ...(asked ? { progressToken: `token of ${name}` } : undefined),
      ...(era === "modern" ? { "io.modelcontextprotocol/logLevel": "debug" } : undefined)
    }
  )

const increases = (lines: ReadonlyArray<string>): boolean => {
  const values = lines.filter((line) => line.startsWith("progress ")).map((line) => Number(line.slice(9)))
  return values.every((value, index) => index === 0 || value > values[index - 1]!)
}

/** What every request's share of the frames must look like. */
const check = (lines: ReadonlyArray<string>, script: Script, asked: boolean, all: string) => {
  assert.strictEqual(lines.indexOf("reply"), lines.length - 1, `the reply comes last: ${lines.join(", ")} of ${all}`)
  assert.isTrue(increases(lines), `progress increases: ${lines.join(", ")}`)
  if (!asked) assert.notInclude(lines.join(), "progress", "nobody asked for progress")
  if (script.background === 0) assert.deepStrictEqual(lines, [...told(script, asked), "reply"])
}

const Scripts = Schema.Array(Script).pipe(Schema.check(Schema.isMinLength(1), Schema.isMaxLength(3)))
const named = (scripts: ReadonlyArray<Script>) =>
  Object.fromEntries(scripts.map((script, index) => [`request ${index}`, script]))

property(
  "law 7: what a handler reports arrives before its reply, never after, and progress increases",
  {
    era: Schema.Literals(eras),
    driver: Schema.Literals(drivers),
    asked: Schema.Boolean,
    end: Schema.Literals(["value", "failure", "defect"]),
    scripts: Scripts
  },
  {
    era: eras,
    driver: drivers,
    asked: ["true", "false"],
    end: ["value", "failure", "defect"],
    step: kinds,
    background: ["none", "some"]
  },
  ({ asked, driver, end, era, scripts }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("driver", driver)
      seen("asked", String(asked))
      seen("end", end)
      const byName = named(scripts)
      const over: Array<string> = []
      const revision = era === "legacy" ? versions.legacy : undefined
      const peer = yield* McpTest.raw(server(byName, over), { driver, revision })
      yield* handshake(peer, era, driver)
      for (const [name, { background, steps }] of Object.entries(byName)) {
        seen("background", background === 0 ? "none" : "some")
        for (const { kind } of steps) seen("step", kind)
        yield* peer.send(ask(era, name, asked, end))
      }
      const left = scripts.reduce((sum, { background }) => sum + background, 0)
      assert.isTrue(yield* until(() => over.length === left), "the fibers left behind are stuck")
      yield* settle
      for (const [name, script] of Object.entries(byName)) {
        check(heard(messages(peer), name), script, asked, peer.received.join("\n"))
      }
    })
)

property(
  "law 7: reports go by the request's own stream",
  { era: Schema.Literals(["legacy session", ...eras]), scripts: Scripts },
  { era: ["legacy session", ...eras], stream: ["replies only", "reports too"] },
  ({ era, scripts }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      const byName = named(scripts)
      const over: Array<string> = []
      const acceptor = yield* McpTest.acceptor(server(byName, over))
      const conversation = era === "legacy session" ? yield* session(acceptor) : undefined
      const wire = era === "modern" ? "modern" : "legacy"
      const exchanges = yield* Effect.forEach(Object.keys(byName), (name) =>
        conversation === undefined
          ? exchanged(acceptor, ask(wire, name, true))
          : conversation.exchange(ask(wire, name, true))
      )
      const left = scripts.reduce((sum, { background }) => sum + background, 0)
      assert.isTrue(yield* until(() => over.length === left), "the fibers left behind are stuck")
      yield* settle
      for (const [index, [name, script]] of Object.entries(byName).entries()) {
        const { end, messages } = exchanges[index]!
        const lines = heard(messages, name)
        seen("stream", lines.length > 1 ? "reports too" : "replies only")
        check(lines, script, true, JSON.stringify(messages))
        assert.strictEqual(messages.length, lines.length, `${name} carries only its own: ${JSON.stringify(messages)}`)
        assert.strictEqual(end, lines.length > 1 ? "stream" : "reply")
      }
      assert.deepStrictEqual(conversation?.beside ?? [], [])
    })
)

it.effect("law 7: a report that waits for room is dropped when the reply overtakes it", () =>
  Effect.gen(function* () {
    const door = yield* Deferred.make<void>()
    const waiting: Array<number> = []
    const Crowded = McpTool.make("crowded")
    const app = Crowded.toLayer(
      Effect.fnUntraced(function* () {
        const request = yield* McpRequest
        for (const value of [1, 2, 3, 4]) {
          const reporting = Effect.andThen(
            request.progress({ progress: value }),
            Effect.sync(() => waiting.push(value))
          )
          yield* Effect.forkDetach(reporting, { startImmediately: true })
        }
        yield* Deferred.await(door)
        return "done"
      })
    ).pipe(
      Layer.provide(McpServer.layer({ name: "laws", version: "1.0.0" })),
      Layer.provide(Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, unsentSoft: 1 }))
    )
    const acceptor = yield* McpTest.acceptor(app)
    const { peer, transport } = yield* McpTest.scripted()
    const { release, stall, transport: stalling } = yield* McpTest.faulty(transport)
    yield* Effect.forkScoped(acceptor.run(stalling))
    yield* stall
    yield* peer.send(callTool("modern", 1, "crowded", {}, { progressToken: "t" }))
    yield* settle
    yield* Deferred.succeed(door, undefined)
    yield* settle
    yield* release
    assert.isTrue(yield* until(() => waiting.length === 4), "a reporter is stuck")
    yield* settle
    const received = messages(peer)
    assert.strictEqual(received.at(-1)?.["id"], 1, peer.received.join("\n"))
    assert.isAtLeast(received.length, 2)
    assert.isBelow(received.length, 5, "somebody waited")
  })
)

for (const value of [Infinity, -Infinity, Number.NaN]) {
  it.effect(`law 7: progress that JSON cannot say (${value}) is not sent`, () =>
    Effect.gen(function* () {
      const Odd = McpTool.make("odd")
      const app = Odd.toLayer(
        Effect.fnUntraced(function* () {
          const request = yield* McpRequest
          for (const progress of [1, value, 2]) yield* request.progress({ progress })
          return "done"
        })
      )
      const peer = yield* McpTest.raw(Layer.provide(app, McpServer.layer({ name: "laws", version: "1.0.0" })))
      yield* peer.send(callTool("modern", "odd", "odd", {}, { progressToken: "token of odd" }))
      yield* until(() => peer.received.length >= 3)
      assert.deepStrictEqual(heard(messages(peer), "odd"), ["progress 1", "progress 2", "reply"])
    })
  )
}

property(
  "law 7: `onProgress` has run for every report when the call returns, however it returns, and never after",
  {
    era: Schema.Literals(eras),
    end: Schema.Literals(["value", "failure", "defect"]),
    pace: Schema.Int.pipe(Schema.check(Schema.isBetween({ minimum: 0, maximum: 3 }))),
    scripts: Scripts
  },
  { era: eras, end: ["value", "failure", "defect"], pace: ["quick", "slow"], reports: ["none", "some"] },
  ({ end, era, pace, scripts }, seen) =>
    Effect.gen(function* () {
      seen("era", era)
      seen("end", end)
      seen("pace", pace === 0 ? "quick" : "slow")
      const byName = named(scripts)
      const client = yield* McpClient.connect(server(byName), { revision: versions[era] })
      const fibers = yield* Effect.forEach(Object.keys(byName), (name) =>
        Effect.gen(function* () {
          const reports: Array<string> = []
          const exit = yield* Effect.exit(
            client.call(
              Chatty,
              { name, end },
              {
                onProgress: ({ progress }) =>
                  Effect.andThen(
                    Effect.repeat(Effect.yieldNow, { times: pace }),
                    Effect.sync(() => void reports.push(`progress ${progress}`))
                  )
              }
            )
          )
          const atReturn = [...reports]
          yield* settle
          return { name, exit, reports, atReturn }
        }).pipe(Effect.forkChild)
      )
      yield* until(() => fibers.every((fiber) => fiber.pollUnsafe() !== undefined))
      for (const fiber of fibers) {
        const done = fiber.pollUnsafe()
        assert.isDefined(done, "a call does not return")
        const { atReturn, exit, name, reports } = yield* Fiber.join(fiber)
        assert.strictEqual(Exit.isSuccess(exit), end === "value")
        assert.deepStrictEqual(reports, atReturn, "reports that ran after the call returned")
        assert.isTrue(increases(reports))
        const script = byName[name]!
        const expected = told(script, true).filter((line) => line.startsWith("progress"))
        seen("reports", expected.length === 0 ? "none" : "some")
        if (script.background === 0) assert.deepStrictEqual(reports, expected)
      }
    })
)
