/**
 * A server on which everything goes wrong, each way in a tool of its own, and a log that a test can read.
 *
 * `mishaps` says what each tool must come to on the wire: an incident (an internal error with a number that only the log
 * explains), an error result for the model, or an internal error that says what happened and explains itself.
 */
import { Cause, Effect, Layer, Logger, References, Schema, type Scope } from "effect"
import { McpServer, McpTool } from "mcp-effect"

/** What must never leave the process. */
export const SECRET = "the secret of the defect"

class Declined extends Schema.TaggedError<Declined>()("Declined", { why: Schema.String }) {}

const boom = (): never => {
  throw new Error(SECRET)
}
const circular = (): { readonly self?: unknown } => {
  const value: { self?: unknown } = {}
  value.self = value
  return value
}

export type Outcome = "incident" | "error result" | "internal error" | "result"

interface Mishap {
  readonly outcome: Outcome
  readonly layer: Layer.Layer<never, never, McpServer.McpServer>
}

const handled = (
  outcome: Outcome,
  name: string,
  handler: () => Effect.Effect<unknown, unknown, Scope.Scope>,
  success?: Schema.Constraint
): Mishap => {
  const run = handler as () => Effect.Effect<never>
  const layer =
    success === undefined
      ? McpTool.make(name, { failure: Declined }).toLayer(run)
      : McpTool.make(name, { success: success as Schema.Codec<unknown>, failure: Declined }).toLayer(run)
  return { outcome, layer }
}

const Trap = Schema.String.pipe(Schema.check(Schema.makeFilter(boom)))
const trapped = McpTool.make("trap", { parameters: { trap: Trap } })
const trappedFailure = McpTool.make("trappedFailure", { failure: Schema.Struct({ trap: Trap }) })
const trappedContent = McpTool.make("trappedContent", { success: Schema.String, content: boom })

/** The limit under which `huge` is too large. */
export const MESSAGE_OUT = 20_000

const list: { readonly [name: string]: Mishap } = {
  fine: handled("result", "fine", () => Effect.succeed("fine")),
  declined: handled("error result", "declined", () => Effect.fail(new Declined({ why: "so" }))),
  undeclared: handled("incident", "undeclared", () => Effect.fail(new Error(SECRET))),
  undeclaredText: handled("incident", "undeclaredText", () => Effect.fail(SECRET)),
  dies: handled("incident", "dies", () => Effect.die(new Error(SECRET))),
  diesLater: handled("incident", "diesLater", () => Effect.andThen(Effect.yieldNow, Effect.die(new Error(SECRET)))),
  diesOfText: handled("incident", "diesOfText", () => Effect.die(SECRET)),
  diesOfData: handled("incident", "diesOfData", () => Effect.die({ message: SECRET, code: 7, data: SECRET })),
  diesOfNothing: handled("incident", "diesOfNothing", () => Effect.die(undefined)),
  throws: handled("incident", "throws", boom),
  throwsLater: handled("incident", "throwsLater", () => Effect.map(Effect.yieldNow, boom)),
  finalizer: handled("incident", "finalizer", () =>
    Effect.as(
      Effect.addFinalizer(() => Effect.die(new Error(SECRET))),
      "fine"
    )
  ),
  declinedFinalizer: handled("incident", "declinedFinalizer", () =>
    Effect.andThen(
      Effect.addFinalizer(() => Effect.die(new Error(SECRET))),
      Effect.fail(new Declined({ why: "so" }))
    )
  ),
  declinedAndDies: handled("incident", "declinedAndDies", () =>
    Effect.ensuring(Effect.fail(new Declined({ why: "so" })), Effect.die(new Error(SECRET)))
  ),
  wrong: handled("incident", "wrong", () => Effect.succeed({ n: SECRET }), Schema.Struct({ n: Schema.Int })),
  circular: handled("incident", "circular", () => Effect.succeed({ v: circular() }), Schema.Struct({ v: Schema.Any })),
  bigint: handled("incident", "bigint", () => Effect.succeed({ v: { n: 1n } }), Schema.Struct({ v: Schema.Any })),
  toJson: handled(
    "incident",
    "toJson",
    () => Effect.succeed({ v: { toJSON: boom } }),
    Schema.Struct({ v: Schema.Any })
  ),
  circularMeta: handled("incident", "circularMeta", () => Effect.succeed({ content: [], _meta: circular() })),
  nothing: handled("incident", "nothing", () => Effect.succeed(null)),
  trap: { outcome: "incident", layer: trapped.toLayer(() => Effect.succeed("fine")) },
  trappedFailure: { outcome: "incident", layer: trappedFailure.toLayer(() => Effect.fail({ trap: SECRET })) },
  trappedContent: { outcome: "incident", layer: trappedContent.toLayer(() => Effect.succeed("fine")) },
  huge: handled("internal error", "huge", () => Effect.succeed("x".repeat(MESSAGE_OUT))),
  interrupts: handled("internal error", "interrupts", () => Effect.interrupt)
}

export const mishaps: ReadonlyMap<string, Outcome> = new Map(
  Object.entries(list).map(([name, { outcome }]) => [name, outcome])
)

/** The server with all of them, and a tool that waits. */
export const app = Layer.mergeAll(
  McpTool.make("waits").toLayer(() => Effect.never),
  ...Object.values(list).map(({ layer }) => layer)
).pipe(Layer.provide(McpServer.layer({ name: "mishaps", version: "1.0.0" })))

export interface Entry {
  readonly level: string
  readonly text: string
}

/** A log in memory: each entry with its message and cause as text. */
export const logged = (): { readonly entries: ReadonlyArray<Entry>; readonly layer: Layer.Layer<never> } => {
  const entries: Array<Entry> = []
  const logger = Logger.make<unknown, void>(({ cause, logLevel, message }) => {
    const said = (Array.isArray(message) ? message : [message]).map((part) =>
      Cause.isCause(part) ? Cause.pretty(part) : String(part)
    )
    entries.push({ level: logLevel, text: [...said, Cause.pretty(cause)].join(" ") })
  })
  return {
    entries,
    layer: Layer.merge(Logger.layer([logger]), Layer.succeed(References.MinimumLogLevel, "Warn"))
  }
}
