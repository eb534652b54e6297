/**
 * Chapter `server/resources`, everywhereAtAll: what the lists show, what is read, and what a URI gets that is none.
 *
 * What a revision lacks is absent from what it is told; every result is judged by the revision's own schema. Files are
 * `files.test.ts`, pages `pagination.test.ts`; what is told of changes is the chapter of subscriptions.
 */
import { assert, describe, it } from "@effect/vitest"
import { Effect, Exit, Fiber, Layer, Schema, Scope } from "effect"
import { TestClock } from "effect/testing"
import { McpResource, McpServer } from "mcp-effect"
import { ListResources, ListResourceTemplates, ReadResource } from "mcp-effect/methods/resources"
import { McpTest } from "mcp-effect/testing"
import { type Asking, asking, pages, quiet, running } from "./support/asking.ts"
import { everywhereAtAll, type Place } from "./support/places.ts"
import * as Resources from "./support/resources.ts"

const listed = (asked: Asking) =>
  Effect.map(pages(asked, ListResources), (all) => all.flatMap(({ resources }) => resources))

const read = (asked: Asking, uri: string) => Effect.map(asked.result(ReadResource, { uri }), ({ contents }) => contents)

/** What a URI gets at which there is nothing. */
const missing = (place: Place, asked: Asking, uri: string, named = uri) =>
  Effect.gen(function* () {
    const { code, data, message } = yield* asked.refusal(ReadResource, { uri })
    assert.strictEqual(code, place.era === "modern" ? -32602 : -32002, uri)
    assert.deepStrictEqual(data, { uri: named })
    assert.include(message, JSON.stringify(named))
  })

/** How what is told of a resource or a template looks in a revision. */
const describedIn = (place: Place) => {
  const { annotations, description, icons, meta, title } = Resources.described
  const { lastModified, ...always } = annotations
  return {
    description,
    annotations: place.since("2025-06-18") ? { ...always, lastModified } : always,
    ...(place.since("2025-06-18") ? { title, _meta: meta } : undefined),
    ...(place.since("2025-11-25") ? { icons } : undefined)
  }
}

