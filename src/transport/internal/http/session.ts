/**
 * One legacy session: a conversation that is fed by hand, and the streams on which it speaks.
 *
 * It is the outlet of what belongs to no request: that leaves by the newest stream that a client has opened for it, and
 * waits where there is none. While nothing runs and no stream is open it is a plain object: no fiber, no timer, no queue.
 * It belongs to its principal.
 */
import type { Conversation, Outbound, Outlet, Principal } from "../../McpTransport.ts"
import type { Log } from "./log.ts"
import type { ResponseOutlet } from "./responses.ts"

export class Session implements Outlet {
  readonly id: string
  readonly principal: Principal
  conversation!: Conversation
  /** When it was used last, in milliseconds. */
  usedAt: number
  /** Its place in the order of last use: not before this. */
  placedAt: number
  /** When the store heard that last. */
  keptAt: number
  /** The client has gone on after its handshake. */
  settled = false
  ended = false
  /** It has become something else than the store knows. */
  isChanged = false
  /** Exchanges that have not ended. */
  #held = 0
  #streams: Array<ResponseOutlet> | undefined
  #logs: Map<string, Log> | undefined
  #nextLog = 0
  readonly #openedAt: number
  #waiters: Set<() => void> | undefined

  constructor(id: string, principal: Principal, now: number) {
    this.id = id
    this.principal = principal
    this.usedAt = now
    this.placedAt = now
    this.keptAt = now
    this.#openedAt = now
  }

  /** Something runs, or a stream is open. */
  get isHeld(): boolean {
    return this.#held > 0 || this.conversation.busy
  }

  hold(): void {
    this.#held += 1
  }

  release(now: number): void {
    this.#held -= 1
    this.usedAt = now
  }

  // streams for what belongs to no request

  get streams(): number {
    return this.#streams?.length ?? 0
  }

  addStream(stream: ResponseOutlet): void {
    this.#streams ??= []
    this.#streams.push(stream)
    this.#free()
  }

  removeStream(stream: ResponseOutlet): void {
    if (this.#streams === undefined) return
    this.#streams = this.#streams.filter((other) => other !== stream)
    if (this.#streams.length === 0) this.#streams = undefined
  }

  push(frame: Outbound): void {
    const stream = this.#streams?.at(-1)
    if (stream === undefined) frame.receipt?.handed()
    else stream.push(frame)
  }

  none(): void {}

  hasRoom(): boolean {
    return this.#streams?.at(-1)?.hasRoom() === true
  }

  whenRoom(callback: () => void): () => void {
    const stream = this.#streams?.at(-1)
    if (stream !== undefined) return stream.whenRoom(callback)
    const waiters = (this.#waiters ??= new Set())
    waiters.add(callback)
    return () => void waiters.delete(callback)
  }

  #free(): void {
    const waiters = this.#waiters
    this.#waiters = undefined
    for (const waiter of waiters ?? []) waiter()
  }

  // streams that can be taken up again

  /** A name for a stream that no stream of this session has had, not before a restart either. */
  nextLog(): string {
    this.#nextLog += 1
    return `${this.#openedAt.toString(36)}-${this.#nextLog}`
  }

  /** Remembers a stream that can be taken up again; of standing ones that nobody reads, only the latest `limit`. */
  addLog(log: Log, limit: number): void {
    this.#logs ??= new Map()
    for (const [id, { settled }] of this.#logs) if (settled) this.#logs.delete(id)
    this.#logs.set(log.id, log)
    const left = [...this.#logs.values()].filter((other) => other.standing && !other.isRead)
    for (const forgotten of left.slice(0, Math.max(0, left.length - limit))) {
      forgotten.end()
      this.#logs.delete(forgotten.id)
    }
  }

  log(id: string): Log | undefined {
    return this.#logs?.get(id)
  }

  /** Ends every stream. */
  endStreams(): void {
    for (const stream of this.#streams ?? []) stream.none()
    for (const log of this.#logs?.values() ?? []) log.end()
    this.#streams = undefined
    this.#logs = undefined
  }
}
