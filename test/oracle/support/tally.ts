/**
 * Of what the cases of a property were made, by group; a value that makes up less than 2% of its group fails the test.
 *
 * The bounds, the seed and the way it is shown are those of `test/laws/support/law.ts`. `Made` counts what the vocabulary
 * itself tells: members of choices, and fields that may be absent.
 */
import type { Schema } from "effect"
import { ENOUGH, LEAST, SEED } from "../../laws/support/law.ts"
import { type Visitor, walkOf } from "./walk.ts"

type Counts = Map<string, number>

const sum = (counts: Counts): number => [...counts.values()].reduce((total, one) => total + one, 0)

const share = (count: number, total: number): string => `${total === 0 ? 0 : Math.round((count / total) * 100)}%`

const rareIn = (group: string, counts: Counts): ReadonlyArray<string> =>
  [...counts].flatMap(([value, count]) => (count === 0 || count < LEAST * sum(counts) ? [`${group}=${value}`] : []))

const shown = (counts: Counts): string =>
  [...counts].map(([value, count]) => `${value} ${share(count, sum(counts))}`).join(", ")

const line = (name: string, runs: number, group: string, text: string): void => {
  if (text !== "") console.log(`${name} [seed ${SEED}, ${runs} runs each] ${group}: ${text}`)
}

const fail = (rare: ReadonlyArray<string>, runs: number): void => {
  if (runs >= ENOUGH && rare.length > 0) throw new Error(`Too rare to mean anything: ${rare.join(", ")}`)
}

const add = (groups: Map<string, Counts>, group: string, values: Iterable<string>): void => {
  const counts = groups.get(group) ?? new Map<string, number>()
  groups.set(group, counts)
  for (const value of values) counts.set(value, 0)
}

/** What was drawn in the cases of one chapter. */
export class Tally {
  readonly #groups = new Map<string, Counts>()
  readonly #others = new Map<string, Counts>()

  constructor(expected: { readonly [group: string]: ReadonlyArray<string> }) {
    for (const [group, values] of Object.entries(expected)) this.expect(group, values)
  }

  /** Values that must be seen. */
  expect(group: string, values: Iterable<string>): void {
    add(this.#groups, group, values)
  }

  seen(group: string, value: string): void {
    const counts = this.#groups.get(group)
    if (counts === undefined) throw new Error(`The group "${group}" is not among the expected ones`)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }

  /** Something that may be rare, or never happen: it is shown, no more. */
  count(group: string, value: string): void {
    const counts = this.#others.get(group) ?? new Map<string, number>()
    this.#others.set(group, counts.set(value, (counts.get(value) ?? 0) + 1))
  }

  check(name: string, runs: number): void {
    for (const [group, counts] of this.#groups) line(name, runs, group, shown(counts))
    for (const [group, counts] of this.#others) {
      line(name, runs, group, [...counts].map(([value, count]) => `${value} ${count}`).join(", "))
    }
    const rare = [...this.#groups].flatMap(([group, counts]) => rareIn(group, counts))
    fail(rare, runs)
  }
}

interface Named {
  readonly name: string
}

/** What the payloads of all chapters were made of. */
export class Made {
  readonly #members = new Map<string, Counts>()
  readonly #fields = new Map<string, Counts>()

  /** All that payloads of a schema can be made of. */
  expect(schema: Schema.Constraint, { name }: Named): void {
    walkOf(schema, name).tell({
      member: (choice, member) => add(this.#members, choice, [member]),
      field: (field) => add(this.#fields, field, ["present", "absent"])
    })
  }

  /** Counts what a payload is made of, and tells a visitor of the rest. */
  walk(schema: Schema.Constraint, { name }: Named, payload: unknown, visitor: Partial<Visitor> = {}): void {
    const count = (groups: Map<string, Counts>, group: string, value: string): void => {
      const counts = groups.get(group)!
      counts.set(value, counts.get(value)! + 1)
    }
    walkOf(schema, name).walk(payload, {
      place: () => {},
      ...visitor,
      member: (choice, member) => count(this.#members, choice, member),
      field: (field, present) => count(this.#fields, field, present ? "present" : "absent")
    })
  }

  check(name: string, runs: number): void {
    const members = [...this.#members].map(([choice, counts]) => `${choice} {${shown(counts)}}`)
    const fields = [...this.#fields].map(([field, counts]) => `${field} ${share(counts.get("present")!, sum(counts))}`)
    line(name, runs, "members", members.join(", "))
    line(name, runs, "fields present", fields.join(", "))
    const least = Math.min(...[...this.#members, ...this.#fields].map(([, counts]) => sum(counts)))
    line(name, runs, "the rarest choice or field", `${least} times`)
    fail(
      [...this.#members, ...this.#fields].flatMap(([group, counts]) => rareIn(group, counts)),
      runs
    )
  }
}