everywhereAtAll("the lists of resources", (place) => {
  it.effect("show of a resource what the revision has, and of its tags nothing", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      const [readme] = yield* listed(asked)
      const shown = { uri: "docs://readme", name: "readme", mimeType: "text/markdown", size: 4 }
      assert.deepStrictEqual(readme, { ...shown, ...describedIn(place) })
      assert.notInclude(asked.peer.received.join("\n"), "tag-of-the-server")
    }).pipe(Effect.scoped)
  )

  it.effect("show of a template what the revision has", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      const { resourceTemplates } = yield* asked.result(ListResourceTemplates)
      const shown = { uriTemplate: "users://{id}", name: "user", mimeType: "application/json" }
      assert.deepStrictEqual(resourceTemplates[0], { ...shown, ...describedIn(place) })
      assert.strictEqual(resourceTemplates.length, 7)
    }).pipe(Effect.scoped)
  )

  it.effect("have the instances of templates behind what is registered, from a Stream and by a page function", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      const found = yield* listed(asked)
      const fixed = ["readme", "raw", "picture", "several", "one", "vanished", "broken"].map((each) => `docs://${each}`)
      const instances = [...Resources.users, ...Resources.books].map(({ uri }) => uri)
      assert.deepStrictEqual(
        found.map(({ uri }) => uri),
        [...fixed, ...instances]
      )
      const [, , last] = found.filter(({ uri }) => uri.startsWith("users:"))
      assert.strictEqual(last?.title, place.since("2025-06-18") ? "Number 3" : undefined)
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("reading a resource", (place) => {
  const base64 = "AP8Q"
  const dated = place.since("2025-06-18") ? { _meta: Resources.meta } : undefined
  const contents: { readonly [uri: string]: ReadonlyArray<object> } = {
    "docs://readme": [{ uri: "docs://readme", mimeType: "text/markdown", text: "# Hi" }],
    "docs://raw": [{ uri: "docs://raw", mimeType: "application/octet-stream", blob: base64 }],
    "docs://picture": [{ uri: "docs://picture", mimeType: "image/png", blob: base64 }],
    "docs://several": [
      { uri: "docs://several/a", mimeType: "text/css", text: "a" },
      { uri: "docs://several/b", blob: base64 }
    ],
    "docs://one": [{ uri: "docs://one/really", text: "1", ...dated }],
    "users://7": [{ uri: "users://7", mimeType: "application/json", text: '{"id":7}' }],
    "users://-1.5e0": [{ uri: "users://-1.5e0", mimeType: "application/json", text: '{"id":-1.5}' }],
    "books://a/2": [{ uri: "books://a/2", text: "a 2 " }],
    "books://a%20b/2?mark=x%2Fy": [{ uri: "books://a%20b/2?mark=x%2Fy", text: "a b 2 x/y" }],
    "copy://docs://readme": [{ uri: "docs://readme", mimeType: "text/markdown", text: "# Hi" }],
    "copy://users://8": [{ uri: "users://8", mimeType: "application/json", text: '{"id":8}' }]
  }

  it.effect.each(Object.entries(contents))("gives what is at %s", ([uri, expected]) =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      assert.deepStrictEqual(yield* read(asked, uri), expected)
    }).pipe(Effect.scoped)
  )

  it.effect("gives what is at the URI that a template makes of its values", () =>
    Effect.gen(function* () {
      const client = yield* place.connect(Resources.app)
      const uri = yield* Resources.User.uri({ id: 12 })
      const { contents } = yield* client.request(ReadResource, { uri })
      assert.deepStrictEqual(contents, [{ uri, mimeType: "application/json", text: '{"id":12}' }])
      const page = yield* Resources.Pages.uri({ title: "ä/b", page: "1", mark: "?" })
      const [found] = (yield* client.request(ReadResource, { uri: page })).contents
      assert.deepStrictEqual(found, { uri: page, text: "ä/b 1 ?" })
    }).pipe(Effect.scoped)
  )

  it.effect("lets the template answer that says more of the URI", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      assert.nestedPropertyVal(yield* read(asked, "paths://named/x"), "[0].text", "named x")
      assert.nestedPropertyVal(yield* read(asked, "paths://named/x/y"), "[0].text", "any named/x/y")
      assert.nestedPropertyVal(yield* read(asked, "tie://a/c"), "[0].text", "right c")
      assert.nestedPropertyVal(yield* read(asked, "tie://c/b"), "[0].text", "left c")
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("a URI that is wrong", (place) => {
  it.effect("is not found when there is nothing like it", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      for (const uri of ["docs://none", "docs://readme/", "DOCS://readme", "none", "", "__proto__", "users://"]) {
        yield* missing(place, asked, uri)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is not found when a variable does not fit its schema, or cannot be decoded", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      for (const uri of ["users://seven", "users://1/2", "users://%ZZ", "users://%FF"]) {
        yield* missing(place, asked, uri)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is not found when its handler finds nothing, also on behalf of another", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      yield* missing(place, asked, "docs://vanished")
      yield* missing(place, asked, "copy://docs://vanished", "docs://vanished")
      yield* missing(place, asked, "copy://docs://none", "docs://none")
      yield* missing(place, asked, "copy://users://seven", "users://seven")
    }).pipe(Effect.scoped)
  )

  it.effect("is an error that names both when two templates say as much of it", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      const { code, data, message } = yield* asked.refusal(ReadResource, { uri: "tie://a/b" })
      assert.strictEqual(code, -32603)
      assert.deepStrictEqual(data, { uri: "tie://a/b" })
      assert.include(message, "tie://{left}/b")
      assert.include(message, "tie://a/{right}")
    }).pipe(Effect.scoped)
  )

  it.effect("is refused when it is no text", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      for (const params of [{}, { uri: 7 }, { uri: null }, { uri: ["docs://readme"] }]) {
        const { code, message } = yield* asked.refusal(ReadResource, params)
        assert.strictEqual(code, -32602)
        assert.include(message, "uri")
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is refused when reading it takes longer than it may", () =>
    Effect.gen(function* () {
      const Slow = McpResource.make("slow://one", { name: "slow", timeout: "3 seconds" })
      const SlowToo = McpResource.template("slow://many/{id}", { name: "slow", timeout: "3 seconds" })
      const slow = Layer.merge(
        Slow.toLayer(Effect.never),
        SlowToo.toLayer(() => Effect.never)
      )
      const asked = yield* asking(place, slow.pipe(Layer.provide(McpServer.layer({ name: "slow", version: "1.0.0" }))))
      for (const uri of ["slow://one", "slow://many/1"]) {
        const reading = yield* Effect.forkChild(asked.refusal(ReadResource, { uri }))
        yield* TestClock.adjust("3 seconds")
        const { code, message } = yield* Fiber.join(reading)
        assert.strictEqual(code, -32603)
        assert.include(message, uri)
        assert.include(message, "3s")
      }
    }).pipe(Effect.scoped)
  )

  it.effect("is an incident when the handler dies, also on behalf of another", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.app)
      for (const uri of ["docs://broken", "copy://docs://broken"]) {
        const { code, data } = yield* asked.refusal(ReadResource, { uri })
        assert.strictEqual(code, -32603)
        assert.match(JSON.stringify(data), /^\{"incident":"[0-9a-f-]{36}"\}$/)
      }
      assert.notInclude(asked.peer.received.join("\n"), Resources.SECRET)
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("how long resources may be cached", (place) => {
  const hints = (ttlMs: number, cacheScope: "public" | "private") =>
    place.era === "modern" ? { ttlMs, cacheScope } : { ttlMs: undefined, cacheScope: undefined }

  it.effect("is said by the list, by the method and by the resource, where the revision has it", () =>
    Effect.gen(function* () {
      const asked = yield* asking(place, Resources.cachingApp)
      const cached = ({ cacheScope, ttlMs }: { readonly cacheScope?: string; readonly ttlMs?: number }) => ({
        ttlMs,
        cacheScope
      })
      assert.deepStrictEqual(cached(yield* asked.result(ListResources)), hints(1000, "public"))
      assert.deepStrictEqual(cached(yield* asked.result(ListResourceTemplates)), hints(0, "private"))
      const read = (uri: string) => Effect.map(asked.result(ReadResource, { uri }), cached)
      assert.deepStrictEqual(yield* read("docs://plain"), hints(2000, "private"))
      assert.deepStrictEqual(yield* read("docs://kept"), hints(9000, "public"))
      assert.deepStrictEqual(yield* read("kept://1"), hints(1, "private"))
    }).pipe(Effect.scoped)
  )
})

everywhereAtAll("a resource that comes and goes", (place) => {
  const Late = McpResource.make("late://fixed", { name: "fixed" })
  const LateToo = McpResource.template("late://{id}/x", { name: "template" })

  it.effect("is there as long as its Scope is open, and its template and instances with it", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const server = McpServer.layer({ name: "late", version: "1.0.0", capabilities: { resources: {} } })
      const asked = yield* asking(place, layer.pipe(Layer.provide(server)))
      const scope = yield* Scope.make()
      const list = () => Effect.succeed({ items: [{ uri: "late://1/x", name: "1" }] })
      yield* use(Scope.provide(Late.register(Effect.succeed("late")), scope))
      yield* use(
        Scope.provide(
          LateToo.register(({ id }) => Effect.succeed(id), { list }),
          scope
        )
      )
      const uris = Effect.map(listed(asked), (all) => all.map(({ uri }) => uri))
      const templates = Effect.map(asked.result(ListResourceTemplates), (page) => page.resourceTemplates.length)
      assert.deepStrictEqual(yield* uris, ["late://fixed", "late://1/x"])
      assert.strictEqual(yield* templates, 1)
      assert.nestedPropertyVal(yield* read(asked, "late://fixed"), "[0].text", "late")
      assert.nestedPropertyVal(yield* read(asked, "late://2/x"), "[0].text", "2")
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(yield* uris, [])
      assert.strictEqual(yield* templates, 0)
      yield* missing(place, asked, "late://fixed")
      yield* missing(place, asked, "late://2/x")
    }).pipe(Effect.scoped)
  )

  it.effect("cannot take a URI that is taken, nor a form of URI that is, however its variables are called", () =>
    Effect.gen(function* () {
      const { layer, use } = yield* running
      const server = McpServer.layer({ name: "late", version: "1.0.0" })
      yield* asking(place, layer.pipe(Layer.provide(server)))
      yield* use(Late.register(Effect.succeed("one")))
      yield* use(LateToo.register(({ id }) => Effect.succeed(id)))
      const Same = McpResource.template("late://{name}/x", { name: "same" })
      const errors = [
        yield* Effect.flip(use(Late.register(Effect.succeed("two")))),
        yield* Effect.flip(use(LateToo.register(({ id }) => Effect.succeed(id)))),
        yield* Effect.flip(use(Same.register(({ name }) => Effect.succeed(name))))
      ]
      const name = (error: McpServer.NameTaken) => [error._tag, error.kind, error.name]
      assert.deepStrictEqual(errors.map(name), [
        ["NameTaken", "resource", "late://fixed"],
        ["NameTaken", "resource", "late://{id}/x"],
        ["NameTaken", "resource", "late://{name}/x"]
      ])
    }).pipe(Effect.scoped)
  )
})

describe("building a server of resources", () => {
  it.effect("fails when two resources have one URI", () =>
    Effect.gen(function* () {
      const One = Resources.Readme.toLayer(Effect.succeed("one"))
      const Two = Resources.Readme.toLayer(Effect.succeed("two"))
      const server = McpServer.layer({ name: "twice", version: "1.0.0" })
      const exit = yield* Effect.exit(
        McpTest.raw(Layer.merge(One, Two).pipe(Layer.provide(server), Layer.provide(quiet)))
      )
      assert.include(String(exit), 'Resource "docs://readme" is registered twice on server "twice"')
    }).pipe(Effect.scoped)
  )

  it("fails when a template cannot be read, or its schemas are not those of its variables", () => {
    assert.throws(() => McpResource.template("users://{id", { name: "bad" }), /is not a URI template/)
    // a template that is known only at run time, so that its type says nothing of its variables
    const uri: string = "users://{id}"
    const bad = () => McpResource.template(uri, { name: "bad", parameters: { id: Schema.String, name: Schema.String } })
    assert.throws(bad, 'McpResource.template("users://{id}"): it has no variable "name"')
  })
})
