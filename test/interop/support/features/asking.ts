/**
 * What every server is asked in the same way: its lists, its tools with arguments that fit and with some that do not, what
 * is not there; and what a test waits for.
 */
import { assert } from "@effect/vitest"
import { Ajv } from "ajv"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect, type Scope, Stream } from "effect"
import { type McpClient, McpContent, type McpError } from "mcp-effect"
import type { JsonObject } from "mcp-effect/McpSchema"
import { ListPrompts } from "mcp-effect/methods/prompts"
import { ListResources, ListResourceTemplates } from "mcp-effect/methods/resources"
import { ListTools } from "mcp-effect/methods/tools"
import { eventually } from "../../../transport/support/eventually.ts"
import type { At, Body, Tests } from "../features.ts"

/** The typed reason of a failure. */
export const reasonOf = <A, R>(
  asked: Effect.Effect<A, McpError.McpError, R>
): Effect.Effect<McpError.Reason, never, R> =>
  Effect.match(asked, {
    onFailure: ({ reason }) => reason,
    onSuccess: (value) => assert.fail(`it did not fail: ${JSON.stringify(value)}`)
  })

/** The server refuses it, with this code. */
export const refused = <A>(code: number, asked: Effect.Effect<A, McpError.McpError>): Effect.Effect<McpError.Remote> =>
  Effect.map(reasonOf(asked), (reason) => {
    if (reason._tag !== "Remote") return assert.fail(`not refused by the server: ${reason.message}`)
    assert.strictEqual(reason.code, code, reason.detail)
    return reason
  })

/** The client refuses it: the agreed revision has no such thing. */
export const unsupported = <A>(asked: Effect.Effect<A, McpError.McpError>): Effect.Effect<McpError.Unsupported> =>
  Effect.map(reasonOf(asked), (reason) =>
    reason._tag === "Unsupported" ? reason : assert.fail(`something else: ${reason.message}`)
  )

/** What a Stream gives from now on, as long as the test runs. */
export const collected = <A, E>(stream: Stream.Stream<A, E>): Effect.Effect<ReadonlyArray<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const all: Array<A> = []
    const each = Stream.runForEach(stream, (one) => Effect.sync(() => void all.push(one)))
    yield* Effect.forkScoped(each, { startImmediately: true })
    return all
  })

/** Waits until so many have come. */
export const atLeast = <A>(what: string, all: ReadonlyArray<A>, count = 1): Effect.Effect<ReadonlyArray<A>> =>
  eventually(`${count} of ${what}`, () => (all.length >= count ? all : undefined))

/** How a tool is used, and where it can be seen that it did what it says. */
export interface Use {
  /** Made anew for each call. */
  readonly args?: (at: At) => Effect.Effect<JsonObject, McpError.McpError>
  readonly seen: (
    result: McpContent.Result,
    at: At,
    args: JsonObject
  ) => Effect.Effect<unknown, McpError.McpError, Scope.Scope>
  /** Arguments that the server has to refuse, where it requires any. */
  readonly wrong?: JsonObject
  /** It has an output schema. */
  readonly structured?: true
}

/** These arguments. */
export const given = (args: JsonObject): Pick<Use, "args"> => ({ args: () => Effect.succeed(args) })

/** What is seen without asking the server more. */
export const check =
  (seen: (result: McpContent.Result, at: At, args: JsonObject) => void): Use["seen"] =>
  (result, at, args) =>
    Effect.sync(() => seen(result, at, args))

/** It answers with that text. */
export const says = (text: string): Use["seen"] =>
  check((result) => assert.strictEqual(McpContent.textOf(result), text))

/** The tests of one tool. */
export const tool = (name: string, { args = () => Effect.succeed({}), seen, structured, wrong }: Use): Tests => {
  const called = (at: At) =>
    Effect.gen(function* () {
      const given = yield* args(at)
      const result = yield* at.client.callTool(name, given)
      assert.isNotTrue(result.isError, McpContent.textOf(result))
      return { given, result }
    })
  return {
    [`tool ${name}`]: (at) => Effect.flatMap(called(at), ({ given, result }) => seen(result, at, given)),
    ...(structured && {
      [`tool ${name}: output schema`]: (at) =>
        Effect.map(called(at), ({ result }) => fits(at.tools.get(name)?.outputSchema, result.structuredContent))
    }),
    ...(wrong && {
      [`tool ${name}: wrong arguments`]: ({ client }) =>
        Effect.map(client.callTool(name, wrong), (result) => {
          assert.isTrue(result.isError)
          assert.match(McpContent.textOf(result), /Input validation error: Invalid arguments for tool/)
        })
    })
  }
}

