/**
 * A database as a service: `node:sqlite` behind a few Effects, in a Layer whose scope is the life of the file.
 *
 * It only reads, and no more than 100 rows. Whoever needs it says so in its type; closing it is nobody's duty but the scope's.
 */
import { Context, Effect, Layer, Schema } from "effect"
import { DatabaseSync, type SQLInputValue } from "node:sqlite"
import { SqlRejected } from "./explorer.ts"

const MAX_ROWS = 100

export interface Service {
  readonly isOpen: Effect.Effect<boolean>
  /** Runs one statement that gives rows of that shape. */
  rows<Row>(
    schema: Schema.Codec<Row, unknown>,
    sql: string,
    ...values: ReadonlyArray<SQLInputValue>
  ): Effect.Effect<ReadonlyArray<Row>, SqlRejected>
}

export class Database extends Context.Service<Database, Service>()("explorer/Database") {
  /** Opens a file for reading, and closes it when the scope ends. */
  static readonly layer = (file: string): Layer.Layer<Database> =>
    Layer.effect(
      this,
      Effect.map(
        Effect.acquireRelease(
          Effect.sync(() => new DatabaseSync(file, { readOnly: true })),
          (database) => Effect.sync(() => database.close())
        ),
        serviceOf
      )
    )
}

const why = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

const firstOf = <A>(rows: Iterable<A>): ReadonlyArray<A> => {
  const read: Array<A> = []
  for (const row of rows) if (read.push(row) === MAX_ROWS) break
  return read
}

const serviceOf = (database: DatabaseSync): Service => ({
  isOpen: Effect.sync(() => database.isOpen),
  rows: (schema, sql, ...values) => {
    const decode = Schema.decodeUnknownEffect(Schema.Array(schema))
    const read = Effect.try({
      try: () => firstOf(database.prepare(sql).iterate(...values)),
      catch: (thrown) => new SqlRejected({ sql, why: why(thrown) })
    })
    // a row that does not fit is a mistake of this program, or holds what JSON cannot say
    return Effect.flatMap(read, (rows) =>
      Effect.mapError(decode(rows), (error) => new SqlRejected({ sql, why: error.message }))
    )
  }
})
