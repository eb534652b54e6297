/**
 * What a client gets of a server, wherever the two are: the same checks in memory and over HTTP, in each revision.
 *
 * They look at nothing but what the client is told, so the server may be another process, with other clients.
 */
import { Effect, Fiber, Predicate, Stream } from "effect"
import { McpContent, McpError } from "mcp-effect"
import { check, type Check } from "./harness.ts"
import type { Place } from "./place.ts"
import {
  Add,
  binary,
  Broken,
  Bytes,
  Climb,
  HIDDEN,
  Later,
  names,
  PAGE,
  Report,
  Secret,
  Seen,
  Slow,
  text,
  TooHigh,
  Wait,
  world
} from "./world.ts"

const base64 = btoa(String.fromCharCode(...binary))
const LEVEL = { "io.modelcontextprotocol/logLevel": "debug" }

const INVALID_PARAMS = -32602
const INTERNAL = -32603
const NOT_FOUND = -32002

/** How a call was refused: a code, a reason of our own, or an error result. */
const refusal = (call: Effect.Effect<unknown, unknown>): Effect.Effect<unknown> =>
  Effect.match(call, {
    onFailure: (error) => {
      if (!(error instanceof McpError.McpError)) return error
      return error.reason._tag === "Remote" ? error.reason.code : error.reason._tag
    },
    onSuccess: (result) =>
      Predicate.hasProperty(result, "isError") && result.isError === true ? "isError" : "accepted"
  })

/** The same text but for one character in its middle, where every bit counts. */
const forged = (text: string): string => {
  const middle = Math.floor(text.length / 2)
  return text.slice(0, middle) + (text[middle] === "A" ? "B" : "A") + text.slice(middle + 1)
}

/** What comes of arguments that do not fit: since 2025-11-25 the model is told. */
const misfit = ({ revision }: Place) => (revision >= "2025-11-25" ? "isError" : INVALID_PARAMS)

const identity = (place: Place) =>
  check("agrees on the revision, and says who it is", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      look.same("revision", client.revision, place.revision)
      look.same("instructions", client.instructions, "Be kind.")
      look.same("name", client.serverInfo?.name, "world")
      look.same(
        "capabilities",
        Object.keys(client.capabilities).toSorted(),
        ["completions", "logging", "prompts", "resources", "tools"].filter(
          (name) => name !== "completions" || place.revision > "2024-11-05"
        )
      )
    })
  )

const tools = (place: Place): ReadonlyArray<Check> => [
  check("calls a tool by its definition and by its name", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      look.same("by definition", yield* client.call(Add, { a: 1.5, b: 2 }), { sum: 3.5 })
      const result = yield* client.callTool("add", { a: 1, b: "2" })
      look.same("by name", McpContent.textOf(result), '{"sum":3}')
      look.same("bytes", (yield* client.callTool(Bytes.name)).content.length, 1)
    })
  ),
  check("gives a declared failure, typed", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      look.same("success", yield* client.call(Climb, { floor: 9 }), { floor: 9 })
      const failure = yield* Effect.flip(client.call(Climb, { floor: 10 }))
      look.that("is TooHigh", failure instanceof TooHigh && failure.floor === 10)
    })
  ),
  check("does not tell what a handler died of", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      look.same("code", yield* refusal(client.call(Broken)), INTERNAL)
      const { reason } = yield* Effect.flip(client.call(Broken))
      look.that("has an incident", JSON.stringify(reason).includes("incident"))
      look.that("is silent", !JSON.stringify(reason).includes(HIDDEN))
    })
  ),
  check("refuses arguments that do not fit, a tool that is not there, and who is not let in", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      look.same("arguments", yield* refusal(client.callTool("add", { a: "one", b: 2 })), misfit(place))
      look.same("name", yield* refusal(client.callTool("no-such-tool")), INVALID_PARAMS)
      look.same("guard", (yield* Effect.flip(client.call(Secret))).reason._tag, "Forbidden")
    })
  ),
  check("checks a JSON Schema without making code of it", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      const ask = (args: { readonly [name: string]: string | number }) => client.callTool("dynamic", args)
      look.same("fits", McpContent.textOf(yield* ask({ word: "groß", at: 1 })), '{"word":"groß","at":1}')
      look.same("pattern", yield* refusal(ask({ word: "GROSS" })), misfit(place))
      look.same("minimum", yield* refusal(ask({ word: "a", at: -1 })), misfit(place))
      look.same("additional", yield* refusal(ask({ word: "a", other: 1 })), misfit(place))
    })
  ),
  check("lists all tools, page by page", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      const first = yield* client.listTools()
      look.same("first page", first.tools.length, PAGE)
      const all = yield* Stream.runCollect(client.tools())
      look.same("names", all.map(({ name }) => name).toSorted(), names)
      const cursor = forged(first.nextCursor ?? "")
      look.same("forged cursor", yield* refusal(client.listTools({ cursor })), INVALID_PARAMS)
    })
  )
]