/** A second opinion on what a tool has promised. */
const fits = (schema: JsonObject | undefined, value: unknown): void => {
  if (schema === undefined) return assert.fail("the tool has no output schema")
  const ajv = new (String(schema["$schema"]).includes("draft-07") ? Ajv : Ajv2020)({ validateFormats: false })
  assert.isTrue(ajv.validate(schema, value), ajv.errorsText())
}

/** An error result with that text. */
export const failsWith = (at: At, name: string, args: JsonObject, text: string) =>
  Effect.map(at.client.callTool(name, args), (result) => {
    assert.isTrue(result.isError)
    assert.include(McpContent.textOf(result), text)
  })

/** All pages are what the Stream gives, nothing is left out, and nothing is there twice. */
const listed =
  <Item>(
    raw: (client: McpClient.Service, cursor?: string) => Effect.Effect<Page<Item>, McpError.McpError>,
    all: (client: McpClient.Service) => Stream.Stream<Item, McpError.McpError>
  ): Body =>
  ({ client }) =>
    Effect.gen(function* () {
      const items = yield* Stream.runCollect(all(client))
      assert.isNotEmpty(items)
      assert.strictEqual(new Set(items.map((item) => JSON.stringify(item))).size, items.length)
      const pages = yield* pagesOf((cursor) => raw(client, cursor))
      assert.deepStrictEqual(items, pages.flat())
    })

interface Page<Item> {
  readonly items: ReadonlyArray<Item>
  readonly nextCursor?: string
}

/** Each page by the request itself, whose result is checked as a whole. */
export const pagesOf = <Item>(
  ask: (cursor?: string) => Effect.Effect<Page<Item>, McpError.McpError>
): Effect.Effect<ReadonlyArray<ReadonlyArray<Item>>, McpError.McpError> =>
  Effect.gen(function* () {
    const pages: Array<ReadonlyArray<Item>> = []
    let page: Page<Item> = yield* ask()
    pages.push(page.items)
    while (page.nextCursor !== undefined) {
      page = yield* ask(page.nextCursor)
      pages.push(page.items)
    }
    return pages
  })

const at = (cursor: string | undefined) => (cursor === undefined ? {} : { cursor })

export const lists = {
  tools: {
    "tools: list": listed(
      (client, cursor) =>
        Effect.map(client.request(ListTools, at(cursor)), ({ tools: items, ...rest }) => ({ ...rest, items })),
      (client) => client.tools()
    )
  },
  resources: {
    "resources: list": listed(
      (client, cursor) =>
        Effect.map(client.request(ListResources, at(cursor)), ({ resources: items, ...rest }) => ({ ...rest, items })),
      (client) => client.resources()
    )
  },
  templates: {
    "templates: list": listed(
      (client, cursor) =>
        Effect.map(client.request(ListResourceTemplates, at(cursor)), ({ resourceTemplates: items, ...rest }) => ({
          ...rest,
          items
        })),
      (client) => client.resourceTemplates()
    )
  },
  prompts: {
    "prompts: list": listed(
      (client, cursor) =>
        Effect.map(client.request(ListPrompts, at(cursor)), ({ prompts: items, ...rest }) => ({ ...rest, items })),
      (client) => client.prompts()
    )
  }
} satisfies { readonly [list: string]: Tests }

/** What every server is and answers. */
export const every = (revision: string, serverInfo: JsonObject): Tests => ({
  [`revision ${revision}`]: ({ client }) => Effect.sync(() => assert.strictEqual(client.revision, revision)),
  "its name": ({ client }) => Effect.sync(() => assert.deepStrictEqual({ ...client.serverInfo }, serverInfo)),
  ping: ({ client }) => client.ping()
})

/** A completion has these values. */
export const completes =
  (...[ref, name, typed, values, context]: Completion): Body =>
  ({ client }) =>
    Effect.map(
      client.complete({
        ref,
        argument: { name, value: typed },
        ...(context === undefined ? {} : { context: { arguments: context } })
      }),
      (completion) => assert.deepStrictEqual(completion.values, values)
    )

type Completion = [
  ref: McpClient.CompleteParams["ref"],
  name: string,
  typed: string,
  values: ReadonlyArray<string>,
  context?: { readonly [name: string]: string }
]
