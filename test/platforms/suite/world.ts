/**
 * The server that the suite talks to: one thing of each kind, and what it says of itself while it runs.
 *
 * The definitions are made when the module is loaded, as applications make them; a world is made by each check, so that
 * no two checks share anything.
 */
import { Deferred, Effect, Layer, Logger, Result, Schema, Stream } from "effect"
import {
  McpLimits,
  McpLogger,
  McpMiddleware,
  McpPrompt,
  McpRequest,
  McpResource,
  McpServer,
  McpTool,
  type McpTransport
} from "mcp-effect"
import * as McpJsonSchema from "mcp-effect/McpJsonSchema"

export const Add = McpTool.make("add", {
  title: "Adds",
  parameters: { a: Schema.Finite, b: Schema.FiniteFromString },
  success: Schema.Struct({ sum: Schema.Finite })
})

export class TooHigh extends Schema.TaggedError<TooHigh>()("TooHigh", { floor: Schema.Finite }) {}
export const Climb = McpTool.make("climb", {
  parameters: { floor: Schema.Finite },
  success: Schema.Struct({ floor: Schema.Finite }),
  failure: TooHigh
})

/** A JSON Schema that is checked without code generation, with a pattern, which `re2js` matches. */
export const Dynamic = McpTool.dynamic("dynamic", {
  input: Result.getOrThrow(
    McpJsonSchema.validator({
      type: "object",
      properties: { word: { type: "string", pattern: "^[a-zß]+$" }, at: { type: "integer", minimum: 0 } },
      required: ["word"],
      additionalProperties: false
    })
  )
})

export const Broken = McpTool.make("broken")
export const Secret = McpTool.make("secret")
export const Report = McpTool.make("report")
export const Bytes = McpTool.make("bytes")
/** It reports that it has begun, and ends when it is interrupted, or when its door is opened. */
export const Wait = McpTool.make("wait", { parameters: { name: Schema.String } })
export const Slow = McpTool.make("slow", { timeout: "20 millis" })
/** Waits until something has happened, and tells what has happened to that name. */
export const Seen = McpTool.make("journal", {
  parameters: { name: Schema.String, happened: Schema.String },
  success: Schema.Struct({ lines: Schema.Array(Schema.String) })
})
export const Later = McpTool.make("later")
export const Leave = McpTool.make("leave")

export const Readme = McpResource.make("docs://readme", { name: "readme", mimeType: "text/markdown" })
export const Page = McpResource.template("pages://{book}/{+path}", {
  name: "page",
  parameters: { book: Schema.FiniteFromString, path: Schema.String }
})
export const Review = McpPrompt.make("review", {
  parameters: { code: Schema.String, style: Schema.Literals(["strict", "kind"]) }
})

/** What a handler dies of; it must not be told to anybody. */
export const HIDDEN = "the text of a defect"
export const binary = Uint8Array.of(0, 1, 127, 128, 255)
export const text = "häßlich 👋 \u2028"

/** Names of tools to fill pages with. */
const many = Array.from({ length: 5 }, (_, at) => `many-${at}`)
/** Names of the tools of the server. */
export const names = [
  "add",
  "broken",
  "bytes",
  "climb",
  "dynamic",
  "journal",
  "later",
  "leave",
  ...many,
  "report",
  "secret",
  "slow",
  "wait"
]
export const PAGE = 4

export interface World {
  readonly app: Layer.Layer<never, never, McpTransport.McpListener>
  /** The server, once it is built. */
  readonly server: Effect.Effect<McpServer.Service>
  /** What has happened. */
  readonly journal: ReadonlyArray<string>
  /** Waits until that has happened. */
  readonly happened: (what: string) => Effect.Effect<void>
  /** Lets the tool `wait` end. */
  readonly open: Effect.Effect<void>
}

class Journal {
  readonly lines: Array<string> = []
  readonly #awaited = new Map<string, Deferred.Deferred<void>>()

