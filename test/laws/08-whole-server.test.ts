/**
 * Law 8, of all that a server offers: resources, prompts, completion, lists.
 *
 * The same handlers of one server are used in both eras and over the three drivers. What arrives is the same, reports
 * included, once what a revision writes around it has been taken away; an error has the same fault, whose code is in the
 * revision's own table. Lists are followed page by page.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { TestClock } from "effect/testing"
import { McpContent, McpPrompt, McpRequest, McpResource, McpSchema, McpServer } from "mcp-effect"
import { ListPrompts } from "mcp-effect/methods/prompts"
import type { McpTest } from "mcp-effect/testing"
import { find } from "../../src/protocol/revisions/index.ts"
import { drivers, type Era, eras, handshake, request, SECRET, versions } from "./support/app.ts"
import { settle } from "./support/law.ts"
import { facing, living } from "./support/living.ts"
import { messages } from "./support/scripted.ts"

const bytes = new Uint8Array([0, 1, 2, 255])

/** What a handler sees of its request, without what differs between any two. */
const seen = Effect.map(McpRequest, ({ client, meta, method, name, params, principal, tags }) => {
  const { _meta: _, ...rest } = params
  return JSON.stringify([method, name, rest, tags, principal.id, client.capabilities, meta["example.org/asked"]])
})

const reporting = Effect.gen(function* () {
  const request = yield* McpRequest
  for (const progress of [1, 2, 3]) {
    yield* request.progress({ progress, total: 3, message: `step ${progress}` })
    yield* request.log("warning", { progress }, "reporter")
    request.logUnsafe("error", progress)
    request.logUnsafe("debug", "below the level that is asked for")
    yield* Effect.yieldNow
  }
  return "reported"
})

type Ends = Effect.Effect<string, McpServer.HandlerError, McpRequest>

/** How any handler may end. */
const ends: { readonly [how: string]: Ends } = {
  succeeds: Effect.succeed("done"),
  suspends: Effect.as(Effect.yieldNow, "done"),
  sees: seen,
  reports: reporting,
  reads: Effect.flatMap(McpRequest, (request) =>
    Effect.map(Effect.all([request.read("memo:bytes"), request.read("memo:sees")]), (contents) =>
      JSON.stringify(contents)
    )
  ),
  readsNothing: Effect.flatMap(McpRequest, (request) => Effect.map(request.read("memo:nothing"), String)),
  refuses: Effect.fail(McpResource.notFound("memo:elsewhere")),
  dies: Effect.die(new Error(SECRET)),
  stops: Effect.interrupt,
  slow: Effect.never
}

const contents: { readonly [name: string]: McpResource.Output } = {
  bytes,
  several: [
    McpResource.contents("memo:a", "a", { mimeType: "text/plain", meta: { own: 1 } }),
    McpResource.contents("memo:b", bytes)
  ],
  none: []
}

const turns: { readonly [name: string]: McpPrompt.Output } = {
  turn: McpPrompt.assistant("yes?"),
  several: [McpPrompt.user("a"), McpPrompt.user(McpContent.image(bytes, "image/png")), McpPrompt.assistant("b")],
  full: { description: "all of it", messages: [McpPrompt.user("a")], _meta: { own: 1 } }
}

const described = { title: "a title", description: "a text", tags: ["tagged"], timeout: "3 seconds" } as const

const resources = [
  ...Object.entries(ends).map(([how, end]) =>
    McpResource.make(`memo:${how}`, { ...described, name: how, mimeType: "text/plain", size: 3 }).toLayer(end)
  ),
  ...Object.entries(contents).map(([name, output]) =>
    McpResource.make(`memo:${name}`, { name, annotations: { priority: 0.5 } }).toLayer(Effect.succeed(output))
  )
]

const prompts = [
  ...Object.entries(ends).map(([how, end]) => McpPrompt.make(how, described).toLayer(() => end)),
  ...Object.entries(turns).map(([name, output]) => McpPrompt.make(name).toLayer(() => Effect.succeed(output)))
]

