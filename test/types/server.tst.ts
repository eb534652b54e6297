/**
 * What a server answers besides tools, resources and prompts: methods by their rows, lists on demand, notifications,
 * toolkits; and the requests and notifications that a client sends by their rows.
 *
 * The text after an expect-error directive is part of the compiler's message; tstyche compares it.
 */
import { Effect, Layer, Schema, Stream } from "effect"
import { Tool, Toolkit } from "effect/ai"
import { type McpClient, McpError, McpMethod, McpRequest, McpResource, McpServer, type McpSchema } from "mcp-effect"
import { Complete, type CompleteRequestParams, type CompleteResult } from "mcp-effect/methods/completion"
import { ListPrompts, type Prompt } from "mcp-effect/methods/prompts"
import {
  ListResources,
  type ListResourcesResult,
  type ListResourceTemplates,
  type Resource,
  type ResourceTemplate
} from "mcp-effect/methods/resources"
import { ListTools, type Tool as McpToolItem } from "mcp-effect/methods/tools"
import { describe, expect, it } from "tstyche"
import { Boom, Database } from "./support/definitions.ts"

type Registration<R> = Layer.Layer<never, never, McpServer.McpServer | R>

declare const client: McpClient.Service

const Later = McpMethod.request("acme/later", {
  params: Schema.Struct({ at: Schema.Date }),
  result: Schema.Struct({ later: Schema.Date })
})
const Status = McpMethod.request("acme/status", {
  params: Schema.Struct({ verbose: Schema.optionalKey(Schema.Boolean) }),
  result: Schema.Struct({ ok: Schema.Boolean })
})
const Moved = McpMethod.notification("acme/moved", { params: Schema.Struct({ to: Schema.Date }) })
const Beat = McpMethod.notification("acme/beat", { params: Schema.Struct({ n: Schema.optionalKey(Schema.Int) }) })

describe("McpServer.handle", () => {
  it("gives parameters and wants a result as the row says", () => {
    McpServer.handle(Complete, (params) => {
      expect(params).type.toBe<CompleteRequestParams>()
      return Effect.succeed({ completion: { values: ["a"] } })
    })
    expect(
      McpServer.handle(Later, ({ at }) => {
        expect(at).type.toBe<Date>()
        return Effect.succeed({ later: at })
      })
    ).type.toBe<Registration<never>>()

    // @ts-expect-error Type 'string' is not assignable to type 'Date'
    McpServer.handle(Later, ({ at }) => Effect.succeed({ later: at.toISOString() }))
    // @ts-expect-error Property 'completion' is missing in type '{}'
    McpServer.handle(Complete, () => Effect.succeed({}))
  })

  it("needs what the handler needs, without request and scope", () => {
    const live = McpServer.handle(Later, ({ at }) =>
      Effect.gen(function* () {
        const request = yield* McpRequest
        yield* Effect.addFinalizer(() => request.log("info", "later"))
        yield* Database
        return { later: at }
      })
    )
    expect(live).type.toBe<Registration<Database>>()
  })

  it("may refuse, and fails with nothing else", () => {
    McpServer.handle(Later, () => Effect.fail(new McpError.McpFault({ fault: "Busy", detail: "" })))
    McpServer.handle(Later, () => Effect.fail(new McpError.McpError({ reason: new McpError.Closed({ detail: "" }) })))
    expect<McpServer.HandlerError>().type.toBe<McpError.McpError | McpError.McpFault>()

    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError'
    McpServer.handle(Later, () => Effect.fail(new Boom({ why: "" })))
  })

  it("takes a request, not a notification", () => {
    // @ts-expect-error is not assignable to parameter of type 'Request<
    McpServer.handle(Moved, () => Effect.void)
  })
})

describe("McpServer.list", () => {
  it("has the items of its method", () => {
    expect<McpServer.ItemOf<typeof ListTools>>().type.toBe<McpToolItem>()
    expect<McpServer.ItemOf<typeof ListPrompts>>().type.toBe<Prompt>()
    expect<McpServer.ItemOf<typeof ListResources>>().type.toBe<Resource>()
    expect<McpServer.ItemOf<typeof ListResourceTemplates>>().type.toBe<ResourceTemplate>()
    McpServer.list(ListResources, Stream.make({ uri: "a:", name: "a" }))
    McpServer.list(ListPrompts, Stream.make({ name: "a" }))

    // @ts-expect-error Property 'uri' is missing in type
    McpServer.list(ListResources, Stream.make({ name: "a" }))
    // @ts-expect-error Property 'inputSchema' is missing in type
    McpServer.list(ListTools, Stream.make({ name: "a" }))
  })

  it("is one of four methods", () => {
    // @ts-expect-error is not assignable to parameter of type 'ListMethod'
    McpServer.list(Complete, Stream.make({ name: "a" }))
  })

  it("needs what the Stream or the page function needs", () => {
    const item = Effect.as(Database, { uri: "a:", name: "a" })
    expect(McpServer.list(ListResources, Stream.fromEffect(item))).type.toBe<Registration<Database>>()
    expect(
      McpServer.list(ListResources, (position, limit) => {
        expect(position).type.toBe<string | undefined>()
        expect(limit).type.toBe<number>()
        return Effect.gen(function* () {
          yield* McpRequest
          yield* Effect.scope
          return { items: [yield* item], next: "1" }
        })
      })
    ).type.toBe<Registration<Database>>()
  })

  it("may refuse, and fails with nothing else", () => {
    McpServer.list(ListResources, Stream.fail(McpResource.notFound("a:")))

    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError'
    McpServer.list(ListResources, Stream.fail(new Boom({ why: "" })))
  })
})

