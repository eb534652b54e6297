/**
 * How the steps of the library behind `McpJsonSchema` are counted, and ended when there are too many.
 *
 * The library asks every subschema for `$recursiveAnchor` when it applies it to a value. Ours, which never need that
 * keyword, count it there, at the price of what the step may cost. What would cost more than a step, such as comparing
 * the items of an array with each other, is counted before it is done.
 */
import type { LinearPattern } from "./linearPattern.ts"

/** Thrown where the budget of a validation is spent. */
export const SPENT = Symbol("mcp-effect/McpJsonSchema/spent")

export type Properties = { readonly [name: string]: Applied }

/** The budget of the validation that is running, and what it knows of its value. Validations never overlap. */
export class Run {
  #left = 0
  #names: ReadonlyArray<string> = []
  #named = new Map<Applied, Properties>()

  begin(steps: number, names: ReadonlyArray<string>): void {
    this.#left = steps
    this.#names = names
    this.#named = new Map()
  }

  spend(steps: number): void {
    this.#left -= steps
    if (this.#left < 0) throw SPENT
  }

  test(pattern: LinearPattern, text: string): boolean {
    this.spend(0.5 + (text.length * pattern.states) / 64)
    return pattern.test(text)
  }

  /** What patterns of names, and properties of their own, come to for the names that the value has. */
  named(schema: Applied, patterns: ReadonlyArray<readonly [LinearPattern, Applied]>, own: Properties): Properties {
    let known = this.#named.get(schema)
    if (known === undefined) {
      known = this.#name(patterns, own)
      this.#named.set(schema, known)
    }
    this.spend(Object.keys(known).length / 16)
    return known
  }

  #name(patterns: ReadonlyArray<readonly [LinearPattern, Applied]>, own: Properties): Properties {
    const named = new Map<string, ReadonlyArray<Applied>>(Object.entries(own).map(([name, one]) => [name, [one]]))
    for (const name of this.#names) {
      const more = patterns.flatMap(([pattern, one]) => (this.test(pattern, name) ? [one] : []))
      if (more.length > 0) named.set(name, [...(named.get(name) ?? []), ...more])
    }
    return Object.fromEntries([...named].map(([name, each]) => [name, this.#together(each)]))
  }

  #together(each: ReadonlyArray<Applied>): Applied {
    return each.length === 1 ? each[0]! : new Applied(this, 1, { allOf: each })
  }
}

/** A subschema as the library reads it. */
export class Applied {
  readonly #run: Run
  readonly #cost: number

  constructor(run: Run, cost: number, keywords: { readonly [keyword: string]: unknown } = {}) {
    this.#run = run
    this.#cost = cost
    Object.assign(this, keywords)
  }

  get $recursiveAnchor(): undefined {
    this.#run.spend(this.#cost)
    return undefined
  }
}

/** An item of an array whose items must be unique, or something in it: it is compared with all before it. */
class Compared extends Applied {
  readonly #run: Run
  readonly #comparing: () => number

  constructor(run: Run, comparing: () => number, keywords: { readonly [keyword: string]: unknown } = {}) {
    super(run, 1, keywords)
    this.#run = run
    this.#comparing = comparing
  }

  override get $recursiveAnchor(): undefined {
    this.#run.spend(this.#comparing())
    return super.$recursiveAnchor
  }
}

/** `uniqueItems`, behind a `contains` that is satisfied by no item but makes the library look at all of each. */
export class Unique extends Applied {
  #items = 0

  constructor(run: Run) {
    super(run, 1)
    const inside = new Compared(run, () => this.#items / 8)
    Object.assign(inside, { items: inside, additionalProperties: inside })
    const item = { enum: [], items: inside, additionalProperties: inside }
    const contains = new Compared(run, () => this.#items++ / 32, item)
    Object.assign(this, { contains, minContains: 0, uniqueItems: true })
  }

  override get $recursiveAnchor(): undefined {
    this.#items = 0
    return super.$recursiveAnchor
  }
}

/** An object so wide that looking at its names costs more than a step counts them each time. */
export const countingNames = (run: Run, target: object, names: ReadonlyArray<string>): object => {
  const cost = names.reduce((sum, name) => sum + 1 + name.length / 16, 0)
  if (cost < 64) return target
  return new Proxy(target, {
    ownKeys: (object) => {
      run.spend(cost)
      return Reflect.ownKeys(object)
    }
  })
}
