/**
 * Something for each of many keys, of which the one that was set longest ago is forgotten when there are too many.
 */
export class Counts<A> {
  readonly #capacity: number
  readonly #all = new Map<string, A>()

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get(key: string): A | undefined {
    return this.#all.get(key)
  }

  set(key: string, value: A): void {
    this.#all.delete(key)
    if (this.#all.size >= this.#capacity) this.#all.delete(this.#all.keys().next().value!)
    this.#all.set(key, value)
  }

  delete(key: string): void {
    this.#all.delete(key)
  }
}
