/**
 * Resources: at one URI, by a template of URIs, and the files of a directory, out of which no path leads.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Effect, FileSystem, Stream } from "effect"
import { McpClient, McpContent } from "mcp-effect"
import { chapter, expect, story } from "../check.ts"
import { app, Person, Shout } from "./server.ts"

/** A directory with files, and a secret beside it. */
const directory = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const parent = yield* fs.makeTempDirectoryScoped()
  yield* fs.makeDirectory(`${parent}/wiki/deep`, { recursive: true })
  yield* fs.writeFileString(`${parent}/wiki/index.md`, "# Index")
  yield* fs.writeFileString(`${parent}/wiki/deep/data.csv`, "a,b")
  yield* fs.writeFileString(`${parent}/secret.txt`, "sesame")
  yield* fs.symlink(`${parent}/secret.txt`, `${parent}/wiki/link.txt`)
  return `${parent}/wiki`
})

story(
  "Resources",
  Effect.gen(function* () {
    const client = yield* McpClient.connect(app(yield* directory))

    yield* chapter("What there is")
    // a Stream over all pages
    const uris = yield* Stream.runCollect(Stream.map(client.resources(), ({ uri }) => uri))
    yield* expect("the resources", uris, [
      "wiki://about",
      "wiki://logo",
      "wiki://everything",
      "wiki://people/1",
      "wiki://people/2",
      "wiki://files/deep/data.csv",
      "wiki://files/index.md"
    ])
    const { resourceTemplates } = yield* client.listResourceTemplates()
    const templates = resourceTemplates.map(({ uriTemplate }) => uriTemplate)
    yield* expect("the templates", templates, ["wiki://people/{id}", "wiki://files/{+path}"])

    yield* chapter("Reading")
    const about = yield* client.readResource("wiki://about")
    yield* expect("a text", about.contents, [{ uri: "wiki://about", mimeType: "text/markdown", text: "# A wiki" }])
    yield* expect("how long it is good for, in ms", about.ttlMs, 60_000)
    const [logo] = (yield* client.readResource("wiki://logo")).contents
    yield* expect("bytes, in base64", logo !== undefined && "blob" in logo ? atob(logo.blob) : "", "GIF89a, or not")
    const [ada] = (yield* client.readResource(yield* Person.uri({ id: 1 }))).contents
    yield* expect("a person", ada !== undefined && "text" in ada ? ada.text : "", '{"id":1,"name":"Ada"}')
    yield* expect("several contents", (yield* client.readResource("wiki://everything")).contents.length, 2)
    const [file] = (yield* client.readResource("wiki://files/deep/data.csv")).contents
    yield* expect("a file", file, { uri: "wiki://files/deep/data.csv", mimeType: "text/csv", text: "a,b" })
    const shouted = yield* client.call(Shout, { uri: "wiki://files/index.md" })
    yield* expect("read by a tool", McpContent.textOf(shouted), "# INDEX")
    const ref = { type: "ref/resource" as const, uri: Person.uriTemplate }
    const { values } = yield* client.complete({ ref, argument: { name: "id", value: "" } })
    yield* expect("what {id} may be", values, ["1", "2"])

    yield* chapter("What is not there")
    const refusal = (uri: string) => Effect.map(Effect.flip(client.readResource(uri)), ({ reason }) => reason)
    for (const uri of ["people/3", "people/Ada", "files/../secret.txt", "files/..%2Fsecret.txt", "files/link.txt"]) {
      const reason = yield* refusal(`wiki://${uri}`)
      const told = reason._tag === "Remote" ? reason.data : reason
      yield* expect(uri, told, { uri: `wiki://${uri}` })
    }
  }).pipe(Effect.provide(NodeServices.layer))
)
