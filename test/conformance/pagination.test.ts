/**
 * Chapter `server/utilities/pagination`, everywhereAtAll: the pages of the four lists, and cursors that are none.
 *
 * Nothing is repeated and nothing hidden by what comes and goes between two pages. A cursor is good for the list and the
 * server that wrote it; everything else that looks like one is refused.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Exit, Layer, Scope, Stream } from "effect"
import { McpError, McpLimits, McpPrompt, McpResource, McpServer, McpTool } from "mcp-effect"
import { ListPrompts } from "mcp-effect/methods/prompts"
import { ListResources, ListResourceTemplates } from "mcp-effect/methods/resources"
import { ListTools, type Tool } from "mcp-effect/methods/tools"
import { type Asking, asking, pages, quiet, running } from "./support/asking.ts"
import { everywhereAtAll } from "./support/places.ts"

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at + 1)
const byThree = Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, page: 3 })
const server = (name: string) =>
  McpServer.layer({ name, version: "1.0.0", capabilities: { tools: {}, prompts: {}, resources: {} } })

/** A server, at three items a page. */
const small = <E>(parts: Layer.Layer<never, E, McpServer.McpServer>, name = "pages") =>
  parts.pipe(Layer.provide(server(name)), Layer.provide(byThree), Layer.provide(quiet))

const register = (name: string) => McpTool.make(name).register(() => Effect.succeed(name))
const tools = (count: number) =>
  Layer.effectDiscard(Effect.forEach(upTo(count), (n) => Effect.orDie(register(`t${n}`)), { discard: true }))

/** A tool of a list on demand; somebody else would answer for it. */
const found = (name: string): Tool => ({ name, inputSchema: { type: "object" } })
const named = (prefix: string, count: number) => upTo(count).map((n) => found(`${prefix}${n}`))

const names = (page: { readonly tools: ReadonlyArray<Tool> }) => page.tools.map(({ name }) => name)
const allNames = (asked: Asking) => Effect.map(pages(asked, ListTools), (all) => all.map(names))

/** The first page, and the cursor behind it. */
const firstPage = (asked: Asking) =>
  Effect.map(asked.result(ListTools), (page) => ({
    names: names(page),
    cursor: page.nextCursor ?? assert.fail("There is no second page")
  }))
/** All that comes from a cursor on. */
const from = (asked: Asking, cursor: string): Effect.Effect<ReadonlyArray<string>> =>
  Effect.flatMap(asked.result(ListTools, { cursor }), (page) =>
    page.nextCursor === undefined
      ? Effect.succeed(names(page))
      : Effect.map(from(asked, page.nextCursor), (rest) => [...names(page), ...rest])
  )

