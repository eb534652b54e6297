/**
 * Where frames wait to leave: the two outlets under the peer's three drivers.
 *
 * `Outbox` belongs to a duplex conversation: its stream is run into the transport's sink, so the sink's pace decides,
 * and frames that gather meanwhile leave as one chunk. `ExchangeOutlet` belongs to one response: it is a single reply
 * until the first notification makes it a stream. `push` is synchronous in both; bounds are asked for by `hasRoom`,
 * and exceeding the hard one is reported to the owner. Neither knows what a frame says.
 */
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Pull from "effect/Pull"
import * as Stream from "effect/Stream"
import type { Answer, Outbound, Outlet } from "../McpTransport.ts"
import { later } from "./later.ts"

type Chunk = Arr.NonEmptyReadonlyArray<Outbound>

/** Frames in the order of their pushing, taken in chunks by whoever pulls, and the callers that wait for room. */
class FrameQueue {
  unsent = 0
  /** How many chunks have been taken. */
  taken = 0
  readonly #soft: number
  #frames: Array<Outbound> = []
  readonly #waiters = new Set<() => void>()
  #resume: ((effect: Pull.Pull<Chunk>) => void) | undefined
  #scheduled = false
  #ended = false

  constructor(soft: number) {
    this.#soft = soft
  }

  /** Frames wait to be taken. */
  get isWaiting(): boolean {
    return this.#frames.length > 0
  }

  add(frame: Outbound, patient: boolean): void {
    this.#frames.push(frame)
    this.unsent += frame.text.length
    this.#schedule(patient)
  }

  end(): void {
    this.#ended = true
    this.#schedule(false)
    this.#release()
  }

  /** Forgets what has gathered: nobody waits for it to be handed over any longer. */
  discard(): void {
    const frames = this.#frames
    this.#frames = []
    this.unsent = 0
    this.end()
    for (const frame of frames) frame.receipt?.handed()
  }

  hasRoom(): boolean {
    return this.#ended || this.unsent < this.#soft
  }

  whenRoom(callback: () => void): () => void {
    this.#waiters.add(callback)
    return () => void this.#waiters.delete(callback)
  }

