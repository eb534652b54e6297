/**
 * One request of the other side, from its first instruction to its last frame.
 *
 * A call runs in a root fiber of its own, in the context its dispatch names. It settles exactly once: with a reply, or
 * silently when it was cancelled; whatever its handler does afterwards is not heard. Progress and logs leave by
 * `notify`, before the reply and never after. It is owned by its `Core`, not by a session or a socket.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import type { Exchange, Features, Hints, Outlet, Receipt } from "../../transport/McpTransport.ts"
import { encodeFailure, encodeNotification, encodeSuccess, type ErrorObject, type Id } from "../../wire/JsonRpc.ts"
import type { Core } from "./core.ts"
import type { PeerError } from "./failure.ts"
import { Notices } from "./notices.ts"
import type { RequestOptions } from "./requests.ts"

/** What a dispatch wants to be run, and where. */
export interface Task {
  readonly effect: Effect.Effect<unknown, unknown>
  readonly context: Context.Context<never>
}

/** What a call came to: the JSON text of its result, or an error. */
export type Settled =
  | { readonly result: string; readonly hints?: Hints | undefined }
  | { readonly error: ErrorObject; readonly hints?: Hints | undefined }

/** Who holds the call while it runs: the conversation it came by, if any. */
export interface Holder extends Receipt {
  /** Plain data of the dispatch about this conversation. */
  state: unknown
  readonly features: Features
  started(call: Call): void
  ended(call: Call): void
  /** What the dispatch keeps of this conversation has become something else. */
  changed(): void
  /** Asks the other side something, on a stream of its. */
  request(
    method: string,
    params: (id: number) => string | undefined,
    options?: RequestOptions
  ): Effect.Effect<unknown, PeerError>
  /** What this conversation has to say that belongs to no request. */
  readonly notices: Notices
}

export class Call {
  readonly core: Core
  readonly id: Id
  readonly method: string
  readonly params: unknown
  readonly via: Exchange
  readonly outlet: Outlet
  readonly holder: Holder | undefined
  /** Who gets back the credit that it holds; nobody for one that holds none. */
  readonly receipt: Receipt | undefined
  /** The dispatch's own. */
  slot: unknown = undefined
  fiber: Fiber.Fiber<unknown, unknown> | undefined = undefined
  state: "running" | "cancelled" | "settled" = "running"
  /** The shutdown has named this call as one that does not end, and waits for it no longer. */
  reported = false
  #onGone: Set<() => void> | undefined
  #notices: Notices | undefined
  #afterwards: Array<() => void> | undefined

  constructor(
    core: Core,
    request: { readonly id: Id; readonly method: string; readonly params: unknown },
    via: Exchange,
    outlet: Outlet,
    holder: Holder | undefined,
    receipt: Receipt | undefined
  ) {
    this.core = core
    this.id = request.id
    this.method = request.method
    this.params = request.params
    this.via = via
    this.outlet = outlet
    this.holder = holder
    this.receipt = receipt
  }

  /** Runs the handler. One that does not suspend has been answered when this returns. */
  start(): void {
    const task = this.core.dispatch.begin(this)
    const fiber = Effect.runForkWith(task.context)(task.effect)
    const exit = fiber.pollUnsafe()
    if (exit !== undefined) return this.#finish(exit)
    this.fiber = fiber
    this.core.open.add(this)
    this.holder?.started(this)
    this.#observe(fiber)
  }

  #observe(fiber: Fiber.Fiber<unknown, unknown>): void {
    fiber.addObserver((exit) => {
      const rest = this.state === "running" ? this.core.dispatch.rest?.(this, exit) : undefined
      if (rest === undefined) return this.#end(exit)
      this.fiber = Effect.runForkWith(this.core.context)(rest)
      this.#observe(this.fiber)
    })
  }

  #end(exit: Exit.Exit<unknown, unknown>): void {
    this.core.open.delete(this)
    this.holder?.ended(this)
    this.#finish(exit)
    this.#gone()
  }

  /** Calls back once the call has ended and its reply, if it has one, is on its way. */
  afterwards(callback: () => void): void {
    if (this.state === "settled") return callback()
    this.#afterwards ??= []
    this.#afterwards.push(callback)
  }

  /** What this call has to say on its way without waiting. It leaves before the reply, and never after. */
  get notices(): Notices {
    if (this.#notices === undefined) {
      this.#notices = new Notices(this.outlet, this.via, this.core.limits.buffer)
      if (this.state !== "running" || !this.via.features.interim) this.#notices.drop()
    }
    return this.#notices
  }

  /** Calls back when the call has ended, or is waited for no longer. */
  whenGone(callback: () => void): () => void {
    if (this.reported || !this.core.open.has(this)) {
      callback()
      return () => {}
    }
    this.#onGone ??= new Set()
    this.#onGone.add(callback)
    return () => void this.#onGone?.delete(callback)
  }

  /** It does not end: nobody waits for it any longer. */
  leaveBehind(): void {
    this.reported = true
    this.#gone()
  }

  #gone(): void {
    for (const callback of this.#onGone ?? []) callback()
    this.#onGone = undefined
  }

  /** Interrupts the handler and withholds the reply. */
  cancel(): void {
    if (this.state !== "running") return
    this.state = "cancelled"
    this.#notices?.drop()
    this.fiber?.interruptUnsafe()
  }

  /** Interrupts the handler; its reply says so. */
  abort(): void {
    if (this.state === "running") this.fiber?.interruptUnsafe()
  }

  /** Sends a notification that belongs to this call. Waits for room; after the reply, or once cancelled, it is dropped. */
  notify(method: string, params: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.state !== "running" || !this.via.features.interim) return Effect.void
      if (!this.outlet.hasRoom()) {
        return Effect.flatMap(
          Effect.callback<void>((resume) => Effect.sync(this.outlet.whenRoom(() => resume(Effect.void)))),
          () => this.notify(method, params)
        )
      }
      const text = encodeNotification(method, params)
      const limit = this.core.limits.messageOut
      if (text.length > limit) {
        return Effect.logWarning(`A ${method} of ${text.length} characters was not sent: a message may have ${limit}`)
      }
      this.outlet.push({ kind: "notification", text, via: this.via, hints: undefined, receipt: undefined })
      return Effect.void
    })
  }

  #finish(exit: Exit.Exit<unknown, unknown>): void {
    this.#settle(exit)
    for (const callback of this.#afterwards ?? []) callback()
    this.#afterwards = undefined
  }

  #settle(exit: Exit.Exit<unknown, unknown>): void {
    const { receipt } = this
    if (this.state === "cancelled") {
      this.state = "settled"
      this.outlet.none()
      return receipt?.handed()
    }
    this.#notices?.end()
    this.state = "settled"
    const reply = this.core.settle(this, exit)
    if (reply === undefined) {
      this.outlet.none()
      return receipt?.handed()
    }
    this.outlet.push({ kind: "reply", text: reply.text, via: this.via, hints: reply.hints, receipt })
  }
}

/** A reply as text. */
export interface Reply {
  readonly text: string
  readonly hints: Hints | undefined
}

/** What a call came to, as its reply. Without an id only an error can be said. */
export const replyOf = (id: Id | undefined, settled: Settled): Reply => ({
  text: "error" in settled ? encodeFailure(id, settled.error) : encodeSuccess(id!, settled.result),
  hints: settled.hints
})
