/**
 * A wiki: a resource at one URI, people by their number, the files of a directory, and a tool that reads what is there.
 */
import { Context, Effect, Layer, Schema, Stream } from "effect"
import { McpFiles, McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"

class People extends Context.Service<People, ReadonlyMap<number, string>>()("wiki/People") {
  static readonly layer = Layer.sync(
    this,
    () =>
      new Map([
        [1, "Ada"],
        [2, "Grace"]
      ])
  )
}

const About = McpResource.make("wiki://about", {
  name: "about",
  title: "About this wiki",
  mimeType: "text/markdown",
  annotations: { audience: ["user", "assistant"], priority: 0.9 },
  cache: { ttlMs: 60_000, cacheScope: "public" }
})

const Logo = McpResource.make("wiki://logo", { name: "logo", mimeType: "image/gif", size: 14 })

/** The variables are what their schemas say: `id` is a number here, and a URI where it is none is no person. */
export const Person = McpResource.template("wiki://people/{id}", {
  name: "person",
  mimeType: "application/json",
  parameters: { id: Schema.FiniteFromString }
})

/** One reading may give several contents, each with a URI of its own. */
const Everything = McpResource.make("wiki://everything", { name: "everything" })

export const Shout = McpTool.make("shout", { parameters: { uri: Schema.String } })

const PersonLive = Person.toLayer(
  Effect.fnUntraced(function* ({ id }) {
    const name = (yield* People).get(id)
    if (name === undefined) return yield* McpResource.notFound(`wiki://people/${id}`)
    return JSON.stringify({ id, name })
  }),
  {
    // asked when somebody lists resources, page by page
    list: Stream.fromIterableEffect(People).pipe(Stream.map(([id, name]) => ({ uri: `wiki://people/${id}`, name }))),
    complete: {
      id: Effect.fnUntraced(function* (typed) {
        return [...(yield* People).keys()].filter((id) => `${id}`.startsWith(typed))
      })
    }
  }
)

/** The wiki, with the files of a directory. */
export const app = (root: string) =>
  Layer.mergeAll(
    About.toLayer(Effect.succeed("# A wiki")),
    Logo.toLayer(Effect.succeed(new TextEncoder().encode("GIF89a, or not"))),
    PersonLive,
    Everything.toLayer(
      Effect.map(People, (people) =>
        [...people].map(([id, name]) => McpResource.contents(`wiki://people/${id}`, name, { mimeType: "text/plain" }))
      )
    ),
    McpFiles.layer({ root, uri: "wiki://files/" }),
    // a handler reads resources as its client would
    Shout.toLayer(
      Effect.fnUntraced(function* ({ uri }) {
        const contents = yield* (yield* McpRequest).read(uri)
        return contents.map((content) => ("text" in content ? content.text.toUpperCase() : "…")).join("\n")
      })
    )
  ).pipe(Layer.provide(People.layer), Layer.provide(McpServer.layer({ name: "wiki", version: "1.0.0" })))
