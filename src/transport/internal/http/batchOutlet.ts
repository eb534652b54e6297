/**
 * The outlet of a batch (2025-03-26): several requests, one response.
 *
 * The replies are gathered, and leave together when the last has come: as one array, or, where something was said before,
 * one after the other on the stream.
 */
import type { Outbound } from "../../McpTransport.ts"
import { fromJson, type Malformed, type Message } from "../../../wire/JsonRpc.ts"
import type { ResponseOutlet } from "./responses.ts"

/** The messages of one body. */
export const partsOf = (body: Message | Malformed): ReadonlyArray<Message | Malformed> =>
  body._tag === "Malformed" && body.batch !== undefined ? body.batch.map(fromJson) : [body]

/** Whether a message has a reply, or a silence in place of one. */
export const isAnswered = (message: Message | Malformed): boolean =>
  message._tag === "Request" || (message._tag === "Malformed" && message.kind !== "response")

export class BatchOutlet implements ResponseOutlet {
  readonly #inner: ResponseOutlet
  readonly #replies: Array<Outbound> = []
  #expected: number
  #streams = false

  /** `expected` is how many replies, or silences, there will be. */
  constructor(inner: ResponseOutlet, expected: number) {
    this.#inner = inner
    this.#expected = expected
  }

  get told(): ResponseOutlet["told"] {
    return this.#inner.told
  }

  get toldNow(): ResponseOutlet["toldNow"] {
    return this.#inner.toldNow
  }

  drop(): void {
    this.#inner.drop()
  }

  get isOpen(): boolean {
    return this.#inner.isOpen
  }

  stream(): void {
    this.#streams = true
    this.#inner.stream()
  }

  push(frame: Outbound): void {
    if (frame.kind !== "reply") {
      this.#streams = true
      return this.#inner.push(frame)
    }
    this.#replies.push(frame)
    this.#settled()
  }

  none(): void {
    this.#settled()
  }

  hasRoom(): boolean {
    return this.#inner.hasRoom()
  }

  whenRoom(callback: () => void): () => void {
    return this.#inner.whenRoom(callback)
  }

  detach(): void {
    this.#inner.detach?.()
  }

  #settled(): void {
    this.#expected -= 1
    if (this.#expected > 0) return
    const last = this.#replies.at(-1)
    if (last === undefined) return this.#inner.none()
    if (!this.#streams) {
      for (const { receipt } of this.#replies) receipt?.handed()
      const text = `[${this.#replies.map((reply) => reply.text).join(",")}]`
      return this.#inner.push({ ...last, text, hints: undefined, receipt: undefined })
    }
    for (const reply of this.#replies) this.#inner.push(reply === last ? reply : { ...reply, kind: "notification" })
  }
}
