/**
 * Lifespan: an explorer of a real file, whose connection lives exactly as long as the server.
 */
import * as NodeServices from "@effect/platform-node/NodeServices"
import { Context, Effect, FileSystem, Layer } from "effect"
import { McpClient } from "mcp-effect"
import { McpNode } from "mcp-effect/node"
import { DatabaseSync } from "node:sqlite"
import { fileURLToPath } from "node:url"
import { chapter, expect, story } from "../check.ts"
import { Database } from "./database.ts"
import { Describe, Query, SqlRejected, Tables } from "./explorer.ts"
import { app } from "./server.ts"

/** A library in a temporary directory, which is removed with the scope. */
const library = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const file = `${yield* fs.makeTempDirectoryScoped()}/library.sqlite`
  const database = new DatabaseSync(file)
  database.exec(`
    CREATE TABLE authors (id INTEGER PRIMARY KEY, name TEXT);
    CREATE TABLE books (title TEXT, author INTEGER REFERENCES authors, year INTEGER);
    INSERT INTO authors VALUES (1, 'Ursula K. Le Guin'), (2, 'Stanisław Lem');
    INSERT INTO books VALUES ('The Dispossessed', 1, 1974), ('Solaris', 2, 1961), ('Fiasco', 2, 1986);
  `)
  database.close()
  return file
})

const explore = Effect.fnUntraced(function* (client: McpClient.Service) {
  yield* expect("the tables", yield* client.call(Tables), { tables: ["authors", "books"] })
  const { columns } = yield* client.call(Describe, { table: "books" })
  const described = columns.map(({ name, type }) => `${name} ${type}`).join(", ")
  yield* expect("the columns of one", described, "title TEXT, author INTEGER, year INTEGER")

  const sql = "SELECT title, year FROM books JOIN authors ON author = id WHERE name LIKE '%Lem' ORDER BY year"
  const { rows } = yield* client.call(Query, { sql })
  yield* expect("what Lem wrote", rows, [
    { title: "Solaris", year: 1961 },
    { title: "Fiasco", year: 1986 }
  ])

  const refusal = (sql: string) => Effect.map(Effect.flip(client.call(Query, { sql })), ({ message }) => message)
  yield* expect("a typo", yield* refusal("SELECT FROM"), 'not run: near "FROM": syntax error')
  yield* expect("another file", yield* refusal("ATTACH '/tmp/secrets' AS s"), "not run: only SELECT is run here")
  const write = yield* refusal("WITH old AS (SELECT 1961) DELETE FROM books WHERE year IN old")
  yield* expect("writing", write, "not run: attempt to write a readonly database")
  const missing = yield* Effect.flip(client.call(Describe, { table: "films" }))
  yield* expect("a failure is what was declared", missing instanceof SqlRejected, true)
})

const inMemory = Effect.fnUntraced(function* (file: string) {
  yield* chapter("In memory")
  const database = yield* Effect.scoped(
    Effect.gen(function* () {
      const context = yield* Layer.build(Database.layer(file))
      yield* explore(yield* McpClient.connect(Layer.provide(app, Layer.succeedContext(context))))
      return Context.get(context, Database)
    })
  )
  yield* expect("open, once its scope has ended", yield* database.isOpen, false)
})

const overStdio = Effect.fnUntraced(function* (file: string) {
  yield* chapter("As a process")
  const program = fileURLToPath(new URL("stdio.ts", import.meta.url))
  const args = ["--conditions=mcp-effect-source", program, file]
  yield* explore(yield* McpClient.connect({ command: process.execPath, args }))
}, Effect.scoped)

const whole = Effect.gen(function* () {
  const fs = yield* FileSystem.FileSystem
  const file = yield* Effect.scoped(
    Effect.gen(function* () {
      const file = yield* library
      yield* inMemory(file)
      yield* overStdio(file)
      return file
    })
  )
  yield* chapter("Afterwards")
  yield* expect("the file is there", yield* fs.exists(file), false)
})

story(
  "Lifespan: an explorer of an SQLite file",
  whole.pipe(Effect.provide(Layer.merge(NodeServices.layer, McpNode.layer)))
)
