/**
 * Chapter `server/resources`, everywhere: the files of a real directory, and every way out of it.
 *
 * Whatever a URI says, it reads a regular file under the root or nothing: not found, with the URI that was asked for.
 */
import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Layer } from "effect"
import { McpFiles, McpLimits, McpServer } from "mcp-effect"
import { ListResources, ListResourceTemplates, ReadResource, Subscribe } from "mcp-effect/methods/resources"
import { McpTest } from "mcp-effect/testing"
import { execFileSync } from "node:child_process"
import { symlinkSync, unlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { eventually } from "../transport/support/eventually.ts"
import { type Asking, asking, pages, quiet } from "./support/asking.ts"
import { bytes, directory, latin, SECRET, serving } from "./support/directory.ts"
import { everywhere, type Place } from "./support/places.ts"

const read = (asked: Asking, path: string) =>
  Effect.map(asked.result(ReadResource, { uri: `files:///${path}` }), ({ contents }) => contents)

const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))

/** The files in the order of their paths, with their types. Of symlinks none. */
const files = [
  ["a.md", "text/markdown"],
  ["empty.txt", "text/plain"],
  ["latin.txt", "text/plain"],
  ["letters ä b%2f?#.txt", "text/plain"],
  ["picture.PNG", "image/png"],
  ["sub/b.json", "application/json"],
  ["sub/deep/unknown", undefined],
  ["z.bin", undefined]
] as const

/** Ways to what is outside, or is no file; each starts under the root. */
const waysOut = [
  "../secret.txt",
  "sub/../../secret.txt",
  "sub/../a.md",
  "%2e%2e/secret.txt",
  "%2E%2E/secret.txt",
  ".%2e/secret.txt",
  "..%2Fsecret.txt",
  "sub%2Fb.json",
  "sub%2f..%2f..%2fsecret.txt",
  "..%5Csecret.txt",
  "..\\secret.txt",
  "sub%5cb.json",
  "%252e%252e/secret.txt",
  "../root-beside/secret.txt",
  "a.md%00",
  "a.md\u0000",
  "%00/../secret.txt",
  "/etc/passwd",
  "//etc/passwd",
  "%2Fetc%2Fpasswd",
  "C:/secret.txt",
  "link.txt",
  "relative.txt",
  "out/secret.txt",
  "out",
  "beside/secret.txt",
  "dangling",
  "loop",
  "pipe",
  "sub",
  "sub/",
  "sub//b.json",
  "sub/./b.json",
  "./a.md",
  "a.md/",
  "a.md/b",
  ".",
  "..",
  "",
  "/",
  "none.txt",
  "x".repeat(5000)
]

/** Nothing is there, and nothing of what is outside is told. */
const missing = (place: Place, asked: Asking, uri: string) =>
  Effect.gen(function* () {
    const { code, data } = yield* asked.refusal(ReadResource, { uri })
    assert.strictEqual(code, place.era === "modern" ? -32602 : -32002, uri)
    assert.deepStrictEqual(data, { uri })
    assert.notInclude(asked.peer.received.join("\n"), SECRET)
  })

