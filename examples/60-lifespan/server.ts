/**
 * An explorer of one SQLite database: handlers that need a `Database`, and do not know which.
 */
import { Effect, Layer, Schema } from "effect"
import { McpServer } from "mcp-effect"
import { Database } from "./database.ts"
import { Describe, Query, SqlRejected, Tables } from "./explorer.ts"

const Named = Schema.Struct({ name: Schema.String })
const Column = Schema.Struct({ name: Schema.String, type: Schema.String })
const Row = Schema.Record(Schema.String, Schema.NullOr(Schema.Union([Schema.String, Schema.Finite])))

const TablesLive = Tables.toLayer(
  Effect.fnUntraced(function* () {
    const rows = yield* Effect.orDie(
      (yield* Database).rows(Named, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    )
    return { tables: rows.map(({ name }) => name) }
  })
)

const DescribeLive = Describe.toLayer(
  Effect.fnUntraced(function* ({ table }) {
    const sql = "SELECT name, type FROM pragma_table_info(?)"
    const columns = yield* (yield* Database).rows(Column, sql, table)
    return columns.length > 0 ? { columns } : yield* new SqlRejected({ sql, why: `no such table: ${table}` })
  })
)

/** The file is open for reading only; but other statements could reach other files. */
const isSelect = (sql: string): boolean => /^\s*(select|with)\b/i.test(sql)

const QueryLive = Query.toLayer(
  Effect.fnUntraced(function* ({ sql }) {
    if (!isSelect(sql)) return yield* new SqlRejected({ sql, why: "only SELECT is run here" })
    return { rows: yield* (yield* Database).rows(Row, sql) }
  })
)

/** It says in its type that it needs a database. */
export const app = Layer.mergeAll(TablesLive, DescribeLive, QueryLive).pipe(
  Layer.provide(McpServer.layer({ name: "explorer", version: "1.0.0" }))
)
