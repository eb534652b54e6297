/**
 * Tools that come and go while the server runs, and tools that are known only then.
 *
 * The text after an expect-error directive is part of the compiler's message; tstyche compares it.
 */
import { Effect, type Layer, Result, type Scope } from "effect"
import { McpContent, McpError, McpRequest, type McpSchema, type McpServer, McpTool } from "mcp-effect"
import * as McpJsonSchema from "mcp-effect/McpJsonSchema"
import { describe, expect, it } from "tstyche"
import type { Uses } from "./support/definitions.ts"
import { Add, Boom, Coded, Database, Query } from "./support/definitions.ts"

type Registration<R> = Layer.Layer<never, never, McpServer.McpServer | R>
type Registering<R> = Effect.Effect<void, McpServer.NameTaken, McpServer.McpServer | Scope.Scope | R>

const validator = Result.getOrThrow(McpJsonSchema.validator({ type: "object" }))
const Plain = McpTool.dynamic("plain", { input: validator })
const Valued = McpTool.dynamic("valued", { input: validator, output: validator })

const closed = new McpError.McpError({ reason: new McpError.Closed({ detail: "" }) })

describe("register", () => {
  it("fails when the name is taken, and needs the server, a scope, and what the handler needs", () => {
    expect(Add.register(({ a, b }) => Effect.succeed({ sum: a + b }))).type.toBe<Registering<never>>()
    expect(Query.register(({ sql }) => Effect.flatMap(Database, (db) => db.query(sql)))).type.toBe<
      Registering<Database>
    >()
    expect(Coded.register((input) => Effect.succeed(input))).type.toBe<
      Registering<Uses<"decode parameters"> | Uses<"encode success"> | Uses<"encode failure">>
    >()
  })

  it("does not provide the scope of a call in the place of its own", () => {
    const registered = Add.register(({ a }) =>
      Effect.gen(function* () {
        yield* McpRequest
        yield* Effect.scope
        return { sum: a }
      })
    )
    expect(registered).type.toBe<Registering<never>>()
  })

  it("takes no error that the tool does not declare", () => {
    // @ts-expect-error required in type 'UndeclaredFailure<Boom>'
    Add.register(() => Effect.fail(new Boom({ why: "" })))
  })

  it("leaves its error to the one who registers", () => {
    const caught = Effect.catchTag(
      Add.register(({ a }) => Effect.succeed({ sum: a })),
      "NameTaken",
      (error) => {
        expect(error.name).type.toBe<string>()
        return Effect.void
      }
    )
    expect(caught).type.toBe<Effect.Effect<void, never, McpServer.McpServer | Scope.Scope>>()
  })
})

describe("a dynamic tool", () => {
  it("has in its type whether it has an output schema", () => {
    expect(Plain).type.toBe<McpTool.DynamicTool<undefined>>()
    expect(Valued).type.toBe<McpTool.DynamicTool<typeof validator>>()
  })

  it("gives its handler the arguments as they came", () => {
    Plain.toLayer((args) => {
      expect(args).type.toBe<McpSchema.JsonObject>()
      return Effect.succeed(String(args["a"]))
    })
  })

  it("without an output schema answers with content", () => {
    Plain.toLayer(() => Effect.succeed("text"))
    Plain.toLayer(() => Effect.succeed(McpContent.text("text")))
    Plain.toLayer(() => Effect.succeed([McpContent.text("text"), McpContent.link("a:", "a")]))

    // @ts-expect-error Type 'number' is not assignable to type 'Output'
    Plain.toLayer(() => Effect.succeed(1))
  })

  it("with one answers with a value", () => {
    Valued.toLayer(() => Effect.succeed({ rows: [] }))
    Valued.toLayer(() => Effect.succeed(1))
  })

  it("needs what its handler needs, without request and scope", () => {
    const handler = () =>
      Effect.gen(function* () {
        yield* McpRequest
        yield* Effect.scope
        yield* Database
        return "text"
      })
    expect(Plain.toLayer(handler)).type.toBe<Registration<Database>>()
    expect(Plain.register(handler)).type.toBe<Registering<Database>>()
  })

  it("may fail with the library's errors, and with nothing else", () => {
    Plain.toLayer(() => Effect.fail(closed))
    Plain.toLayer(() => Effect.fail(new McpError.McpFault({ fault: "InvalidParams", detail: "" })))

    // @ts-expect-error Type 'Boom' is not assignable to type 'Builtin'
    Plain.toLayer(() => Effect.fail(new Boom({ why: "" })))
  })

  it("takes a prepared schema, not a schema itself", () => {
    // @ts-expect-error 'type' does not exist in type 'Validator'
    McpTool.dynamic("x", { input: { type: "object" } })
    // @ts-expect-error Property 'input' is missing in type '{}'
    McpTool.dynamic("x", {})
  })
})
