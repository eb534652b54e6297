/**
 * Which revision has which method, and what it lacks of the vocabulary: two tables made from the values, compared with
 * `test/golden` (UPDATE_GOLDEN=1 writes them), the first also with the specification's own tables.
 *
 * And no name in a revision's tables stands for nothing.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Schema, SchemaAST } from "effect"
import type { McpRevision } from "mcp-effect"
import { isData, nameOf, ownerOf } from "../../src/protocol/internal/shape.ts"
import { projections } from "../../src/protocol/revisions/projections.ts"
import { revisions } from "../../src/protocol/revisions/index.ts"
import { chapters, chosen, examplesOf, extensionOf, payloads, rows, shared } from "./support/vocabulary.ts"

const golden = join(import.meta.dirname, "..", "golden")
const update = process.env["UPDATE_GOLDEN"] === "1"

/** Compares a text with its golden file, or writes that. */
const compare = (file: string, text: string): void => {
  const path = join(golden, file)
  if (update) writeFileSync(path, text)
  assert.strictEqual(text, readFileSync(path, "utf8"), `${file} is not what it was: see UPDATE_GOLDEN`)
}

const table = (header: ReadonlyArray<string>, body: ReadonlyArray<ReadonlyArray<string>>): string =>
  [header, header.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |\n`).join("")

const versions = revisions.map(({ version }) => version)

type Cell = "C→S" | "S→C" | "both" | "ext" | "input" | "–"

const has = ({ notifications, requests }: McpRevision.Direction, name: string): boolean =>
  requests.has(name) || notifications.has(name)

/** The methods that travel as questions inside of results. */
const questions = (chapters["mrtr"]!["InputRequest"] as { readonly members: ReadonlyArray<Schema.Constraint> }).members
  .flatMap(({ ast }) => (SchemaAST.isObjects(ast) ? ast.propertySignatures : []))
  .flatMap(({ name, type }) => (name === "method" && SchemaAST.isLiteral(type) ? [String(type.literal)] : []))

const directionOf = (
  from: ReadonlyArray<{ readonly client: McpRevision.Direction; readonly server: McpRevision.Direction }>,
  name: string
): Cell => {
  const client = from.some((one) => has(one.client, name))
  const server = from.some((one) => has(one.server, name))
  return client && server ? "both" : client ? "C→S" : server ? "S→C" : "–"
}

const cellOf = (revision: McpRevision.McpRevision, name: string): Cell => {
  const own = directionOf([revision], name)
  if (own !== "–") return own
  if (directionOf(Object.values(revision.extensions), name) !== "–") return "ext"
  return revision.policy.interactive.size > 0 && questions.includes(name) ? "input" : "–"
}

const everywhere = revisions.flatMap((revision) => [revision, ...Object.values(revision.extensions)])
const namesOf = (tag: string): ReadonlyArray<string> =>
  [...new Set(rows.filter(({ method }) => method._tag === tag).map(({ method }) => method.name))].toSorted()

const methods = (): string => {
  const lines = (tag: string) =>
    namesOf(tag).map((name) => [
      `\`${name}\``,
      directionOf(everywhere, name),
      ...revisions.map((revision) => cellOf(revision, name))
    ])
  const header = (kind: string) => [kind, "direction", ...versions]
  return `# Methods by revision

Made by \`test/protocol/methods-table.test.ts\` from the revisions' tables. \`C→S\`: the client sends it; \`S→C\`: the
server; \`ext\`: only with an extension; \`input\`: only as a question inside a result; \`–\`: not at all.

${table(header("request"), lines("Request"))}
${table(header("notification"), lines("Notification"))}`
}

describe("methods by revision", () => {
  it("are those of test/golden/methods.md", () => compare("methods.md", methods()))

  it("have a row for each name in a table, and are in a table for each row", () => {
    const tables = (kind: "requests" | "notifications") =>
      new Set(everywhere.flatMap(({ client, server }) => [...client[kind], ...server[kind]]))
    assert.deepStrictEqual([...tables("requests")].toSorted(), namesOf("Request"))
    assert.deepStrictEqual([...tables("notifications")].toSorted(), namesOf("Notification"))
  })

  it("of an extension have their rows in its chapter, and the others theirs in the others", () => {
    for (const { chapter, method } of rows) {
      const id = extensionOf(chapter)
      const from = id === undefined ? revisions : revisions.flatMap(({ extensions }) => extensions[id] ?? [])
      assert.notStrictEqual(directionOf(from, method.name), "–", `${chapter}: ${method.name}`)
    }
  })

  it("are in every chapter that there is", () => {
    const files = readdirSync(join(import.meta.dirname, "../../src/protocol/methods"), { recursive: true })
    const found = files.map((file) => String(file).replaceAll("\\", "/")).filter((file) => file.endsWith(".ts"))
    assert.sameMembers(
      Object.keys(chapters),
      found.map((file) => file.slice(0, -3))
    )
  })
})

