/**
 * The outlet of a response that can be taken up again: a single reply, or, from the first thing said before it, a `Log`.
 *
 * Losing the connection changes nothing here: what is said goes on into the log.
 */
import * as Effect from "effect/Effect"
import type { Outbound } from "../../McpTransport.ts"
import type { Log, Reading } from "./log.ts"
import type { ResponseOutlet, Told } from "./responses.ts"

export class ResumableOutlet implements ResponseOutlet {
  readonly #makeLog: () => Log
  readonly #after: number
  #log: Log | undefined
  #told: Told | undefined
  #reading: Reading | undefined
  #resume: ((told: Effect.Effect<Told>) => void) | undefined

  /** `after` is the number of the event that the receiver has seen last. */
  constructor(makeLog: () => Log, after = 0) {
    this.#makeLog = makeLog
    this.#after = after
  }

  readonly told: Effect.Effect<Told> = Effect.callback((resume) => {
    if (this.#told !== undefined) return resume(Effect.succeed(this.#told))
    this.#resume = resume
    return Effect.sync(() => {
      this.#resume = undefined
    })
  })

  get toldNow(): Told | undefined {
    return this.#told
  }

  /** Whoever is to hear it comes back; what was to read it does not. */
  drop(): void {
    this.#reading?.leave()
  }

  get isOpen(): boolean {
    return this.#told === undefined || this.#log?.ended === false
  }

  stream(): void {
    if (this.#told !== undefined) return
    this.#log = this.#makeLog()
    this.#reading = this.#log.read(this.#after)
    this.#tell({ _tag: "Events", events: this.#reading.events })
  }

  push(frame: Outbound): void {
    frame.receipt?.handed()
    if (frame.kind === "pulse") return this.#log === undefined ? this.stream() : this.#log.pulse()
    if (frame.kind === "reply" && this.#log === undefined) return this.#tell({ _tag: "Reply", frame })
    this.stream()
    this.#log?.append(frame.text, frame.kind === "reply")
  }

  none(): void {
    if (this.#log === undefined) this.#tell({ _tag: "None" })
    else this.#log.end()
  }

  hasRoom(): boolean {
    return this.#log === undefined || this.#log.hasRoom()
  }

  whenRoom(callback: () => void): () => void {
    return this.#log === undefined ? () => {} : this.#log.whenRoom(callback)
  }

  detach(): void {
    this.stream()
    this.#log?.detach()
  }

  #tell(told: Told): void {
    if (this.#told !== undefined) return
    this.#told = told
    this.#resume?.(Effect.succeed(told))
  }
}
