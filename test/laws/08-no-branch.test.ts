/**
 * Law 8: a handler needs no branch on revision or transport.
 *
 * The same handlers are called in both eras, through a client over the loopback and by raw messages over the three
 * drivers; what the caller gets is the same once what a revision writes around it has been taken away.
 */
import { assert, it } from "@effect/vitest"
import { Cause, Effect, Exit, Layer, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { type McpClient, McpContent, McpError, McpRequest, McpSchema, McpServer, McpTool } from "mcp-effect"
import { McpTest } from "mcp-effect/testing"
import { callTool, drivers, type Era, eras, handshake, request, SECRET, versions } from "./support/app.ts"
import { property, settle } from "./support/law.ts"

class Refused extends Schema.TaggedError<Refused>()("Refused", { why: Schema.String, at: Schema.Date }) {}

interface Input {
  readonly text: string
  readonly n: number
}
const parameters = { text: Schema.String, n: Schema.Int }

// what a handler may succeed with
const Point = McpTool.make("point", { parameters, success: Schema.Struct({ text: Schema.String, n: Schema.Int }) })
const Word = McpTool.make("word", { parameters, success: Schema.String })
const Count = McpTool.make("count", { parameters, success: Schema.Int })
const Flags = McpTool.make("flags", { parameters, success: Schema.Array(Schema.NullOr(Schema.Boolean)) })
const Nothing = McpTool.make("nothing", { parameters, success: Schema.Null })
const When = McpTool.make("when", { parameters, success: Schema.Date, content: (date) => `at ${date.getTime()}` })
const Content = McpTool.make("content", { parameters })
// what it may fail with, and how else it may end
const Refuse = McpTool.make("refuse", { parameters, failure: Refused })
const Plain = McpTool.make("plain", { parameters, failure: Schema.Struct({ n: Schema.Int }) })
const Foreign = McpTool.make("foreign", { parameters })
const Die = McpTool.make("die", { parameters })
const Wrong = McpTool.make("wrong", { parameters, success: Schema.Struct({ n: Schema.Int }) })
const Stop = McpTool.make("stop", { parameters })
const Slow = McpTool.make("slow", { parameters, timeout: "5 seconds" })
// what it may say on its way
const Report = McpTool.make("report", { parameters, success: Schema.Int })
const Words = McpTool.make("words", { parameters })
const Sum = McpTool.make("sum", { parameters, success: Schema.Int })
const Facts = McpTool.make("facts", { parameters, success: McpSchema.JsonObject })

const steps = (n: number) => Array.from({ length: Math.abs(n % 5) }, (_, index) => index + 1)

const reporting = Effect.fnUntraced(function* ({ n, text }: Input) {
  const about = yield* McpRequest
  for (const step of steps(n)) {
    yield* about.progress({ progress: step, total: 5, message: `${text} ${step}` })
    yield* about.log("warning", { step, text }, "reporter")
    yield* about.log("debug", "below the level that is asked for")
    yield* Effect.yieldNow
  }
  return n
})

const facts = Effect.fnUntraced(function* ({ text }: Input) {
  const { client, meta, method, name, principal, state } = yield* McpRequest
  state.set("text", text)
  const own = Object.keys(meta).filter((key) => !key.startsWith("io.modelcontextprotocol/") && key !== "progressToken")
  const asked = meta["progressToken"] !== undefined
  return {
    method,
    name: name ?? "none",
    client: client.info ?? {},
    own,
    asked,
    principal: principal.id,
    state: state.get("text")
  }
})

const outputs = (text: string): ReadonlyArray<McpContent.Output> => [
  text,
  new TextEncoder().encode(text),
  McpContent.text(text),
  [McpContent.text(text), McpContent.link("file:///a", "a"), McpContent.image(new Uint8Array([1, 2]), "image/png")],
  { content: [McpContent.text(text)], isError: true },
  { content: [McpContent.text(text)], structuredContent: { text }, _meta: { "example.org/own": text } }
]

const tools = {
  point: Point,
  word: Word,
  count: Count,
  flags: Flags,
  nothing: Nothing,
  when: When,
  content: Content,
  refuse: Refuse,
  plain: Plain,
  foreign: Foreign,
  die: Die,
  wrong: Wrong,
  stop: Stop,
  slow: Slow,
  report: Report,
  words: Words,
  sum: Sum,
  facts: Facts
}
type Name = keyof typeof tools
const names = Object.keys(tools) as ReadonlyArray<Name>
const live: { readonly [N in Name]: Layer.Layer<never, never, McpServer.McpServer> } = {
  point: Point.toLayer(Effect.succeed),
  word: Word.toLayer(({ text }) => Effect.succeed(text)),
  count: Count.toLayer(({ n }) => Effect.as(Effect.yieldNow, n)),
  flags: Flags.toLayer(({ n }) => Effect.succeed([n > 0, null])),
  nothing: Nothing.toLayer(() => Effect.succeed(null)),
  when: When.toLayer(({ n }) => Effect.succeed(new Date(Math.abs(n % 1_000_000)))),
  content: Content.toLayer(({ n, text }) => Effect.succeed(outputs(text)[Math.abs(n % outputs(text).length)]!)),
  refuse: Refuse.toLayer(({ n, text }) => Effect.fail(new Refused({ why: text, at: new Date(Math.abs(n % 1000)) }))),
  plain: Plain.toLayer(({ n }) => Effect.fail({ n })),
  foreign: Foreign.toLayer(({ text }) =>
    Effect.fail(new McpError.McpError({ reason: new McpError.Closed({ detail: `elsewhere: ${text}` }) }))
  ),
  die: Die.toLayer(() => Effect.die(new Error(SECRET))),
  wrong: Wrong.toLayer(({ n }) => Effect.succeed({ n: n + 0.5 })),
  stop: Stop.toLayer(() => Effect.interrupt),
  slow: Slow.toLayer(() => Effect.never),
  report: Report.toLayer(reporting),
  words: McpTool.stream(Words, ({ n, text }) =>
    Stream.fromIterable(steps(n)).pipe(Stream.map((step) => `${text}${step}`))
  ),
  sum: McpTool.stream(Sum, ({ n }) => Stream.fromIterable(steps(n)), {
    total: 5,
    reduce: (numbers) => numbers.reduce((sum, number) => sum + number, 0)
  }),
  facts: Facts.toLayer(facts)
}

/** A server with one of the tools. */
const serving = (name: Name) => live[name].pipe(Layer.provide(McpServer.layer({ name: "branches", version: "1.0.0" })))

/** A server with all of them. */
const all = names
  .map((name) => live[name])
  .reduce<Layer.Layer<never, never, McpServer.McpServer>>((left, right) => Layer.merge(left, right), Layer.empty)
  .pipe(Layer.provide(McpServer.layer({ name: "branches", version: "1.0.0" })))

const meta = { [McpSchema.metaKeys.logLevel]: "info", "example.org/asked": true }

/** JSON of anything, with what differs between any two calls taken away. */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (key, member: unknown) =>
      key === "incident" ? "some" : member instanceof Error ? { ...member } : member
    ) ?? "null"
  )

