/**
 * Notifications that nobody waits for: what a conversation, or one call, has to say when it can.
 *
 * Each has a key; a later text of the same key takes the place of one that has not left. What is `said` leaves at the end
 * of this turn of the loop, what is `told` at once, what is `held` when it is released; all of it only while there is
 * room. What is told has no key, and of it at most `limit` wait: then the oldest of all is dropped. No fiber and no timer
 * exists for any of it.
 */
import { later, type Exchange, type Outlet } from "../../transport/McpTransport.ts"

export class Notices {
  readonly #outlet: Outlet
  readonly #via: Exchange | undefined
  readonly #limit: number
  readonly #waiting = new Map<unknown, string>()
  readonly #held = new Map<unknown, string>()
  #scheduled = false
  #withdraw: (() => void) | undefined
  #ended = false

  constructor(outlet: Outlet, via: Exchange | undefined, limit: number) {
    this.#outlet = outlet
    this.#via = via
    this.#limit = limit
  }

  /** Leaves at the end of this turn, once, whatever is said under the same key until then. */
  say(key: unknown, text: string): void {
    if (this.#ended) return
    this.#waiting.set(key, text)
    if (this.#scheduled) return
    this.#scheduled = true
    later(() => {
      this.#scheduled = false
      this.#leave()
    })
  }

  /** Leaves at once, behind what waits already. */
  tell(text: string): void {
    if (this.#ended) return
    if (this.#waiting.size >= this.#limit) this.#waiting.delete(this.#waiting.keys().next().value)
    this.#waiting.set({}, text)
    this.#leave()
  }

  /** Leaves with the next release. */
  hold(key: unknown, text: string): void {
    if (!this.#ended) this.#held.set(key, text)
  }

  /** Lets go what is held. */
  release(): void {
    this.#unhold()
    this.#leave()
  }

  #unhold(): void {
    for (const [key, text] of this.#held) this.#waiting.set(key, text)
    this.#held.clear()
  }

  /** Lets go what waits, as far as there is room; the rest follows when there is. */
  #leave(): void {
    if (this.#withdraw !== undefined) return
    while (this.#waiting.size > 0) {
      if (!this.#outlet.hasRoom()) {
        this.#withdraw = this.#outlet.whenRoom(() => {
          this.#withdraw = undefined
          this.#leave()
        })
        return
      }
      this.#pushOldest()
    }
  }

  /** Lets go all that waits, now: what comes next must be behind it. Nothing can be added any more. */
  end(): void {
    this.#unhold()
    while (this.#waiting.size > 0) this.#pushOldest()
    this.drop()
  }

  /** What waits is not said any more, and nothing else. */
  drop(): void {
    this.#ended = true
    this.#waiting.clear()
    this.#held.clear()
    this.#withdraw?.()
    this.#withdraw = undefined
  }

  #pushOldest(): void {
    const [key, text] = this.#waiting.entries().next().value!
    this.#waiting.delete(key)
    this.#outlet.push({ kind: "notification", text, via: this.#via, hints: undefined, receipt: undefined })
  }
}
