/**
 * What a server needs, in its type: handlers' services stay until they are provided, what the library provides to every
 * handler never shows, and only a complete server can be run.
 */
import { Effect, Layer } from "effect"
import { McpRequest, McpServer, type McpTransport } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { describe, expect, it } from "tstyche"
import type { SqlRejected, Uses } from "./support/definitions.ts"
import { Add, AddLive, Boom, Coded, Database, Hello, Main, Query, QueryLive, Server } from "./support/definitions.ts"

type Registration<R> = Layer.Layer<never, never, McpServer.McpServer | R>

describe("a tool's Layer", () => {
  it("needs the server alone", () => {
    expect(AddLive).type.toBe<Registration<never>>()
  })

  it("needs what its handler needs", () => {
    expect(QueryLive).type.toBe<Registration<Database>>()
  })

  it("does not need the request, nor the scope of the call", () => {
    const live = Query.toLayer(
      Effect.fnUntraced(function* ({ sql }) {
        const request = yield* McpRequest
        yield* Effect.addFinalizer(() => request.log("info", sql))
        return yield* Effect.flatMap(Database, (db) => db.query(sql))
      })
    )
    expect(live).type.toBe<Registration<Database>>()
  })

  it("needs what decodes the parameters and encodes the answer, not the opposite", () => {
    const live = Coded.toLayer(({ value }) => Effect.succeed({ value }))
    expect(live).type.toBe<Registration<Uses<"decode parameters"> | Uses<"encode success"> | Uses<"encode failure">>>()
  })

  it("can be given its services apart from the others", () => {
    const many = Layer.mergeAll(
      AddLive,
      Layer.provide(QueryLive, Database.layer),
      Hello.toLayer(() => Effect.succeed("hello"))
    )
    expect(many).type.toBe<Registration<never>>()
  })

  it("can be made with resources of its own", () => {
    const live = Layer.unwrap(
      Effect.gen(function* () {
        const db = yield* Effect.acquireRelease(Database, () => Effect.void)
        return Query.toLayer(({ sql }) => db.query(sql))
      })
    )
    expect(live).type.toBe<Registration<Database>>()
  })

  it("can have a handler that is given a service per request", () => {
    const live = Query.toLayer(({ sql }) =>
      Effect.provideServiceEffect(
        Effect.flatMap(Database, (db) => db.query(sql)),
        Database,
        Effect.map(McpRequest, (request) => ({
          query: (text: string): Effect.Effect<typeof Query.success.Type, SqlRejected> =>
            Effect.succeed({ rows: [text, request.method], kind: "a" })
        }))
      )
    )
    expect(live).type.toBe<Registration<never>>()
  })
})

describe("a server", () => {
  it("needs a listener, and nothing else when everything is provided", () => {
    expect(Server).type.toBe<Layer.Layer<McpServer.McpServer, never, McpTransport.McpListener>>()
    expect(Main).type.toBe<Layer.Layer<never, never, McpTransport.McpListener>>()
  })

  it("keeps the error of what it is built from", () => {
    const failing = Layer.effect(Database, Effect.fail(new Boom({ why: "" })))
    const app = QueryLive.pipe(Layer.provide(failing), Layer.provide(Server))
    expect(app).type.toBe<Layer.Layer<never, Boom, McpTransport.McpListener>>()
    expect(McpServer.serve(app)).type.toBe<Layer.Layer<never, Boom, McpTransport.McpListenerSource>>()
    expect(McpServer.launch(app)).type.toBe<
      Effect.Effect<void, Boom | McpTransport.TransportError, McpTransport.McpListenerSource>
    >()
  })

  it("is served from a source of conversations", () => {
    expect(McpServer.serve(Main)).type.toBe<Layer.Layer<never, never, McpTransport.McpListenerSource>>()
    expect(McpServer.launch(Main)).type.toBe<
      Effect.Effect<void, McpTransport.TransportError, McpTransport.McpListenerSource>
    >()
    expect(McpServer.launch(Main).pipe(Effect.provide(McpNode.layerStdio))).type.toBe<
      Effect.Effect<void, McpTransport.TransportError>
    >()
  })

  it("is not served by a Layer of Effect's own, nor without a source", () => {
    // @ts-expect-error Type 'McpListener' is not assignable to type 'never'
    void Effect.runPromise(Layer.launch(Main))

    // @ts-expect-error Type 'McpListenerSource' is not assignable to type 'never'
    void Effect.runPromise(McpServer.launch(Main))

    // @ts-expect-error Type 'McpListener' is not assignable to type 'never'
    void Effect.runPromise(Layer.launch(Layer.provide(Main, McpNode.layerStdio)))
  })

  it("shows what is missing when it is launched", () => {
    expect(McpServer.launch(Layer.provide(QueryLive, Server))).type.toBe<
      Effect.Effect<void, McpTransport.TransportError, Database | McpTransport.McpListenerSource>
    >()
  })
})

describe("McpNode.runStdio", () => {
  it("takes a complete server as the last step of a pipe", () => {
    expect(AddLive.pipe(Layer.provide(Server), McpNode.runStdio)).type.toBe<void>()
    expect(McpNode.runStdio(Main)).type.toBe<void>()
    const app = Layer.mergeAll(AddLive, QueryLive).pipe(Layer.provideMerge(Database.layer), Layer.provide(Server))
    expect(McpNode.runStdio(app)).type.toBe<void>()
  })

  it("says which service is missing", () => {
    // @ts-expect-error '"Not provided yet: add Layer.provide(…) before this step for"' is missing in type ... but required in type 'Missing<Database>'
    QueryLive.pipe(Layer.provide(Server), McpNode.runStdio)

    // @ts-expect-error required in type 'Missing<Database>'
    McpNode.runStdio(Layer.provide(QueryLive, Server))
  })

  it("says that there is no server", () => {
    // @ts-expect-error '"No server yet: add Layer.provide(McpServer.layer({ name, version })) before this step"' is missing in type
    AddLive.pipe(McpNode.runStdio)

    // @ts-expect-error required in type 'NoServer'
    QueryLive.pipe(Layer.provide(Database.layer), McpNode.runStdio)

    // @ts-expect-error required in type 'NoServer'
    McpNode.runStdio(QueryLive)
  })
})

describe("McpRequest", () => {
  it("is missing where there is no request", () => {
    const outside = Effect.flatMap(McpRequest, (request) => request.progress({ progress: 1 }))
    expect(outside).type.toBe<Effect.Effect<void, never, McpRequest>>()

    // @ts-expect-error Type 'McpRequest' is not assignable to type 'never'
    void Effect.runPromise(outside)
  })

  it("cannot be provided by a handler's own tool", () => {
    expect(Add.toLayer).type.not.toBeCallableWith(Effect.flatMap(McpRequest, () => Effect.succeed({ sum: 1 })))
  })
})
