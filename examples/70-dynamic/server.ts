/**
 * A switchboard: tools that are plugged in while the server runs, described by JSON Schemas that came from elsewhere,
 * and pulled out again. A tool is there as long as the Scope that it was registered in.
 */
import { Context, Effect, Exit, Layer, Result, Schema, Scope } from "effect"
import { McpContent, McpServer, McpTool } from "mcp-effect"
import * as McpJsonSchema from "mcp-effect/McpJsonSchema"

/** The Scopes of the plugs, by name. */
class Plugs extends Context.Service<Plugs, Map<string, Scope.Closeable>>()("switchboard/Plugs") {
  static readonly layer = Layer.effect(
    this,
    Effect.acquireRelease(
      Effect.sync(() => new Map<string, Scope.Closeable>()),
      (plugs) => Effect.forEach(plugs.values(), (scope) => Scope.close(scope, Exit.void), { discard: true })
    )
  )
}

/** Why a plug does not fit. */
export class DoesNotFit extends Schema.TaggedError<DoesNotFit>()("DoesNotFit", { why: Schema.String }) {
  override get message(): string {
    return this.why
  }
}

export const PlugIn = McpTool.make("plug-in", {
  description: "Add a tool that repeats its arguments",
  parameters: { name: Schema.String, input: Schema.Record(Schema.String, Schema.Unknown) },
  failure: DoesNotFit
})

export const PullOut = McpTool.make("pull-out", { parameters: { name: Schema.String }, failure: DoesNotFit })

/** Fails with what is wrong: with the schema, with the name, or with both being there already. */
const register = Effect.fnUntraced(function* (name: string, schema: { readonly [keyword: string]: unknown }) {
  const input = yield* Effect.fromResult(McpJsonSchema.validator(schema))
  const tool = yield* Effect.try({
    try: () => McpTool.dynamic(name, { input }),
    catch: (thrown) => new Error(String(thrown))
  })
  // the arguments have been checked by the schema
  yield* tool.register((args) => Effect.succeed(McpContent.text(`${name} ${JSON.stringify(args)}`)))
})

const PlugInLive = PlugIn.toLayer(
  Effect.fnUntraced(function* ({ input, name }) {
    const plugs = yield* Plugs
    const scope = yield* Scope.make()
    yield* register(name, input).pipe(
      Scope.provide(scope),
      Effect.mapError((error) => new DoesNotFit({ why: error.message })),
      Effect.onError((cause) => Scope.close(scope, Exit.failCause(cause)))
    )
    plugs.set(name, scope)
    return `${name} is plugged in`
  })
)

const PullOutLive = PullOut.toLayer(
  Effect.fnUntraced(function* ({ name }) {
    const plugs = yield* Plugs
    const scope = plugs.get(name)
    if (scope === undefined) return yield* new DoesNotFit({ why: `${name} is not plugged in` })
    plugs.delete(name)
    yield* Scope.close(scope, Exit.void)
    return `${name} is pulled out`
  })
)

/** One that is there from the beginning, with a schema for what it answers too. */
const validator = (schema: { readonly [keyword: string]: unknown }) =>
  Result.getOrThrow(McpJsonSchema.validator(schema))

const Length = McpTool.dynamic("length", {
  description: "How long a word is",
  input: validator({ type: "object", properties: { word: { type: "string" } }, required: ["word"] }),
  output: validator({ type: "object", properties: { length: { type: "integer" } }, required: ["length"] })
})
const LengthLive = Length.toLayer(({ word }) => Effect.succeed({ length: String(word).length }))

export const app = Layer.mergeAll(PlugInLive, PullOutLive, LengthLive).pipe(
  Layer.provide(Plugs.layer),
  Layer.provide(McpServer.layer({ name: "switchboard", version: "1.0.0" }))
)
