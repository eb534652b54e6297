/**
 * The four lists of the client against our own server, everywhere: single pages, and Streams over all of them.
 *
 * Every page is judged by the revision's own schema. What a hostile server does to lists is tried in `hostile-lists`.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Stream } from "effect"
import type { McpClient, McpError, McpMethod } from "mcp-effect"
import { ListPrompts } from "mcp-effect/methods/prompts"
import { ListResources, ListResourceTemplates } from "mcp-effect/methods/resources"
import { ListTools } from "mcp-effect/methods/tools"
import { settle } from "../laws/support/law.ts"
import { fork } from "../laws/support/limits.ts"
import { first, PER_PAGE, running } from "./support/client.ts"
import { everywhere, type Place } from "./support/places.ts"

/** The tools that there are: `wait`, `say`, `meta` and four more. */
const TOOLS = ["wait", "say", "meta", ...first(4).map((n) => `tool${n}`)]

const refusalOf = <A>(effect: Effect.Effect<A, McpError.McpError>) =>
  Effect.map(Effect.flip(effect), ({ reason }) => reason)

interface Page {
  readonly page: unknown
  readonly items: ReadonlyArray<{ readonly name: string }>
}

interface Chapter {
  readonly method: McpMethod.AnyRequest
  readonly names: ReadonlyArray<string>
  readonly page: (client: McpClient.Service) => Effect.Effect<ReadonlyArray<Page>, McpError.McpError>
  readonly all: (client: McpClient.Service) => Stream.Stream<unknown, McpError.McpError>
}

/** Reads until there is no further page. */
const pagesOf = <Page extends { readonly nextCursor?: string }>(
  page: (options?: McpClient.PageOptions) => Effect.Effect<Page, McpError.McpError>
) => {
  const from = (cursor: string | undefined): Effect.Effect<ReadonlyArray<Page>, McpError.McpError> =>
    Effect.flatMap(page({ cursor }), (one) =>
      one.nextCursor === undefined ? Effect.succeed([one]) : Effect.map(from(one.nextCursor), (rest) => [one, ...rest])
    )
  return from(undefined)
}

const check = (place: Place, method: McpMethod.AnyRequest, value: unknown) =>
  assert.isUndefined(place.spoken.check(method.result, value), JSON.stringify(value))

everywhere("lists of the client", (place) => {
  const chapters: ReadonlyArray<Chapter> = [
    {
      method: ListTools,
      names: TOOLS,
      page: (client) =>
        Effect.map(pagesOf(client.listTools), (pages) => pages.map((page) => ({ page, items: page.tools }))),
      all: (client) => client.tools()
    },
    {
      method: ListPrompts,
      names: [...first(4).map((n) => `prompt${n}`), "greet"],
      page: (client) =>
        Effect.map(pagesOf(client.listPrompts), (pages) => pages.map((page) => ({ page, items: page.prompts }))),
      all: (client) => client.prompts()
    },
    {
      method: ListResources,
      names: first(7).map((n) => `doc${n}`),
      page: (client) =>
        Effect.map(pagesOf(client.listResources), (pages) => pages.map((page) => ({ page, items: page.resources }))),
      all: (client) => client.resources()
    },
    {
      method: ListResourceTemplates,
      names: [...first(4).map((n) => `more${n}`), "files"],
      page: (client) =>
        Effect.map(pagesOf(client.listResourceTemplates), (pages) =>
          pages.map((page) => ({ page, items: page.resourceTemplates }))
        ),
      all: (client) => client.resourceTemplates()
    }
  ]

  it.effect.each(chapters)("$method.name: page by page, and as a Stream", ({ all, method, names, page }) =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      const pages = yield* page(client)
      for (const one of pages) check(place, method, one.page)
      assert.deepStrictEqual(
        pages.map(({ items }) => items.length),
        Array.from({ length: Math.ceil(names.length / PER_PAGE) }, (_, at) =>
          Math.min(PER_PAGE, names.length - at * PER_PAGE)
        )
      )
      const listed = pages.flatMap(({ items }) => items)
      assert.sameMembers(
        listed.map(({ name }) => name),
        [...names]
      )
      const streamed: ReadonlyArray<unknown> = yield* Stream.runCollect(all(client))
      assert.deepStrictEqual(streamed, listed)
    }).pipe(Effect.scoped)
  )

  it.effect("a Stream asks for a page when it is needed", () =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      const asked: Array<string> = []
      yield* fork(
        Stream.runForEach(client.messages, ({ from, text }) =>
          Effect.sync(() => void (from === "client" && asked.push(text)))
        )
      )
      yield* settle
      assert.strictEqual((yield* Stream.runCollect(Stream.take(client.tools(), PER_PAGE))).length, PER_PAGE)
      yield* settle
      assert.strictEqual(asked.length, 1)
      assert.strictEqual((yield* Stream.runCollect(Stream.take(client.tools(), PER_PAGE + 1))).length, PER_PAGE + 1)
      yield* settle
      assert.strictEqual(asked.length, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("a cursor that is none is refused by the server", () =>
    Effect.gen(function* () {
      const { client } = yield* running(place)
      for (const page of [client.listTools, client.listPrompts, client.listResources, client.listResourceTemplates]) {
        assert.deepInclude(yield* refusalOf<unknown>(page({ cursor: "nonsense" })), { _tag: "Remote", code: -32602 })
      }
    }).pipe(Effect.scoped)
  )
})
