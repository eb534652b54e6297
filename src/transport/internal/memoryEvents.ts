/**
 * The streams of all sessions in memory, within one bound for all of them and one for each session.
 *
 * An event stands in two queues by age, its session's and that of all; so does a stream. Where a bound is exceeded the
 * oldest event leaves, and where no event is left the oldest stream. Events leave a stream only at its front: what is
 * kept of it is always its latest part, without gaps. Nothing is searched for: an operation takes as long as the events
 * that it adds, gives or removes.
 */
import * as Effect from "effect/Effect"
import type { Id } from "../../wire/JsonRpc.ts"
import type { Event, Kept, Service, StreamKey } from "../EventStore.ts"
import { Chain, Link } from "./chain.ts"
import { Fifo } from "./fifo.ts"
import { ResumeLost } from "./storeErrors.ts"

/** What an event or a stream takes besides its text, in characters. */
const BOOKKEEPING = 200

/** How many sessions must write for the whole to be full. */
const SHARES = 4

/** What shares one bound: everything, or a session. */
class Bound {
  readonly limit: number
  readonly entries = new Chain<Entry>()
  readonly tracks = new Chain<Track>()
  size = 0

  constructor(limit: number) {
    this.limit = limit
  }
}

class Session extends Bound {
  readonly id: string
  readonly byName = new Map<string, Track>()

  constructor(id: string, limit: number) {
    super(limit)
    this.id = id
  }
}

/** An event of a stream, or the news that there will be none. */
class Entry {
  readonly track: Track
  readonly event: Event | undefined
  readonly size: number
  readonly inAll = new Link<Entry>(this)
  readonly inSession = new Link<Entry>(this)

  constructor(track: Track, event: Event | undefined) {
    this.track = track
    this.event = event
    this.size = BOOKKEEPING + (event?.text.length ?? 0)
  }
}

/** A stream. What is kept of it are the events after number `lost` up to number `last`, and then perhaps its end. */
class Track {
  readonly session: Session
  readonly name: string
  readonly requests: ReadonlyArray<Id>
  readonly size: number
  readonly inAll = new Link<Track>(this)
  readonly inSession = new Link<Track>(this)
  readonly entries = new Fifo<Entry>()
  lost = 0
  last = 0
  ended = false

  constructor(session: Session, name: string, requests: ReadonlyArray<Id>) {
    this.session = session
    this.name = name
    this.requests = requests
    this.size = requests.reduce<number>((sum, id) => sum + String(id).length, BOOKKEEPING)
  }
}

export class MemoryEvents implements Service {
  readonly #all: Bound
  readonly #sessions = new Map<string, Session>()

  constructor(limit: number) {
    this.#all = new Bound(limit)
  }

  open(key: StreamKey, requests: ReadonlyArray<Id>): Effect.Effect<void> {
    return Effect.sync(() => {
      const known = this.#find(key)
      if (known !== undefined) this.#forget(known)
      const track = new Track(this.#sessionOf(key.session), key.stream, requests)
      this.#keep(track)
    })
  }

  append(key: StreamKey, event: Event, last: boolean): Effect.Effect<void> {
    return Effect.sync(() => {
      const track = this.#find(key)
      if (track === undefined || track.ended || event.seq <= track.last) return
      const entry = new Entry(track, event)
      const fits = track.size + entry.size <= track.session.limit
      if (!fits || event.seq > track.last + 1) {
        this.#dropAll(track)
        track.lost = fits ? event.seq - 1 : event.seq
      }
      track.last = event.seq
      track.ended = last
      if (fits) this.#add(entry)
      else if (last) this.#forget(track)
    })
  }

  end(key: StreamKey): Effect.Effect<void> {
    return Effect.sync(() => {
      const track = this.#find(key)
      if (track === undefined || track.ended) return
      track.ended = true
      this.#add(new Entry(track, undefined))
    })
  }

  read(key: StreamKey, after: number, max: number): Effect.Effect<Kept, ResumeLost> {
    return Effect.suspend(() => {
      const track = this.#find(key)
      if (track === undefined) return Effect.fail(new ResumeLost({ detail: "The stream is not known, or no longer" }))
      if (after < track.lost) {
        return Effect.fail(new ResumeLost({ detail: `Event ${after + 1} of the stream is no longer kept` }))
      }
      if (after > track.last) return Effect.fail(new ResumeLost({ detail: `The stream has no event ${after}` }))
      return Effect.succeed(pageOf(track, after, max))
    })
  }

  remove(session: string): Effect.Effect<void> {
    return Effect.sync(() => {
      for (const track of this.#sessions.get(session)?.byName.values() ?? []) this.#forget(track)
    })
  }

  #find({ session, stream }: StreamKey): Track | undefined {
    return this.#sessions.get(session)?.byName.get(stream)
  }

  #sessionOf(id: string): Session {
    return this.#sessions.get(id) ?? new Session(id, Math.floor(this.#all.limit / SHARES))
  }

  /** Begins a stream, unless it is larger than a session may be. */
  #keep(track: Track): void {
    const { session } = track
    if (track.size > session.limit) return
    this.#sessions.set(session.id, session)
    session.byName.set(track.name, track)
    this.#all.tracks.add(track.inAll)
    session.tracks.add(track.inSession)
    this.#grow(session, track.size)
  }

  #add(entry: Entry): void {
    const { session } = entry.track
    entry.track.entries.push(entry)
    this.#all.entries.add(entry.inAll)
    session.entries.add(entry.inSession)
    this.#grow(session, entry.size)
  }

  /** Something was added: what is too much leaves. */
  #grow(session: Session, size: number): void {
    for (const bound of [session, this.#all]) bound.size += size
    for (const bound of [session, this.#all]) {
      while (bound.size > bound.limit) this.#relieve(bound)
    }
  }

  /** The oldest event leaves, and with the last one of an ended stream the stream; without events the oldest stream. */
  #relieve({ entries, tracks }: Bound): void {
    const oldest = entries.first?.track
    if (oldest === undefined) return this.#forget(tracks.first!)
    this.#drop(oldest)
    if (oldest.ended && oldest.entries.length === 0) this.#forget(oldest)
  }

  #shrink(session: Session, size: number): void {
    session.size -= size
    this.#all.size -= size
  }

  /** Takes the first of what is kept out of a stream. */
  #drop(track: Track): void {
    const entry = track.entries.shift()
    if (entry === undefined) return
    this.#all.entries.remove(entry.inAll)
    track.session.entries.remove(entry.inSession)
    this.#shrink(track.session, entry.size)
    track.lost = entry.event?.seq ?? track.lost
  }

  #dropAll(track: Track): void {
    while (track.entries.length > 0) this.#drop(track)
  }

  #forget(track: Track): void {
    const { session } = track
    this.#dropAll(track)
    session.byName.delete(track.name)
    this.#all.tracks.remove(track.inAll)
    session.tracks.remove(track.inSession)
    this.#shrink(session, track.size)
    if (session.byName.size === 0) this.#sessions.delete(session.id)
  }
}

/** The events after a number of which nothing is lost, up to `max` characters or one event. */
const pageOf = (track: Track, after: number, max: number): Kept => {
  const events: Array<Event> = []
  let size = 0
  let seq = after
  while (seq < track.last) {
    const event = track.entries.at(seq - track.lost)!.event!
    size += event.text.length
    if (size > max && events.length > 0) break
    events.push(event)
    seq = event.seq
  }
  return { events, ended: track.ended && seq >= track.last, requests: track.requests }
}
