/**
 * What the type tests share: the definitions of the README, one tool of each shape that types tell apart, and one of each
 * other thing that a server offers.
 *
 * Their hovers are read from this file, so the explicit types that a reader might miss are missing on purpose: what is
 * inferred here is what a user sees.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { McpClient, McpMiddleware, McpPrompt, type McpRequest, McpResource, McpServer, McpTool } from "mcp-effect"

export const Rows = Schema.Struct({ rows: Schema.Array(Schema.String), kind: Schema.Literals(["a", "b"]) })

export class SqlRejected extends Schema.TaggedError<SqlRejected>()("SqlRejected", { line: Schema.Finite }) {}

/** An error that no tool declares. */
export class Boom extends Schema.TaggedError<Boom>()("Boom", { why: Schema.String }) {}

export class Database extends Context.Service<
  Database,
  { readonly query: (sql: string) => Effect.Effect<typeof Rows.Type, SqlRejected> }
>()("test/Database") {
  static readonly layer = Layer.succeed(this, { query: () => Effect.succeed({ rows: [], kind: "a" }) })
}

export const Add = McpTool.make("add", {
  description: "Add two numbers",
  parameters: { a: Schema.Finite, b: Schema.Finite },
  success: Schema.Struct({ sum: Schema.Finite })
})
export const AddLive = Add.toLayer(({ a, b }) => Effect.succeed({ sum: a + b }))

export const Query = McpTool.make("query", {
  parameters: { sql: Schema.String },
  success: Rows,
  failure: SqlRejected,
  timeout: "5 seconds"
})
export const QueryLive = Query.toLayer(({ sql }) => Effect.flatMap(Database, (db) => db.query(sql)))

/** Takes nothing and answers with content. */
export const Hello = McpTool.make("hello")

export const Server = McpServer.layer({ name: "db", version: "1.0.0" })
export const Main = QueryLive.pipe(Layer.provide(Database.layer), Layer.provide(Server))

export const program = Effect.gen(function* () {
  const client = yield* McpClient.connect(AddLive.pipe(Layer.provide(Server)))
  return yield* client.call(Add, { a: 1, b: 2 })
}).pipe(Effect.scoped)

/** Its parameters are a class with a constructor default. */
export class Point extends Schema.Class<Point>("Point")({
  x: Schema.Finite,
  y: Schema.Finite.pipe(Schema.withConstructorDefault(Effect.succeed(0)))
}) {}
export const Move = McpTool.make("move", { parameters: Point, success: Point })

/** Every parameter may be left out. */
export const Search = McpTool.make("search", {
  parameters: {
    text: Schema.optionalKey(Schema.String),
    limit: Schema.Int.pipe(Schema.withConstructorDefault(Effect.succeed(10)))
  },
  success: Schema.Array(Schema.String)
})

/** Its parameters are a union, and it declares two failures. */
export const Either = McpTool.make("either", {
  parameters: Schema.Union([Schema.Struct({ id: Schema.Int }), Schema.Struct({ name: Schema.String })]),
  failure: Schema.Union([SqlRejected, Boom])
})

interface Uses<Name extends string> {
  readonly service: Name
}
const coded = <const Name extends string>(_name: Name) =>
  Schema.String as unknown as Schema.Codec<string, string, Uses<`decode ${Name}`>, Uses<`encode ${Name}`>>

/** Each of its schemas needs a service to decode and another to encode. */
export const Coded = McpTool.make("coded", {
  parameters: { value: coded("parameters") },
  success: Schema.Struct({ value: coded("success") }),
  failure: Schema.Struct({ value: coded("failure") })
})
export type { Uses }

export const query = (client: McpClient.Service) => client.call(Query, { sql: "select 1" })
export const listed = (client: McpClient.Service) => client.tools()
export const read = (client: McpClient.Service) => client.readResource("docs://readme")
export const watched = (client: McpClient.Service) => client.updates("docs://readme")

export const Readme = McpResource.make("docs://readme", { name: "readme", mimeType: "text/markdown" })
export const ReadmeLive = Readme.toLayer(Effect.succeed("# Read me"))

export const Row = McpResource.template("db://{table}/{id}", {
  name: "row",
  parameters: { table: Schema.String, id: Schema.FiniteFromString }
})
export const RowLive = Row.toLayer(({ id, table }) =>
  Effect.flatMap(Database, (db) => Effect.orDie(Effect.map(db.query(`${table} ${id}`), JSON.stringify)))
)

export const Review = McpPrompt.make("review", {
  parameters: { code: Schema.String, style: Schema.Literals(["strict", "kind"]) }
})
export const ReviewLive = Review.toLayer(({ code, style }) => Effect.succeed(`Be ${style}:\n${code}`))

/** Who is calling: a middleware knows it anew for each call. */
export class CurrentUser extends Context.Service<CurrentUser, { readonly name: string }>()("test/CurrentUser") {}

export const Who = McpTool.make("who")
export const WhoLive = Who.toLayer(() => Effect.map(CurrentUser, ({ name }) => name))
export const WithUser = McpMiddleware.layerProviding(CurrentUser, (call, next) =>
  Effect.provideService(next, CurrentUser, { name: call.principal.id })
)
export const WhoWithUser = Layer.provide(WhoLive, WithUser)

export const elicited = (request: McpRequest.Service) =>
  request.elicit("who", { message: "Who?", schema: Schema.String })
export const sampled = (request: McpRequest.Service) => request.sample("said", { messages: "Hello" })
export const held = (request: McpRequest.Service) => request.once("told", Schema.Void, Effect.void)
