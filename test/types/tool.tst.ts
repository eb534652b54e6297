/**
 * Declaring a tool: what its options accept, what its type says, and what every tool is assignable to.
 */
import { Effect, type Layer, Schema, Stream } from "effect"
import { McpContent, McpDefinition, type McpServer, McpTool } from "mcp-effect"
import { describe, expect, it } from "tstyche"
import {
  Add,
  Boom,
  Coded,
  Database,
  Either,
  Hello,
  Move,
  type Point,
  Query,
  Rows,
  Search,
  SqlRejected
} from "./support/definitions.ts"

describe("McpTool.make", () => {
  it("has its name and schemas in its type", () => {
    expect(Add).type.toBe<
      McpTool.McpTool<
        "add",
        Schema.Struct<{ a: Schema.Finite; b: Schema.Finite }>,
        Schema.Struct<{ readonly sum: Schema.Finite }>,
        Schema.Never
      >
    >()
    expect(Query).type.toBe<
      McpTool.McpTool<"query", Schema.Struct<{ sql: Schema.String }>, typeof Rows, typeof SqlRejected>
    >()
    expect(Hello).type.toBe<McpTool.McpTool<"hello">>()
    expect(Hello).type.toBe<McpTool.McpTool<"hello", McpDefinition.NoParameters, McpDefinition.Content, Schema.Never>>()
    expect(Add.name).type.toBe<"add">()
    expect(Query.failure).type.toBe<typeof SqlRejected>()
  })

  it("takes parameters as fields or as any schema of an object", () => {
    expect(Move.parameters).type.toBe<typeof Point>()
    expect(McpTool.make("x", { parameters: Schema.Record(Schema.String, Schema.Finite) })).type.toBe<
      McpTool.McpTool<"x", Schema.$Record<Schema.String, Schema.Finite>>
    >()
    expect(McpTool.make("x", { parameters: Either.parameters }).parameters).type.toBe<typeof Either.parameters>()
  })

  it("refuses parameters that are no object, in a sentence", () => {
    // @ts-expect-error Tool parameters must be fields or a schema whose encoded side is an object; this one is encoded as"' is missing in type ... but required in type 'NotAnObject<string>'
    McpTool.make("x", { parameters: Schema.String })

    // @ts-expect-error required in type 'NotAnObject<readonly string[]>'
    McpTool.make("x", { parameters: Schema.Array(Schema.String) })

    // @ts-expect-error required in type 'NotAnObject<unknown>'
    McpTool.make("x", { parameters: Schema.Unknown })

    // @ts-expect-error Tool parameters must be fields or a schema whose encoded side is an object
    McpDefinition.make("x", { parameters: Schema.Finite })
  })

  it("refuses what is not a schema", () => {
    // @ts-expect-error Type 'StringConstructor' is missing the following properties from type 'Constraint'
    McpTool.make("x", { parameters: { a: String } })

    // @ts-expect-error 'a' does not exist in type 'Constraint'
    McpTool.make("x", { success: { a: Schema.String } })
  })

  it("takes any schema of JSON as success", () => {
    const Count = McpTool.make("count", { success: Schema.Finite })
    expect(Count.toLayer(() => Effect.succeed(1))).type.toBe<Layer.Layer<never, never, McpServer.McpServer>>()
  })

  it("renders the success with `content`", () => {
    McpTool.make("x", {
      success: Rows,
      content: (success) => {
        expect(success).type.toBe<{ readonly rows: ReadonlyArray<string>; readonly kind: "a" | "b" }>()
        return [McpContent.text(success.kind)]
      }
    })
  })
})

describe("every tool", () => {
  it("is assignable to McpTool.Any and McpDefinition.Any", () => {
    const tools = [Add, Query, Hello, Move, Search, Either, Coded] as const
    expect(tools).type.toBeAssignableTo<ReadonlyArray<McpTool.Any>>()
    expect(tools).type.toBeAssignableTo<ReadonlyArray<McpDefinition.Any>>()
  })

  it("is assignable to a tool of wider schemas, not of others", () => {
    expect(Query).type.toBeAssignableTo<
      McpTool.McpTool<string, Schema.Constraint, typeof Rows, typeof SqlRejected | typeof Boom>
    >()
    expect(Query).type.not.toBeAssignableTo<
      McpTool.McpTool<"add", Schema.Constraint, typeof Rows, typeof SqlRejected>
    >()
    expect(Query).type.not.toBeAssignableTo<McpTool.McpTool<"query", Schema.Constraint, typeof Rows>>()
  })

  it("is a definition, and a definition is no tool", () => {
    const definition = McpDefinition.make("add", { parameters: Add.parameters, success: Add.success })
    expect(Add).type.toBeAssignableTo<typeof definition>()
    expect(definition).type.not.toBeAssignableTo<McpTool.Any>()
  })
})

describe("McpTool.stream", () => {
  it("infers the input and needs what a handler needs", () => {
    const live = McpTool.stream(Query, ({ sql }) => {
      expect(sql).type.toBe<string>()
      return Stream.fromEffect(Effect.flatMap(Database, (db) => db.query(sql)))
    })
    expect(live).type.toBe<Layer.Layer<never, never, McpServer.McpServer | Database>>()
    expect(McpTool.stream(Coded, ({ value }) => Stream.make({ value }))).type.toBe<
      ReturnType<typeof Coded.toLayer<never, never>>
    >()
  })

  it("takes elements that are the result", () => {
    McpTool.stream(Hello, () => Stream.make("hel", "lo"), { total: 2 })
    McpTool.stream(Query, ({ sql }) => Stream.make({ rows: [sql], kind: "a" }))

    // @ts-expect-error Type 'string' is not assignable to type '{ readonly sum: number; }'
    McpTool.stream(Add, () => Stream.make("1"))

    // @ts-expect-error Type 'number' is not assignable to type 'Output'
    McpTool.stream(Hello, () => Stream.make(1))
  })

  it("takes other elements with a reducer, which is checked", () => {
    McpTool.stream(Add, ({ a, b }) => Stream.make(a, b), {
      total: 2,
      reduce: (elements) => {
        expect(elements).type.toBe<ReadonlyArray<number>>()
        return { sum: elements.length }
      }
    })
    McpTool.stream(Hello, () => Stream.make("a", "b"), { reduce: (elements) => elements.join(" ") })

    // @ts-expect-error Property 'sum' is missing in type '{ total: number; }' but required in type '{ readonly sum: number; }'
    McpTool.stream(Add, ({ a }) => Stream.make(a), { reduce: (elements) => ({ total: elements.length }) })
    // @ts-expect-error Property 'reduce' is missing in type '{ total: number; }' but required in type 'ReduceOptions<
    McpTool.stream(Add, ({ a, b }) => Stream.make(a, b), { total: 2 })
  })

  it("takes no error that the tool does not declare", () => {
    McpTool.stream(Query, ({ sql }) => Stream.fail(new SqlRejected({ line: sql.length })))

    // @ts-expect-error The handler fails with an error that the tool's `failure` schema does not declare
    McpTool.stream(Query, ({ sql }) => Stream.fail(new Boom({ why: sql })))
  })
})
