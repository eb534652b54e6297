/**
 * A server on which middleware can be seen at work: a journal of who ran, and callers with principals of their own.
 */
import { Context, Effect, Layer } from "effect"
import { McpMiddleware, McpPrompt, McpRequest, McpResource, McpServer, McpTool, type McpTransport } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { alone, resultOf } from "./held.ts"
import type { App, Place, Raw } from "./places.ts"

export class Journal {
  readonly lines: Array<string> = []
  write(line: string): Effect.Effect<void> {
    return Effect.sync(() => void this.lines.push(line))
  }
  /** A middleware that writes when it begins and when it ends. */
  readonly around = (name: string): Layer.Layer<never> =>
    McpMiddleware.layer((_, next) =>
      Effect.andThen(
        this.write(`${name} in`),
        Effect.tap(next, () => this.write(`${name} out`))
      )
    )
  /** What was written since it was read last. */
  read(): ReadonlyArray<string> {
    return this.lines.splice(0)
  }
}

export class CurrentUser extends Context.Service<CurrentUser, { readonly name: string }>()("test/CurrentUser") {}

/** Who calls, by its principal. */
export const withUser = McpMiddleware.layerProviding(CurrentUser, (call, next) =>
  Effect.provideService(next, CurrentUser, { name: call.principal.id })
)

export const tool = (name: string, journal: Journal) =>
  McpTool.make(name, { tags: [`of-${name}`] }).toLayer(() => Effect.as(journal.write(name), `said ${name}`))
export const doc = (journal: Journal) =>
  McpResource.make("docs://a", { name: "a", tags: ["secret"] }).toLayer(
    Effect.as(journal.write("docs://a"), "text of a")
  )
export const prompt = (journal: Journal) =>
  McpPrompt.make("prompt").toLayer(() => Effect.as(journal.write("prompt"), "prompted"))

/** A tool that reads a resource of its own server, and says what it read or why not. */
export const reader = McpTool.make("reader").toLayer(() =>
  Effect.gen(function* () {
    const request = yield* McpRequest
    return yield* Effect.match(request.read("docs://a"), {
      onSuccess: (contents) => `read ${contents.map((content) => ("text" in content ? content.text : "")).join()}`,
      onFailure: ({ data, detail, fault }) => JSON.stringify({ fault, detail, data })
    })
  })
)

/** Items under a server, with what stands around all of it. */
export const serving = <E>(
  items: Layer.Layer<never, E, McpServer.McpServer>,
  around: Layer.Layer<never> = Layer.empty
): App<E> => items.pipe(Layer.provide(McpServer.layer({ name: "middle", version: "1.0.0" })), Layer.provide(around))

export const called = (id: string): McpTransport.Principal => ({ id, scopes: [], claims: {} })

/** The reply to a request of somebody, in an exchange of its own. */
export const as = (
  acceptor: McpTransport.Acceptor,
  place: Place,
  who: string,
  method: string,
  params: object
): Effect.Effect<McpTest.Json> =>
  Effect.map(alone(acceptor, place, place.message(1, method, params), called(who)), (said) => said.at(-1)!)

/** What a tool answered, as text. */
export const textOf = (result: McpTest.Json): string => {
  const [block] = result["content"] as ReadonlyArray<{ readonly text: string }>
  return block?.text ?? ""
}

/** What a program finds in the error result of a refused tool. */
export const refusedBy = (result: McpTest.Json): unknown =>
  result["isError"] === true ? (result["_meta"] as McpTest.Json)["mcp-effect/failure"] : "no error"

/** Calls a tool; its result, error results included. */
export const call = (raw: Raw, name: string, args: object = {}) =>
  Effect.map(raw.ask(`call ${raw.received.length}`, "tools/call", { name, arguments: args }), resultOf)
