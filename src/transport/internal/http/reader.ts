/**
 * One connection that reads a stream which can be taken up again: what is kept after an event, then what is said.
 *
 * What is said while it reads waits here for the connection; what was said before, and what it was too slow for, comes
 * from the store. Its position is the number of the last event that it has given, so nothing is given twice and nothing
 * is left out: where the store no longer has the next event the reading ends, and the client is told when it comes back.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import type { Event, Service as Store, StreamKey } from "../../EventStore.ts"
import { comment, eventWithId } from "./sse.ts"

/** Characters that are read from the store at once. */
export const READ = 256 * 1024

interface Said extends Event {
  readonly last: boolean
}

export class Reader {
  readonly #store: Store
  readonly #key: StreamKey
  readonly #onTaken: () => void
  #position: number
  #said: Array<Said> = []
  #waiting = 0
  #news = false
  #pulsed = false
  #over = false
  #resume: ((effect: Effect.Effect<void>) => void) | undefined

  /** `onTaken` is called when something has left. */
  constructor(store: Store, key: StreamKey, after: number, onTaken: () => void) {
    this.#store = store
    this.#key = key
    this.#position = after
    this.#onTaken = onTaken
  }

  /** The number of the last event that has been given. */
  get position(): number {
    return this.#position
  }

  /** Characters that wait for the connection. */
  get waiting(): number {
    return this.#waiting
  }

  /** Something is said now. */
  say(event: Said): void {
    this.#said.push(event)
    this.#waiting += event.text.length
    this.#wake()
  }

  /** The store has the stream up to a number. */
  notice(sequence: number): void {
    if (sequence <= this.#position || this.#said[0]?.seq === this.#position + 1) return
    this.#news = true
    this.#wake()
  }

  pulse(): void {
    this.#pulsed = true
    this.#wake()
  }

  /** The connection ends. */
  end(): void {
    this.#over = true
    this.#said = []
    this.#waiting = 0
    this.#wake()
  }

  #wake(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.(Effect.void)
  }

  readonly pull: Pull.Pull<readonly [string]> = Effect.suspend(() => {
    if (this.#over) return Cause.done()
    const next = this.#said[0]
    if (next?.seq === this.#position + 1) return this.#takeSaid()
    if (next === undefined && !this.#news) return this.#silence()
    this.#news = false
    return Effect.matchEffect(this.#store.read(this.#key, this.#position, READ), {
      onFailure: () => Cause.done(),
      onSuccess: ({ ended, events }): Pull.Pull<readonly [string]> => {
        if (events.length > 0) return this.#takeKept(events, ended)
        return ended ? Cause.done() : this.#silence()
      }
    })
  })

  /** Waits for something to say; meanwhile a sign of life, if there is to be one. */
  #silence(): Pull.Pull<readonly [string]> {
    if (this.#pulsed) {
      this.#pulsed = false
      return Effect.succeed([comment])
    }
    const heard = Effect.callback<void>((resume) => {
      this.#resume = resume
      return Effect.sync(() => {
        this.#resume = undefined
      })
    })
    return Effect.flatMap(heard, () => this.pull)
  }

  #takeSaid(): Pull.Pull<readonly [string]> {
    const said = this.#said
    this.#said = []
    this.#waiting = 0
    return this.#give(said, said.at(-1)!.last)
  }

  #takeKept(events: ReadonlyArray<Event>, ended: boolean): Pull.Pull<readonly [string]> {
    const last = events.at(-1)!.seq
    this.#said = this.#said.filter(({ seq }) => seq > last)
    this.#waiting = this.#said.reduce((sum, { text }) => sum + text.length, 0)
    this.#news = true
    return this.#give(events, ended)
  }

  #give(events: ReadonlyArray<Event>, last: boolean): Pull.Pull<readonly [string]> {
    let text = ""
    for (const event of events) text += eventWithId(`${this.#key.stream}.${event.seq}`, event.text)
    this.#position = events.at(-1)!.seq
    this.#over = last
    this.#onTaken()
    return Effect.succeed([text])
  }
}
