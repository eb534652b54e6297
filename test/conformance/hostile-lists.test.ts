/**
 * A client whose server is hostile in its lists: pages without end, cursors that come again, items that are none.
 *
 * A Stream over a list ends within its bounds with a typed error that names the bound; single pages have none to reach.
 * What is usable stays usable. The output schemas that a list promises are checked, and those that cannot be used named.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Stream } from "effect"
import { TestClock } from "effect/testing"
import type { McpClient, McpError } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { eras, versions } from "../laws/support/app.ts"
import { settle } from "../laws/support/law.ts"
import { fork } from "../laws/support/limits.ts"
import { bounded, cancels } from "../laws/support/scripted.ts"
import { type Asked, asked, deep, hostile, result, type Script, failed } from "./support/hostile.ts"

interface List {
  readonly method: string
  readonly member: string
  readonly item: (n: number) => McpTest.Json
  readonly page: (client: McpClient.Service) => Effect.Effect<unknown, McpError.McpError>
  readonly all: (client: McpClient.Service) => Stream.Stream<unknown, McpError.McpError>
}

const lists: ReadonlyArray<List> = [
  {
    method: "tools/list",
    member: "tools",
    item: (n) => ({ name: `n${n}`, inputSchema: { type: "object" } }),
    page: (client) => client.listTools(),
    all: (client) => client.tools()
  },
  {
    method: "prompts/list",
    member: "prompts",
    item: (n) => ({ name: `n${n}` }),
    page: (client) => client.listPrompts(),
    all: (client) => client.prompts()
  },
  {
    method: "resources/list",
    member: "resources",
    item: (n) => ({ name: `n${n}`, uri: `x://${n}` }),
    page: (client) => client.listResources(),
    all: (client) => client.resources()
  },
  {
    method: "resources/templates/list",
    member: "resourceTemplates",
    item: (n) => ({ name: `n${n}`, uriTemplate: `x://${n}/{a}` }),
    page: (client) => client.listResourceTemplates(),
    all: (client) => client.resourceTemplates()
  }
]

type Pages = (at: number) => { readonly items: ReadonlyArray<unknown>; readonly next?: string }

/** Gives pages, counted from zero. */
const paging = ({ member, method }: List, pages: Pages): Script => {
  let at = 0
  return (one) => {
    if (one.method !== method) return undefined
    const { items, next } = pages(at++)
    return [result(one, { [member]: items, ...(next === undefined ? {} : { nextCursor: next }) })]
  }
}

const reasonOf = <A>(effect: Effect.Effect<A, McpError.McpError>): Effect.Effect<McpError.Reason> =>
  Effect.gen(function* () {
    const exit = yield* bounded("the list", effect)
    assert.isTrue(Exit.isFailure(exit), "it succeeds")
    return (yield* Effect.orDie(Effect.flip(exit))).reason
  })

