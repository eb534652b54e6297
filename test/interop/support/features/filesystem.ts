/**
 * What `server-filesystem` can do, seen on the disk: one folder that it may use, and one beside it that it may not.
 *
 * Each call works in a folder of its own. Whatever takes a path is also asked for one outside, directly and by a symlink.
 */
import { assert } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { McpContent, McpTool } from "mcp-effect"
import type { JsonObject } from "mcp-effect/McpSchema"
import type { Tool } from "mcp-effect/methods/tools"
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath, pathToFileURL } from "node:url"
import type { At, Foreign, Tests } from "../features.ts"
import { check, collected, every, failsWith, lists, reasonOf, tool } from "./asking.ts"

const program = fileURLToPath(import.meta.resolve("@modelcontextprotocol/server-filesystem/dist/index.js"))
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47)
const base64 = "iVBORw=="
const secret = "what nobody may read"

const inside = ({ place }: At): string => join(place, "inside")
const outside = ({ place }: At): string => join(place, "outside", "secret.txt")

/** A new folder with these files. */
const folder = (at: At, files: { readonly [name: string]: string | Uint8Array }): string => {
  const made = mkdtempSync(join(inside(at), "case-"))
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(made, name)), { recursive: true })
    writeFileSync(join(made, name), content)
  }
  return made
}

const poem = "one\ntwo\nthree\nfour"
const files = { "poem.txt": poem, "logo.png": png, "deep/er/note.md": "note", "deep/other.txt": "other" }

const path = (name: string) => (at: At) => Effect.sync((): JsonObject => ({ path: join(folder(at, files), name) }))
const root = path(".")

const textOf = McpContent.textOf
const lines = (result: McpContent.Result): ReadonlyArray<string> => textOf(result).split("\n")

const structured = true

/** A tool that takes a path does nothing outside. */
const kept = (name: string, argsOf: (path: string, at: At) => JsonObject): Tests => ({
  [`tool ${name}: outside the allowed directories`]: (at) =>
    Effect.gen(function* () {
      yield* failsWith(at, name, argsOf(outside(at), at), "Access denied - path outside allowed directories")
      const link = join(folder(at, {}), "link.txt")
      symlinkSync(outside(at), link)
      yield* failsWith(at, name, argsOf(link, at), "Access denied - symlink target outside allowed directories")
      assert.deepStrictEqual(readdirSync(dirname(outside(at))), ["secret.txt"])
      assert.strictEqual(readFileSync(outside(at), "utf8"), secret)
    })
})

const ReadTextFile = McpTool.make("read_text_file", {
  parameters: { path: Schema.String, head: Schema.optionalKey(Schema.Int), tail: Schema.optionalKey(Schema.Int) },
  success: Schema.Struct({ content: Schema.String })
})