everywhereAtAll("pages", (place) => {
  it.effect("have as many items as the limit says, and the last one no cursor", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, small(tools(7)))
      assert.deepStrictEqual(yield* allNames(asked), [["t1", "t2", "t3"], ["t4", "t5", "t6"], ["t7"]])
      const exact = yield* asking(place, small(tools(6)))
      assert.deepStrictEqual(yield* allNames(exact), [
        ["t1", "t2", "t3"],
        ["t4", "t5", "t6"]
      ])
      const one = yield* asking(place, small(tools(3)))
      assert.deepStrictEqual(yield* allNames(one), [["t1", "t2", "t3"]])
    }).pipe(Effect.scoped)
  )

  it.effect("are one, and empty, where there is nothing", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, small(Layer.effectDiscard(Effect.scoped(Effect.orDie(register("gone"))))))
      assert.deepStrictEqual(yield* allNames(asked), [[]])
    }).pipe(Effect.scoped)
  )

  it.effect("have a thousand items where nothing else is said", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, tools(2500).pipe(Layer.provide(server("many"))))
      const all = yield* allNames(asked)
      assert.deepStrictEqual(
        all.map((page) => page.length),
        [1000, 1000, 500]
      )
      assert.deepStrictEqual(
        all.flat(),
        upTo(2500).map((n) => `t${n}`)
      )
    }).pipe(Effect.scoped)
  )

  it.effect("are of prompts, resources and templates as well", () =>
    Effect.gen(function* () {
      const each = (n: number) => {
        const fixed = McpResource.make(`fixed://${n}`, { name: `${n}` }).toLayer(Effect.succeed(""))
        const template = McpResource.template(`t${n}://{id}`, { name: `${n}` }).toLayer(() => Effect.succeed(""))
        return Layer.mergeAll(
          McpPrompt.make(`${n}`).toLayer(() => Effect.succeed("")),
          fixed,
          template
        )
      }
      const [first, ...rest] = upTo(4).map(each)
      const asked = yield* asking(place, small(Layer.mergeAll(first ?? Layer.empty, ...rest)))
      const counts = <A>(all: ReadonlyArray<A>, items: (page: A) => ReadonlyArray<{ readonly name: string }>) =>
        all.map((page) => items(page).map(({ name }) => name))
      const expected = [["1", "2", "3"], ["4"]]
      const prompts = yield* pages(asked, ListPrompts)
      const resources = yield* pages(asked, ListResources)
      const templates = yield* pages(asked, ListResourceTemplates)
      assert.deepStrictEqual(
        counts(prompts, (page) => page.prompts),
        expected
      )
      assert.deepStrictEqual(
        counts(resources, (page) => page.resources),
        expected
      )
      assert.deepStrictEqual(
        counts(templates, (page) => page.resourceTemplates),
        expected
      )
    }).pipe(Effect.scoped)
  )

  it.effect("are what our client gets, by their cursors", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(small(tools(4)))
      const first = yield* client.listTools()
      assert.deepStrictEqual(names(first), ["t1", "t2", "t3"])
      const second = yield* client.listTools({ cursor: first.nextCursor })
      assert.deepStrictEqual(names(second), ["t4"])
      assert.notProperty(second, "nextCursor")
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("between two pages", (place) => {
  it.effect("what comes is on a later page, and nothing is repeated", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const asked = yield* asking(place, small(Layer.merge(tools(5), layer)))
      const first = yield* firstPage(asked)
      yield* use(register("late"))
      assert.deepStrictEqual(first.names, ["t1", "t2", "t3"])
      assert.deepStrictEqual(yield* from(asked, first.cursor), ["t4", "t5", "late"])
      assert.deepStrictEqual((yield* allNames(asked)).flat(), ["t1", "t2", "t3", "t4", "t5", "late"])
    }).pipe(Effect.scoped)
  )

  it.effect("what goes hides nothing, wherever it was", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const asked = yield* asking(place, small(layer))
      const scopes = yield* Effect.forEach(upTo(7), (n) =>
        Effect.gen(function* () {
          const scope = yield* Scope.make()
          yield* use(Scope.provide(register(`t${n}`), scope))
          return scope
        })
      )
      const remove = (n: number) => Scope.close(scopes[n - 1] ?? assert.fail(`There is no t${n}`), Exit.void)
      const first = yield* firstPage(asked)
      // one that was read, the one that the cursor stands behind, and one that is still to come
      yield* Effect.forEach([1, 3, 5], remove)
      assert.deepStrictEqual(yield* from(asked, first.cursor), ["t4", "t6", "t7"])
      yield* Effect.forEach([2, 4, 6, 7], remove)
      assert.deepStrictEqual(yield* from(asked, first.cursor), [])
      assert.deepStrictEqual(yield* allNames(asked), [[]])
    }).pipe(Effect.scoped)
  )

  it.effect("a cursor may be used again, and gives the same", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, small(tools(5)))
      const { cursor } = yield* firstPage(asked)
      assert.deepStrictEqual(yield* from(asked, cursor), ["t4", "t5"])
      assert.deepStrictEqual(yield* from(asked, cursor), ["t4", "t5"])
      assert.strictEqual((yield* firstPage(asked)).cursor, cursor)
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("a cursor", (place) => {
  const refused = (asked: Asking, cursor: unknown) =>
    Effect.gen(function* () {
      const { code, message } = yield* asked.refusal(ListTools, { cursor })
      assert.strictEqual(code, -32602, String(cursor))
      assert.include(message, "cursor")
    })

  it.effect("that was never written is refused", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, small(tools(7)))
      const text = btoa('["tools/list","i3"]').replaceAll("=", "")
      const forged = ["", " ", "3", "i3", "null", text, `${text}.`, `${text}.AAAAAAAAAAAAAAAAAAAAAA`, `.${text}`, "."]
      yield* Effect.forEach([...forged, "x".repeat(10_000), "\u0000"], (cursor) => refused(asked, cursor))
      assert.strictEqual((yield* allNames(asked)).length, 3)
    }).pipe(Effect.scoped)
  )

  it.effect("that is no text is refused", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, small(tools(7)))
      yield* Effect.forEach([3, null, {}, ["i3"], true], (cursor) => refused(asked, cursor))
    }).pipe(Effect.scoped)
  )

  it.effect("is refused when any of its letters is another one, or missing, or one is added", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, small(tools(7)))
      const { cursor } = yield* firstPage(asked)
      const at = Array.from(cursor, (_, at) => at)
      const other = (letter: string | undefined) => (letter === "A" ? "B" : "A")
      const altered = at.map((at) => cursor.slice(0, at) + other(cursor[at]) + cursor.slice(at + 1))
      const truncated = at.map((at) => cursor.slice(0, at))
      const added = [`${cursor}A`, `A${cursor}`, `${cursor}=`, ` ${cursor}`, `${cursor} `, cursor + cursor]
      // the last letter has bits that say nothing: the others that decode to the same bytes are none of ours
      const twins = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        .map((letter) => cursor.slice(0, -1) + letter)
        .filter((twin) => twin !== cursor)
      yield* Effect.forEach([...altered, ...truncated, ...added, ...twins], (cursor) => refused(asked, cursor))
      assert.deepStrictEqual(yield* from(asked, cursor), ["t4", "t5", "t6", "t7"])
    }).pipe(Effect.scoped)
  )

  it.effect("of another list is refused", () =>
    Effect.gen(function* () {
      const prompts = Layer.effectDiscard(
        Effect.forEach(upTo(5), (n) => Effect.orDie(McpPrompt.make(`p${n}`).register(() => Effect.succeed(""))))
      )
      const asked = yield* asking(place, small(Layer.merge(tools(5), prompts)))
      const { nextCursor } = yield* asked.result(ListPrompts)
      yield* refused(asked, nextCursor ?? assert.fail("There is no second page"))
      const { cursor } = yield* firstPage(asked)
      assert.strictEqual((yield* asked.refusal(ListPrompts, { cursor })).code, -32602)
    }).pipe(Effect.scoped)
  )

  it.effect("of another server is refused, though it looks the same", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, small(tools(7)))
      const other = yield* asking(place, small(tools(7)))
      const { cursor } = yield* firstPage(other)
      yield* refused(asked, cursor)
      assert.strictEqual((yield* from(other, cursor)).length, 4)
    }).pipe(Effect.scoped)
  )

  it.effect("is refused when the list that it stands in is gone", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const asked = yield* asking(place, small(Layer.merge(layer, tools(1))))
      const scope = yield* Scope.make()
      const source = Layer.build(McpServer.list(ListTools, Stream.fromIterable(named("s", 8))))
      yield* use(Scope.provide(source, scope))
      const { cursor } = yield* firstPage(asked)
      const second = yield* asked.result(ListTools, { cursor })
      assert.deepStrictEqual(names(second), ["s3", "s4", "s5"])
      yield* Scope.close(scope, Exit.void)
      yield* refused(asked, cursor)
      yield* refused(asked, second.nextCursor)
      assert.deepStrictEqual(yield* allNames(asked), [["t1"]])
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("a list on demand", (place) => {
  it.effect("stands behind what is registered, one after the other", () =>
    Effect.gen(function* () {
      const one = McpServer.list(ListTools, Stream.fromIterable(named("a", 4)))
      const two = McpServer.list(ListTools, () => Effect.succeed({ items: named("b", 2) }))
      const asked = yield* asking(place, small(Layer.mergeAll(one, two, tools(4))))
      assert.deepStrictEqual(yield* allNames(asked), [
        ["t1", "t2", "t3"],
        ["t4", "a1", "a2"],
        // a page function decides for itself how much it gives
        ["a3", "a4", "b1", "b2"]
      ])
    }).pipe(Effect.scoped)
  )

  it.effect("needs nothing that is registered", () =>
    Effect.gen(function* () {
      const list = McpServer.list(ListTools, Stream.fromIterable(named("a", 3)))
      const bare = McpServer.layer({ name: "bare", version: "1.0.0" })
      const asked = yield* asking(place, list.pipe(Layer.provide(bare), Layer.provide(byThree)))
      assert.deepStrictEqual(yield* allNames(asked), [["a1", "a2", "a3"]])
    }).pipe(Effect.scoped)
  )

  it.effect("is read as far as a page needs it, and found anew for each", () =>
    Effect.gen(function* () {
      let read = 0
      const endless = Stream.iterate(1, (n) => n + 1).pipe(
        Stream.rechunk(1),
        Stream.map((n) => {
          read = Math.max(read, n)
          return found(`n${n}`)
        })
      )
      const asked = yield* asking(place, small(McpServer.list(ListTools, endless)))
      const first = yield* firstPage(asked)
      assert.deepStrictEqual(first.names, ["n1", "n2", "n3"])
      assert.isAtMost(read, 4)
      const second = yield* asked.result(ListTools, { cursor: first.cursor })
      assert.deepStrictEqual(names(second), ["n4", "n5", "n6"])
      assert.isAtMost(read, 7)
    }).pipe(Effect.scoped)
  )

  it.effect("gets back the positions that it gave, whatever they are, and is told how much a page has", () =>
    Effect.gen(function* () {
      const positions = ["", ":", 'ä\n\u0000"', "i3", "x".repeat(1000)]
      const given: Array<readonly [string | undefined, number]> = []
      const list = McpServer.list(ListTools, (position, limit) =>
        Effect.sync(() => {
          given.push([position, limit])
          const next = positions[given.length - 1]
          const items = [found(`n${given.length}`)]
          return next === undefined ? { items } : { items, next }
        })
      )
      const asked = yield* asking(place, small(list))
      assert.deepStrictEqual((yield* allNames(asked)).flat(), ["n1", "n2", "n3", "n4", "n5", "n6"])
      assert.deepStrictEqual(
        given,
        [undefined, ...positions].map((position) => [position, 3] as const)
      )
    }).pipe(Effect.scoped)
  )

  it.effect("shows what the revision has of what it finds", () =>
    Effect.gen(function* () {
      const item: Tool = { ...found("full"), title: "Full", annotations: { readOnlyHint: true } }
      const asked = yield* asking(place, small(McpServer.list(ListTools, Stream.make(item))))
      const [shown] = (yield* asked.result(ListTools)).tools
      assert.deepStrictEqual(shown, {
        ...found("full"),
        ...(place.since("2025-03-26") ? { annotations: { readOnlyHint: true } } : undefined),
        ...(place.since("2025-06-18") ? { title: "Full" } : undefined)
      })
    }).pipe(Effect.scoped)
  )

  it.effect("may refuse, and is an incident when it dies", () =>
    Effect.gen(function* () {
      const detail = "That position is too old"
      const refusing = McpServer.list(ListTools, () => new McpError.McpFault({ fault: "InvalidCursor", detail }))
      const asked = yield* asking(place, small(refusing))
      const { code, message } = yield* asked.refusal(ListTools)
      assert.deepStrictEqual([code, message], [-32602, detail])
      const dying = McpServer.list(ListTools, Stream.die(new Error("the password is swordfish")))
      const other = yield* asking(place, small(dying))
      assert.strictEqual((yield* other.refusal(ListTools)).code, -32603)
      assert.notInclude(other.peer.received.join("\n"), "swordfish")
    }).pipe(Effect.scoped)
  )
})
