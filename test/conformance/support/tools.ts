/**
 * The tools that the chapter of tools tries: one of each shape, and one for each way in which a call can go wrong.
 */
import { Effect, Layer, Result, Schema } from "effect"
import { McpContent, McpError, McpServer, McpTool } from "mcp-effect"
import * as McpJsonSchema from "mcp-effect/McpJsonSchema"
import { quiet } from "./asking.ts"

export const icons = [{ src: "https://example.com/icon.png", mimeType: "image/png", sizes: ["48x48"] }]
export const meta = { "example.com/owner": "docs" }
export const annotations = { title: "Greets", readOnlyHint: true, destructiveHint: false, openWorldHint: false }

/** It has everything that a list can show. */
export const Greet = McpTool.make("greet", {
  title: "Greet somebody",
  description: "Says hello",
  parameters: {
    name: Schema.String.annotate({ title: "Name", description: "Who is greeted" }),
    times: Schema.optionalKey(Schema.Int.annotate({ description: "How often" }))
  },
  success: Schema.Struct({ greeting: Schema.String.annotate({ description: "What is said" }) }),
  annotations,
  icons,
  meta,
  tags: ["tag-of-the-server"],
  content: ({ greeting }) => `It says: ${greeting}`
})
export const greetLive = Greet.toLayer(({ name, times = 1 }) =>
  Effect.succeed({ greeting: Array.from({ length: times }, () => `Hello ${name}`).join(", ") })
)

export const bytes = Uint8Array.of(0, 255, 16)
const image = McpContent.image(bytes, "image/png")

/** Everything that a handler may return instead of a value. */
export const outputs = {
  text: "a text",
  bytes,
  image,
  audio: McpContent.audio(bytes, "audio/wav"),
  link: { ...McpContent.link("docs://a", "a"), title: "The letter A" },
  embedded: McpContent.resource("docs://a", "the text of a", { mimeType: "text/plain" }),
  annotated: { ...McpContent.text("noted"), annotations: { priority: 0.5, lastModified: "2026-01-01" }, _meta: meta },
  several: [McpContent.text("one"), image, McpContent.text("two")],
  full: { content: [McpContent.text("full")], structuredContent: { n: 1 }, isError: false, _meta: meta },
  failed: { content: [McpContent.text("it failed")], isError: true }
} satisfies { readonly [kind: string]: McpContent.Output }

export const Show = McpTool.make("show", {
  parameters: { kind: Schema.Literals(Object.keys(outputs) as ReadonlyArray<keyof typeof outputs>) }
})

export class DivisionByZero extends Schema.TaggedError<DivisionByZero>()("DivisionByZero", {
  dividend: Schema.Finite
}) {
  override get message(): string {
    return `${this.dividend} cannot be divided by zero`
  }
}
export const Divide = McpTool.make("divide", {
  parameters: { dividend: Schema.Finite, divisor: Schema.FiniteFromString },
  success: Schema.Struct({ quotient: Schema.Finite }),
  failure: DivisionByZero
})
const divideLive = Divide.toLayer(({ dividend, divisor }) =>
  divisor === 0 ? Effect.fail(new DivisionByZero({ dividend })) : Effect.succeed({ quotient: dividend / divisor })
)

/** Its success is no object, which only the latest revision can say. */
export const Count = McpTool.make("count", { success: Schema.Array(Schema.Finite) })

/** It fails with an error of the library, which every handler may. */
export const Refuse = McpTool.make("refuse", { parameters: { with: Schema.Literals(["fault", "error"]) } })
const refuseLive = Refuse.toLayer(
  Effect.fnUntraced(function* (input) {
    if (input.with === "fault") {
      return yield* new McpError.McpFault({ fault: "InvalidParams", detail: "Not like this", data: { why: 1 } })
    }
    return yield* new McpError.McpError({ reason: new McpError.Closed({ detail: "the database has gone" }) })
  })
)

/** What a defect says, which nobody outside may read. */
export const SECRET = "the password is swordfish"
export const Broken = McpTool.make("broken")
export const Odd = McpTool.make("odd", { success: Schema.Struct({ n: Schema.Int }) })

export const validator = (schema: object) => Result.getOrThrow(McpJsonSchema.validator(schema))
export const input = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: { q: { type: "string", description: "What is looked for" }, limit: { type: "integer", minimum: 1 } },
  required: ["q"],
  additionalProperties: false
}
export const output = { type: "object", properties: { hits: { type: "array", items: { type: "string" } } } }
export const Search = McpTool.dynamic("search", {
  input: validator(input),
  output: validator(output),
  title: "Search",
  description: "Finds things",
  annotations,
  icons,
  meta,
  tags: ["tag-of-the-server"]
})
export const Echo = McpTool.dynamic("echo", { input: validator({ type: "object" }) })

export const app = Layer.mergeAll(
  greetLive,
  Show.toLayer(({ kind }): Effect.Effect<McpContent.Output> => Effect.succeed(outputs[kind])),
  divideLive,
  refuseLive,
  Count.toLayer(() => Effect.succeed([1, 2, 3])),
  Broken.toLayer(() => Effect.die(new Error(SECRET))),
  Odd.toLayer(() => Effect.succeed({ n: 0.5 })),
  Search.toLayer(({ q }) => Effect.succeed(q === "odd" ? { hits: SECRET } : { hits: [q] })),
  Echo.toLayer((args) => Effect.succeed(JSON.stringify(args)))
).pipe(Layer.provide(McpServer.layer({ name: "tools", version: "1.0.0" })), Layer.provide(quiet))
