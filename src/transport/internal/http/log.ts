/**
 * A stream that outlives its connections: everything said on it goes into the `EventStore` and, where one reads, to the
 * connection that does.
 *
 * Events are stored one after the other, by a fiber that exists only while the store takes its time. One connection reads
 * at a time, the newest. While one reads, whoever writes waits for it; while none does, the store's bounds hold.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Id } from "../../../wire/JsonRpc.ts"
import type { Service as Store, StreamKey } from "../../EventStore.ts"
import { Fifo } from "../fifo.ts"
import { Reader } from "./reader.ts"
import { comment, priming } from "./sse.ts"

export interface LogOptions {
  readonly store: Store
  readonly key: StreamKey
  readonly context: Context.Context<never>
  /** Characters that may wait for the connection before whoever writes has to. */
  readonly soft: number
  /** Milliseconds after which a client may come back; absent where clients do not know the first event of a stream. */
  readonly retry: number | undefined
  /** It belongs to no request. */
  readonly standing: boolean
  /** The number of its last event. Default: 0. */
  readonly sequence?: number | undefined
  /** Nothing follows that. Default: false. */
  readonly ended?: boolean | undefined
}

/** A connection that reads. */
export interface Reading {
  /** The text of events. */
  readonly events: Stream.Stream<string>
  /** The connection is gone, whether or not it ever began. */
  leave(): void
}

interface Storing {
  readonly effect: Effect.Effect<void, { readonly message: string }>
  readonly sequence: number
}

export class Log {
  readonly #options: LogOptions
  readonly #waiters = new Set<() => void>()
  readonly #toStore = new Fifo<Storing>()
  /** It has begun here, so that what is not in the store is said to whoever reads. */
  #begun = false
  #storing = false
  /** The number up to which the store has the stream. */
  #stored: number
  #sequence: number
  #ended: boolean
  #reader: Reader | undefined
  /** The next connection is let go of as soon as it has been told how to come back. */
  #brief = false

  constructor(options: LogOptions) {
    this.#options = options
    this.#sequence = options.sequence ?? 0
    this.#stored = this.#sequence
    this.#ended = options.ended === true
  }

  get id(): string {
    return this.#options.key.stream
  }

  get standing(): boolean {
    return this.#options.standing
  }

  /** Nothing more will be said. */
  get ended(): boolean {
    return this.#ended
  }

  /** Nothing more will be said, and the store has all of it. */
  get settled(): boolean {
    return this.#ended && !this.#storing
  }

  /** What follows an event is still on its way to the store. */
  isStoring(after: number): boolean {
    return this.#storing && after >= this.#stored && after <= this.#sequence
  }

  get isRead(): boolean {
    return this.#reader !== undefined
  }

  /** Begins the stream in the store. */
  open(requests: ReadonlyArray<Id>): void {
    this.#begun = true
    this.#store(this.#options.store.open(this.#options.key, requests))
  }

  append(text: string, last: boolean): void {
    if (this.#ended) return
    this.#ended = last
    this.#sequence += 1
    const { key, store } = this.#options
    const event = { seq: this.#sequence, text }
    this.#reader?.say({ ...event, last })
    this.#store(store.append(key, event, last), event.seq)
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#store(this.#options.store.end(this.#options.key), Infinity)
    this.#release()
  }

  hasRoom(): boolean {
    return this.#ended || this.#reader === undefined || this.#reader.waiting < this.#options.soft
  }

  whenRoom(callback: () => void): () => void {
    this.#waiters.add(callback)
    return () => void this.#waiters.delete(callback)
  }

  /** Says that this side is still there. */
  pulse(): void {
    this.#reader?.pulse()
  }

  /** The connection that reads, or is about to, is let go of. */
  detach(): void {
    // who knows no event of the stream cannot come back
    if (this.#options.retry === undefined && (this.#reader?.position ?? 0) === 0) return
    if (this.#reader === undefined) this.#brief = true
    else this.#leave(this.#reader)
  }

  /**
   * A connection that reads what follows an event, from now on: what is said before it has begun waits in it. It ends with
   * the stream, when another connection reads, or when it is let go of.
   */
  read(after: number): Reading {
    if (this.#reader !== undefined) this.#leave(this.#reader)
    const { key, retry, store } = this.#options
    const reader = new Reader(store, key, after, () => this.#release())
    // what was said before is in the store, or soon will be: then it is noticed
    if (!this.#storing && (!this.#begun || this.#ended || after < this.#sequence)) reader.notice(Infinity)
    this.#reader = reader
    if (this.#brief) this.#leave(reader)
    this.#brief = false
    const opening = after === 0 && retry !== undefined ? priming(`${this.id}.0`, retry) : comment
    const leave = () => this.#leave(reader)
    const events = Stream.ensuring(
      Stream.concat(Stream.succeed(opening), Stream.fromPull(Effect.succeed(reader.pull))),
      Effect.sync(leave)
    )
    return { events, leave }
  }

  #leave(reader: Reader): void {
    reader.end()
    if (this.#reader !== reader) return
    this.#reader = undefined
    this.#release()
  }

  #release(): void {
    for (const waiter of this.#waiters) {
      if (!this.hasRoom()) return
      this.#waiters.delete(waiter)
      waiter()
    }
  }

  /** `sequence` is the number up to which the store has the stream afterwards. */
  #store(effect: Effect.Effect<void, { readonly message: string }>, sequence = 0): void {
    this.#toStore.push({ effect, sequence })
    if (!this.#storing) this.#storeNext()
  }

  #storeNext(): void {
    const next = this.#toStore.shift()
    if (next === undefined) return
    this.#storing = true
    const stored = Effect.catch(next.effect, (error) =>
      Effect.logWarning(`A stream could not be kept: ${error.message}`)
    )
    const fiber = Effect.runForkWith(this.#options.context)(stored)
    const done = () => {
      this.#storing = false
      this.#stored = Math.max(this.#stored, next.sequence)
      this.#reader?.notice(next.sequence)
      this.#storeNext()
    }
    if (fiber.pollUnsafe() !== undefined) done()
    else fiber.addObserver(done)
  }
}
