/**
 * The definitions of an explorer of SQLite databases.
 */
import { Schema } from "effect"
import { McpTool } from "mcp-effect"

/** A statement that is not run, and why: often in SQLite's own words. */
export class SqlRejected extends Schema.TaggedError<SqlRejected>()("SqlRejected", {
  sql: Schema.String,
  why: Schema.String
}) {
  override get message(): string {
    return `not run: ${this.why}`
  }
}

const readOnly = { readOnlyHint: true, openWorldHint: false }

export const Tables = McpTool.make("tables", {
  description: "The names of the tables",
  success: Schema.Struct({ tables: Schema.Array(Schema.String) }),
  annotations: readOnly
})

export const Describe = McpTool.make("describe", {
  description: "The columns of a table",
  parameters: { table: Schema.String },
  success: Schema.Struct({ columns: Schema.Array(Schema.Struct({ name: Schema.String, type: Schema.String })) }),
  failure: SqlRejected,
  annotations: readOnly
})

const Cell = Schema.NullOr(Schema.Union([Schema.String, Schema.Finite]))

export const Query = McpTool.make("query", {
  description: "Rows of a SELECT, at most 100",
  parameters: { sql: Schema.String },
  success: Schema.Struct({ rows: Schema.Array(Schema.Record(Schema.String, Cell)) }),
  failure: SqlRejected,
  annotations: readOnly
})
