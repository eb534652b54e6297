/**
 * What was put in first leaves first, and each can be looked at by its position; all in constant time.
 *
 * `shift` of an array moves what is left; here the place of what has left is reused when it is half of the whole.
 */
export class Fifo<A> {
  #items: Array<A | undefined> = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(item: A): void {
    this.#items.push(item)
  }

  /** The one at a position, counted from the first that is still here. */
  at(index: number): A | undefined {
    return this.#items[this.#head + index]
  }

  shift(): A | undefined {
    if (this.length === 0) return undefined
    const item = this.#items[this.#head]
    this.#items[this.#head] = undefined
    this.#head += 1
    if (this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }
}