const others = (place: Place): ReadonlyArray<Check> => [
  check("reads resources: text, bytes, and what is not there", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      const uris = (yield* Stream.runCollect(client.resources())).map(({ uri }) => uri)
      look.same("list", uris, ["docs://readme", "pages://1/a/b", "pages://2/a/b", "pages://3/a/b"])
      const templates = yield* Stream.runCollect(client.resourceTemplates())
      look.same(
        "templates",
        templates.map(({ uriTemplate }) => uriTemplate),
        ["pages://{book}/{+path}"]
      )
      const readme = (yield* client.readResource("docs://readme")).contents[0]
      look.same("text", readme, { uri: "docs://readme", mimeType: "text/markdown", text })
      const page = (yield* client.readResource("pages://2/x/y")).contents[0]
      look.same("bytes", page !== undefined && "blob" in page ? page.blob : undefined, base64)
      for (const uri of ["pages://0/x", "docs://other"]) {
        look.same(uri, yield* refusal(client.readResource(uri)), place.era === "modern" ? INVALID_PARAMS : NOT_FOUND)
      }
    })
  ),
  check("gets a prompt, and completes arguments", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      const { messages } = yield* client.getPrompt("review", { code: "let a", style: "kind" })
      look.same(
        "roles",
        messages.map(({ role }) => role),
        ["user", "assistant"]
      )
      look.same("refused", yield* refusal(client.getPrompt("review", { code: "a", style: "rude" })), INVALID_PARAMS)
      const style = { ref: { type: "ref/prompt", name: "review" }, argument: { name: "style", value: "k" } } as const
      look.same("prompt", (yield* client.complete(style)).values, ["kind"])
      const book = {
        ref: { type: "ref/resource", uri: "pages://{book}/{+path}" },
        argument: { name: "book", value: "1" }
      } as const
      look.same("template", (yield* client.complete(book)).values, ["1", "12"])
    })
  ),
  check("hears progress and logs before the reply", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      const heard: Array<string | number> = []
      const logs = yield* Effect.forkScoped(Stream.runCollect(Stream.take(client.logs, 2)), { startImmediately: true })
      const onProgress = ({ progress }: { readonly progress: number }) => Effect.sync(() => heard.push(progress))
      heard.push(McpContent.textOf(yield* client.call(Report, {}, { onProgress, meta: LEVEL })))
      look.same("in order", heard, [1, 2, 3, "reported"])
      const levels = (yield* Fiber.join(logs)).map(({ level }) => level)
      look.same("logs", levels, ["warning", "error"])
    })
  ),
  check("an interrupted call interrupts its handler, and the conversation goes on", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      // the server may be one for many clients
      const name = crypto.randomUUID()
      const call = yield* Effect.forkChild(client.call(Wait, { name }), { startImmediately: true })
      look.same("began", yield* client.call(Seen, { name, happened: "began" }), { lines: [`${name} began`] })
      yield* Fiber.interrupt(call)
      const { lines } = yield* client.call(Seen, { name, happened: "released" })
      look.same(
        "ended",
        lines,
        ["began", "interrupted", "released"].map((what) => `${name} ${what}`)
      )
    })
  ),
  check("answers many calls at once, by timers", (look) =>
    Effect.gen(function* () {
      const client = yield* place.connect(world())
      const calls = Array.from({ length: 50 }, (_, at) => client.call(Add, { a: at, b: 1 }))
      const sums = yield* Effect.all(calls, { concurrency: "unbounded" })
      look.same(
        "sums",
        sums.map(({ sum }) => sum),
        Array.from({ length: 50 }, (_, at) => at + 1)
      )
      const late = yield* Effect.all([client.call(Later), client.call(Later)], { concurrency: "unbounded" })
      look.same("late", late.map(McpContent.textOf), ["later", "later"])
      const { reason } = yield* Effect.flip(client.call(Slow))
      look.same("too late", reason._tag, "ToolFailed")
    })
  )
]

/** All of it. */
export const calls = (place: Place): ReadonlyArray<Check> => [identity(place), ...tools(place), ...others(place)]
