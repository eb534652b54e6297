/**
 * Resources and templates: the variables of a template are read off its text, their schemas are checked against them, and
 * what reads a resource is a handler as a tool's is.
 *
 * The text after an expect-error directive is part of the compiler's message; tstyche compares it.
 */
import { Effect, type Layer, Schema, type Scope, Stream } from "effect"
import { type McpContent, McpError, McpRequest, McpResource, type McpServer } from "mcp-effect"
import { describe, expect, it } from "tstyche"
import type { Uses } from "./support/definitions.ts"
import { Boom, Coded, CurrentUser, Database, Readme, ReadmeLive, Row, RowLive } from "./support/definitions.ts"

type Registration<R> = Layer.Layer<never, never, McpServer.McpServer | R>
type Registering<R> = Effect.Effect<void, McpServer.NameTaken, McpServer.McpServer | Scope.Scope | R>

declare const tables: Effect.Effect<ReadonlyArray<string>, never, Database>
declare const ids: Effect.Effect<ReadonlyArray<number>, never, CurrentUser>

const whole = (rows: unknown): string => JSON.stringify(rows)
const queried = Effect.flatMap(Database, (db) => Effect.orDie(Effect.map(db.query(""), whole)))

describe("the variables of a template", () => {
  it("are those of its text, with every operator", () => {
    expect<McpResource.VariablesOf<"docs://readme">>().type.toBe<never>()
    expect<McpResource.VariablesOf<"users://{id}">>().type.toBe<"id">()
    expect<McpResource.VariablesOf<"files:///{+path}">>().type.toBe<"path">()
    expect<McpResource.VariablesOf<"page://a{#part}">>().type.toBe<"part">()
    expect<McpResource.VariablesOf<"file://a{.ext}">>().type.toBe<"ext">()
    expect<McpResource.VariablesOf<"users:/{/id}">>().type.toBe<"id">()
    expect<McpResource.VariablesOf<"point://p{;x,y}">>().type.toBe<"x" | "y">()
    expect<McpResource.VariablesOf<"search://all{?q,limit}{&page}">>().type.toBe<"q" | "limit" | "page">()
  })

  it("are named without `*` and without a length", () => {
    expect<McpResource.VariablesOf<"files://{path*}">>().type.toBe<"path">()
    expect<McpResource.VariablesOf<"files:/{/path*}">>().type.toBe<"path">()
    expect<McpResource.VariablesOf<"words://{word:3}/{word}">>().type.toBe<"word">()
    expect<McpResource.VariablesOf<"all://{a:12,b*,c}{?d*,e:1}">>().type.toBe<"a" | "b" | "c" | "d" | "e">()
    expect<McpResource.VariablesOf<"names://{last.name}/{first_name}">>().type.toBe<"last.name" | "first_name">()
  })

  it("stand between texts that are known only when the program runs", () => {
    expect<McpResource.VariablesOf<`${string}{+path}`>>().type.toBe<"path">()
  })
})

describe("McpResource.template", () => {
  it("has its text and its fields in its type", () => {
    expect(Row).type.toBe<
      McpResource.McpResourceTemplate<
        "db://{table}/{id}",
        { readonly table: Schema.String; readonly id: typeof Schema.FiniteFromString }
      >
    >()
    expect(Row.uriTemplate).type.toBe<"db://{table}/{id}">()
  })

  it("gives the handler its variables, decoded", () => {
    Row.toLayer((variables) => {
      expect(variables).type.toBe<{ readonly table: string; readonly id: number }>()
      return Effect.succeed(`${variables.table}: ${variables.id + 1}`)
    })
    Row.toLayer(
      Effect.fnUntraced(function* ({ id, table }) {
        expect(id).type.toBe<number>()
        expect(table).type.toBe<string>()
        return yield* queried
      })
    )
  })

  it("makes a URI of decoded variables", () => {
    expect(Row.uri({ table: "a", id: 1 })).type.toBe<Effect.Effect<string, Schema.SchemaError>>()

    // @ts-expect-error Type 'string' is not assignable to type 'number'
    Row.uri({ table: "a", id: "1" })
    // @ts-expect-error Property 'id' is missing in type '{ table: string; }'
    Row.uri({ table: "a" })
  })

  it("without schemas has texts", () => {
    McpResource.template("users://{id}/{+rest}", { name: "user" }).toLayer((variables) => {
      expect(variables).type.toBe<{ readonly id: string; readonly rest: string }>()
      return Effect.succeed(variables.id)
    })
  })

  it("without schemas has lists where it is exploded, and may lack what stands in a query", () => {
    McpResource.template("files:/{/path*}{?version,tags*}", { name: "file" }).toLayer((variables) => {
      expect(variables).type.toBe<{
        readonly path: ReadonlyArray<string>
        readonly version?: string
        readonly tags?: ReadonlyArray<string>
      }>()
      return Effect.succeed(variables.path.join("/"))
    })
  })

  it("takes texts, and lists of them", () => {
    McpResource.template("files:/{/path*}{?at}", {
      name: "file",
      parameters: { path: Schema.Array(Schema.String), at: Schema.optionalKey(Schema.FiniteFromString) }
    }).toLayer((variables) => {
      expect(variables).type.toBe<{ readonly path: ReadonlyArray<string>; readonly at?: number }>()
      return Effect.succeed("")
    })
  })

  it("takes no schema whose encoded side is not text", () => {
    // @ts-expect-error Type 'Finite' is not assignable to type 'TextSchema'
    McpResource.template("users://{id}", { name: "user", parameters: { id: Schema.Finite } })
  })

  it("takes a schema for each variable, and for nothing else", () => {
    // @ts-expect-error Property 'b' is missing in type
    McpResource.template("x://{a}/{b}", { name: "x", parameters: { a: Schema.String } })

    // @ts-expect-error Type 'String' is not assignable to type 'never'
    McpResource.template("x://{a}", { name: "x", parameters: { a: Schema.String, c: Schema.String } })
  })

  it("takes a text that is known only when the program runs, with schemas for what it may hold", () => {
    const text: string = "x://{a}"
    McpResource.template(text, { name: "x", parameters: { a: Schema.FiniteFromString } }).toLayer(({ a }) => {
      expect(a).type.toBe<number>()
      return Effect.succeed("")
    })
  })

  it("wants a name", () => {
    // @ts-expect-error Property 'name' is missing in type '{}' but required in type 'Options'
    McpResource.template("x://{a}", {})
    // @ts-expect-error Property 'name' is missing in type '{}' but required in type 'Options'
    McpResource.make("x://a", {})
  })
})