/** A result without what a revision writes around it, and its value where it stands in the latest one. */
const bare = (result: McpTest.Json): McpTest.Json => {
  const { _meta, resultType: _, structuredContent, ...rest } = result
  const {
    [McpSchema.metaKeys.serverInfo]: __,
    [McpSchema.metaKeys.value]: value,
    ...own
  } = (_meta ?? {}) as McpTest.Json
  return { ...rest, structuredContent: structuredContent === undefined ? value : structuredContent, _meta: own }
}

const unwrapped = (message: McpTest.Json): unknown => {
  const result = message["result"] as McpTest.Json | undefined
  return plain(result === undefined ? message : { ...message, result: bare(result) })
}

/** What a client's caller gets: how the call ended, and what it heard before. */
const outcome = Effect.fnUntraced(function* (client: McpClient.Service, name: Name, input: Input) {
  const progress: Array<unknown> = []
  const logs: Array<unknown> = []
  yield* Effect.forkScoped(Stream.runForEach(client.logs, (log) => Effect.sync(() => logs.push(log))))
  yield* settle
  const onProgress = ({ progressToken: _, ...report }: { readonly progressToken: unknown }) =>
    Effect.sync(() => void progress.push(report))
  const call = client.call(tools[name] as McpTool.Any, input, { onProgress, meta }) as Effect.Effect<unknown, unknown>
  const fiber = yield* Effect.forkChild(call, { startImmediately: true })
  yield* Effect.repeat(settle, { times: 3 })
  yield* TestClock.adjust("5 seconds")
  yield* settle
  const exit = fiber.pollUnsafe() ?? Exit.succeed("it goes on and on")
  const ended = Exit.isSuccess(exit)
    ? { success: name === "content" || name === "words" ? bare(exit.value as McpTest.Json) : exit.value }
    : { failure: Cause.squash(exit.cause) }
  const tag = "failure" in ended ? String(ended.failure) : "success"
  return { ended: plain(ended), tag: tag.replace(/ in all.*/, ""), progress, logs }
})