everywhere("the files of a directory", (place) => {
  it.effect("are listed in pages, and each is read by its URI", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      const limits = Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, page: 3 })
      const asked = yield* asking(place, serving(root).pipe(Layer.provide(limits)))
      const all = yield* pages(asked, ListResources)
      assert.deepStrictEqual(
        all.map(({ resources }) => resources.length),
        [3, 3, 2]
      )
      const found = all.flatMap(({ resources }) => resources)
      assert.deepStrictEqual(
        found.map(({ mimeType, name }) => ({ name, mimeType })),
        files.map(([name, mimeType]) => ({ name, mimeType }))
      )
      for (const { mimeType, uri } of found) {
        const [contents] = (yield* asked.result(ReadResource, { uri })).contents
        assert.strictEqual(contents?.uri, uri)
        assert.strictEqual(contents?.mimeType, mimeType)
      }
    }).pipe(Effect.scoped)
  )

  it.effect("are text where they are UTF-8, and bytes otherwise", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      const asked = yield* asking(place, serving(root))
      const text = (path: string, text: string, type: object) => [{ uri: `files:///${path}`, ...type, text }]
      assert.deepStrictEqual(yield* read(asked, "a.md"), text("a.md", "# A", { mimeType: "text/markdown" }))
      assert.deepStrictEqual(yield* read(asked, "empty.txt"), text("empty.txt", "", { mimeType: "text/plain" }))
      assert.deepStrictEqual(yield* read(asked, "sub/deep/unknown"), text("sub/deep/unknown", "no type", {}))
      const blob = (path: string, mimeType: string, of: Uint8Array) => [
        { uri: `files:///${path}`, mimeType, blob: base64(of) }
      ]
      assert.deepStrictEqual(yield* read(asked, "picture.PNG"), blob("picture.PNG", "image/png", bytes))
      assert.deepStrictEqual(yield* read(asked, "latin.txt"), blob("latin.txt", "text/plain", latin))
    }).pipe(Effect.scoped)
  )

  it.effect("are what they are, byte for byte, also with a mark at the beginning", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      writeFileSync(join(root, "marked.txt"), "\uFEFFmarked")
      const asked = yield* asking(place, serving(root))
      assert.nestedPropertyVal(yield* read(asked, "marked.txt"), "[0].text", "\uFEFFmarked")
    }).pipe(Effect.scoped)
  )

  it.effect("may have odd names, which are escaped in a URI and need not be escaped more than that", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      const asked = yield* asking(place, serving(root))
      const found = (yield* pages(asked, ListResources)).flatMap(({ resources }) => resources)
      const odd = found.find(({ name }) => name.startsWith("letters"))
      const path = "letters%20%C3%A4%20b%252f%3F%23.txt"
      assert.strictEqual(odd?.uri, `files:///${path}`)
      assert.nestedPropertyVal(yield* read(asked, path), "[0].text", "odd name")
      // who asks in another way gets the contents under the URI that was asked for
      const asWritten = { uri: "files:///%61.md", mimeType: "text/markdown", text: "# A" }
      assert.deepStrictEqual(yield* read(asked, "%61.md"), [asWritten])
    }).pipe(Effect.scoped)
  )

  it.effect("may be reached by a symlink that stays inside, and by a root that is one", () =>
    Effect.gen(function* () {
      const { outside, root } = yield* directory
      const asked = yield* asking(place, serving(root))
      assert.nestedPropertyVal(yield* read(asked, "inside.md"), "[0].text", "# A")
      const byAlias = yield* asking(place, serving(join(outside, "alias")))
      assert.nestedPropertyVal(yield* read(byAlias, "a.md"), "[0].text", "# A")
      yield* missing(place, byAlias, "files:///../secret.txt")
    }).pipe(Effect.scoped)
  )

  it.effect("are all that is read, whatever a URI says", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      symlinkSync(join(root, "loop"), join(root, "loop"))
      execFileSync("mkfifo", [join(root, "pipe")])
      const asked = yield* asking(place, serving(root))
      const others = [`files://${root}/a.md`, `file://${root}/a.md`, "files:/a.md", "FILES:///a.md"]
      const uris = [...waysOut.map((way) => `files:///${way}`), ...others]
      const got = yield* Effect.forEach(uris, (uri) => asked.refusal(ReadResource, { uri }))
      const code = place.era === "modern" ? -32602 : -32002
      assert.deepStrictEqual(
        got.map(({ code, data }) => ({ code, data })),
        uris.map((uri) => ({ code, data: { uri } }))
      )
      assert.notInclude(asked.peer.received.join("\n"), SECRET)
      assert.nestedPropertyVal(yield* read(asked, "a.md"), "[0].text", "# A")
    }).pipe(Effect.scoped)
  )

  it.effect("stay inside when a file becomes a symlink that leads out", () =>
    Effect.gen(function* () {
      const { outside, root } = yield* directory
      const asked = yield* asking(place, serving(root))
      assert.nestedPropertyVal(yield* read(asked, "a.md"), "[0].text", "# A")
      unlinkSync(join(root, "a.md"))
      symlinkSync(join(outside, "secret.txt"), join(root, "a.md"))
      yield* missing(place, asked, "files:///a.md")
    }).pipe(Effect.scoped)
  )

  it.effect("are refused when they are larger than may be read", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      const asked = yield* asking(place, serving(root, { maxSize: 99 }))
      const { code, message } = yield* asked.refusal(ReadResource, { uri: "files:///z.bin" })
      assert.strictEqual(code, -32603)
      assert.include(message, "100 bytes")
      assert.include(message, "99")
      const exact = yield* asking(place, serving(root, { maxSize: 100 }))
      assert.nestedPropertyVal(yield* read(exact, "z.bin"), "[0].text", "x".repeat(100))
    }).pipe(Effect.scoped)
  )

  it.effect("have the types and the description that the server gives them", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      const mimeType = (path: string) => (path.endsWith(".bin") ? "text/x-letters" : undefined)
      const cache = { ttlMs: 5, cacheScope: "public" as const }
      const app = serving(root, { name: "docs", title: "Docs", description: "All of them", mimeType, cache })
      const asked = yield* asking(place, app)
      assert.nestedPropertyVal(yield* read(asked, "z.bin"), "[0].mimeType", "text/x-letters")
      assert.nestedPropertyVal(yield* read(asked, "a.md"), "[0].mimeType", "text/markdown")
      const { resourceTemplates } = yield* asked.result(ListResourceTemplates)
      const title = place.since("2025-06-18") ? { title: "Docs" } : undefined
      const shown = { uriTemplate: "files:///{+path}", name: "docs", ...title, description: "All of them" }
      assert.deepStrictEqual(resourceTemplates, [shown])
      const { cacheScope, ttlMs } = yield* asked.result(ReadResource, { uri: "files:///a.md" })
      const none = { ttlMs: undefined, cacheScope: undefined }
      assert.deepStrictEqual({ ttlMs, cacheScope }, place.era === "modern" ? cache : none)
    }).pipe(Effect.scoped)
  )
})