  /** Hands over what has gathered, or waits for something. */
  readonly pull: Pull.Pull<Chunk> = Effect.suspend(() => {
    if (this.#frames.length > 0 || this.#ended) return this.#take()
    return Effect.callback((resume) => {
      this.#resume = resume
      return Effect.sync(() => {
        this.#resume = undefined
      })
    })
  })

  #schedule(patient: boolean): void {
    if (this.#scheduled || this.#resume === undefined) return
    this.#scheduled = true
    if (patient) later(this.#wake)
    else queueMicrotask(this.#wake)
  }

  readonly #wake = (): void => {
    this.#scheduled = false
    const resume = this.#resume
    if (resume === undefined || (this.#frames.length === 0 && !this.#ended)) return
    this.#resume = undefined
    resume(this.#take())
  }

  #take(): Pull.Pull<Chunk> {
    const frames = this.#frames
    if (!Arr.isArrayNonEmpty(frames)) return Cause.done()
    this.#frames = []
    this.unsent = 0
    this.taken += 1
    for (const frame of frames) frame.receipt?.handed()
    this.#release()
    return Effect.succeed(frames)
  }

  /** Lets waiters go on, one after the other, as long as there is room after each. */
  #release(): void {
    for (const waiter of this.#waiters) {
      if (!this.hasRoom()) return
      this.#waiters.delete(waiter)
      waiter()
    }
  }
}

/** Says that this side is still there. */
export const pulse: Outbound = { kind: "pulse", text: "", via: undefined, hints: undefined, receipt: undefined }

export interface Bounds {
  /** Unsent characters above which there is no room. */
  readonly soft: number
  /** Unsent characters above which the owner is told. */
  readonly hard: number
}

/** The outlet of a duplex conversation. */
export class Outbox implements Outlet {
  readonly #queue: FrameQueue
  readonly #hard: number
  readonly #busy: () => boolean
  readonly #onOverflow: () => void
  #closed = false

  /** `busy` says whether more frames are to be expected soon; `onOverflow` that the hard bound was exceeded. */
  constructor(bounds: Bounds, busy: () => boolean, onOverflow: () => void) {
    this.#queue = new FrameQueue(bounds.soft)
    this.#hard = bounds.hard
    this.#busy = busy
    this.#onOverflow = onOverflow
    this.stream = Stream.fromPull(Effect.succeed(this.#queue.pull))
  }

  /** What the transport's sink is fed with. */
  readonly stream: Stream.Stream<Outbound>

  /** Characters that have not been handed to the sink. */
  get unsent(): number {
    return this.#queue.unsent
  }

  /** How many chunks have been handed to the sink. */
  get taken(): number {
    return this.#queue.taken
  }

  push(frame: Outbound): void {
    if (this.#closed) return frame.receipt?.handed()
    this.#queue.add(frame, this.#busy())
    if (this.#queue.unsent > this.#hard) this.#onOverflow()
  }

  none(): void {}

  hasRoom(): boolean {
    return this.#queue.hasRoom()
  }

  whenRoom(callback: () => void): () => void {
    return this.#queue.whenRoom(callback)
  }

  /** Takes no more; what has gathered is still handed over, then the stream ends. */
  end(): void {
    this.#closed = true
    this.#queue.end()
  }

  /** Takes no more and forgets what has gathered. */
  discard(): void {
    this.#closed = true
    this.#queue.discard()
  }
}

/** The outlet of one exchange. */
export class ExchangeOutlet implements Outlet {
  readonly #queue: FrameQueue
  readonly #onDrop: () => void
  #resolve: ((answer: Effect.Effect<Answer>) => void) | undefined
  #answer: Answer | undefined
  #ended = false

  /** `onDrop` is called when the receiver goes away before the end. */
  constructor(soft: number, onDrop: () => void) {
    this.#queue = new FrameQueue(soft)
    this.#onDrop = onDrop
  }

  /** What the exchange comes to. Interrupting it means that the receiver went away. */
  readonly answer: Effect.Effect<Answer> = Effect.callback((resume) => {
    if (this.#answer !== undefined) return resume(Effect.succeed(this.#answer))
    this.#resolve = resume
    return Effect.sync(() => this.drop())
  })

  push(frame: Outbound): void {
    if (this.#ended) return frame.receipt?.handed()
    // what waits says as well that this side is there
    if (frame.kind === "pulse" && this.#queue.isWaiting) return
    if (frame.kind !== "reply") {
      this.#queue.add(frame, false)
      return this.stream()
    }
    this.#ended = true
    if (this.#answer === undefined) {
      frame.receipt?.handed()
      this.#settle({ _tag: "Reply", frame })
    } else {
      this.#queue.add(frame, false)
      this.#queue.end()
    }
  }

  /** Whether it is neither answered nor dropped yet. */
  get isOpen(): boolean {
    return !this.#ended
  }

  /** Becomes a stream before anything has been said. */
  stream(): void {
    if (this.#answer === undefined) this.#settle({ _tag: "Stream", frames: this.#frames() })
  }

  none(): void {
    if (this.#ended) return
    this.#ended = true
    if (this.#answer === undefined) this.#settle({ _tag: "None" })
    else this.#queue.end()
  }

  hasRoom(): boolean {
    return this.#queue.hasRoom()
  }

  whenRoom(callback: () => void): () => void {
    return this.#queue.whenRoom(callback)
  }

  #settle(answer: Answer): void {
    this.#answer = answer
    this.#resolve?.(Effect.succeed(answer))
  }

  /** What it has come to so far, if anything. */
  get now(): Answer | undefined {
    return this.#answer
  }

  /** The receiver is gone: before the end, or before it has taken all of it. */
  drop(): void {
    const ended = this.#ended
    this.#ended = true
    this.#queue.discard()
    if (!ended) this.#onDrop()
  }

  #frames(): Stream.Stream<Outbound> {
    return Stream.ensuring(
      Stream.fromPull(Effect.succeed(this.#queue.pull)),
      Effect.sync(() => this.drop())
    )
  }
}