const reads: Tests = {
  ...tool("read_file", {
    args: path("poem.txt"),
    seen: check((result) => assert.strictEqual(textOf(result), poem)),
    wrong: { path: 1 },
    structured
  }),
  ...kept("read_file", (path) => ({ path })),

  // by a definition of our own, as one uses a server that one knows
  ...tool("read_text_file", {
    args: path("poem.txt"),
    seen: (result, { client }, { path }) =>
      Effect.gen(function* () {
        assert.strictEqual(textOf(result), poem)
        const read = (bounds: { readonly head?: number; readonly tail?: number }) =>
          client.call(ReadTextFile, { path: String(path), ...bounds })
        assert.deepStrictEqual(yield* read({}), { content: poem })
        assert.deepStrictEqual(yield* read({ head: 2 }), { content: "one\ntwo" })
        assert.deepStrictEqual(yield* read({ tail: 1 }), { content: "four" })
        const reason = yield* reasonOf(read({ head: 1, tail: 1 }))
        if (reason._tag !== "ToolFailed") return assert.fail(reason.message)
        assert.strictEqual(textOf(reason), "Cannot specify both head and tail parameters simultaneously")
      }),
    wrong: {},
    structured
  }),
  ...kept("read_text_file", (path) => ({ path })),

  ...tool("read_media_file", {
    args: path("logo.png"),
    seen: (result, at) =>
      Effect.gen(function* () {
        assert.deepStrictEqual(result.content, [{ type: "image", data: base64, mimeType: "image/png" }])
        const other = join(folder(at, { "a.bin": png }), "a.bin")
        const { content } = yield* at.client.callTool("read_media_file", { path: other })
        const resource = { uri: pathToFileURL(other).href, mimeType: "application/octet-stream", blob: base64 }
        assert.deepStrictEqual(content, [{ type: "resource", resource }])
      }),
    wrong: {},
    structured
  }),
  ...kept("read_media_file", (path) => ({ path })),

  ...tool("read_multiple_files", {
    args: (at) =>
      Effect.sync(() => {
        const made = folder(at, files)
        return { paths: [join(made, "poem.txt"), join(made, "none"), join(made, "deep/other.txt")] }
      }),
    seen: (result, _, { paths }) =>
      Effect.sync(() => {
        const [first, none, last] = textOf(result).split("\n---\n")
        const [poemAt, noneAt, otherAt] = paths as ReadonlyArray<string>
        assert.strictEqual(first, `${poemAt}:\n${poem}\n`)
        assert.match(none ?? "", new RegExp(`^${noneAt}: Error - ENOENT`))
        assert.strictEqual(last, `${otherAt}:\nother\n`)
      }),
    wrong: { paths: [] },
    structured
  }),
  "tool read_multiple_files: outside the allowed directories": (at) =>
    Effect.map(at.client.callTool("read_multiple_files", { paths: [outside(at)] }), (result) => {
      assert.include(textOf(result), "Error - Access denied - path outside allowed directories")
      assert.notInclude(textOf(result), secret)
    })
}

const writes: Tests = {
  ...tool("write_file", {
    args: (at) => Effect.sync(() => ({ path: join(folder(at, {}), "new.txt"), content: "naïve ☃\n" })),
    seen: (_, { client }, { path }) =>
      Effect.gen(function* () {
        assert.strictEqual(readFileSync(String(path), "utf8"), "naïve ☃\n")
        yield* client.callTool("write_file", { path: String(path), content: "again" })
        assert.strictEqual(readFileSync(String(path), "utf8"), "again")
      }),
    wrong: { path: "new.txt" },
    structured
  }),
  ...kept("write_file", (path) => ({ path, content: "mine" })),

  ...tool("edit_file", {
    args: (at) =>
      Effect.sync(() => ({ path: join(folder(at, files), "poem.txt"), edits: [{ oldText: "two", newText: "2" }] })),
    seen: (result, at, { path }) =>
      Effect.gen(function* () {
        assert.includeMembers([...lines(result)], ["-two", "+2"])
        assert.strictEqual(readFileSync(String(path), "utf8"), "one\n2\nthree\nfour")
        const edit = (oldText: string) => ({ path: String(path), edits: [{ oldText, newText: "?" }], dryRun: true })
        assert.include(textOf(yield* at.client.callTool("edit_file", edit("three"))), "-three")
        yield* failsWith(at, "edit_file", edit("five"), "Could not find exact match for edit:\nfive")
        assert.strictEqual(readFileSync(String(path), "utf8"), "one\n2\nthree\nfour")
      }),
    wrong: { path: "poem.txt", edits: "all" },
    structured
  }),
  ...kept("edit_file", (path) => ({ path, edits: [{ oldText: secret, newText: "" }] })),

  ...tool("create_directory", {
    args: (at) => Effect.sync(() => ({ path: join(folder(at, {}), "a", "b") })),
    seen: check((_result, _at, { path }) => assert.isTrue(statSync(String(path)).isDirectory())),
    wrong: {},
    structured
  }),
  ...kept("create_directory", (path) => ({ path })),

  ...tool("move_file", {
    args: (at) =>
      Effect.sync(() => {
        const made = folder(at, files)
        return { source: join(made, "poem.txt"), destination: join(made, "deep", "moved.txt") }
      }),
    seen: (_, at, { destination, source }) =>
      Effect.gen(function* () {
        assert.isFalse(existsSync(String(source)))
        assert.strictEqual(readFileSync(String(destination), "utf8"), poem)
        writeFileSync(String(source), "another")
        yield* failsWith(at, "move_file", { source, destination }, `Destination already exists: ${destination}`)
        assert.strictEqual(readFileSync(String(destination), "utf8"), poem)
      }),
    wrong: { source: "poem.txt" },
    structured
  }),
  ...kept("move_file", (path, at) => ({ source: path, destination: join(folder(at, {}), "mine.txt") }))
}

