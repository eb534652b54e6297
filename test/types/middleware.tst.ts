/**
 * Middleware: what it needs is its Layer's, what it provides is taken off the requirements of what it stands around, and
 * it refuses with what a server can say.
 *
 * The text after an expect-error directive is part of the compiler's message; tstyche compares it.
 */
import { Effect, Layer, type Scope } from "effect"
import { McpError, McpMiddleware, type McpRequest, type McpServer, type McpTransport } from "mcp-effect"
import { describe, expect, it } from "tstyche"
import { Boom, CurrentUser, Database, Server, Who, WhoLive, WhoWithUser, WithUser } from "./support/definitions.ts"

type Registration<R> = Layer.Layer<never, never, McpServer.McpServer | R>

const anybody = { name: "anybody" }

describe("a middleware", () => {
  it("sees the call, and what comes next", () => {
    const Seen = McpMiddleware.layer((call, next) => {
      expect(call).type.toBe<McpRequest.Service>()
      expect(next).type.toBe<Effect.Effect<McpMiddleware.Result, McpError.McpFault>>()
      return next
    })
    expect(Seen).type.toBe<Layer.Layer<never>>()
  })

  it("needs and fails as it is made", () => {
    const Made = McpMiddleware.layer(
      Effect.gen(function* () {
        yield* Effect.addFinalizer(() => Effect.void)
        if (Math.random() > 1) return yield* new Boom({ why: "" })
        yield* Database
        const made: McpMiddleware.Middleware = (_, next) => next
        return made
      })
    )
    expect(Made).type.toBe<Layer.Layer<never, Boom, Database>>()
  })

  it("needs no service while a call runs but what it was made with", () => {
    // @ts-expect-error Type 'Database' is not assignable to type 'never'
    McpMiddleware.layer((_, next) => Effect.andThen(Database, next))
  })

  it("may refuse, and fails with nothing else", () => {
    McpMiddleware.layer(() => Effect.fail(new McpMiddleware.Forbidden({ guard: "a", detail: "" })))
    McpMiddleware.layer(() => Effect.fail(new McpMiddleware.RateLimited({ detail: "" })))
    McpMiddleware.layer(() => Effect.fail(new McpError.McpFault({ fault: "InvalidParams", detail: "" })))
    McpMiddleware.layer(() => Effect.fail(new McpError.McpError({ reason: new McpError.Closed({ detail: "" }) })))

    // @ts-expect-error Type 'Boom' is not assignable to type 'Refusal'
    McpMiddleware.layer(() => Effect.fail(new Boom({ why: "" })))
  })

  it("answers with a result", () => {
    McpMiddleware.layer((_, next) => Effect.map(next, (result) => ({ ...result, seen: true })))

    // @ts-expect-error Type 'string' is not assignable to type 'JsonObject'
    McpMiddleware.layer(() => Effect.succeed("instead"))
  })
})

describe("a middleware that provides a service", () => {
  it("takes it off the requirements of what it stands around", () => {
    expect(WhoLive).type.toBe<Registration<CurrentUser>>()
    expect(WithUser).type.toBe<Layer.Layer<CurrentUser>>()
    expect(WhoWithUser).type.toBe<Registration<never>>()
    const app = WhoLive.pipe(Layer.provide(Server), Layer.provide(WithUser))
    expect(app).type.toBe<Layer.Layer<never, never, McpTransport.McpListener>>()
  })

  it("leaves what it does not provide", () => {
    const both = Who.toLayer(() => Effect.map(Effect.all([CurrentUser, Database]), ([{ name }]) => name))
    expect(Layer.provide(both, WithUser)).type.toBe<Registration<Database>>()
  })

  it("has what comes next with the service in its requirements", () => {
    McpMiddleware.layerProviding(CurrentUser, (call, next) => {
      expect(call).type.toBe<McpRequest.Service>()
      expect(next).type.toBe<Effect.Effect<McpMiddleware.Result, McpError.McpFault, CurrentUser>>()
      return Effect.provideService(next, CurrentUser, anybody)
    })

    // @ts-expect-error Type 'CurrentUser' is not assignable to type 'never'
    McpMiddleware.layerProviding(CurrentUser, (_, next) => next)
  })

  it("needs what it is made with", () => {
    const Made = McpMiddleware.layerProviding(
      CurrentUser,
      Effect.map(
        Effect.andThen(Database, Effect.scope),
        (): McpMiddleware.Middleware<CurrentUser> => (_, next) => Effect.provideService(next, CurrentUser, anybody)
      )
    )
    expect(Made).type.toBe<Layer.Layer<CurrentUser, never, Database>>()
    expect(Made).type.not.toBe<Layer.Layer<CurrentUser, never, Database | Scope.Scope>>()
  })
})

describe("a guard", () => {
  it("needs what its check needs", () => {
    expect(McpMiddleware.guard("tagged", (call) => call.tags.includes("open"))).type.toBe<Layer.Layer<never>>()
    expect(McpMiddleware.guard("known", () => Effect.as(Database, true))).type.toBe<
      Layer.Layer<never, never, Database>
    >()
  })

  it("may refuse by itself, and fails with nothing else", () => {
    McpMiddleware.guard("a", () => Effect.fail(new McpMiddleware.Forbidden({ guard: "a", detail: "" })))

    // @ts-expect-error Type 'Boom' is not assignable to type 'Refusal'
    McpMiddleware.guard("a", () => Effect.fail(new Boom({ why: "" })))
    // @ts-expect-error Type 'string' is not assignable to type
    McpMiddleware.guard("a", () => "yes")
  })
})

describe("limits and caches", () => {
  it("need nothing, and are given what they count by", () => {
    const per = (call: McpRequest.Service) => call.principal.id
    expect(McpMiddleware.rateLimit({ limit: 1, window: "1 second", per })).type.toBe<Layer.Layer<never>>()
    expect(McpMiddleware.concurrencyLimit({ limit: 1, per })).type.toBe<Layer.Layer<never>>()
    expect(McpMiddleware.cache({ ttl: "1 minute", capacity: 10, per })).type.toBe<Layer.Layer<never>>()

    // @ts-expect-error Property 'window' is missing in type '{ limit: number; }'
    McpMiddleware.rateLimit({ limit: 1 })
  })
})
