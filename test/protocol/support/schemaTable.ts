/**
 * The tables of JSON-SCHEMA.md. The first column of each is an expression, which is evaluated here.
 *
 * So the paper and the tests speak of the same schemas: what the paper says is what is tested.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { Effect, Schema, SchemaTransformation } from "effect"

const paper = readFileSync(join(import.meta.dirname, "../../../JSON-SCHEMA.md"), "utf8")

// <names>
class Point extends Schema.Class<Point>("Point")({ x: Schema.Finite, y: Schema.Finite }) {}

const Fruit = { Apple: "apple", Pear: "pear" } as const

interface Tree {
  readonly label: string
  readonly children: ReadonlyArray<Tree>
}
const Tree = Schema.Struct({
  label: Schema.String,
  children: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
}).annotate({ identifier: "Tree" })
// </names>

const scope = { Effect, Fruit, Point, Schema, SchemaTransformation, Tree }

const evaluate = (expression: string): unknown =>
  // oxlint-disable-next-line no-new-func
  new Function(...Object.keys(scope), `return ${expression}`)(...Object.values(scope))

/** What stands between backquotes, where a bar is written as in a table. */
const code = (cell: string): string => {
  const [, text] = /^`+ ?([^]*?) ?`+$/.exec(cell) ?? []
  if (text === undefined) throw new Error(`Not code: ${cell}`)
  return text.replaceAll("\\|", "|")
}

const tableOf = (name: string): ReadonlyArray<ReadonlyArray<string>> => {
  const [, marked] = new RegExp(`<!-- ${name} -->\\n([^]*?)\\n<!-- /${name} -->`).exec(paper) ?? []
  if (marked === undefined) throw new Error(`JSON-SCHEMA.md has no table ${name}`)
  const cells = (line: string) => line.slice(1, -1).split(/(?<!\\)\|/)
  return marked.split("\n").map((line) => cells(line).map((cell) => cell.trim()))
}

/** A row of the main table: a schema and what it is published as. */
export interface Row {
  readonly text: string
  readonly schema: Schema.Constraint
  readonly json: string
}

const schemaOf = (text: string): Schema.Constraint => evaluate(text) as Schema.Constraint

const rowsOf = (name: string) => tableOf(name).slice(2)

const row = ([text, json]: ReadonlyArray<string>): Row => ({
  text: code(text!),
  schema: schemaOf(code(text!)),
  json: code(json!)
})

export const headers = (name: string) => tableOf(name).slice(0, 2)
export const rows: ReadonlyArray<Row> = rowsOf("table").map(row)
export const parameters: ReadonlyArray<Row> = rowsOf("parameters").map(row)

/** What cannot be published, where and why. */
export const refused = rowsOf("refused").map(([text, path, found]) => ({
  text: code(text!),
  schema: schemaOf(code(text!)),
  path: code(path!),
  found: found!
}))

/** Values that the published schema refuses and the decoder takes. */
export const differences = rowsOf("differences").map(([text, value, why]) => ({
  text: code(text!),
  schema: schemaOf(code(text!)),
  value: JSON.parse(code(value!)) as unknown,
  why: why!
}))

const between = (text: string, start: string, end: string) => text.slice(text.indexOf(start), text.indexOf(end))

/** The definitions of the names in the tables, in the paper and here. */
export const definitions = [
  between(paper, "class Point", "```\n\n<!-- table -->").trim(),
  between(readFileSync(import.meta.filename, "utf8"), "class Point", "// </names>").trim()
] as const
