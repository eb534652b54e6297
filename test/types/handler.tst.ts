/**
 * A handler without an annotation: its input is inferred, its literals stay literals, and its errors are those that the
 * tool declares.
 *
 * The text after an expect-error directive is part of the compiler's message; tstyche compares it.
 */
import { Effect, Schema } from "effect"
import { McpContent, McpError, McpRequest, McpTool } from "mcp-effect"
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
  Search,
  SqlRejected
} from "./support/definitions.ts"

const closed = new McpError.McpError({ reason: new McpError.Closed({ detail: "" }) })

describe("the input", () => {
  it("is inferred in an arrow", () => {
    Add.toLayer(({ a, b }) => {
      expect(a).type.toBe<number>()
      expect(b).type.toBe<number>()
      return Effect.succeed({ sum: a + b })
    })
  })

  it("is inferred in Effect.fnUntraced", () => {
    Query.toLayer(
      Effect.fnUntraced(function* ({ sql }) {
        expect(sql).type.toBe<string>()
        return yield* Effect.succeed({ rows: [sql], kind: "a" } as const)
      })
    )
  })

  it("is inferred in Effect.fnUntraced with a combinator", () => {
    Add.toLayer(
      Effect.fnUntraced(
        function* ({ a }) {
          expect(a).type.toBe<number>()
          return yield* Effect.succeed({ sum: a })
        },
        Effect.annotateLogs({ tool: "add" })
      )
    )
  })

  it("is inferred in Effect.fn with a name", () => {
    Query.toLayer(
      Effect.fn("query")(function* ({ sql }) {
        expect(sql).type.toBe<string>()
        return yield* Effect.flatMap(Database, (db) => db.query(sql))
      })
    )
  })

  it("is the decoded side of the schema", () => {
    const When = McpTool.make("when", { parameters: { at: Schema.DateTimeUtcFromString } })
    When.toLayer((input) => {
      expect(input).type.toBe<{ readonly at: typeof Schema.DateTimeUtcFromString.Type }>()
      return Effect.succeed("then")
    })
    Move.toLayer((input) => {
      expect(input).type.toBe<Point>()
      return Effect.succeed(input)
    })
    Either.toLayer((input) => {
      expect(input).type.toBe<{ readonly id: number } | { readonly name: string }>()
      return Effect.succeed("id" in input ? `${input.id}` : input.name)
    })
    Coded.toLayer(({ value }) => {
      expect(value).type.toBe<string>()
      return Effect.succeed({ value })
    })
  })

  it("has the constructor's defaults, and not what may be left out", () => {
    Search.toLayer((input) => {
      expect(input).type.toBe<{ readonly text?: string; readonly limit: number }>()
      return Effect.succeed([])
    })
  })

  it("is what the schema says, whatever the handler claims", () => {
    // @ts-expect-error Property 'c' does not exist on type '{ readonly a: number; readonly b: number; }'
    Add.toLayer(({ c }) => Effect.succeed({ sum: c }))

    // @ts-expect-error Types of parameters 'input' and 'input' are incompatible
    Add.toLayer((input: { readonly a: string }) => Effect.succeed({ sum: input.a.length }))
  })
})

describe("the success", () => {
  it("keeps its literals in every form of handler", () => {
    Query.toLayer(({ sql }) => Effect.succeed({ rows: [sql], kind: "a" }))
    Query.toLayer(
      Effect.fnUntraced(function* ({ sql }) {
        yield* Effect.void
        return { rows: [sql], kind: "a" }
      })
    )
    Query.toLayer(
      Effect.fn("query")(function* ({ sql }) {
        yield* Effect.void
        return { rows: [sql], kind: "b" }
      })
    )

    // @ts-expect-error Type '"c"' is not assignable to type '"a" | "b"'
    Query.toLayer(({ sql }) => Effect.succeed({ rows: [sql], kind: "c" }))
  })

  it("is what the schema says", () => {
    // @ts-expect-error Property 'sum' is missing in type '{ total: number; }' but required in type '{ readonly sum: number; }'
    Add.toLayer(({ a, b }) => Effect.succeed({ total: a + b }))

    const untraced = Effect.fnUntraced(function* ({ a }: { readonly a: number }) {
      return yield* Effect.succeed({ total: a })
    })
    // @ts-expect-error Property 'sum' is missing in type '{ total: number; }' but required in type '{ readonly sum: number; }'
    Add.toLayer(untraced)
  })

  it("is content without a schema", () => {
    Hello.toLayer(() => Effect.succeed("hello"))
    Hello.toLayer(() => Effect.succeed(new Uint8Array()))
    Hello.toLayer(() => Effect.succeed(McpContent.text("hello")))
    Hello.toLayer(() => Effect.succeed([McpContent.text("hello"), McpContent.link("file:///a", "a")]))
    Hello.toLayer(() => Effect.succeed({ content: [], isError: true }))

    // @ts-expect-error Type 'number' is not assignable to type 'Output'
    Hello.toLayer(() => Effect.succeed(1))
  })
})

describe("the failure", () => {
  it("may be what the tool declares", () => {
    Query.toLayer(({ sql }) => Effect.fail(new SqlRejected({ line: sql.length })))
    Either.toLayer(() => Effect.fail(new Boom({ why: "" })))
    Either.toLayer(
      Effect.fnUntraced(function* (input) {
        if ("id" in input) return yield* new SqlRejected({ line: input.id })
        return yield* new Boom({ why: input.name })
      })
    )
    Query.toLayer(({ sql }) =>
      sql === "" ? Effect.fail(new SqlRejected({ line: 0 })) : Effect.succeed({ rows: [sql], kind: "b" })
    )
  })

  it("may be the library's own error, declared or not", () => {
    Add.toLayer(() => Effect.fail(closed))
    Query.toLayer(
      Effect.fnUntraced(function* ({ sql }) {
        if (sql === "") return yield* closed
        return yield* new SqlRejected({ line: 1 })
      })
    )
    expect<McpTool.Builtin>().type.toBe<
      McpError.McpError | McpError.McpFault | McpError.ElicitDeclined | McpError.ElicitCancelled
    >()
  })

  it("is a type error in a sentence otherwise", () => {
    // @ts-expect-error The handler fails with an error that the tool's `failure` schema does not declare"' is missing in type 'Effect<never, Boom, never>' but required in type 'UndeclaredFailure<Boom>'
    Add.toLayer(() => Effect.fail(new Boom({ why: "" })))

    const failing = Effect.fnUntraced(function* ({ sql }: { readonly sql: string }) {
      return yield* new Boom({ why: sql })
    })
    // @ts-expect-error The handler fails with an error that the tool's `failure` schema does not declare"' is missing
    Query.toLayer(failing)
  })

  it("names what is not declared, and only that", () => {
    const either = Effect.fnUntraced(function* ({ sql }: { readonly sql: string }) {
      if (sql === "") return yield* closed
      if (sql === "?") return yield* new SqlRejected({ line: 1 })
      return yield* new Boom({ why: sql })
    })
    // @ts-expect-error required in type 'UndeclaredFailure<Boom>'
    Query.toLayer(either)
  })
})

describe("McpRequest", () => {
  it("is there for every handler", () => {
    Add.toLayer(
      Effect.fnUntraced(function* ({ a, b }) {
        const request = yield* McpRequest
        expect(request).type.toBe<McpRequest.Service>()
        yield* request.progress({ progress: 1, total: 2, message: "half" })
        return { sum: a + b }
      })
    )
  })
})
