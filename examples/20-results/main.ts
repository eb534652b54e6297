/**
 * Results of every kind: texts, values, pictures, sounds, resources, streams and errors.
 */
import { Effect, Logger } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { app, Both, Broken, Full, Value, Words } from "./server.ts"

const modern = Effect.gen(function* () {
  yield* chapter("As they are")
  const client = yield* McpClient.connect(app)
  const contentOf = (name: string) => Effect.map(client.callTool(name), ({ content }) => content)

  yield* expect("a text", yield* contentOf("text"), [{ type: "text", text: "a text" }])
  yield* expect("a value, decoded", yield* client.call(Value), { x: 1, y: 2 })
  yield* expect("what the model reads of it", yield* contentOf("value"), [{ type: "text", text: '{"x":1,"y":2}' }])

  const both = yield* client.callTool(Both.name)
  yield* expect("a value", both.structuredContent, { x: 1, y: 2 })
  const kinds = both.content.map(({ type }) => type)
  yield* expect("and content of its own", kinds, ["text", "image"])

  const [bytes] = yield* contentOf("bytes")
  yield* expect("bytes", bytes?.type, "resource")
  const [image] = yield* contentOf("image")
  yield* expect("an image", image, { type: "image", data: "R0lGODlhAQABAAAAACw=", mimeType: "image/gif" })
  const [sound] = yield* contentOf("sound")
  yield* expect("a sound", sound, { type: "audio", data: "AQID", mimeType: "audio/wav" })
  const [link] = yield* contentOf("link")
  yield* expect("a link", link, { type: "resource_link", uri: "gallery://pixel", name: "pixel" })
  const [embedded] = yield* contentOf("embedded")
  const note = { uri: "gallery://note", mimeType: "text/plain", text: "a note" }
  yield* expect("a resource in place", embedded, { type: "resource", resource: note })
  yield* expect("several blocks", (yield* contentOf("blocks")).length, 2)

  const words: Array<string> = []
  const onProgress = ({ message = "" }) => Effect.sync(() => void words.push(message))
  const sentence = yield* client.call(Words, {}, { onProgress })
  yield* expect("a stream, while it runs", words, ["one ", "word ", "after ", "another"])
  yield* expect("and as a whole", McpContent.textOf(sentence), "one word after another")
})

const errors = Effect.gen(function* () {
  yield* chapter("Errors")
  const client = yield* McpClient.connect(app)
  const full = yield* client.callTool(Full.name)
  yield* expect("by name, an error is a result", full.isError, true)
  yield* expect("with what was said besides", full._meta?.["example.com/tray"], 2)

  const failed = yield* Effect.flip(client.call(Full))
  yield* expect("by definition, it is a failure", failed.message, 'Tool "full" failed: no paper left')

  const broken = yield* Effect.flip(client.callTool(Broken.name))
  yield* expect("a defect has a code", broken.reason._tag === "Remote" ? broken.reason.code : undefined, -32603)
  yield* expect("and tells nothing", broken.message.includes("sesame"), false)
}).pipe(Effect.provide(Logger.layer([])))

const ancient = Effect.gen(function* () {
  yield* chapter("To a client of 2024-11-05, which has neither sounds nor links")
  const client = yield* McpClient.connect(app, { revision: "2024-11-05" })
  const [sound] = (yield* client.callTool("sound")).content
  yield* expect("a sound is told as a", sound?.type, "text")
  const [link] = (yield* client.callTool("link")).content
  yield* expect("a link is told as a", link?.type, "text")
  yield* expect("a value still arrives", yield* client.call(Value), { x: 1, y: 2 })
})

story("Results of every kind", Effect.all([modern, errors, ancient]))