describe.each(eras)("a server of the %s era", (era) => {
  const version = versions[era]

  describe.each(lists)("whose $method", (list) => {
    const { all, item, member, method, page } = list

    it.effect("has pages without end: Undecodable at McpLimits.pages, after what was good", () =>
      Effect.gen(function* () {
        const script = paging(list, (at) => ({ items: [item(at)], next: `c${at}` }))
        const { client, peer } = yield* hostile(version, script, { limits: { pages: 7 } })
        const taken: Array<unknown> = []
        const reason = yield* reasonOf(Stream.runForEach(all(client), (one) => Effect.sync(() => taken.push(one))))
        assert.deepInclude(reason, { _tag: "Undecodable", method })
        assert.include(reason.message, "McpLimits.pages")
        assert.strictEqual(asked(peer, method).length, 7)
        assert.deepStrictEqual(taken, [0, 1, 2, 3, 4, 5, 6].map(item))
      }).pipe(Effect.scoped)
    )

    it.effect("has empty pages without end: the same", () =>
      Effect.gen(function* () {
        const script = paging(list, (at) => ({ items: [], next: `c${at}` }))
        const { client } = yield* hostile(version, script)
        assert.include((yield* reasonOf(Stream.runDrain(all(client)))).message, "McpLimits.pages")
      }).pipe(Effect.scoped)
    )

    it.effect.each([
      { what: "its own cursor", cursors: ["a", "a"] },
      { what: "a circle of cursors", cursors: ["a", "b", "", "a"] },
      { what: "an empty cursor again", cursors: ["", ""] }
    ])("gives $what: Undecodable, and no further page is asked for", ({ cursors }) =>
      Effect.gen(function* () {
        const script = paging(list, (at) => ({ items: [item(at)], next: cursors[at % cursors.length]! }))
        const { client, peer } = yield* hostile(version, script)
        const reason = yield* reasonOf(Stream.runDrain(all(client)))
        assert.deepInclude(reason, { _tag: "Undecodable", method })
        assert.include(reason.message, "twice")
        const sent = asked(peer, method).map(({ params }) => (params as McpTest.Json)["cursor"])
        assert.deepStrictEqual(sent, [undefined, ...cursors.slice(0, -1)])
      }).pipe(Effect.scoped)
    )

    it.effect("gives a cursor of a megabyte again: the error does not repeat it", () =>
      Effect.gen(function* () {
        const next = "c".repeat(1024 * 1024)
        const { client } = yield* hostile(
          version,
          paging(list, () => ({ items: [], next }))
        )
        assert.isBelow((yield* reasonOf(Stream.runDrain(all(client)))).message.length, 1000)
      }).pipe(Effect.scoped)
    )

    it.effect("has more items than McpLimits.items, on one page or on several: Undecodable", () =>
      Effect.gen(function* () {
        const many = (count: number) => Array.from({ length: count }, (_, n) => item(n))
        for (const size of [11, 4]) {
          const script = paging(list, (at) => ({ items: many(size), next: `c${at}` }))
          const { client } = yield* hostile(version, script, { limits: { items: 10 } })
          assert.include((yield* reasonOf(Stream.runDrain(all(client)))).message, "McpLimits.items")
        }
        const { client } = yield* hostile(
          version,
          paging(list, () => ({ items: many(10) })),
          { limits: { items: 10 } }
        )
        assert.strictEqual((yield* Stream.runCollect(all(client))).length, 10)
      }).pipe(Effect.scoped)
    )

    it.effect("takes longer than a request may, page by page: Timeout at that limit, and the page is cancelled", () =>
      Effect.gen(function* () {
        const { client, peer } = yield* hostile(version, ({ method: other }) => (other === method ? [] : undefined), {
          timeouts: { total: "10 seconds" }
        })
        const taken: Array<unknown> = []
        const reading = yield* fork(Stream.runForEach(all(client), (one) => Effect.sync(() => taken.push(one))))
        for (const at of [0, 1]) {
          yield* settle
          yield* TestClock.adjust("4 seconds")
          const one = asked(peer, method)[at] as unknown as Asked
          yield* peer.send(result(one, { [member]: [item(at)], nextCursor: `c${at}` }))
          yield* settle
        }
        yield* TestClock.adjust("1 second")
        assert.isUndefined(reading.pollUnsafe())
        yield* TestClock.adjust("1 second")
        yield* settle
        assert.deepInclude(failed(reading), { _tag: "Timeout", limit: "total", method })
        assert.deepStrictEqual(taken, [0, 1].map(item))
        assert.deepStrictEqual(cancels(peer), [asked(peer, method)[2]!["id"]])
      }).pipe(Effect.scoped)
    )

    it.effect("is read slowly here: that is not the server's time", () =>
      Effect.gen(function* () {
        const script = paging(list, (at) => ({ items: [item(at)], ...(at < 3 ? { next: `c${at}` } : {}) }))
        const { client } = yield* hostile(version, script, { timeouts: { total: "10 seconds" } })
        const reading = yield* fork(Stream.runForEach(all(client), () => Effect.sleep("1 hour")))
        for (const _ of [1, 2, 3, 4]) {
          yield* settle
          yield* TestClock.adjust("1 hour")
        }
        yield* settle
        const exit = reading.pollUnsafe() ?? assert.fail("it still waits")
        assert.isTrue(Exit.isSuccess(exit))
      }).pipe(Effect.scoped)
    )

    it.effect("has items that are none: they are left out and named in the log, the others stay", () =>
      Effect.gen(function* () {
        const bad = [
          null,
          7,
          "text",
          [],
          {},
          { name: 7 },
          { ...item(1), name: "broken", title: 7 },
          { name: "half", icons: 7 }
        ]
        const items = [item(1), ...bad, item(2)]
        const { client, heeding, logged } = yield* hostile(
          version,
          paging(list, () => ({ items }))
        )
        const one = (yield* heeding(page(client))) as McpTest.Json
        assert.deepStrictEqual(one[member], [item(1), item(2)])
        assert.strictEqual(logged.length, bad.length, logged.join("\n"))
        for (const [at, line] of logged.entries()) assert.include(line, `${member}.${at + 1}`)
        assert.include(logged[6], "broken")
        assert.deepStrictEqual(yield* Stream.runCollect(all(client)), [item(1), item(2)])
      }).pipe(Effect.scoped)
    )

    it.effect("has items that are nested too deeply, or are called by a megabyte: the log stays short", () =>
      Effect.gen(function* () {
        const items = [
          JSON.stringify(item(1)),
          deep(),
          `{"name":${deep()}}`,
          JSON.stringify({ name: "n".repeat(1024 * 1024), title: 7 })
        ]
        const { client, heeding, logged } = yield* hostile(version, ({ id, method: other }) =>
          other === method
            ? [
                `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","${member}":[${items}]}}`
              ]
            : undefined
        )
        const exit = yield* bounded("the page", heeding(page(client)))
        assert.deepStrictEqual(((yield* exit) as McpTest.Json)[member], [item(1)])
        assert.strictEqual(logged.length, 3)
        assert.isBelow(logged.join("").length, 10_000)
      }).pipe(Effect.scoped)
    )
  })

  describe("with output schemas", () => {
    const counting = { type: "object", properties: { n: { type: "integer" } }, required: ["n"] }
    const tool = (name: string, outputSchema: unknown) => ({ name, inputSchema: { type: "object" }, outputSchema })
    const playing =
      (tools: ReadonlyArray<unknown>, answers: McpTest.Json): Script =>
      (one) => {
        if (one.method === "tools/list") return [result(one, { tools })]
        return one.method === "tools/call" ? [result(one, { content: [], ...answers })] : undefined
      }

    it.effect.each([
      { what: "of another type", structuredContent: { n: "one" } },
      { what: "without what is required", structuredContent: {} }
    ])("and structured content $what: Undecodable, once the list was read", ({ structuredContent }) =>
      Effect.gen(function* () {
        const { client } = yield* hostile(version, playing([tool("count", counting)], { structuredContent }))
        assert.deepStrictEqual((yield* client.callTool("count")).structuredContent, structuredContent)
        yield* client.listTools()
        const reason = yield* reasonOf(client.callTool("count"))
        assert.strictEqual(reason._tag, "Undecodable")
        assert.include(reason.message, "count")
        assert.include(reason.message, "structuredContent")
        assert.deepStrictEqual((yield* client.callTool("other")).structuredContent, structuredContent)
      }).pipe(Effect.scoped)
    )

    it.effect("and no structured content at all: Undecodable, but an error result is one", () =>
      Effect.gen(function* () {
        const { client } = yield* hostile(version, playing([tool("count", counting)], {}))
        yield* client.listTools()
        assert.strictEqual((yield* reasonOf(client.callTool("count")))._tag, "Undecodable")
        const failing = yield* hostile(version, playing([tool("count", counting)], { isError: true }))
        yield* failing.client.listTools()
        assert.isTrue((yield* failing.client.callTool("count")).isError)
      }).pipe(Effect.scoped)
    )

    it.effect("that cannot be used: named once, the results are not checked, and the other tools stay", () =>
      Effect.gen(function* () {
        const broken = { type: "object", properties: { n: { $ref: "https://elsewhere.example/schema" } } }
        const structuredContent = { n: "one" }
        const tools = [tool("odd", broken), tool("count", counting)]
        const { client, heeding, logged } = yield* hostile(version, playing(tools, { structuredContent }))
        for (const _ of [1, 2, 3, 4]) {
          assert.strictEqual((yield* heeding(client.listTools())).tools.length, 2)
          const odd = yield* heeding(client.callTool("odd"))
          assert.deepStrictEqual(odd.structuredContent, structuredContent)
          assert.strictEqual((yield* reasonOf(heeding(client.callTool("count"))))._tag, "Undecodable")
        }
        assert.strictEqual(logged.filter((line) => line.includes('"odd"')).length, 1, logged.join("\n"))
      }).pipe(Effect.scoped)
    )

    it.effect("that are nested too deeply to be used: no defect, however often they are listed", () =>
      Effect.gen(function* () {
        const schema = `{"type":"object","not":${'{"not":'.repeat(50_000)}{}${"}".repeat(50_000)}}`
        const { client } = yield* hostile(version, (one) => {
          if (one.method === "tools/call") return [result(one, { content: [], structuredContent: {} })]
          return one.method === "tools/list"
            ? [
                `{"jsonrpc":"2.0","id":${one.id},"result":{"resultType":"complete","ttlMs":0,"cacheScope":"private","tools":[` +
                  `{"name":"deep","inputSchema":{"type":"object"},"outputSchema":${schema}}]}}`
              ]
            : undefined
        })
        for (const _ of [1, 2]) {
          const listed = yield* bounded("the page", client.listTools())
          assert.isAtMost((yield* listed).tools.length, 1)
          const called = yield* bounded("the call", client.callTool("deep"))
          assert.deepStrictEqual((yield* called).structuredContent, {})
        }
      }).pipe(Effect.scoped)
    )

    it.effect("of more tools than McpLimits.items: only so many are remembered, the last listed", () =>
      Effect.gen(function* () {
        const tools = Array.from({ length: 6 }, (_, n) => tool(`t${n}`, counting))
        const script = playing(tools, { structuredContent: { n: "one" } })
        const { client } = yield* hostile(version, script, { limits: { items: 4 } })
        yield* client.listTools()
        const checked = yield* Effect.forEach(tools, ({ name }) => Effect.exit(client.callTool(name)))
        assert.deepStrictEqual(
          checked.map((exit) => Exit.isFailure(exit)),
          [false, false, true, true, true, true]
        )
      }).pipe(Effect.scoped)
    )
  })
})
