/**
 * The resources that the chapter of resources tries: one of each kind of contents, templates that meet, and some that
 * go wrong when they are read.
 */
import { Effect, Layer, Schema, Stream } from "effect"
import { McpRequest, McpResource, McpServer } from "mcp-effect"
import { quiet } from "./asking.ts"

export const icons = [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }]
export const meta = { "example.com/owner": "docs" }
export const annotations = { audience: ["user" as const], priority: 1, lastModified: "2026-01-01T00:00:00Z" }
export const described = { title: "The title", description: "What it is", annotations, icons, meta }
export const bytes = Uint8Array.of(0, 255, 16)

export const Readme = McpResource.make("docs://readme", {
  ...described,
  name: "readme",
  mimeType: "text/markdown",
  size: 4,
  tags: ["tag-of-the-server"]
})
const Raw = McpResource.make("docs://raw", { name: "raw" })
const Picture = McpResource.make("docs://picture", { name: "picture", mimeType: "image/png" })
const Several = McpResource.make("docs://several", { name: "several", mimeType: "text/plain" })
const One = McpResource.make("docs://one", { name: "one", mimeType: "text/plain" })
const Vanished = McpResource.make("docs://vanished", { name: "vanished" })

/** What a defect says, which nobody outside may read. */
export const SECRET = "the password is swordfish"
const Broken = McpResource.make("docs://broken", { name: "broken" })

const fixed = Layer.mergeAll(
  Readme.toLayer(Effect.succeed("# Hi")),
  Raw.toLayer(Effect.succeed(bytes)),
  Picture.toLayer(Effect.succeed(bytes)),
  Several.toLayer(
    Effect.succeed([
      McpResource.contents("docs://several/a", "a", { mimeType: "text/css" }),
      McpResource.contents("docs://several/b", bytes)
    ])
  ),
  One.toLayer(Effect.succeed(McpResource.contents("docs://one/really", "1", { meta }))),
  Vanished.toLayer(Effect.fail(McpResource.notFound("docs://vanished"))),
  Broken.toLayer(Effect.die(new Error(SECRET)))
)

export const User = McpResource.template("users://{id}", {
  ...described,
  name: "user",
  mimeType: "application/json",
  parameters: { id: Schema.FiniteFromString }
})
export const users = [1, 2, 3].map((id) => ({ uri: `users://${id}`, name: `User ${id}`, title: `Number ${id}` }))
export const Pages = McpResource.template("books://{title}/{page}{?mark}", { name: "page" })
export const books = ["a", "b", "c", "d"].map((title) => ({ uri: `books://${title}/1`, name: title }))

/** The books in pages of two, by a function that names the next position itself. */
const bookPages = (position = "0") => {
  const from = Number(position)
  const items = books.slice(from, from + 2)
  return Effect.succeed(from + 2 < books.length ? { items, next: String(from + 2) } : { items })
}

/** Three that meet: the one with the most literal text answers; of two equal ones, none. */
const Any = McpResource.template("paths://{+path}", { name: "any" })
const Named = McpResource.template("paths://named/{name}", { name: "named" })
const Left = McpResource.template("tie://{left}/b", { name: "left" })
const Right = McpResource.template("tie://a/{right}", { name: "right" })

/** It reads another resource. */
const Copy = McpResource.template("copy://{+uri}", { name: "copy" })

const templates = Layer.mergeAll(
  User.toLayer(({ id }) => Effect.succeed(JSON.stringify({ id })), { list: Stream.fromIterable(users) }),
  Pages.toLayer(({ mark, page, title }) => Effect.succeed([title, page, mark].join(" ")), { list: bookPages }),
  Any.toLayer(({ path }) => Effect.succeed(`any ${path}`)),
  Named.toLayer(({ name }) => Effect.succeed(`named ${name}`)),
  Left.toLayer(({ left }) => Effect.succeed(`left ${left}`)),
  Right.toLayer(({ right }) => Effect.succeed(`right ${right}`)),
  Copy.toLayer(({ uri }) => Effect.flatMap(McpRequest, (request) => request.read(uri)))
)

export const app = Layer.merge(fixed, templates).pipe(
  Layer.provide(McpServer.layer({ name: "resources", version: "1.0.0" })),
  Layer.provide(quiet)
)

const Kept = McpResource.make("docs://kept", { name: "kept", cache: { ttlMs: 9000, cacheScope: "public" } })
const Plain = McpResource.make("docs://plain", { name: "plain" })
const KeptToo = McpResource.template("kept://{id}", { name: "too", cache: { ttlMs: 1, cacheScope: "private" } })

/** It says how long things may be kept. */
export const cachingApp = Layer.mergeAll(
  Kept.toLayer(Effect.succeed("kept")),
  Plain.toLayer(Effect.succeed("plain")),
  KeptToo.toLayer(({ id }) => Effect.succeed(id))
).pipe(
  Layer.provide(
    McpServer.layer({
      name: "caching",
      version: "1.0.0",
      cache: {
        "resources/list": { ttlMs: 1000, cacheScope: "public" },
        "resources/read": { ttlMs: 2000, cacheScope: "private" }
      }
    })
  )
)
