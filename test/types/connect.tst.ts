/**
 * Reaching a server: what each kind of target needs and how it may fail.
 */
import { Effect, Layer, type Scope } from "effect"
import { McpClient, type McpError, type McpServer, McpTransport } from "mcp-effect"
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

describe("the options of a connection", () => {
  it("say who asks, in which revision, how long to wait, and what to write down", () => {
    const timeouts = {
      startUp: "5 seconds",
      idle: 1000,
      total: "1 minute",
      methods: { "tools/call": { total: "1 hour" }, ping: { idle: "1 second", total: "2 seconds" } }
    } as const
    const clientInfo = { name: "host", version: "1.0.0", title: "A host" }
    expect(McpClient.connect(Main, { clientInfo, revision: "2025-11-25", timeouts, debug: true })).type.toBe<
      Connected<never, never>
    >()
    expect(McpClient.layer(transport, { clientInfo, timeouts })).type.toBe<
      Layer.Layer<McpClient.McpClient, McpError.McpError>
    >()
    expect(timeouts).type.toBeAssignableTo<McpClient.Timeouts>()
    expect(Effect.provideService(McpClient.connect(Main), McpClient.Timeouts, timeouts)).type.toBe<
      Connected<never, never>
    >()
  })

  it("are checked", () => {
    // @ts-expect-error No overload matches this call
    McpClient.connect(Main, { timeouts: { startUp: "soon" } })
    // @ts-expect-error No overload matches this call
    McpClient.connect(Main, { timeouts: { methods: { ping: "1 second" } } })
    // @ts-expect-error No overload matches this call
    McpClient.connect(Main, { clientInfo: { name: "host" } })
  })
})

describe("tests", () => {
  it("connect as programs do, to server Layers", () => {
    expect(McpTest.client(Main)).type.toBe<Connected<never, never>>()
    expect(McpTest.client(incomplete)).type.toBe<Connected<never, Database>>()
    expect(McpTest.client(Layer.provide(incomplete, failing))).type.toBe<Connected<Boom, never>>()
    expect(McpTest.client(Main, { defects: "sanitized", revision: "2025-11-25" })).type.toBe<Connected<never, never>>()

    // @ts-expect-error Type '"hidden"' is not assignable to type
    McpTest.client(Main, { defects: "hidden" })
    // @ts-expect-error Argument of type 'string' is not assignable to parameter of type 'Layer<
    McpTest.client("node server.js")
  })

  it("face the server with what the Layer needs", () => {
    expect(McpTest.raw(Main)).type.toBe<Effect.Effect<McpTest.RawPeer, never, Scope.Scope>>()
    expect(McpTest.raw(incomplete)).type.toBe<Effect.Effect<McpTest.RawPeer, never, Scope.Scope | Database>>()
  })

  it("stand in between", () => {
    expect(McpTest.served(incomplete)).type.toBe<
      Effect.Effect<McpTransport.McpTransport, never, Scope.Scope | Database>
    >()
    expect(McpTest.replay([{ direction: "out", text: "{}" }])).type.toBe<
      Effect.Effect<McpTransport.McpTransport, never, Scope.Scope>
    >()
    expect(McpTest.faulty(transport)).type.toBe<Effect.Effect<McpTest.Faulty>>()
    expect(McpTest.transcript(transport).entries).type.toBe<ReadonlyArray<McpTransport.Entry>>()
    expect(McpClient.connect(McpTest.transcript(transport).transport)).type.toBe<Connected<never, never>>()
    expect(
      McpTransport.tap(transport, ({ direction }) => expect(direction).type.toBe<"in" | "out">())
    ).type.toBe<McpTransport.McpTransport>()
    expect(McpTransport.tap(transport, () => {}, { secrets: "shown" })).type.toBe<McpTransport.McpTransport>()
    expect(McpTransport.redacted("{}")).type.toBe<string>()
  })
})