describe("McpServer.toolkit", () => {
  const Kit = Toolkit.make(
    Tool.make("now", { success: Schema.String }),
    Tool.make("stored", { parameters: Schema.Struct({ key: Schema.String }), dependencies: [Database, McpRequest] })
  )

  it("needs the handlers, and what the tools say that they depend on, without the request", () => {
    expect(McpServer.toolkit(Kit)).type.toBe<Registration<Tool.HandlersFor<typeof Kit.tools> | Database>>()
  })

  it("needs the server alone when they are provided", () => {
    const Plain = Toolkit.make(Tool.make("now", { success: Schema.String }))
    const handlers = Plain.toLayer({ now: () => Effect.succeed("now") })
    expect(McpServer.toolkit(Plain)).type.toBe<Registration<Tool.Handler<"now">>>()
    expect(Layer.provide(McpServer.toolkit(Plain), handlers)).type.toBe<Registration<never>>()
  })
})

describe("McpServer.onNotification", () => {
  it("hears the parameters of the row, decoded, and needs what its handler needs", () => {
    const live = McpServer.onNotification(Moved, (params) => {
      expect(params).type.toBe<{ readonly to: Date }>()
      return Effect.scoped(Effect.asVoid(Database))
    })
    expect(live).type.toBe<Registration<Database>>()
  })

  it("may fail with anything; it is logged", () => {
    expect(McpServer.onNotification(Moved, () => Effect.fail(new Boom({ why: "" })))).type.toBe<Registration<never>>()
  })

  it("takes a notification, not a request", () => {
    // @ts-expect-error is not assignable to parameter of type 'Notification<
    McpServer.onNotification(Later, () => Effect.void)
  })
})

describe("McpServer.updates", () => {
  it("keeps what the stream needs", () => {
    expect(McpServer.updated("a:")).type.toBe<Effect.Effect<void, never, McpServer.McpServer>>()
    expect(McpServer.updates(Stream.fromEffect(Effect.as(Database, "a:")))).type.toBe<Registration<Database>>()
    expect(McpServer.updates(Stream.fail(new Boom({ why: "" })))).type.toBe<Registration<never>>()
  })
})

describe("the server as a service", () => {
  it("says what it is and what it offers", () => {
    const read = Effect.map(McpServer.McpServer, (server) => {
      expect(server.info).type.toBe<McpSchema.Implementation>()
      expect(server.instructions).type.toBe<string | undefined>()
      expect(server.revisions).type.toBe<ReadonlyArray<string>>()
      expect(server.capabilities).type.toBe<Effect.Effect<McpSchema.ServerCapabilities>>()
    })
    expect(read).type.toBe<Effect.Effect<void, never, McpServer.McpServer>>()
  })
})

describe("client.request", () => {
  it("takes the parameters of the row and gives its result", () => {
    expect(client.request(Later, { at: new Date() })).type.toBe<
      Effect.Effect<{ readonly later: Date }, McpError.McpError>
    >()
    expect(client.request(ListResources, { cursor: "a" })).type.toBe<
      Effect.Effect<ListResourcesResult, McpError.McpError>
    >()
    expect(
      client.request(Complete, { ref: { type: "ref/prompt", name: "a" }, argument: { name: "a", value: "" } })
    ).type.toBe<Effect.Effect<CompleteResult, McpError.McpError>>()

    // @ts-expect-error Type 'string' is not assignable to type 'Date'
    client.request(Later, { at: "now" })
    // @ts-expect-error is not assignable to parameter of type 'Request<
    client.request(Moved, { to: new Date() })
  })

  it("takes them always, unless all may be left out", () => {
    client.request(ListResources)
    client.request(ListResources, undefined, { timeout: "1 second" })
    client.request(Status)
    client.request(Status, { verbose: true }, { timeout: "1 second" })

    // @ts-expect-error Expected 2-3 arguments, but got 1
    client.request(Later)
    // @ts-expect-error Expected 2-3 arguments, but got 1
    client.request(Complete)
  })
})

describe("client.notify", () => {
  it("takes the parameters of the row, unless all may be left out", () => {
    expect(client.notify(Moved, { to: new Date() })).type.toBe<Effect.Effect<void, McpError.McpError>>()
    client.notify(Beat)
    client.notify(Beat, { n: 1 })

    // @ts-expect-error Type 'string' is not assignable to type 'Date'
    client.notify(Moved, { to: "there" })
    // @ts-expect-error Expected 2
    client.notify(Moved)
    // @ts-expect-error is not assignable to parameter of type 'Notification<
    client.notify(Later, { at: new Date() })
  })

  it("has nothing to wait for, so no options", () => {
    // @ts-expect-error Expected 2 arguments, but got 3
    client.notify(Moved, { to: new Date() }, { timeout: "1 second" })
  })
})