/** Asks to be told of what happens to a URI. */
const watch = (place: Place, asked: Asking, uri: string) =>
  place.era === "legacy"
    ? Effect.asVoid(asked.result(Subscribe, { uri }))
    : asked.peer.send(
        asked.peer.message("watch", "subscriptions/listen", {
          notifications: { resourceSubscriptions: [uri], resourcesListChanged: true }
        })
      )

everywhere("the files of a directory that is watched", (place) => {
  it.live("tell those who ask of a file that changes, and of one that comes", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      const asked = yield* asking(place, serving(root, { watch: true }))
      yield* watch(place, asked, "files:///sub/b.json")
      const heard = (method: string) => () =>
        asked.peer.received
          .map((text) => JSON.parse(text) as McpTest.Json)
          .find((message) => message["method"] === method)
      let count = 0
      // written again and again: the system says only what happens after it has begun to watch
      const changed = yield* eventually("a change is told", () => {
        writeFileSync(join(root, "sub", "b.json"), String((count += 1)))
        return heard("notifications/resources/updated")()
      })
      assert.nestedPropertyVal(changed, "params.uri", "files:///sub/b.json")
      writeFileSync(join(root, "new.txt"), "new")
      yield* eventually("a change of the list is told", heard("notifications/resources/list_changed"))
    }).pipe(Effect.scoped)
  )
})

describe("a directory that is not there", () => {
  it.effect("fails the build of the server", () =>
    Effect.gen(function* () {
      const { root } = yield* directory
      const files = McpFiles.layer({ root: join(root, "none"), uri: "files:///" })
      const server = McpServer.layer({ name: "files", version: "1.0.0" })
      const error = yield* Effect.flip(
        McpTest.raw(files.pipe(Layer.provide(server), Layer.provide(NodeServices.layer), Layer.provide(quiet)))
      )
      assert.strictEqual(error.reason._tag, "NotFound")
    }).pipe(Effect.scoped)
  )
})
