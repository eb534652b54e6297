/**
 * What `server-everything` can do: its resources, templates, prompts and completions; its tools are in
 * `everythingTools.ts`.
 */
import { assert } from "@effect/vitest"
import { Effect, Stream } from "effect"
import { McpContent } from "mcp-effect"
import { Initialized } from "mcp-effect/methods/lifecycle"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { gunzipSync } from "node:zlib"
import { eventually } from "../../../transport/support/eventually.ts"
import type { Body, Foreign, Tests } from "../features.ts"
import { atLeast, check, collected, completes, every, failsWith, given, lists, refused, tool } from "./asking.ts"
import { docs, document, documents, documentUri, notOffered, program, tools } from "./everythingTools.ts"

const unpacked = (base64: string): string => gunzipSync(Buffer.from(base64, "base64")).toString()

const resources: Tests = {
  ...tool("get-resource-links", {
    ...given({ count: 2 }),
    seen: ({ content }, { client }) =>
      Effect.gen(function* () {
        const links = content.filter((block) => block.type === "resource_link")
        assert.deepStrictEqual(
          links.map(({ uri }) => uri),
          ["demo://resource/dynamic/blob/1", "demo://resource/dynamic/text/2"]
        )
        for (const { mimeType, uri } of links) {
          const { contents } = yield* client.readResource(uri)
          assert.strictEqual(contents[0]?.uri, uri)
          assert.strictEqual(contents[0]?.mimeType, mimeType)
        }
      })
  }),
  ...tool("get-resource-reference", {
    ...given({ resourceType: "Blob", resourceId: 3 }),
    seen: check(({ content: [, embedded] }) => {
      if (embedded?.type !== "resource" || !("blob" in embedded.resource)) return assert.fail("no bytes in place")
      assert.strictEqual(embedded.resource.uri, "demo://resource/dynamic/blob/3")
      assert.match(Buffer.from(embedded.resource.blob, "base64").toString(), /^Resource 3: /)
    })
  }),
  ...tool("gzip-file-as-resource", {
    ...given({ name: "hello.gz", data: "data:text/plain,hello", outputType: "resourceLink" }),
    seen: ({ content }, { client }) =>
      Effect.gen(function* () {
        const uri = "demo://resource/session/hello.gz"
        assert.deepStrictEqual(content, [
          { type: "resource_link", uri, name: "hello.gz", mimeType: "application/gzip" }
        ])
        const { contents } = yield* client.readResource(uri)
        const [file] = contents
        if (file === undefined || !("blob" in file)) return assert.fail("no bytes")
        assert.strictEqual(unpacked(file.blob), "hello")
      })
  }),
  "capability resources.listChanged": (at) =>
    Effect.gen(function* () {
      const changes = yield* collected(yield* at.client.changes)
      const args = { name: "new.gz", data: "data:text/plain,new" }
      yield* at.client.callTool("gzip-file-as-resource", args)
      assert.deepStrictEqual(yield* atLeast("changes", changes), ["resources"])
      const uris = (yield* Stream.runCollect(at.client.resources())).map(({ uri }) => uri)
      assert.include(uris, "demo://resource/session/new.gz")
    }),
  ...tool("toggle-subscriber-updates", {
    seen: (result, { client }) =>
      Effect.gen(function* () {
        assert.match(McpContent.textOf(result), /^Started /)
        const off = yield* client.callTool("toggle-subscriber-updates")
        assert.match(McpContent.textOf(off), /^Stopped /)
      })
  }),
  "capability resources.subscribe": ({ client }) =>
    Effect.gen(function* () {
      const heard = yield* collected(client.notifications)
      yield* Effect.scoped(
        Effect.gen(function* () {
          const updates = yield* collected(yield* client.updates(document))
          // it tells at once, and then every five seconds until it is told to stop
          yield* client.callTool("toggle-subscriber-updates")
          assert.deepStrictEqual(yield* atLeast("updates", updates), [document])
          yield* client.callTool("toggle-subscriber-updates")
        })
      )
      const before = heard.filter(({ method }) => method === "notifications/resources/updated").length
      yield* client.callTool("toggle-subscriber-updates")
      yield* client.callTool("toggle-subscriber-updates")
      const after = heard.filter(({ method }) => method === "notifications/resources/updated").length
      assert.strictEqual(after, before, "nobody watches any more")
    }),
  "resources: none by that URI": ({ client }) => refused(-32602, client.readResource("demo://none")),
  ...Object.fromEntries(
    documents.map((name): [string, Body] => [
      `resource ${documentUri(name)}`,
      ({ client }) =>
        Effect.map(client.readResource(documentUri(name)), ({ contents }) => {
          const text = readFileSync(join(docs, name), "utf8")
          assert.deepStrictEqual(contents, [{ uri: documentUri(name), mimeType: "text/markdown", text }])
        })
    ])
  )
}

const dynamic = (kind: "text" | "blob"): Tests => {
  const template = `demo://resource/dynamic/${kind}/{resourceId}`
  const uri = (id: string) => template.replace("{resourceId}", id)
  return {
    [`template ${template}`]: ({ client }) =>
      Effect.gen(function* () {
        const { contents } = yield* client.readResource(uri("7"))
        const [only] = contents
        if (only === undefined) return assert.fail("nothing")
        assert.deepInclude(only, { uri: uri("7"), mimeType: "text/plain" })
        const text = "text" in only ? only.text : Buffer.from(only.blob, "base64").toString()
        assert.match(text, kind === "text" ? /^Resource 7: This is a plaintext/ : /^Resource 7: This is a base64 blob/)
        assert.strictEqual("text" in only, kind === "text")
        const { detail } = yield* refused(-32603, client.readResource(uri("seven")))
        assert.strictEqual(detail, `Unknown resource: ${uri("seven")}`)
      }),
    [`template ${template}: completion of resourceId`]: (at) =>
      Effect.gen(function* () {
        const ref = { type: "ref/resource", uri: template } as const
        yield* completes(ref, "resourceId", "12", ["12"])(at)
        yield* completes(ref, "resourceId", "twelve", [])(at)
      })
  }
}

