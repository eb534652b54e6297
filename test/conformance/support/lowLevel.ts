/**
 * A server whose methods are answered by hand: two of the specification, and one of its own.
 */
import { Deferred, Effect, Layer, Schema } from "effect"
import { McpError, McpMethod, McpServer } from "mcp-effect"
import { Complete } from "mcp-effect/methods/completion"
import { CallTool, ListTools } from "mcp-effect/methods/tools"

/** Moves a date. `JSON` says it as text, handlers and callers as a `Date`. */
export const Move = McpMethod.request("acme/move", {
  params: Schema.Struct({ at: Schema.Date, by: Schema.optionalKey(Schema.Int) }),
  result: Schema.Struct({ at: Schema.Date })
})
export const Moved = McpMethod.notification("notifications/acme/moved", {
  params: Schema.Struct({ at: Schema.Date })
})
/** Comes to what its caller wishes: a fault, an error, a defect, an answer that does not fit, none at all. */
export const Misbehave = McpMethod.request("acme/misbehave", {
  params: Schema.Struct({ how: Schema.String }),
  result: Schema.Struct({ at: Schema.Int })
})

export const SECRET = "the secret of the defect"

export const move = McpServer.handle(Move, ({ at, by = 1000 }) => Effect.succeed({ at: new Date(at.getTime() + by) }))

/** What handlers have to do with the one who tries them. */
export class Doors {
  readonly started = Deferred.makeUnsafe<void>()
  readonly released = Deferred.makeUnsafe<void>()
  /** Waits until it is interrupted, and tells of both. */
  readonly waiting = Effect.gen({ self: this }, function* () {
    yield* Effect.addFinalizer(() => Deferred.succeed(this.released, undefined))
    yield* Deferred.succeed(this.started, undefined)
    return yield* Effect.never
  })
}

export const misbehave = (doors: Doors) =>
  McpServer.handle(Misbehave, ({ how }) => {
    switch (how) {
      case "fault":
        return Effect.fail(new McpError.McpFault({ fault: "ResourceNotFound", detail: "not here", data: { how } }))
      case "busy":
        return Effect.fail(new McpError.McpError({ reason: new McpError.Busy({ detail: "not now" }) }))
      case "die":
        return Effect.die(new Error(SECRET))
      case "throw":
        throw new Error(SECRET)
      case "wrong":
        return Effect.succeed({ at: 0.5 })
      case "wait":
        return doors.waiting
      default:
        return Effect.succeed({ at: 1 })
    }
  })

const echo = { name: "echo", inputSchema: { type: "object" as const } }

/** Tools without the chapter of tools. */
export const byHand = Layer.mergeAll(
  McpServer.handle(ListTools, ({ cursor }) =>
    cursor === undefined
      ? Effect.succeed({ tools: [echo], nextCursor: "second" })
      : Effect.succeed({ tools: [{ ...echo, name: cursor, title: "A title" }] })
  ),
  McpServer.handle(CallTool, ({ arguments: args, name }) =>
    name === "echo"
      ? Effect.succeed({ content: [{ type: "text" as const, text: JSON.stringify(args ?? {}) }] })
      : Effect.fail(new McpError.McpFault({ fault: "UnknownTool", detail: `There is no ${name}` }))
  ),
  McpServer.handle(Complete, ({ argument }) =>
    Effect.succeed({ completion: { values: [`${argument.value}!`], total: 1, hasMore: false } })
  )
)
