/**
 * A gallery of results: every kind of thing that a tool may answer with.
 */
import { Effect, Layer, Schema, Stream } from "effect"
import { McpContent, McpServer, McpTool } from "mcp-effect"

/** The smallest GIF there is. */
const pixel = Uint8Array.from(atob("R0lGODlhAQABAAAAACw="), (char) => char.charCodeAt(0))

export const Text = McpTool.make("text")
export const Value = McpTool.make("value", { success: Schema.Struct({ x: Schema.Finite, y: Schema.Finite }) })
export const Both = McpTool.make("both", {
  success: Schema.Struct({ x: Schema.Finite, y: Schema.Finite }),
  content: ({ x, y }) => [McpContent.text(`a point at ${x}, ${y}`), McpContent.image(pixel, "image/gif")]
})
export const Bytes = McpTool.make("bytes")
export const Image = McpTool.make("image")
export const Sound = McpTool.make("sound")
export const Link = McpTool.make("link")
export const Embedded = McpTool.make("embedded")
export const Blocks = McpTool.make("blocks")
export const Full = McpTool.make("full")
export const Words = McpTool.make("words")
export const Broken = McpTool.make("broken")

const Gallery = Layer.mergeAll(
  Text.toLayer(() => Effect.succeed("a text")),
  Value.toLayer(() => Effect.succeed({ x: 1, y: 2 })),
  Both.toLayer(() => Effect.succeed({ x: 1, y: 2 })),
  Bytes.toLayer(() => Effect.succeed(pixel)),
  Image.toLayer(() => Effect.succeed(McpContent.image(pixel, "image/gif"))),
  Sound.toLayer(() => Effect.succeed(McpContent.audio(Uint8Array.of(1, 2, 3), "audio/wav"))),
  Link.toLayer(() => Effect.succeed(McpContent.link("gallery://pixel", "pixel"))),
  Embedded.toLayer(() => Effect.succeed(McpContent.resource("gallery://note", "a note", { mimeType: "text/plain" }))),
  Blocks.toLayer(() => Effect.succeed([McpContent.text("one"), McpContent.text("two")])),
  // a result as it will be on the wire; an error that the model reads needs no declaration
  Full.toLayer(() =>
    Effect.succeed({
      content: [{ ...McpContent.text("no paper left"), annotations: { audience: ["user"], priority: 1 } }],
      isError: true,
      _meta: { "example.com/tray": 2 }
    })
  ),
  // each element is reported as progress while it comes; together they are the result
  McpTool.stream(Words, () => Stream.make("one ", "word ", "after ", "another")),
  // what nobody has foreseen stays in the server: the client is told the number of an incident
  Broken.toLayer(() => Effect.die(new Error("the password is sesame")))
)

export const app = Gallery.pipe(Layer.provide(McpServer.layer({ name: "gallery", version: "1.0.0" })))
