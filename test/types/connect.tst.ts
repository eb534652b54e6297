/**
 * Reaching a server: what each kind of target needs and how it may fail.
 */
import { Effect, Layer, type Scope } from "effect"
import { McpClient, type McpError, type McpServer, type McpTransport } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { McpTest } from "mcp-effect/testing"
import { describe, expect, it } from "tstyche"
import { Add, AddLive, Boom, Database, Main, program, QueryLive, Server } from "./support/definitions.ts"

type Connected<E, R> = Effect.Effect<McpClient.Service, McpError.McpError | E, Scope.Scope | R>

declare const transport: McpTransport.McpTransport
const failing = Layer.effect(Database, Effect.fail(new Boom({ why: "" })))
const incomplete = Layer.provide(QueryLive, Server)

describe("connecting to a server Layer", () => {
  it("needs a scope alone", () => {
    expect(McpClient.connect(Main)).type.toBe<Connected<never, never>>()
    expect(program).type.toBe<Effect.Effect<{ readonly sum: number }, McpError.McpError>>()
  })

  it("fails as the Layer does, and needs what it needs", () => {
    expect(McpClient.connect(Layer.provide(incomplete, failing))).type.toBe<Connected<Boom, never>>()
    expect(McpClient.connect(incomplete)).type.toBe<Connected<never, Database>>()
    expect(McpClient.connect(AddLive)).type.toBe<Connected<never, McpServer.McpServer>>()
  })

  it("takes a Layer that provides something", () => {
    const app = Layer.provideMerge(incomplete, Database.layer)
    expect(app).type.toBe<Layer.Layer<Database, never, McpTransport.McpListener>>()
    expect(McpClient.connect(app)).type.toBe<Connected<never, never>>()
  })
})

describe("connecting to a transport", () => {
  it("needs a scope alone", () => {
    expect(McpClient.connect(transport)).type.toBe<Connected<never, never>>()
    expect(McpClient.connect(transport, { revision: "2025-11-25" })).type.toBe<Connected<never, never>>()
  })
})

describe("connecting to what is elsewhere", () => {
  it("needs a connector", () => {
    expect(McpClient.connect("node server.js")).type.toBe<Connected<never, McpTransport.McpConnector>>()
    expect(McpClient.connect({ command: "node", args: ["server.js"], env: { A: "1" }, cwd: "/" })).type.toBe<
      Connected<never, McpTransport.McpConnector>
    >()
    expect(McpClient.connect(new URL("http://localhost:3000/mcp"), { timeouts: { startUp: "5 seconds" } })).type.toBe<
      Connected<never, McpTransport.McpConnector>
    >()
  })

  it("needs nothing more on Node", () => {
    const called = Effect.gen(function* () {
      const client = yield* McpClient.connect("node server.js")
      return yield* client.call(Add, { a: 1, b: 2 })
    }).pipe(Effect.scoped, Effect.provide(McpNode.layer))
    expect(called).type.toBe<Effect.Effect<{ readonly sum: number }, McpError.McpError>>()
  })

  it("does not compile without a connector or a scope", () => {
    // @ts-expect-error Type 'McpConnector' is not assignable to type 'never'
    void Effect.runPromise(Effect.scoped(McpClient.connect("node server.js")))

    // @ts-expect-error Type 'Scope' is not assignable to type 'never'
    void Effect.runPromise(Effect.provide(McpClient.connect("node server.js"), McpNode.layer))
  })
})

describe("a wrong target", () => {
  it("is refused by both forms", () => {
    // @ts-expect-error No overload matches this call
    McpClient.connect(1)
    // @ts-expect-error No overload matches this call
    McpClient.connect({ args: ["server.js"] })
    // @ts-expect-error No overload matches this call
    McpClient.connect(Main, { revision: 20251125 })
  })
})

describe("a connection as a Layer", () => {
  it("provides the client, and needs and fails as connecting does, without a scope", () => {
    expect(McpClient.layer(Main)).type.toBe<Layer.Layer<McpClient.McpClient, McpError.McpError>>()
    expect(McpClient.layer(Layer.provide(incomplete, failing))).type.toBe<
      Layer.Layer<McpClient.McpClient, McpError.McpError | Boom>
    >()
    expect(McpClient.layer(transport)).type.toBe<Layer.Layer<McpClient.McpClient, McpError.McpError>>()
    expect(McpClient.layer("node server.js")).type.toBe<
      Layer.Layer<McpClient.McpClient, McpError.McpError, McpTransport.McpConnector>
    >()
  })

  it("is used as a service", () => {
    const called = Effect.flatMap(McpClient.McpClient, (client) => client.call(Add, { a: 1, b: 2 }))
    expect(called).type.toBe<Effect.Effect<{ readonly sum: number }, McpError.McpError, McpClient.McpClient>>()
    expect(Effect.provide(called, McpClient.layer(Main))).type.toBe<
      Effect.Effect<{ readonly sum: number }, McpError.McpError>
    >()
  })
})

describe("tests", () => {
  it("connect as programs do, and face the server with what the Layer needs", () => {
    expect(McpTest.client).type.toBe<typeof McpClient.connect>()
    expect(McpTest.raw(Main)).type.toBe<Effect.Effect<McpTest.RawPeer, never, Scope.Scope>>()
    expect(McpTest.raw(incomplete)).type.toBe<Effect.Effect<McpTest.RawPeer, never, Scope.Scope | Database>>()
  })
})
