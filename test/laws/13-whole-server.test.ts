/**
 * Law 13, through the whole server: what is read, what prompts say, and what stands in lists.
 *
 * Handlers answer with all that the vocabulary has and with fields that nobody has heard of, at every depth. Those arrive
 * in every revision; of the others exactly those are missing that the generated table says the revision lacks.
 */
import { assert, it } from "@effect/vitest"
import { Effect, Layer, Schema, Stream } from "effect"
import { McpPrompt, McpResource, McpServer } from "mcp-effect"
import { ListPrompts } from "mcp-effect/methods/prompts"
import { ListResources, ListResourceTemplates } from "mcp-effect/methods/resources"
import { ListTools } from "mcp-effect/methods/tools"
import type { McpTest } from "mcp-effect/testing"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { find, revisions } from "../../src/protocol/revisions/index.ts"
import { modernMeta } from "./support/app.ts"
import { property } from "./support/law.ts"
import { asWritten, openedIn, survives, Unknown } from "./support/unknown.ts"

const versions = revisions.map(({ version }) => version)

/** The table of what a revision lacks: by version and shape, the fields. */
const lacks = new Map<string, ReadonlyArray<string>>()
let version = ""
for (const line of readFileSync(join(import.meta.dirname, "../golden/lacks.md"), "utf8").split("\n")) {
  version = /^## (\S+)$/.exec(line)?.[1] ?? version
  const [, shape, fields] = /^\| `(\w+)` \| (.*?) \|/.exec(line) ?? []
  if (shape !== undefined)
    lacks.set(
      `${version} ${shape}`,
      [...fields!.matchAll(/`([^`]+)`/g)].map(([, field]) => field!)
    )
}

/** The fields that a revision lacks of a thing that is made of these shapes. */
const lacking = (version: string, shapes: ReadonlyArray<string>): ReadonlyArray<string> =>
  shapes.flatMap((shape) => lacks.get(`${version} ${shape}`) ?? [])

const annotations = { audience: ["user"], priority: 0.5, lastModified: "2025-01-01T00:00:00Z" } as const
const icons = [{ src: "https://example.org/icon.png", mimeType: "image/png", sizes: ["48x48"] }]
const described = { title: "a title", description: "a text", icons, annotations }
const shared = ["BaseMetadata", "Icons", "Meta"]

/** How a thing is asked for, what it is where nothing is lost, what it is made of, and where it arrives. */
interface Thing {
  readonly ask: readonly [method: string, params: McpTest.Json]
  readonly whole: McpTest.Json
  readonly shapes: ReadonlyArray<string>
  in(result: McpTest.Json): unknown
}

const first = (member: string) => (result: McpTest.Json) => (result[member] as ReadonlyArray<unknown>)[0]

const things = {
  tool: {
    ask: ["tools/list", {}],
    whole: {
      ...described,
      annotations: { readOnlyHint: true },
      name: "t",
      inputSchema: { type: "object" },
      outputSchema: { type: "object" }
    },
    shapes: [...shared, "Tool"],
    in: first("tools")
  },
  prompt: {
    ask: ["prompts/list", {}],
    whole: { name: "p", title: "a title", description: "a text", icons, arguments: [{ name: "a", required: true }] },
    shapes: shared,
    in: first("prompts")
  },
  resource: {
    ask: ["resources/list", {}],
    whole: { ...described, name: "r", uri: "memo:r", mimeType: "text/plain", size: 3 },
    shapes: shared,
    in: first("resources")
  },
  template: {
    ask: ["resources/templates/list", {}],
    whole: { ...described, name: "r", uriTemplate: "memo:{x}", mimeType: "text/plain" },
    shapes: shared,
    in: first("resourceTemplates")
  },
  text: {
    ask: ["resources/read", { uri: "memo:text" }],
    whole: { uri: "memo:a", mimeType: "text/plain", text: "a" },
    shapes: ["Meta"],
    in: first("contents")
  },
  blob: {
    ask: ["resources/read", { uri: "memo:blob" }],
    whole: { uri: "memo:a", mimeType: "image/png", blob: "AA==" },
    shapes: ["Meta"],
    in: first("contents")
  },
  message: {
    ask: ["prompts/get", { name: "message" }],
    whole: { role: "user", content: { type: "text", text: "a" } },
    shapes: [],
    in: first("messages")
  },
  block: {
    ask: ["prompts/get", { name: "block" }],
    whole: { type: "image", data: "AA==", mimeType: "image/png", annotations },
    shapes: ["Meta"],
    in: (result) => (first("messages")(result) as McpTest.Json)["content"]
  },
  embedded: {
    ask: ["prompts/get", { name: "embedded" }],
    whole: { uri: "memo:a", mimeType: "text/plain", text: "a" },
    shapes: ["Meta"],
    in: (result) => ((first("messages")(result) as McpTest.Json)["content"] as McpTest.Json)["resource"]
  },
  prompted: {
    ask: ["prompts/get", { name: "prompted" }],
    whole: { description: "all of it" },
    shapes: [],
    in: (result) => result
  }
} as const satisfies { readonly [name: string]: Thing }
type Name = keyof typeof things
const names = Object.keys(things) as ReadonlyArray<Name>

/** A server on which everything is what a test says. */
const serving = (values: { readonly [N in Name]: McpTest.Json }) => {
  const prompt = (name: string, result: McpTest.Json) =>
    McpPrompt.make(name).toLayer(() => Effect.succeed(result as McpPrompt.Output))
  const resource = (name: string, contents: McpTest.Json) =>
    McpResource.make(`memo:${name}`, { name }).toLayer(Effect.succeed(contents as McpResource.Output))
  const said = (content: McpTest.Json) => ({ messages: [{ role: "user", content }] })
  const listed = Layer.mergeAll(
    McpServer.list(ListTools, Stream.succeed(values.tool as never)),
    McpServer.list(ListPrompts, Stream.succeed(values.prompt as never)),
    McpServer.list(ListResources, Stream.succeed(values.resource as never)),
    McpServer.list(ListResourceTemplates, Stream.succeed(values.template as never))
  )
  const used = Layer.mergeAll(
    resource("text", values.text),
    resource("blob", values.blob),
    prompt("message", { messages: [values.message] }),
    prompt("block", said(values.block)),
    prompt("embedded", said({ type: "resource", resource: values.embedded })),
    prompt("prompted", { ...values.prompted, messages: [] })
  )
  return { listed, used }
}

const server = McpServer.layer({ name: "law", version: "1.0.0" })

property(
  "law 13: through the whole server",
  { version: Schema.Literals(versions), name: Schema.Literals(names), unknown: Unknown, meta: Unknown },
  { version: versions, name: names },
  ({ meta, name, unknown, version }, seen) =>
    Effect.gen(function* () {
      seen("version", version)
      seen("name", name)
      const grown = (thing: Thing): McpTest.Json => ({
        ...unknown,
        ...thing.whole,
        ...("annotations" in thing.whole
          ? { annotations: { ...unknown, ...(thing.whole["annotations"] as object) } }
          : {}),
        _meta: meta
      })
      const values = Object.fromEntries(names.map((each) => [each, grown(things[each])])) as {
        [N in Name]: McpTest.Json
      }
      const { listed, used } = serving(values)
      const thing: Thing = things[name]
      // what is registered stands before what is found
      const app = Layer.provide(thing.ask[0].endsWith("list") ? listed : used, server)
      const peer = yield* openedIn(app, version)
      const [method, params] = thing.ask
      const asked = find(version)?.era === "modern" ? { ...params, _meta: modernMeta } : params
      yield* peer.send({ jsonrpc: "2.0", id: 1, method, params: asked })
      const reply = yield* peer.next
      const arrived = thing.in((reply["result"] ?? {}) as McpTest.Json) as McpTest.Json
      survives(unknown, arrived, name)
      const missing = lacking(version, thing.shapes)
      for (const [field, value] of Object.entries(asWritten(values[name]) as McpTest.Json)) {
        assert.strictEqual(Object.hasOwn(arrived, field), !missing.includes(field), `${name}.${field}`)
        if (missing.includes(field)) continue
        if (field === "_meta") survives(meta, arrived[field], `${name}._meta`)
        else assert.deepStrictEqual(arrived[field], partOf(version, thing, field, value), `${name}.${field}`)
      }
    })
)

/** A field as it should arrive. */
const partOf = (version: string, { shapes }: Thing, field: string, value: unknown): unknown => {
  // the annotations of a tool are something else
  if (field !== "annotations" || shapes.includes("Tool")) return value
  const missing = lacking(version, ["Annotations"])
  return Object.fromEntries(Object.entries(value as object).filter(([name]) => !missing.includes(name)))
}

it("law 13: there is a table", () => {
  for (const [version, shape, field] of [
    ["2024-11-05", "Meta", "_meta"],
    ["2024-11-05", "Annotations", "lastModified"],
    ["2025-06-18", "Icons", "icons"]
  ] as const) {
    assert.include(lacks.get(`${version} ${shape}`) ?? [], field)
  }
})