describe("what a resource needs", () => {
  it("is the server, and what reads it", () => {
    expect(ReadmeLive).type.toBe<Registration<never>>()
    expect(RowLive).type.toBe<Registration<Database>>()
    expect(Readme.toLayer(queried)).type.toBe<Registration<Database>>()
    expect(Row.register(() => queried)).type.toBe<Registering<Database>>()
    expect(Readme.register(queried)).type.toBe<Registering<Database>>()
  })

  it("is not the request, nor the scope of the reading", () => {
    const read = Effect.gen(function* () {
      const request = yield* McpRequest
      yield* Effect.addFinalizer(() => request.log("info", "read"))
      return yield* queried
    })
    expect(Readme.toLayer(read)).type.toBe<Registration<Database>>()
    expect(Row.toLayer(() => read)).type.toBe<Registration<Database>>()
    expect(Row.register(() => read)).type.toBe<Registering<Database>>()
  })

  it("is also what lists and completes", () => {
    const live = Row.toLayer(() => Effect.succeed(""), {
      list: Stream.fromEffect(Effect.as(CurrentUser, { uri: "db://a/1", name: "a" })),
      complete: { table: () => Effect.as(Database, ["a"]) }
    })
    expect(live).type.toBe<Registration<CurrentUser | Database>>()
  })

  it("is also what pages are made with", () => {
    const live = Row.toLayer(() => queried, {
      list: (position, limit) => {
        expect(position).type.toBe<string | undefined>()
        expect(limit).type.toBe<number>()
        return Effect.as(CurrentUser, { items: [{ uri: "db://a/1", name: "a" }], next: "2" })
      }
    })
    expect(live).type.toBe<Registration<CurrentUser | Database>>()
  })

  it("is what all its completers need", () => {
    const live = Row.toLayer(() => Effect.succeed(""), {
      complete: { table: () => tables, id: () => ids }
    })
    expect(live).type.toBe<Registration<CurrentUser | Database>>()
  })

  it("is what decodes its variables; what encodes them is for its URI", () => {
    const Services = McpResource.template("x://{value}", { name: "x", parameters: Coded.parameters.fields })
    expect(Services.toLayer(() => Effect.succeed(""))).type.toBe<Registration<Uses<"decode parameters">>>()
    expect(Services.uri({ value: "" })).type.toBe<
      Effect.Effect<string, Schema.SchemaError, Uses<"encode parameters">>
    >()
  })
})

describe("what a resource gives", () => {
  it("is text, bytes or contents", () => {
    Readme.toLayer(Effect.succeed("text"))
    Readme.toLayer(Effect.succeed(new Uint8Array()))
    Readme.toLayer(Effect.succeed(McpResource.contents("docs://readme", "text")))
    Readme.toLayer(Effect.succeed([McpResource.contents("a:", "text"), McpResource.contents("b:", new Uint8Array())]))
    expect(McpResource.contents("a:", "")).type.toBe<McpContent.ResourceContents>()

    // @ts-expect-error Type 'number' is not assignable to type 'Output'
    Readme.toLayer(Effect.succeed(1))
    // @ts-expect-error Type 'number' is not assignable to type 'Output'
    Row.toLayer(({ id }) => Effect.succeed(id))
  })

  it("may be a refusal, and no other error", () => {
    Readme.toLayer(Effect.fail(McpResource.notFound("docs://readme")))
    Row.toLayer(() => Effect.fail(new McpError.McpError({ reason: new McpError.Closed({ detail: "" }) })))

    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError | Unanswered'
    Readme.toLayer(Effect.fail(new Boom({ why: "" })))
    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError | Unanswered'
    Row.toLayer(() => Effect.fail(new Boom({ why: "" })))
    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError'
    Row.toLayer(() => Effect.succeed(""), { list: Stream.fail(new Boom({ why: "" })) })
    // @ts-expect-error Type 'Boom' is not assignable to type 'HandlerError'
    Row.toLayer(() => Effect.succeed(""), { complete: { table: () => Effect.fail(new Boom({ why: "" })) } })
  })
})

describe("completing a variable", () => {
  it("gives values of its type, knowing what else is typed", () => {
    Row.toLayer(() => Effect.succeed(""), {
      complete: {
        id: (typed, context) => {
          expect(typed).type.toBe<string>()
          expect(context.arguments).type.toBe<{ readonly table?: string; readonly id?: string }>()
          return Effect.succeed({ values: [1, 2], total: 20 })
        }
      }
    })
  })

  it("is for variables alone", () => {
    // @ts-expect-error Type 'string' is not assignable to type 'number'
    Row.toLayer(() => Effect.succeed(""), { complete: { id: () => Effect.succeed(["1"]) } })
    // @ts-expect-error 'other' does not exist in type 'Completers<
    Row.toLayer(() => Effect.succeed(""), { complete: { other: () => Effect.succeed(["1"]) } })
  })
})
