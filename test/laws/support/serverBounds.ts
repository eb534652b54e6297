/**
 * The bounds of what a server offers, each reached: lists, subscriptions, progress, what is left in the background, and
 * what middleware remembers. A row for each field of `McpLimits`, for the table of law 11.
 */
import { assert } from "@effect/vitest"
import { Deferred, Effect, Layer, Schema, type Scope, Stream } from "effect"
import { TestClock } from "effect/testing"
import { McpMiddleware, McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"
import { ListResources } from "mcp-effect/methods/resources"
import { McpTest } from "mcp-effect/testing"
import { callTool, handshake, Record, request, Sync, Wait } from "./app.ts"
import { settle } from "./law.ts"
import { codeOf, type Limits, within } from "./limits.ts"
import { messages, until } from "./scripted.ts"

/** What reaching a bound comes to, and how that is seen. */
export type Row = readonly [said: string, test: () => Effect.Effect<void, unknown, Scope.Scope>]

const bounded = McpServer.layer({ name: "bounded", version: "1.0.0" })

/** Five resources that can be watched. */
const watchable = [1, 2, 3, 4, 5]
  .map((n) => McpResource.make(`memo:${n}`, { name: `${n}` }).toLayer(Effect.succeed(`memo ${n}`)))
  .reduce((left, right) => Layer.merge(left, right))
  .pipe(Layer.provide(bounded))

/** A Stream over five resources gives some of them, and fails with the name of the bound. */
const givesBefore = Effect.fnUntraced(function* (limits: Limits, expected: ReadonlyArray<string>, bound: string) {
  const client = yield* within(limits, McpTest.client(watchable))
  const given: Array<string> = []
  const said = yield* Effect.match(
    Stream.runForEach(client.resources(), ({ uri }) => Effect.sync(() => given.push(uri))),
    { onSuccess: () => "there is no end", onFailure: ({ message, reason }) => `${reason._tag}: ${message}` }
  )
  assert.deepStrictEqual(given, expected)
  assert.match(said, /^Undecodable: /)
  assert.include(said, bound)
})

const Hasty = McpTool.make("hasty")
/** Reports nine times at once, and goes on. */
const hasty = (record: Record) =>
  Hasty.toLayer(() =>
    Effect.gen(function* () {
      const request = yield* McpRequest
      for (let progress = 1; progress <= 9; progress++) yield* request.progress({ progress })
      record.started.push("hasty")
      return yield* Effect.never
    })
  ).pipe(Layer.provide(bounded))

const Leave = McpTool.make("leave", { parameters: { name: Schema.String } })
/** Leaves an effect behind that ends when its door is opened. */
const leaving = (record: Record) =>
  Leave.toLayer(({ name }) =>
    Effect.gen(function* () {
      const request = yield* McpRequest
      yield* request.background(record.watch(name, Deferred.await(record.door(name))))
      return "left"
    })
  ).pipe(Layer.provide(bounded))

const nameOf = ({ params }: McpRequest.Service) => String((params["arguments"] as McpTest.Json | undefined)?.["name"])

/** Lets everybody in once an hour. */
const guarded = Wait.toLayer(({ name }) => Effect.succeed({ name })).pipe(
  Layer.provide(McpMiddleware.rateLimit({ limit: 1, window: "1 hour", per: nameOf })),
  Layer.provide(bounded)
)

/** Remembers what it has answered. */
const remembering = (record: Record) =>
  Sync.toLayer(({ name }) => Effect.sync(() => (record.started.push(name), { name }))).pipe(
    Layer.provide(McpMiddleware.cache({ ttl: "1 hour" })),
    Layer.provide(bounded)
  )

/** Reports nine times at once, and says so. */
export const hurried = McpTool.make("hurry")
  .toLayer(() =>
    Effect.gen(function* () {
      const request = yield* McpRequest
      for (let progress = 1; progress <= 9; progress++) {
        yield* request.progress({ progress })
        request.logUnsafe("info", progress)
      }
      return "done"
    })
  )
  .pipe(Layer.provide(bounded))

export const serverBounds = {
  page: [
    "a longer list comes in pages, each with the cursor of the next",
    () =>
      Effect.gen(function* () {
        const client = yield* within({ page: 2 }, McpTest.client(watchable))
        const pages: Array<ReadonlyArray<string>> = []
        let cursor: string | undefined
        do {
          const page = yield* client.request(ListResources, cursor === undefined ? {} : { cursor })
          pages.push(page.resources.map(({ uri }) => uri))
          cursor = page.nextCursor
        } while (cursor !== undefined && pages.length < 9)
        assert.deepStrictEqual(pages, [["memo:1", "memo:2"], ["memo:3", "memo:4"], ["memo:5"]])
      })
  ],
  pages: [
    "a Stream over a list of more pages fails; what came before has been given",
    () => givesBefore({ page: 1, pages: 2 }, ["memo:1", "memo:2"], "McpLimits.pages")
  ],
  items: [
    "a Stream over a list of more items fails; what came before has been given",
    () => givesBefore({ page: 2, items: 3 }, ["memo:1", "memo:2"], "McpLimits.items")
  ],
  subscriptions: [
    "one URI more is refused as busy: of a conversation, and of a subscription",
    () =>
      Effect.gen(function* () {
        const legacy = yield* within({ subscriptions: 2 }, McpTest.raw(watchable))
        yield* handshake(legacy, "legacy")
        const watch = (id: number, what: string, uri: string) => legacy.send(request("legacy", id, what, { uri }))
        const subscribe = "resources/subscribe"
        yield* watch(1, subscribe, "memo:1")
        yield* watch(2, subscribe, "memo:2")
        yield* watch(3, subscribe, "memo:3")
        yield* watch(4, subscribe, "memo:2")
        yield* watch(5, "resources/unsubscribe", "memo:1")
        yield* watch(6, subscribe, "memo:3")
        yield* until(() => legacy.received.length === 7)
        const answers = messages(legacy).slice(1)
        assert.deepStrictEqual(answers.map(codeOf), [undefined, undefined, 503, undefined, undefined, undefined])
        const modern = yield* within({ subscriptions: 2 }, McpTest.raw(watchable))
        const listen = (id: number, ...resourceSubscriptions: ReadonlyArray<string>) =>
          modern.send(request("modern", id, "subscriptions/listen", { notifications: { resourceSubscriptions } }))
        yield* listen(1, "memo:1", "memo:2", "memo:3")
        yield* listen(2, "memo:1", "memo:2")
        yield* until(() => modern.received.length === 2)
        const [refused, acknowledged] = messages(modern)
        assert.deepStrictEqual([refused?.["id"], codeOf(refused)], [1, 503])
        assert.strictEqual(acknowledged?.["method"], "notifications/subscriptions/acknowledged")
      })
  ],
  progress: [
    "of more reports in a second the latest leaves with the next second",
    () =>
      Effect.gen(function* () {
        const record = new Record()
        const peer = yield* within({ progress: 2 }, McpTest.raw(hasty(record)))
        yield* peer.send(callTool("modern", 1, "hasty", {}, { progressToken: 1 }))
        yield* until(() => record.started.length === 1)
        yield* settle
        const reported = () =>
          messages(peer).flatMap(({ params }) => (params === undefined ? [] : [(params as McpTest.Json)["progress"]]))
        assert.deepStrictEqual(reported(), [1, 2])
        yield* TestClock.adjust("999 millis")
        yield* settle
        assert.deepStrictEqual(reported(), [1, 2])
        yield* TestClock.adjust("1 millis")
        yield* settle
        assert.deepStrictEqual(reported(), [1, 2, 9])
      })
  ],
  background: [
    "one effect more that is left behind is refused as busy; when one has ended there is room",
    () =>
      Effect.gen(function* () {
        const record = new Record()
        const client = yield* within({ background: 2 }, McpTest.client(leaving(record)))
        const leave = (name: string) =>
          Effect.match(client.call(Leave, { name }), {
            onSuccess: ({ isError }) => (isError === true ? "an error" : "left"),
            onFailure: ({ reason }) => reason._tag
          })
        assert.deepStrictEqual([yield* leave("a"), yield* leave("b"), yield* leave("c")], ["left", "left", "Busy"])
        yield* record.open("a")
        yield* settle
        assert.strictEqual(yield* leave("d"), "left")
        assert.deepStrictEqual([record.started, record.ended], [["a", "b", "d"], ["a"]])
      })
  ],
  callers: [
    "a limit that knows more callers forgets the one that was idle longest",
    () =>
      Effect.gen(function* () {
        const client = yield* within({ callers: 2 }, McpTest.client(guarded))
        const calls = ["a", "b", "c", "b", "a"].map((who) =>
          Effect.match(client.call(Wait, { name: who }), {
            onSuccess: () => `${who} passes`,
            onFailure: ({ reason }) => `${who}: ${reason._tag}`
          })
        )
        const said = yield* Effect.all(calls)
        assert.deepStrictEqual(said, ["a passes", "b passes", "c passes", "b: RateLimited", "a passes"])
      })
  ],
  cached: [
    "a cache that is full loses the result that was used least recently",
    () =>
      Effect.gen(function* () {
        const record = new Record()
        const client = yield* within({ cached: 2 }, McpTest.client(remembering(record)))
        for (const name of ["a", "b", "a", "c", "a", "b"]) yield* client.call(Sync, { name })
        assert.deepStrictEqual(record.started, ["a", "b", "c", "b"])
      })
  ]
} as const satisfies { readonly [field: string]: Row }