interface Told {
  readonly name: string
  readonly direction: string
  readonly cells: ReadonlyArray<string>
}

/** `a/{b,c}/d` and `a/b` / `c` are several names. */
const spelled = (cell: string): ReadonlyArray<string> => {
  const [first = "", ...others] = [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!)
  const folder = first.slice(0, first.lastIndexOf("/") + 1)
  const all = [first, ...others.map((name) => (name.includes("/") ? name : folder + name))]
  return all.flatMap((name) => {
    const [, before, choices, after] = /^(.*)\{(.*)\}(.*)$/.exec(name) ?? []
    return choices === undefined ? [name] : choices.split(",").map((choice) => `${before}${choice}${after}`)
  })
}

/** The rows of the specification's tables; a `|` inside of code is escaped. */
const told: ReadonlyArray<Told> = readFileSync(join(golden, "spec-tables.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
  )
  .flatMap(([name, direction, ...cells]) => spelled(name!).map((name) => ({ name, direction: direction!, cells })))

type Presence = "yes" | "no" | "ext" | "input"

/** What a cell says of a method's being there; what only describes a change says that it is. */
const presence = (cell: string): Presence => {
  const text = cell.replaceAll("*", "")
  if (/^(–|removed|gone|replaced)/.test(text)) return "no"
  if (/^(only as an entry in|only inside) `inputRequests`/.test(text)) return "input"
  if (/^(moved to extension|extension only)/.test(text)) return "ext"
  return "yes"
}

const presenceOf = (cell: Cell): Presence => (cell === "–" ? "no" : cell === "ext" || cell === "input" ? cell : "yes")

/** Who sends it in a revision, as the specification's row says: `both (L) / S→C (M)`, or in the cell itself. */
const senders = ({ cells, direction }: Told, index: number): string => {
  const era = index === revisions.length - 1 ? "M" : "L"
  const own = /^(C→S): .*(S→C): /.test(cells[index]!) ? "both" : /^(C→S|S→C)/.exec(cells[index]!)?.[1]
  const parts = direction.split(/[/;]/).map((part) => part.trim())
  const ofEra = parts.find((part) => part.endsWith(`(${era})`)) ?? parts[0]!
  return own ?? /^(C→S|S→C|both)/.exec(ofEra)![1]!
}

describe("the specification's tables", () => {
  it("have the columns of our revisions, and rows for all names but one of an extension", () => {
    const header = readFileSync(join(golden, "spec-tables.md"), "utf8").match(/^\| (Method|Notification) \|.*$/gm)
    for (const line of header ?? []) {
      const columns = line
        .split("|")
        .slice(3, -1)
        .map((cell) => cell.trim())
      assert.deepStrictEqual(
        columns,
        versions.map((version) => version.slice(2, 7))
      )
    }
    const names = [...namesOf("Request"), ...namesOf("Notification")]
    assert.deepStrictEqual(
      names.filter((name) => told.every((one) => one.name !== name)),
      ["notifications/tasks"]
    )
    assert.deepStrictEqual(
      told.filter(({ name }) => !names.includes(name)),
      []
    )
  })

  it.each(told)("$name is where they have it", (row) => {
    assert.deepStrictEqual(
      revisions.map((revision) => presenceOf(cellOf(revision, row.name))),
      row.cells.map(presence)
    )
  })

  it.each(told)("$name is sent by whom they say", (row) => {
    revisions.forEach((revision, index) => {
      const cell = cellOf(revision, row.name)
      if (presenceOf(cell) === "yes") assert.strictEqual(cell, senders(row, index), revision.version)
    })
  })
})

/** A named schema: its fields with who owns each (itself or a part), or the members of a choice. */
interface Shape {
  readonly name: string
  readonly choice: boolean
  readonly members: ReadonlyArray<{ readonly owner: string; readonly name: string }>
}

const membersOf = (ast: SchemaAST.AST, name: string): Shape["members"] => {
  if (SchemaAST.isUnion(ast)) return ast.types.map((type) => ({ owner: name, name: nameOf(type) ?? "" }))
  if (!SchemaAST.isObjects(ast)) return []
  return ast.propertySignatures.map((field) => ({ owner: ownerOf(field.type, name)!, name: String(field.name) }))
}

const innerOf = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> => {
  if (SchemaAST.isUnion(ast)) return ast.types
  if (SchemaAST.isArrays(ast)) return ast.rest
  return SchemaAST.isObjects(ast) ? [...ast.propertySignatures, ...ast.indexSignatures].map(({ type }) => type) : []
}

/** All named structs and unions in some schemas, by name. */
const shapesOf = (schemas: ReadonlyArray<Schema.Constraint>): ReadonlyMap<string, Shape> => {
  const all = new Map<string, Shape>()
  const seen = new Set<SchemaAST.AST>()
  const visit = (ast: SchemaAST.AST): void => {
    if (seen.has(ast)) return
    seen.add(ast)
    const name = nameOf(ast)
    const named = SchemaAST.isUnion(ast) || SchemaAST.isObjects(ast)
    if (name !== undefined && named && !all.has(name)) {
      all.set(name, { name, choice: SchemaAST.isUnion(ast), members: membersOf(ast, name) })
    }
    innerOf(ast).forEach(visit)
  }
  for (const { ast } of schemas) visit(ast)
  return all
}

const schemas = [...Object.values(chapters).flatMap((module) => Object.values(module)), ...shared]
  .filter(Schema.isSchema)
  .concat(payloads.map(({ schema }) => schema as Schema.Top))
const whole = shapesOf(schemas)

/** What a listing may name: shapes, parts and choices, each with all that it has. */
const owners = new Map<string, Set<string>>()
for (const { members } of whole.values()) {
  for (const { name, owner } of members) owners.set(owner, (owners.get(owner) ?? new Set()).add(name))
}

/** What travels in a revision: the payloads of its methods, and of their chapters. */
const travels = (revision: McpRevision.McpRevision): ReadonlyMap<string, Shape> => {
  const known = rows.filter(({ chapter, method }) => {
    const id = extensionOf(chapter)
    return id === undefined ? !["–", "ext"].includes(cellOf(revision, method.name)) : id in revision.extensions
  })
  const names = known.map(({ chapter, method }) => `${chapter}: ${method.name}`)
  const withoutRows = revision.policy.interactive.size > 0 ? ["errors", "mrtr"] : ["errors"]
  const inside = new Set([...known.map(({ chapter }) => chapter), ...withoutRows])
  return shapesOf(
    payloads
      .filter(({ chapter, kind, name }) =>
        kind === "data" ? inside.has(chapter) : names.includes(`${chapter}: ${name}`)
      )
      .map(({ schema }) => revision.schema(schema))
  )
}

const quoted = (names: Iterable<string>): string => [...names].map((name) => `\`${name}\``).join(", ")

/** Per shape, part or choice of what travels in a revision: what the revision lacks of it. */
const lacksOf = (revision: McpRevision.McpRevision): ReadonlyArray<ReadonlyArray<string>> => {
  const lacks = new Map<string, Set<string>>()
  for (const shape of travels(revision).keys()) {
    for (const { name, owner } of whole.get(shape)?.members ?? []) {
      const listed = revision.listings.get(owner)?.members
      if (listed !== undefined && !listed.has(name)) lacks.set(owner, (lacks.get(owner) ?? new Set()).add(name))
    }
  }
  return [...lacks]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([owner, names]) => [`\`${owner}\``, quoted(names), instead(revision, owner, names)])
}

