/**
 * Things in an order, from which any can be taken out at once: what a bounded store needs to find the oldest.
 *
 * A Map has an order too, but finding its first member again and again becomes slow where members leave at the front.
 */

/** A thing's place in one chain. */
export class Link<out A> {
  readonly value: A
  /** The chain's own. */
  previous: Link<A> | undefined = undefined
  /** The chain's own. */
  next: Link<A> | undefined = undefined

  constructor(value: A) {
    this.value = value
  }
}

export class Chain<A> {
  #first: Link<A> | undefined
  #last: Link<A> | undefined

  get first(): A | undefined {
    return this.#first?.value
  }

  /** Puts it at the end. It must not be in a chain. */
  add(link: Link<A>): void {
    link.previous = this.#last
    if (this.#last === undefined) this.#first = link
    else this.#last.next = link
    this.#last = link
  }

  /** Takes it out. It must be in this chain. */
  remove(link: Link<A>): void {
    const { next, previous } = link
    if (previous === undefined) this.#first = next
    else previous.next = next
    if (next === undefined) this.#last = previous
    else next.previous = previous
    link.previous = undefined
    link.next = undefined
  }
}
