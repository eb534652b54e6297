/**
 * A typed call: what it takes, what it gives, how it fails, and what its schemas need.
 */
import { Effect, Schema } from "effect"
import { type McpClient, type McpContent, McpDefinition, type McpError, McpTool } from "mcp-effect"
import { describe, expect, it } from "tstyche"
import type { Uses } from "./support/definitions.ts"
import {
  Add,
  type Boom,
  Coded,
  Either,
  Hello,
  Move,
  Point,
  Query,
  Rows,
  Search,
  type SqlRejected
} from "./support/definitions.ts"

declare const client: McpClient.Service

describe("a call", () => {
  it("gives the success, decoded", () => {
    expect(client.call(Add, { a: 1, b: 2 })).type.toBe<Effect.Effect<{ readonly sum: number }, McpError.McpError>>()
    expect(client.call(Hello)).type.toBe<Effect.Effect<McpContent.Result, McpError.McpError>>()
    expect(client.call(Search)).type.toBe<Effect.Effect<ReadonlyArray<string>, McpError.McpError>>()
  })

  it("fails with what the tool declares, or with McpError", () => {
    expect(client.call(Query, { sql: "" })).type.toBe<
      Effect.Effect<typeof Rows.Type, SqlRejected | McpError.McpError>
    >()
    expect(client.call(Either, { id: 1 })).type.toBe<
      Effect.Effect<McpContent.Result, SqlRejected | Boom | McpError.McpError>
    >()
  })

  it("takes a definition without a handler", () => {
    const definition = McpDefinition.make("add", { parameters: { a: Schema.Finite }, success: Rows })
    expect(client.call(definition, { a: 1 })).type.toBe<Effect.Effect<typeof Rows.Type, McpError.McpError>>()
  })

  it("takes options, with an input or without one", () => {
    client.call(Add, { a: 1, b: 2 }, { timeout: "1 second", meta: { trace: 1 } })
    client.call(Hello, undefined, { timeout: "1 second" })
    client.call(Search, {}, { onProgress: ({ progress }) => Effect.log(progress) })
  })

  it("needs what encodes the parameters and decodes the answer, not the opposite", () => {
    expect(client.call(Coded, { value: "" })).type.toBe<
      Effect.Effect<
        { readonly value: string },
        { readonly value: string } | McpError.McpError,
        Uses<"encode parameters"> | Uses<"decode success"> | Uses<"decode failure">
      >
    >()
  })
})

describe("the input", () => {
  it("is checked", () => {
    // @ts-expect-error Type 'string' is not assignable to type 'number'
    client.call(Add, { a: 1, b: "2" })
    // @ts-expect-error Property 'b' is missing in type '{ a: number; }' but required in type '{ readonly a: number; readonly b: number; }'
    client.call(Add, { a: 1 })
    // @ts-expect-error 'c' does not exist in type '{ readonly a: number; readonly b: number; }'
    client.call(Add, { a: 1, b: 2, c: 3 })
    // @ts-expect-error Expected 2-3 arguments, but got 1
    client.call(Add)
    // @ts-expect-error Argument of type 'string' is not assignable to parameter of type 'Definition<
    client.call("add", { a: 1, b: 2 })
  })

  it("may be left out when every field may", () => {
    client.call(Hello)
    client.call(Search)
    client.call(Search, {})
    client.call(Search, { text: "a" })

    // @ts-expect-error Type 'number' is not assignable to type 'string'
    client.call(Search, { text: 1 })
  })

  it("may leave out what has a constructor's default", () => {
    client.call(Search, { text: "a", limit: 1 })
    client.call(Move, { x: 1 })

    // @ts-expect-error Property 'x' is missing in type '{ y: number; }'
    client.call(Move, { y: 1 })
  })

  it("of a class is its plain fields, or an instance; the result is an instance", () => {
    expect(client.call(Move, { x: 1, y: 2 })).type.toBe<Effect.Effect<Point, McpError.McpError>>()
    expect(client.call(Move, new Point({ x: 1 }))).type.toBe<Effect.Effect<Point, McpError.McpError>>()
  })

  it("is optional with a default on both sides", () => {
    const Both = McpTool.make("both", {
      parameters: {
        limit: Schema.Int.pipe(
          Schema.withDecodingDefaultKey(Effect.succeed(10)),
          Schema.withConstructorDefault(Effect.succeed(10))
        )
      }
    })
    client.call(Both)
    Both.toLayer(({ limit }) => {
      expect(limit).type.toBe<number>()
      return Effect.succeed(`${limit}`)
    })
  })

  it("is the decoded side of the schema", () => {
    const When = McpTool.make("when", { parameters: { at: Schema.DateTimeUtcFromString } })
    // @ts-expect-error Type 'string' is not assignable to type 'Utc'
    client.call(When, { at: "2026-07-28T00:00:00Z" })
  })

  it("of a union is one of its members", () => {
    client.call(Either, { id: 1 })
    client.call(Either, { name: "a" })

    // @ts-expect-error Type 'string' is not assignable to type 'number'
    client.call(Either, { id: "1" })
  })
})

describe("a call by name", () => {
  it("takes an object and gives the result as it was sent", () => {
    expect(client.callTool("add")).type.toBe<Effect.Effect<McpContent.Result, McpError.McpError>>()
    expect(client.callTool("add", { a: 1 }, { timeout: "1 second" })).type.toBe<
      Effect.Effect<McpContent.Result, McpError.McpError>
    >()

    // @ts-expect-error is not assignable to parameter of type 'string'
    client.callTool(Add, { a: 1, b: 2 })
    // @ts-expect-error is not assignable to parameter of type 'JsonObject'
    client.callTool("add", "a")
  })
})

describe("an error", () => {
  it("that is declared is caught by its tag", () => {
    const caught = client.call(Query, { sql: "" }).pipe(
      Effect.catchTag("SqlRejected", (error) => {
        expect(error).type.toBe<SqlRejected>()
        return Effect.succeed(error.line)
      })
    )
    expect(caught).type.toBe<Effect.Effect<typeof Rows.Type | number, McpError.McpError>>()
  })

  it("of the library is narrowed by its reason", () => {
    const caught = client.call(Query, { sql: "" }).pipe(
      Effect.catchReason("McpError", "Closed", (reason) => {
        expect(reason).type.toBe<McpError.Closed>()
        return Effect.succeed(reason.detail)
      })
    )
    expect(caught).type.toBe<Effect.Effect<typeof Rows.Type | string, SqlRejected | McpError.McpError>>()

    Effect.catchReason(client.call(Add, { a: 1, b: 2 }), "McpError", "Remote", (reason) => {
      expect(reason.code).type.toBe<number>()
      return Effect.succeed(undefined)
    })
    Effect.catchReason(client.call(Hello), "McpError", "ToolFailed", (reason) => {
      expect(reason.content).type.toBe<ReadonlyArray<McpContent.Block>>()
      return Effect.succeed(reason.tool)
    })
    Effect.catchReason(client.call(Hello), "McpError", "Timeout", (reason) => {
      expect(reason.limit).type.toBe<"start-up" | "idle" | "total">()
      return Effect.void
    })
  })

  it("has no other reason and no other tag", () => {
    // @ts-expect-error Argument of type '"Late"' is not assignable to parameter of type
    Effect.catchReason(client.call(Hello), "McpError", "Late", () => Effect.void)
    // @ts-expect-error Argument of type '"SqlRejected"' is not assignable to parameter of type
    Effect.catchTag(client.call(Add, { a: 1, b: 2 }), "SqlRejected", () => Effect.void)
  })
})
