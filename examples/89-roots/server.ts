/**
 * A counter of lines that walks the places its client lets it know, and only those. (Deprecated since 2026-07-28, where
 * servers are told to take paths as arguments; it works in every revision.)
 */
import { Effect, FileSystem, Layer, Path, Schema } from "effect"
import { McpRequest, McpServer, McpTool } from "mcp-effect"

export const Count = McpTool.make("count", {
  description: "Count the lines of all files in the workspace",
  success: Schema.Array(Schema.Struct({ place: Schema.String, files: Schema.Int, lines: Schema.Int }))
})

const linesOf = (text: string): number => text.split("\n").length - (text.endsWith("\n") ? 1 : 0)

/** The files at and below a directory. Links are not followed: they may lead out of it. */
const filesIn = Effect.fnUntraced(function* (root: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = yield* fs.readDirectory(root, { recursive: true })
  const real = yield* fs.realPath(root)
  return yield* Effect.filter(
    names.map((name) => path.join(real, name)),
    (file) =>
      Effect.all([fs.realPath(file), fs.stat(file)]).pipe(
        Effect.map(([where, { type }]) => where === file && type === "File")
      )
  )
})

const CountLive = Count.toLayer(
  Effect.fnUntraced(function* () {
    const { roots } = yield* McpRequest
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const count = Effect.fnUntraced(function* (uri: string, place: string) {
      const files = yield* filesIn(yield* path.fromFileUrl(new URL(uri)))
      const texts = yield* Effect.forEach(files, (file) => fs.readFileString(file))
      return { place, files: files.length, lines: texts.map(linesOf).reduce((sum, lines) => sum + lines, 0) }
    })
    // what cannot be read is the server's trouble, and no answer
    return yield* Effect.orDie(Effect.forEach(yield* roots, ({ name, uri }) => count(uri, name ?? uri)))
  })
)

export const app = CountLive.pipe(Layer.provide(McpServer.layer({ name: "counter", version: "1.0.0" })))
