/**
 * The resources, templates, prompts and completions of `fixtures/official-whole.ts`: the same in both eras.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import type { Body, Tests } from "../features.ts"
import { completes, lists, pagesOf, refused } from "./asking.ts"

const data = "iVBORw=="
export const readme = "docs://readme"
const text = (value: string) => ({ type: "text" as const, text: value })

export const kinds = {
  text: [text("a text")],
  annotated: [
    { ...text("for you"), annotations: { audience: ["user"], priority: 0.5 }, _meta: { "example.com/a": 1 } }
  ],
  image: [{ type: "image", data, mimeType: "image/png" }],
  audio: [{ type: "audio", data, mimeType: "audio/wav" }],
  link: [{ type: "resource_link", uri: readme, name: "readme", mimeType: "text/markdown", size: 9 }],
  embedded: [{ type: "resource", resource: { uri: readme, mimeType: "text/markdown", text: "# Read me" } }],
  several: [text("one"), text("two")],
  nothing: []
}

export const named = (items: ReadonlyArray<{ readonly name: string }>) => items.map(({ name }) => name)

const reads = (uri: string, ...contents: ReadonlyArray<object>): Tests => ({
  [`resource ${uri}`]: readsAs(uri, contents)
})
const readsAs =
  (uri: string, contents: ReadonlyArray<object>): Body =>
  ({ client }) =>
    Effect.map(client.readResource(uri), (read) => assert.deepStrictEqual<unknown>(read.contents, contents))
const person = (name: string, year: string) => ({
  uri: `people://${name}/${year}`,
  text: JSON.stringify({ name, year })
})

const personRef = { type: "ref/resource", uri: "people://{name}/{year}" } as const
const fileRef = { type: "ref/resource", uri: "files:///{+path}" } as const

export const resources: Tests = {
  ...lists.resources,
  ...lists.templates,
  "resources: page by page": ({ client }) =>
    Effect.gen(function* () {
      const pages = yield* pagesOf((cursor) =>
        Effect.map(client.listResources({ cursor }), ({ resources: items, ...rest }) => ({ ...rest, items }))
      )
      assert.deepStrictEqual(pages.map(named), [
        ["readme", "logo"],
        ["both", "ada"],
        ["alan", "grace"]
      ])
      assert.deepInclude(pages[0]?.[0], {
        title: "Read me",
        description: "What to read first",
        mimeType: "text/markdown",
        size: 9,
        annotations: { audience: ["user"], priority: 0.5 }
      })
      yield* refused(-32602, client.listResources({ cursor: "forged" }))
    }),
  // the SDK has one code for it, in both eras
  "resources: none by that URI": ({ client }) =>
    Effect.map(refused(-32602, client.readResource("docs://none")), ({ data }) =>
      assert.deepStrictEqual(data, { uri: "docs://none" })
    ),
  ...reads(readme, { uri: readme, text: "# Read me" }),
  ...reads("docs://logo", { uri: "docs://logo", blob: data }),
  ...reads("docs://both", { uri: "docs://both", text: "text" }, { uri: "docs://both/1", blob: data }),
  ...reads("people://ada/1950", person("ada", "1950")),
  ...reads("people://alan/1950", person("alan", "1950")),
  ...reads("people://grace/1950", person("grace", "1950")),
  "template people://{name}/{year}": (at) =>
    Effect.gen(function* () {
      yield* readsAs("people://ada/1852", [person("ada", "1852")])(at)
      yield* refused(-32602, at.client.readResource("people://john/1950"))
    }),
  "template people://{name}/{year}: completion of name": completes(personRef, "name", "a", ["ada", "alan"]),
  "template people://{name}/{year}: completion of year": (at) =>
    Effect.gen(function* () {
      yield* completes(personRef, "year", "", ["1815", "1852"], { name: "ada" })(at)
      yield* completes(personRef, "year", "", ["1950"])(at)
    }),
  "template files:///{+path}": readsAs("files:///a/b.txt", [{ uri: "files:///a/b.txt", text: "a/b.txt" }]),
  "template files:///{+path}: completion of path": completes(fileRef, "path", "a", [])
}

const review = { type: "ref/prompt", name: "review" } as const
const user = (content: unknown) => ({ role: "user", content })

export const prompts: Tests = {
  ...lists.prompts,
  "prompts: none by that name": ({ client }) => refused(-32602, client.getPrompt("none")),
  "prompt plain": ({ client }) =>
    Effect.map(client.getPrompt("plain"), ({ messages }) =>
      assert.deepStrictEqual<unknown>(messages, [user(text("This is plain"))])
    ),
  "prompt review": ({ client }) =>
    Effect.gen(function* () {
      const { description, messages } = yield* client.getPrompt("review", { code: "1 + 1", style: "strict" })
      assert.strictEqual(description, "A review")
      const { audio, embedded, image, link } = kinds
      assert.deepStrictEqual<unknown>(messages, [
        user(text("Review this, be strict: 1 + 1")),
        ...[image, audio, link, embedded].map(([content]) => user(content)),
        { role: "assistant", content: text("I will") }
      ])
      yield* refused(-32602, client.getPrompt("review", { code: "", style: "cruel" }))
    }),
  "prompt review: without its arguments": ({ client }) => refused(-32602, client.getPrompt("review", {})),
  "prompt review: completion of code": completes(review, "code", "1", []),
  "prompt review: completion of style": completes(review, "style", "k", ["kind"]),
  "capability completions": ({ client }) =>
    Effect.gen(function* () {
      const argument = { name: "name", value: "" }
      const completion = yield* client.complete({ ref: personRef, argument })
      assert.deepStrictEqual(completion, { values: ["ada", "alan", "grace"], total: 3, hasMore: false })
      yield* refused(-32602, client.complete({ ref: { type: "ref/prompt", name: "none" }, argument }))
    })
}
