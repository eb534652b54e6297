/**
 * The rule by which streams leave memory, over plain lists that are searched from the front each time.
 *
 * It says what each operation should be given, so that a store can be given the same, and what should be left.
 */
import type { EventStore } from "mcp-effect"

/** What an event or a stream counts besides its text. */
export const SIZE = 200

interface Stream {
  readonly key: EventStore.StreamKey
  lost: number
  last: number
  ended: boolean
}

interface Entry {
  readonly stream: Stream
  readonly event: EventStore.Event | undefined
}

const sizeOf = ({ event }: Entry) => SIZE + (event?.text.length ?? 0)
const nameOf = ({ session, stream }: EventStore.StreamKey) => `${session} ${stream}`

export class Model {
  readonly #limit: number
  #entries: Array<Entry> = []
  #streams: Array<Stream> = []
  /** The last number of every stream that ever was, so that numbers go on. */
  readonly #known = new Map<string, { readonly key: EventStore.StreamKey; last: number }>()

  constructor(limit: number) {
    this.#limit = limit
  }

  get seen(): Iterable<EventStore.StreamKey> {
    return [...this.#known.values()].map(({ key }) => key)
  }

  open(key: EventStore.StreamKey): ReadonlyArray<number> {
    this.#forget((stream) => stream === this.#find(key))
    this.#known.set(nameOf(key), { key, last: 0 })
    this.#streams.push({ key, lost: 0, last: 0, ended: false })
    this.#fit(key.session)
    return []
  }

  append(key: EventStore.StreamKey, skip: number, text: string, last: boolean): readonly [EventStore.Event, boolean] {
    const stream = this.#find(key)
    const event = { seq: (stream?.last ?? 0) + 1 + skip, text }
    if (stream === undefined || stream.ended) return [event, last]
    const fits = 2 * SIZE + text.length <= this.#limit / 4
    if (!fits || skip > 0) {
      this.#entries = this.#entries.filter((entry) => entry.stream !== stream)
      stream.lost = fits ? event.seq - 1 : event.seq
    }
    stream.last = event.seq
    stream.ended = last
    this.#known.set(nameOf(key), { key, last: event.seq })
    if (fits) this.#entries.push({ stream, event })
    this.#fit(key.session)
    return [event, last]
  }

  end(key: EventStore.StreamKey): EventStore.StreamKey {
    const stream = this.#find(key)
    if (stream !== undefined && !stream.ended) {
      stream.ended = true
      this.#entries.push({ stream, event: undefined })
      this.#fit(key.session)
    }
    return key
  }

  remove(session: string): string {
    this.#forget((stream) => stream.key.session === session)
    return session
  }

  /** Up to which number a stream has lost its events, if it is known, and its last number. */
  expected(key: EventStore.StreamKey): { readonly lost: number | undefined; readonly last: number } {
    return { lost: this.#find(key)?.lost, last: this.#known.get(nameOf(key))?.last ?? 0 }
  }

  /** What a reader gets after a number. */
  after(key: EventStore.StreamKey, after: number) {
    const stream = this.#find(key)
    if (stream === undefined || after > stream.last) return "ResumeLost"
    const events = this.#entries.flatMap((entry) =>
      entry.stream === stream && entry.event !== undefined && entry.event.seq > after ? [entry.event] : []
    )
    return { events, ended: stream.ended }
  }

  #find({ session, stream }: EventStore.StreamKey): Stream | undefined {
    return this.#streams.find(({ key }) => key.session === session && key.stream === stream)
  }

  #forget(which: (stream: Stream) => boolean): void {
    this.#entries = this.#entries.filter(({ stream }) => !which(stream))
    this.#streams = this.#streams.filter((stream) => !which(stream))
  }

  #fit(session: string): void {
    this.#fitInto(this.#limit / 4, (stream) => stream.key.session === session)
    this.#fitInto(this.#limit, () => true)
    // an ended stream of which nothing is left
    this.#forget((stream) => stream.ended && !this.#entries.some((entry) => entry.stream === stream))
  }

  #fitInto(limit: number, which: (stream: Stream) => boolean): void {
    for (;;) {
      this.#forget((stream) => stream.ended && !this.#entries.some((entry) => entry.stream === stream))
      const entries = this.#entries.filter(({ stream }) => which(stream))
      const streams = this.#streams.filter(which)
      const size = entries.reduce((sum, entry) => sum + sizeOf(entry), streams.length * SIZE)
      if (size <= limit) return
      const oldest = entries[0]
      if (oldest === undefined) this.#forget((stream) => stream === streams[0])
      else {
        this.#entries = this.#entries.filter((entry) => entry !== oldest)
        oldest.stream.lost = oldest.event?.seq ?? oldest.stream.lost
      }
    }
  }
}
