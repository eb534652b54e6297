/**
 * Two servers that know nothing of each other, and both have a tool called `search`: notes, and photos.
 */
import { Effect, Layer, Schema } from "effect"
import { McpContent, McpServer, McpTool } from "mcp-effect"

const parameters = { text: Schema.String }

const notes = new Map([["plan", "Show the harbour on the cover. Budget: 300 euros"]])

const SearchNotes = McpTool.make("search", {
  description: "Search the notes",
  parameters,
  success: Schema.Array(Schema.String),
  annotations: { readOnlyHint: true }
})

class Locked extends Schema.TaggedError<Locked>()("Locked", { note: Schema.String }) {
  override get message(): string {
    return `The note "${this.note}" is locked; ask its owner`
  }
}

const Append = McpTool.make("append", {
  description: "Add a line to a note",
  parameters: { note: Schema.String, line: Schema.String },
  failure: Locked
})

export const Notes = Layer.mergeAll(
  SearchNotes.toLayer(({ text }) => Effect.succeed([...notes.values()].filter((note) => note.includes(text)))),
  Append.toLayer(({ note }) => Effect.fail(new Locked({ note })))
).pipe(Layer.provide(McpServer.layer({ name: "notes", version: "1.0.0" })))

/** The first bytes of every PNG. */
const png = Uint8Array.of(137, 80, 78, 71)

const SearchPhotos = McpTool.make("search", {
  description: "Search the photos",
  parameters,
  annotations: { readOnlyHint: true }
})

const Show = McpTool.make("show", { description: "Look at a photo", parameters: { photo: Schema.String } })

export const Photos = Layer.mergeAll(
  SearchPhotos.toLayer(({ text }) => Effect.succeed(`${text}-1.png`)),
  Show.toLayer(({ photo }) => Effect.succeed([McpContent.text(photo), McpContent.image(png, "image/png")]))
).pipe(Layer.provide(McpServer.layer({ name: "photos", version: "1.0.0" })))