property(
  "law 8: the same handler gives the same outcome in both eras",
  {
    tool: Schema.Literals(names),
    input: Schema.Struct({ text: Schema.String, n: Schema.Int })
  },
  { tool: names, heard: ["something", "nothing"] },
  ({ input, tool }, seen) =>
    Effect.gen(function* () {
      seen("tool", tool)
      const client = { clientInfo: { name: "asker", version: "1.2.3" } }
      const legacy = yield* outcome(
        yield* McpTest.client(serving(tool), { ...client, revision: versions.legacy }),
        tool,
        input
      )
      const modern = yield* outcome(
        yield* McpTest.client(serving(tool), { ...client, revision: versions.modern }),
        tool,
        input
      )
      seen("heard", legacy.progress.length > 0 ? "something" : "nothing")
      assert.deepStrictEqual(modern, legacy)
    })
)

const heard = Effect.fnUntraced(function* (app: typeof all, era: Era, driver: McpTest.Driver, message: McpTest.Json) {
  const revision = era === "legacy" ? versions.legacy : undefined
  const peer = yield* McpTest.raw(app, { driver, revision })
  yield* handshake(peer, era, driver)
  const before = peer.received.length
  yield* peer.send(message)
  yield* Effect.repeat(settle, { times: 3 })
  yield* TestClock.adjust("5 seconds")
  yield* settle
  return peer.received.slice(before).map((text) => unwrapped(JSON.parse(text) as McpTest.Json))
})

const asked = (era: Era, name: string, args: McpTest.Json) =>
  callTool(era, 1, name, args, { ...meta, progressToken: "p" })

property(
  "law 8: the same messages in both eras and over all drivers, but for what a revision writes around them",
  {
    // what the client says of itself reaches a stateless legacy exchange by no message
    tool: Schema.Literals([...names.filter((name) => name !== "facts"), "unknown", "bad arguments"]),
    input: Schema.Struct({ text: Schema.String, n: Schema.Int })
  },
  { tool: [...names.filter((name) => name !== "facts"), "unknown", "bad arguments"] },
  ({ input, tool }, seen) =>
    Effect.gen(function* () {
      seen("tool", tool)
      const [name, args] = tool === "bad arguments" ? ["point", { ...input, n: "one" }] : [tool, { ...input }]
      const app = tool === "unknown" || tool === "bad arguments" ? serving("point") : serving(tool)
      const said: Array<readonly [Era, McpTest.Driver, ReadonlyArray<unknown>]> = []
      for (const era of eras) {
        for (const driver of drivers) said.push([era, driver, yield* heard(app, era, driver, asked(era, name, args))])
      }
      const [, , first] = said[0]!
      assert.isAtLeast(first.length, 1, "there is an answer")
      for (const [era, driver, messages] of said) assert.deepStrictEqual(messages, first, `${era} over ${driver}`)
    })
)

it.effect("law 8: the list of tools is the same, but for output schemas that legacy revisions cannot express", () =>
  Effect.gen(function* () {
    const lists: Array<ReadonlyArray<McpTest.Json>> = []
    for (const era of eras) {
      for (const driver of drivers) {
        const [reply] = yield* heard(all, era, driver, request(era, 1, "tools/list"))
        const { result } = reply as { readonly result: { readonly tools: ReadonlyArray<McpTest.Json> } }
        lists.push(
          result.tools.map(({ outputSchema, ...tool }) => {
            const type = (outputSchema as { readonly type?: unknown } | undefined)?.type
            return type === "object" ? { ...tool, outputSchema } : tool
          })
        )
      }
    }
    assert.strictEqual(lists[0]!.length, names.length)
    for (const list of lists) assert.deepStrictEqual(list, lists[0]!)
  })
)