  #line(what: string): Deferred.Deferred<void> {
    const known = this.#awaited.get(what) ?? Deferred.makeUnsafe<void>()
    this.#awaited.set(what, known)
    return known
  }

  readonly note = (what: string): Effect.Effect<void> =>
    Effect.suspend(() => {
      this.lines.push(what)
      return Effect.asVoid(Deferred.succeed(this.#line(what), undefined))
    })

  readonly happened = (what: string): Effect.Effect<void> => Effect.suspend(() => Deferred.await(this.#line(what)))
}

const begun = Effect.flatMap(McpRequest, (request) => request.progress({ progress: 1, message: "begun" }))

const waiting = (journal: Journal, door: Deferred.Deferred<void>) =>
  Wait.toLayer(({ name }) =>
    Effect.acquireRelease(journal.note(`${name} began`), () => journal.note(`${name} released`)).pipe(
      Effect.andThen(begun),
      Effect.andThen(Deferred.await(door)),
      Effect.onInterrupt(() => journal.note(`${name} interrupted`)),
      Effect.as("at last")
    )
  )

const reporting = Report.toLayer(() =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    for (const step of [1, 2, 3]) yield* request.progress({ progress: step, total: 3, message: `step ${step}` })
    yield* request.log("warning", { said: "directly" })
    yield* Effect.logError("by the logger")
    return "reported"
  })
)

const leaving = (journal: Journal) =>
  Leave.toLayer(() =>
    Effect.gen(function* () {
      const request = yield* McpRequest
      yield* request.background(journal.note("background"))
      yield* journal.note("answering")
      return "left"
    })
  )

const tools = (journal: Journal, door: Deferred.Deferred<void>) =>
  Layer.mergeAll(
    Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b })),
    Climb.toLayer(({ floor }) => (floor > 9 ? Effect.fail(new TooHigh({ floor })) : Effect.succeed({ floor }))),
    Dynamic.toLayer((input) => Effect.succeed(JSON.stringify(input))),
    Broken.toLayer(() => Effect.die(new Error(HIDDEN))),
    Secret.toLayer(() => Effect.succeed("open")).pipe(Layer.provide(McpMiddleware.guard("nobody", () => false))),
    Bytes.toLayer(() => Effect.succeed(binary)),
    Slow.toLayer(() => Effect.never),
    Later.toLayer(() => Effect.as(Effect.sleep("5 millis"), "later")),
    Seen.toLayer(({ happened, name }) =>
      Effect.map(journal.happened(`${name} ${happened}`), () => ({
        lines: journal.lines.filter((line) => line.startsWith(`${name} `))
      }))
    ),
    reporting,
    waiting(journal, door),
    leaving(journal),
    ...many.map((name) => McpTool.make(name).toLayer(() => Effect.succeed(name)))
  )

const items = Layer.mergeAll(
  Readme.toLayer(Effect.succeed(text)),
  Page.toLayer(
    ({ book, path }) => (book > 0 ? Effect.succeed(binary) : McpResource.notFound(`pages://${book}/${path}`)),
    {
      list: Stream.range(1, 3).pipe(Stream.map((n) => ({ uri: `pages://${n}/a/b`, name: `page ${n}` }))),
      complete: { book: (typed) => Effect.succeed([1, 12, 2].filter((n) => String(n).startsWith(typed))) }
    }
  ),
  Review.toLayer(({ code, style }) => Effect.succeed([McpPrompt.user(code), McpPrompt.assistant(style)]))
)

/** A server of its own; nobody else hears of it. */
export const world = (): World => {
  const journal = new Journal()
  const door = Deferred.makeUnsafe<void>()
  const built = Deferred.makeUnsafe<McpServer.Service>()
  const handing = Layer.effectDiscard(
    Effect.gen(function* () {
      yield* Deferred.succeed(built, yield* McpServer.McpServer)
      yield* Effect.acquireRelease(journal.note("opened"), () => journal.note("closed"))
    })
  )
  return {
    app: Layer.mergeAll(tools(journal, door), items, handing).pipe(
      Layer.provide(McpLogger.layer()),
      Layer.provide(McpServer.layer({ name: "world", version: "1.2.3", instructions: "Be kind." })),
      Layer.provide(Layer.succeed(McpLimits.McpLimits, { ...McpLimits.defaults, page: PAGE })),
      Layer.provide(Logger.layer([]))
    ),
    server: Deferred.await(built),
    journal: journal.lines,
    happened: journal.happened,
    open: Effect.asVoid(Deferred.succeed(door, undefined))
  }
}