const style = Schema.Literals(["strict", "kind"])
const Typed = McpPrompt.make("typed", {
  parameters: { n: Schema.FiniteFromString, style, language: Schema.optionalKey(Schema.String) }
})
const Item = McpResource.template("items://{shelf}/{n}", {
  ...described,
  name: "item",
  parameters: { shelf: Schema.String, n: Schema.FiniteFromString }
})

const many = Array.from({ length: 120 }, (_, index) => `${index}`)

const items = Layer.mergeAll(
  ...(resources as [(typeof resources)[0], ...typeof resources]),
  ...prompts,
  Typed.toLayer(({ n, style }) => Effect.succeed(`${n + 1} ${style}`), {
    complete: {
      n: () => Effect.succeed({ values: [1, 2], total: 7, hasMore: true }),
      language: (typed, { arguments: given }) => Effect.succeed([typed, JSON.stringify(given), ...many])
    }
  }),
  Item.toLayer(({ n, shelf }) => Effect.succeed(`${shelf} ${n + 1}`), {
    list: Stream.range(1, 5).pipe(Stream.map((n) => ({ uri: `items://a/${n}`, name: `${n}` }))),
    complete: { shelf: (typed) => Effect.map(seen, (what) => [typed, what]) }
  }),
  McpServer.list(ListPrompts, (position) =>
    Effect.succeed(position === undefined ? { items: [{ name: "found" }], next: "x" } : { items: [{ name: position }] })
  )
)

type Ask = readonly [method: string, params: McpTest.Json]
const complete = (ref: McpTest.Json, name: string, value: string, given?: McpTest.Json): Ask => [
  "completion/complete",
  { ref, argument: { name, value }, ...(given === undefined ? undefined : { context: { arguments: given } }) }
]
const typed = { type: "ref/prompt", name: "typed" }
const item = { type: "ref/resource", uri: "items://{shelf}/{n}" }

const asks: { readonly [what: string]: Ask } = {
  ...Object.fromEntries(
    [...Object.keys(ends), ...Object.keys(contents), "nothing"].map((name): [string, Ask] => [
      `reading ${name}`,
      ["resources/read", { uri: `memo:${name}` }]
    ])
  ),
  ...Object.fromEntries(
    [...Object.keys(ends), ...Object.keys(turns), "nothing"].map((name): [string, Ask] => [
      `getting ${name}`,
      ["prompts/get", { name }]
    ])
  ),
  "reading an instance": ["resources/read", { uri: "items://a%20b/41" }],
  "reading no instance": ["resources/read", { uri: "items://a/b" }],
  "getting with arguments": ["prompts/get", { name: "typed", arguments: { n: "1", style: "kind" } }],
  "getting with wrong arguments": ["prompts/get", { name: "typed", arguments: { n: "one", style: "kind" } }],
  "getting with unknown arguments": ["prompts/get", { name: "typed", arguments: { n: "1", style: "kind", x: "" } }],
  "completing a choice": complete(typed, "style", "k"),
  "completing with a total": complete(typed, "n", ""),
  "completing with a context": complete(typed, "language", "e", { n: "1" }),
  "completing a variable": complete(item, "shelf", "a"),
  "completing what nobody completes": complete(item, "n", "a"),
  "completing what is not there": complete(typed, "nothing", "a"),
  "completing of nothing": complete({ type: "ref/prompt", name: "nothing" }, "a", "a")
}

/** The asks that are refused, or come to nothing. */
const refused = /(nothing|Nothing|refuses|dies|stops|slow|no instance|wrong arguments|unknown arguments|not there)$/

const around = new Set(["resultType", "ttlMs", "cacheScope"])

/** A message without what a revision writes around it; an error by the faults that its code may be. */
const unwrapped = (message: McpTest.Json, era: Era): unknown => {
  const result = message["result"] as McpTest.Json | undefined
  const error = message["error"] as (McpTest.Json & { readonly data?: { readonly incident?: unknown } }) | undefined
  if (error !== undefined) {
    const { code: _, data, ...rest } = error
    return { ...rest, data: data?.incident === undefined ? data : "an incident", faults: faultsOf(error, era) }
  }
  if (result === undefined) return message
  const { _meta, ...rest } = result
  const { [McpSchema.metaKeys.serverInfo]: _, ...meta } = (_meta ?? {}) as McpTest.Json
  return { ...Object.fromEntries(Object.entries(rest).filter(([name]) => !around.has(name))), meta }
}

