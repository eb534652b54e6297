/**
 * The servers of the golden transcripts: one for each chapter, with what its script asks for and nothing else.
 */
import { Effect, Layer, Logger, Schema, Scope, Stream } from "effect"
import { McpContent, McpPrompt, McpRequest, McpResource, McpServer, McpTool, type McpTransport } from "mcp-effect"
import * as McpLimits from "mcp-effect/McpLimits"
import type { Chapter } from "./transcript.ts"

export type App = Layer.Layer<never, never, McpTransport.McpListener>

const served = (items: Layer.Layer<never, never, McpServer.McpServer>, instructions?: string): App =>
  items.pipe(
    Layer.provide(McpServer.layer({ name: "golden", version: "1.0.0", title: "Golden", instructions })),
    // one of the tools fails inside, and its cause would be logged
    Layer.provide(Logger.layer([]))
  )

const pixel = Uint8Array.of(0x89, 0x50, 0x4e, 0x47)

class TooMuch extends Schema.TaggedError<TooMuch>()("TooMuch", { most: Schema.Int }) {}

const Add = McpTool.make("add", {
  title: "Add",
  description: "Add two numbers",
  parameters: { a: Schema.Finite, b: Schema.Finite },
  success: Schema.Struct({ sum: Schema.Finite }),
  failure: TooMuch,
  annotations: { readOnlyHint: true },
  icons: [{ src: "https://example.com/add.png", mimeType: "image/png", sizes: ["48x48"] }]
})
const Show = McpTool.make("show", { description: "Every kind of content" })
const Break = McpTool.make("break", { description: "Fails inside the server" })

const tools = Layer.mergeAll(
  Add.toLayer(({ a, b }) => (a > 1000 ? Effect.fail(new TooMuch({ most: 1000 })) : Effect.succeed({ sum: a + b }))),
  Show.toLayer(() =>
    Effect.succeed([
      McpContent.text("a text"),
      McpContent.image(pixel, "image/png"),
      McpContent.audio(pixel, "audio/wav"),
      McpContent.link("docs://readme", "readme"),
      McpContent.resource("docs://readme", "# Read me", { mimeType: "text/markdown" })
    ])
  ),
  Break.toLayer(() => Effect.die(new Error("what nobody may read")))
)

const Readme = McpResource.make("docs://readme", {
  name: "readme",
  title: "Read me",
  description: "What to read first",
  mimeType: "text/markdown",
  size: 9,
  annotations: { audience: ["user"], priority: 0.5 }
})
const Logo = McpResource.make("docs://logo", { name: "logo", mimeType: "image/png" })
const User = McpResource.template("users://{id}", {
  name: "user",
  mimeType: "application/json",
  parameters: { id: Schema.FiniteFromString }
})

const resources = Layer.mergeAll(
  Readme.toLayer(Effect.succeed("# Read me")),
  Logo.toLayer(Effect.succeed(pixel)),
  User.toLayer(({ id }) => Effect.succeed(JSON.stringify({ id })), {
    list: Stream.fromIterable([{ uri: "users://1", name: "the first" }])
  })
)

const Review = McpPrompt.make("review", {
  title: "Review",
  description: "Reviews code",
  parameters: { code: Schema.String, style: Schema.optionalKey(Schema.Literals(["strict", "kind"])) }
})

const prompts = Review.toLayer(({ code, style = "kind" }) =>
  Effect.succeed([
    McpPrompt.user(`Review this, be ${style}: ${code}`),
    McpPrompt.user(McpContent.image(pixel, "image/png")),
    McpPrompt.user(McpContent.resource("docs://rules", "Be kind", { mimeType: "text/plain" })),
    McpPrompt.assistant("I will")
  ])
)

const File = McpResource.template("repo://{owner}/{name}", { name: "repo" })
const repositories: { readonly [owner: string]: ReadonlyArray<string> } = { effect: ["effect", "website"] }

const completion = Layer.mergeAll(
  Review.toLayer(() => Effect.succeed("reviewed")),
  File.toLayer(() => Effect.succeed("a repository"), {
    complete: {
      owner: () => Effect.succeed(Array.from({ length: 120 }, (_, index) => `o${index}`)),
      name: (_, { arguments: { owner = "" } }) => Effect.succeed(repositories[owner] ?? [])
    }
  })
)

const named = (name: string) => McpTool.make(name).toLayer(() => Effect.succeed(name))

const pagination = Layer.mergeAll(
  named("one"),
  named("two"),
  named("three"),
  named("four"),
  named("five"),
  User.toLayer(({ id }) => Effect.succeed(String(id)), {
    list: Stream.range(1, 3).pipe(Stream.map((id) => ({ uri: `users://${id}`, name: `user ${id}` })))
  })
)

const Touch = McpTool.make("touch", { parameters: { uri: Schema.String } })
const Grow = McpTool.make("grow")
const Grown = McpTool.make("grown")

const subscriptions = Layer.mergeAll(
  Readme.toLayer(Effect.succeed("# Read me")),
  Touch.toLayer(({ uri }) => Effect.as(McpServer.updated(uri), "touched")),
  Layer.unwrap(
    Effect.map(Effect.scope, (scope) =>
      Grow.toLayer(() =>
        Grown.register(() => Effect.succeed("grown")).pipe(Scope.provide(scope), Effect.orDie, Effect.as("grows"))
      )
    )
  )
)

const Talk = McpTool.make("talk")

const logging = Talk.toLayer(() =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    yield* request.log("debug", "too quiet for most")
    yield* request.log("info", { step: 1 }, "talker")
    yield* request.log("error", "loud")
    return "talked"
  })
)

const Work = McpTool.make("work", { parameters: { steps: Schema.Int } })

const progress = Work.toLayer(
  Effect.fnUntraced(function* ({ steps }) {
    const request = yield* McpRequest
    for (let step = 1; step <= steps; step++) {
      yield* request.progress({ progress: step, total: steps, message: `step ${step}` })
    }
    return "worked"
  })
)

/** Items on one page, so that a few make several pages. */
const twoPerPage = Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, page: 2 })

export const apps: { readonly [C in Chapter]: App } = {
  lifecycle: served(
    Show.toLayer(() => Effect.succeed("shown")),
    "Add numbers with this server"
  ),
  tools: served(tools),
  resources: served(resources),
  prompts: served(prompts),
  completion: served(completion),
  pagination: Layer.provide(served(pagination), twoPerPage),
  subscriptions: served(subscriptions),
  logging: served(logging),
  progress: served(progress)
}