/** What comes instead of what goes. */
const instead = ({ listings }: McpRevision.McpRevision, owner: string, names: ReadonlySet<string>): string => {
  if (schemas.some(({ ast }) => nameOf(ast) === owner && isData(ast))) return "not checked; data is never changed"
  const kept = Object.keys(projections.keeps[owner] ?? {}).filter((field) => names.has(field))
  const anew = [...listings]
    .filter(([shape, { fields }]) =>
      whole.get(shape)?.members.some((one) => one.owner === owner && Object.hasOwn(fields, one.name))
    )
    .map(([shape]) => shape)
  return [
    Object.hasOwn(projections.standIns, owner) ? "a stand-in, where there is one" : [],
    kept.length > 0 ? `kept: ${quoted(kept)}` : [],
    anew.length > 0 ? `declared anew by ${quoted(anew)}` : []
  ]
    .flat()
    .join("; ")
}

const json = (value: unknown): string => `\`${JSON.stringify(value)}\``

const lackedSomewhere = (choice: string, member: string): boolean =>
  revisions.some(({ listings }) => listings.get(choice)?.members?.has(member) === false)

/** Values for which something stands in: of each member of a choice that is lacked somewhere, and of data. */
const standIns = (): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(projections.standIns).flatMap(([name, standIn]) => {
    const { ast } = schemas.find((schema) => nameOf(schema.ast) === name)!
    const odd = { type: "object", properties: { any: true, none: false } }
    const values = SchemaAST.isUnion(ast)
      ? examplesOf(ast, "required").filter((value) => lackedSomewhere(name, chosen(ast, value)[0]![1]))
      : [odd]
    return [...new Set(values.map((value) => JSON.stringify(value)))]
      .map((value) => [value, standIn(JSON.parse(value))] as const)
      .map(([value, other]) => [`\`${name}\``, `\`${value}\``, other === undefined ? "nothing" : json(other)])
  })