/** The faults that have the code of an error in both eras' tables, each in its own. */
const faultsOf = ({ code }: McpTest.Json, era: Era): ReadonlyArray<string> =>
  Object.entries(find(versions[era])!.errors).flatMap(([fault, of]) => (of === code ? [fault] : []))

const withFaults = (message: unknown): { readonly faults?: ReadonlyArray<string> } =>
  typeof message === "object" && message !== null ? message : {}

/** The same, where one has one of the faults that the other may have. */
const assertSame = (actual: unknown, expected: unknown, where: string): void => {
  const { faults, ...one } = withFaults(actual)
  const { faults: others, ...other } = withFaults(expected)
  assert.deepStrictEqual(one, other, where)
  if (faults === undefined || others === undefined) return assert.strictEqual(faults, others, where)
  assert.isTrue(
    faults.some((fault) => others.includes(fault)),
    `${where}: ${faults.join()} is none of ${others.join()}`
  )
}

const meta = { [McpSchema.metaKeys.logLevel]: "info", "example.org/asked": true, progressToken: "p" }

/** Everybody who faces one server: both eras, over all drivers. */
const everybody = Effect.fnUntraced(function* () {
  const { acceptor } = yield* living({}, { page: 4 }, items)
  return yield* Effect.forEach(
    eras.flatMap((era) => drivers.map((driver) => ({ era, driver }))),
    ({ driver, era }) =>
      Effect.gen(function* () {
        const peer = yield* facing(acceptor, { driver, revision: era === "legacy" ? versions.legacy : undefined })
        yield* handshake(peer, era, driver)
        return { era, driver, peer }
      })
  )
})

it.effect.each(Object.keys(asks))("law 8: the same in both eras and over all drivers: %s", (what) =>
  Effect.gen(function* () {
    const [method, params] = asks[what]!
    const said: Array<readonly [where: string, messages: ReadonlyArray<unknown>]> = []
    for (const { driver, era, peer } of yield* everybody()) {
      const before = peer.received.length
      yield* peer.send(request(era, 1, method, params, meta))
      yield* settle
      yield* TestClock.adjust("3 seconds")
      yield* settle
      const arrived = messages(peer).slice(before)
      said.push([`${era} over ${driver}`, arrived.map((message) => unwrapped(message, era))])
    }
    const [, first] = said[0]!
    assert.lengthOf(first, what.endsWith("reports") ? 10 : 1, "there is an answer, and before it what is reported")
    assert.strictEqual(withFaults(first.at(-1)).faults !== undefined, refused.test(what), JSON.stringify(first))
    for (const [where, messages] of said) {
      assert.lengthOf(messages, first.length, where)
      for (const [index, message] of messages.entries()) assertSame(message, first[index], where)
    }
  }).pipe(Effect.scoped)
)

/** A reply that is waited for: cursors are sealed elsewhere than in this loop. */
const awaited = (peer: McpTest.RawPeer, message: McpTest.Json) =>
  Effect.andThen(peer.send(message), Effect.repeat(peer.next, { until: ({ id }) => id === message["id"] }))

for (const method of ["prompts/list", "resources/list", "resources/templates/list"]) {
  it.effect(`law 8: ${method} is the same in both eras and over all drivers, page by page`, () =>
    Effect.gen(function* () {
      const said: Array<ReadonlyArray<unknown>> = []
      for (const { era, peer } of yield* everybody()) {
        const pages: Array<unknown> = []
        let cursor: unknown
        do {
          const reply = yield* awaited(
            peer,
            request(era, `page ${pages.length}`, method, cursor === undefined ? {} : { cursor })
          )
          const { nextCursor, ...page } = unwrapped(reply, era) as McpTest.Json
          pages.push(page)
          cursor = nextCursor
        } while (cursor !== undefined && pages.length < 20)
        said.push(pages)
      }
      const first = said[0]!
      // what is found on demand stands on a page of its own
      assert.isAtLeast(first.length, method === "resources/templates/list" ? 1 : 2)
      for (const pages of said) assert.deepStrictEqual(pages, first)
    }).pipe(Effect.scoped)
  )
}
