/**
 * The places of a message that may be changed: those that our schema or theirs knows in this revision, and beside them
 * those that only another revision knows, or our schema with the fields of all.
 */
import type { Schema } from "effect"
import { everywhereOf, type RowOf } from "./chapters.ts"
import { judgeOf } from "./judge.ts"
import type { Place } from "./mutate.ts"
import { type Holder, theirPlaces, type Visitor, walkOf } from "./walk.ts"

class Places {
  readonly found: Array<Place> = []
  readonly #known = new Map<Holder, Set<string>>()

  readonly add: Visitor["place"] = (holder, key) => {
    let keys = this.#known.get(holder)
    if (keys === undefined) this.#known.set(holder, (keys = new Set()))
    if (keys.has(key)) return
    keys.add(key)
    this.found.push({ holder, key })
  }
}

const byTheirs = ({ by, revision }: RowOf, message: unknown, add: Visitor["place"]): void => {
  const { definitions } = judgeOf(revision.version)
  for (const { definition, of } of by) theirPlaces(definitions[definition], definitions, of(message), add)
}

const nothing = (): void => {}

/** Places near the root come first. */
const byDepth = (box: object, places: ReadonlyArray<Place>): ReadonlyArray<Place> => {
  const depths = new Map<unknown, number>()
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== "object" || value === null) return
    depths.set(value, depth)
    for (const item of Object.values(value)) visit(item, depth + 1)
  }
  visit(box, 0)
  return places.toSorted((a, b) => depths.get(a.holder)! - depths.get(b.holder)!)
}

const byOurs = (row: RowOf, schema: Schema.Constraint, message: unknown, place: Visitor["place"]): void =>
  walkOf(schema, row.name).walk(row.payload(message), { place, member: nothing, field: nothing })

/** `box` holds the message, which for a shape is a place too. */
export const placesIn = (
  row: RowOf,
  box: { message: unknown }
): { readonly here: ReadonlyArray<Place>; readonly elsewhere: ReadonlyArray<Place> } => {
  const places = new Places()
  if (!row.isMessage) places.add(box, "message")
  byOurs(row, row.own, box.message, places.add)
  byTheirs(row, box.message, places.add)
  const here = places.found.length
  byOurs(row, row.schema, box.message, places.add)
  for (const other of everywhereOf(row)) byTheirs(other, box.message, places.add)
  return { here: byDepth(box, places.found.slice(0, here)), elsewhere: byDepth(box, places.found.slice(here)) }
}