const keeps = (): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(projections.keeps).flatMap(([name, fields]) =>
    Object.entries(fields).map(([field, keep]) => [`\`${name}\``, `\`${field}\``, json(keep("the value", { own: 1 }))])
  )

const sectionOf = (revision: McpRevision.McpRevision): string =>
  `## ${revision.version}\n\n${table(["of", "it lacks", "instead"], lacksOf(revision))}`

const lacks = (): string =>
  `# What a projection takes away

Made by \`test/protocol/methods-table.test.ts\` from the vocabulary and the revisions' listings: of each shape, part or
choice that travels in a revision, the fields or members that the revision lacks. Methods are in \`methods.md\`.

${revisions.map(sectionOf).join("\n")}
## Stand-ins

What takes the place of a member that a revision lacks, by example. Where there is none, the element or the optional
field goes, and what needs it cannot be said.

${table(["of", "this", "becomes"], standIns())}
## Kept elsewhere

${table(["of", "field", "the rest of the result becomes"], keeps())}`

describe("what a revision lacks", () => {
  it("is what test/golden/lacks.md says", () => compare("lacks.md", lacks()))

  it.each(revisions)("$version lists only what there is", ({ listings }) => {
    const unknown = [...listings].flatMap(([name, { fields, members }]) => {
      const known = whole.has(name) ? (owners.get(name) ?? new Set<string>()) : owners.get(name)
      const names = [...(members?.keys() ?? [])].filter(
        (member) => !known?.has(member) && !Object.hasOwn(fields, member)
      )
      return known === undefined ? [name] : names.map((member) => `${name}.${member}`)
    })
    assert.deepStrictEqual(unknown, [])
  })

  it("is had by at least one other", () => {
    const never = [...owners].flatMap(([owner, names]) =>
      [...names]
        .filter((name) => revisions.every(({ listings }) => listings.get(owner)?.members?.has(name) === false))
        .map((name) => `${owner}.${name}`)
    )
    assert.deepStrictEqual(never, [])
  })

  it("has stand-ins and keeps only for what there is", () => {
    for (const name of Object.keys(projections.standIns)) assert.isTrue(whole.has(name), name)
    for (const [name, fields] of Object.entries(projections.keeps)) {
      for (const field of Object.keys(fields)) assert.isTrue(owners.get(name)?.has(field), `${name}.${field}`)
    }
  })

  it("names each shape once", () => {
    const twice = new Map<string, Set<string>>()
    const seen = new Set<SchemaAST.AST>()
    const visit = (ast: SchemaAST.AST): void => {
      if (seen.has(ast)) return
      seen.add(ast)
      const name = nameOf(ast)
      if (name !== undefined) {
        const text = JSON.stringify(membersOf(ast, name))
        twice.set(name, (twice.get(name) ?? new Set()).add(text))
      }
      innerOf(ast).forEach(visit)
    }
    for (const { ast } of schemas) visit(ast)
    assert.deepStrictEqual(
      [...twice].filter(([, forms]) => forms.size > 1).map(([name]) => name),
      []
    )
  })
})