const user = (text: string) => ({ role: "user" as const, content: { type: "text" as const, text } })
const gets = (name: string, args: { readonly [name: string]: string } | undefined, text: string): Tests => ({
  [`prompt ${name}`]: ({ client }) =>
    Effect.map(client.getPrompt(name, args), ({ messages }) => assert.deepStrictEqual(messages, [user(text)]))
})
const wants = (name: string): Tests => ({
  [`prompt ${name}: without its arguments`]: ({ client }) =>
    Effect.map(refused(-32602, client.getPrompt(name, {})), ({ detail }) =>
      assert.include(detail, `Invalid arguments for prompt ${name}`)
    )
})
const promptRef = (name: string) => ({ type: "ref/prompt", name }) as const

const prompts: Tests = {
  ...gets("simple-prompt", undefined, "This is a simple prompt without arguments."),
  ...gets("args-prompt", { city: "Paris", state: "Texas" }, "What's weather in Paris, Texas?"),
  ...gets(
    "completable-prompt",
    { department: "Sales", name: "Eve" },
    "Please promote Eve to the head of the Sales team."
  ),
  "prompt resource-prompt": ({ client }) =>
    Effect.gen(function* () {
      const { messages } = yield* client.getPrompt("resource-prompt", { resourceType: "Text", resourceId: "5" })
      const [first, second] = messages
      assert.deepInclude(first?.content, { type: "text" })
      if (second?.content.type !== "resource") return assert.fail("no resource in place")
      assert.deepInclude(second.content.resource, { uri: "demo://resource/dynamic/text/5", mimeType: "text/plain" })
      yield* refused(-32603, client.getPrompt("resource-prompt", { resourceType: "Text", resourceId: "five" }))
    }),
  ...wants("args-prompt"),
  ...wants("completable-prompt"),
  ...wants("resource-prompt"),
  "prompts: none by that name": ({ client }) => refused(-32602, client.getPrompt("none")),
  "prompt args-prompt: completion of city": completes(promptRef("args-prompt"), "city", "P", []),
  "prompt args-prompt: completion of state": completes(promptRef("args-prompt"), "state", "T", []),
  "prompt completable-prompt: completion of department": completes(promptRef("completable-prompt"), "department", "S", [
    "Sales",
    "Support"
  ]),
  "prompt completable-prompt: completion of name": (at) =>
    Effect.gen(function* () {
      const ref = promptRef("completable-prompt")
      yield* completes(ref, "name", "", ["Alice", "Bob", "Charlie"], { department: "Engineering" })(at)
      yield* completes(ref, "name", "E", ["Eve"], { department: "Sales" })(at)
      yield* completes(ref, "name", "", [])(at)
    }),
  "prompt resource-prompt: completion of resourceType": completes(promptRef("resource-prompt"), "resourceType", "B", [
    "Blob"
  ]),
  "prompt resource-prompt: completion of resourceId": completes(promptRef("resource-prompt"), "resourceId", "5", ["5"])
}

export const everything: Foreign = {
  name: "everything",
  start: () => ({ args: [program], env: { FOR_EVERYTHING: "all of it" } }),
  rows: notOffered,
  tests: {
    ...every("2025-11-25", { name: "mcp-servers/everything", title: "Everything Reference Server", version: "2.0.0" }),
    instructions: ({ client }) =>
      Effect.sync(() => assert.strictEqual(client.instructions, readFileSync(join(docs, "instructions.md"), "utf8"))),
    ...lists.tools,
    ...lists.resources,
    ...lists.templates,
    ...lists.prompts,
    "tools: none by that name": (at) => failsWith(at, "none", {}, "Tool none not found"),
    // some of its tools are registered when it hears that the client is ready, and it tells of that
    "capability tools.listChanged": ({ client }) =>
      Effect.gen(function* () {
        const changes = yield* collected(yield* client.changes)
        yield* client.notify(Initialized)
        yield* eventually("a change of the tools", () => (changes.includes("tools") ? true : undefined))
      }),
    // it says that its prompts may change; they never do
    "capability prompts.listChanged": ({ client }) =>
      Effect.gen(function* () {
        const changes = yield* collected(yield* client.changes)
        yield* client.notify(Initialized)
        yield* atLeast("changes", changes)
        assert.notInclude(changes, "prompts")
      }),
    "capability completions": ({ client }) =>
      Effect.gen(function* () {
        const argument = { name: "department", value: "" }
        const completion = yield* client.complete({ ref: promptRef("completable-prompt"), argument })
        assert.deepStrictEqual(completion, {
          values: ["Engineering", "Sales", "Marketing", "Support"],
          total: 4,
          hasMore: false
        })
        yield* refused(-32602, client.complete({ ref: promptRef("none"), argument }))
      }),
    ...tools,
    ...resources,
    ...dynamic("text"),
    ...dynamic("blob"),
    ...prompts
  }
}