const looks: Tests = {
  ...tool("list_directory", {
    args: root,
    seen: check((result) =>
      assert.deepStrictEqual([...lines(result)].sort(), ["[DIR] deep", "[FILE] logo.png", "[FILE] poem.txt"])
    ),
    wrong: {},
    structured
  }),
  ...kept("list_directory", (path) => ({ path })),

  ...tool("list_directory_with_sizes", {
    args: (at) => Effect.map(root(at), (args) => ({ ...args, sortBy: "size" })),
    seen: check((result) => {
      const said = lines(result).map((line) => line.trim().replaceAll(/ +/g, " "))
      // how large a folder is, each file system says in its own way
      assert.deepStrictEqual(
        said.filter((line) => line !== "[DIR] deep"),
        ["[FILE] poem.txt 18 B", "[FILE] logo.png 4 B", "", "Total: 2 files, 1 directories", "Combined size: 22 B"]
      )
      assert.include(said, "[DIR] deep")
    }),
    wrong: { path: ".", sortBy: "age" },
    structured
  }),
  ...kept("list_directory_with_sizes", (path) => ({ path })),

  ...tool("directory_tree", {
    args: (at) => Effect.map(root(at), (args) => ({ ...args, excludePatterns: ["*.png"] })),
    seen: check((result) => {
      const note = { name: "note.md", type: "file" }
      const er = { name: "er", type: "directory", children: [note] }
      const deep = { name: "deep", type: "directory", children: [er, { name: "other.txt", type: "file" }] }
      assert.sameDeepMembers(JSON.parse(textOf(result)), [deep, { name: "poem.txt", type: "file" }])
    }),
    wrong: {},
    structured
  }),
  ...kept("directory_tree", (path) => ({ path })),

  ...tool("search_files", {
    args: (at) => Effect.map(root(at), (args) => ({ ...args, pattern: "**/*.txt" })),
    seen: check((result, _, { path }) =>
      assert.sameMembers([...lines(result)], [join(String(path), "poem.txt"), join(String(path), "deep/other.txt")])
    ),
    wrong: { path: "." },
    structured
  }),
  ...kept("search_files", (path) => ({ path, pattern: "**" })),

  ...tool("get_file_info", {
    args: path("poem.txt"),
    seen: check((result) =>
      assert.includeMembers([...lines(result)], ["size: 18", "isFile: true", "isDirectory: false"])
    ),
    wrong: {},
    structured
  }),
  ...kept("get_file_info", (path) => ({ path })),

  ...tool("list_allowed_directories", {
    seen: check((result, at) => assert.strictEqual(textOf(result), `Allowed directories:\n${inside(at)}`)),
    structured
  })
}

const takesPath = ({ inputSchema }: Tool): boolean =>
  ["path", "paths", "source"].some((name) => name in ((inputSchema["properties"] ?? {}) as object))

export const filesystem: Foreign = {
  name: "filesystem",
  start: (place) => {
    mkdirSync(join(place, "inside"))
    mkdirSync(join(place, "outside"))
    writeFileSync(join(place, "outside", "secret.txt"), secret)
    return { args: [program, join(place, "inside")] }
  },
  rows: (tools) =>
    Array.from(tools.values())
      .filter(takesPath)
      .map(({ name }) => `tool ${name}: outside the allowed directories`),
  tests: {
    ...every("2025-11-25", { name: "secure-filesystem-server", version: "0.2.0" }),
    ...lists.tools,
    // it says that its tools may change; they never do
    "capability tools.listChanged": ({ client }) =>
      Effect.gen(function* () {
        const changes = yield* collected(yield* client.changes)
        yield* client.refresh
        assert.deepStrictEqual(changes, [])
      }),
    "tools: none by that name": (at) => failsWith(at, "none", {}, "Tool none not found"),
    ...reads,
    ...writes,
    ...looks
  }
}
