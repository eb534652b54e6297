/**
 * What a revision is told is what its schema says: a projection is valid there, or there is none and it is listed why.
 *
 * Values are drawn as the newest revision has them that has the row, with the fields of all revisions, and as the
 * revision itself has them; these come back as they are. Unknown fields and entries of `_meta` stay.
 */
import { assert, describe, it } from "@effect/vitest"
import { Arbitrary, Schema } from "effect"
import { inexpressible } from "../../src/protocol/McpRevision.ts"
import { inexpressibles } from "./inexpressible.ts"
import { isObject } from "./support/amend.ts"
import { everywhereOf, type RowOf } from "./support/chapters.ts"
import { drawn, wire } from "./support/draw.ts"
import { judgeOf } from "./support/judge.ts"
import { culprit, lost } from "./support/projection.ts"
import { property, RUNS } from "./support/property.ts"
import { supersetFor } from "./support/superset.ts"
import type { Tally } from "./support/tally.ts"
import type { Holder } from "./support/walk.ts"

const sources = {
  "the newest revision": (row: RowOf) => everywhereOf(row).at(-1)!.own,
  "all revisions": (row: RowOf) => supersetFor(row.revision, row.schema),
  "the revision itself": (row: RowOf) => row.own
} as const
type Source = keyof typeof sources
const names = Object.keys(sources) as ReadonlyArray<Source>

const OWN = "com.example/own"
const met = new Map(inexpressibles.map(({ name }) => [name, 0]))

const listed = ({ revision }: RowOf, name: string, said: string, tally: Tally): void => {
  const found = inexpressibles.find((one) => one.name === name && one.in.includes(revision.version))
  assert.isDefined(found, `${name} cannot be said: ${said}`)
  tally.count("inexpressible", name)
  met.set(name, met.get(name)! + 1)
}

type Members = { [key: string]: unknown }

/** Adds a field that nobody knows to an object, and to the `_meta` that it has. */
const plant = (holder: Members): void => {
  for (const target of [holder, holder["_meta"]]) if (isObject(target)) (target as Members)[OWN] = { planted: true }
}

/** What a JSON Schema may say since 2026-07-28, and had to say otherwise or not at all before. */
const keywords = {
  none: {},
  boolean: { properties: { a: true, b: false, c: { type: "string" } } },
  odd: { properties: { a: { type: "string" } }, required: { a: true } }
} as const
type Keywords = keyof typeof keywords
const kinds = Object.keys(keywords) as ReadonlyArray<Keywords>

const how = Arbitrary.schema(
  Schema.Struct({ source: Schema.Literals(names), planted: Schema.Boolean, schemas: Schema.Literals(kinds) })
)

/** Writes into objects what the drawn schemas do not make. */
const enrich = (holders: ReadonlyMap<Holder, string>, planted: boolean, added: Members): void => {
  for (const [holder, name] of holders) {
    if (/^(Input|Output)Schema$/.test(name)) Object.assign(holder, added)
    if (planted) plant(holder as Members)
  }
}

property("what a revision is told is what its schema says", {
  draws: (rows) => {
    const bySource = new Map(names.map((source) => [source, drawn(rows, sources[source])]))
    return Arbitrary.flatMap(how, (drawn) =>
      Arbitrary.map(bySource.get(drawn.source)!, (one) => ({ ...one, ...drawn }))
    )
  },
  told: (row) => supersetFor(row.revision, row.schema),
  expected: { source: names, planted: ["true", "false"], schemas: kinds },
  body: (row, { id, payload, planted, schemas, source }, tally, made) => {
    const { revision, schema } = row
    const before = wire(payload)
    const holders = new Map<Holder, string>()
    made.walk(supersetFor(revision, schema), row, before, { struct: (holder, name) => holders.set(holder, name) })
    const isModern = source === "the newest revision" && everywhereOf(row).at(-1)!.revision.era === "modern"
    enrich(holders, planted, isModern ? keywords[schemas] : {})
    tally.seen("source", source)
    tally.seen("planted", String(planted))
    tally.seen("schemas", schemas)
    const after = revision.project(schema, before)
    const said = `${JSON.stringify(before)} became ${after === inexpressible ? "nothing" : JSON.stringify(after)}`
    if (source === "the revision itself") assert.strictEqual(after, before, said)
    tally.count("outcome", after === before ? "same" : after === inexpressible ? "inexpressible" : "changed")
    if (after === inexpressible) return listed(row, culprit(revision, schema, before), said, tally)
    assert.isUndefined(lost(revision, schema, before, after), said)
    const message = wire(row.message(after, id))
    const verdict = judgeOf(revision.version).judge(row.by, message)
    assert.isTrue(verdict.listed, `${verdict.problem}: ${said}`)
    assert.isUndefined(row.refusal(revision, message), said)
  }
})

describe("what cannot be said", () => {
  it("is all met", () => {
    console.log(`not to be said: ${[...met].map(([name, times]) => `${name} ${times}`).join(", ")}`)
    const unused = [...met].flatMap(([name, times]) => (times === 0 ? [name] : []))
    if (RUNS >= 1000) assert.deepStrictEqual(unused, [], "never met")
  })
})
