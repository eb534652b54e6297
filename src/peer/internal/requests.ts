/**
 * Requests of our own: ids, the window, the answers, and what ends a wait early.
 *
 * At most `window` requests wait for answers at once and none is written while the outlet has no room; the others wait
 * in the fibers that make them, in order. A wait ends once: by the answer, by a limit, by the end of the conversation,
 * or by interruption; the last and the limit tell the other side. Answers to nobody are dropped.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { Exchange, Hints, Outlet } from "../../transport/McpTransport.ts"
import { encodeNotification, encodeRequest, type Id, type Notification } from "../../wire/JsonRpc.ts"
import type { Core } from "./core.ts"
import { Deadlines, type Limit } from "./deadlines.ts"
import { PeerError, type Reason } from "./failure.ts"

export interface RequestOptions {
  /** The stream it belongs to, where the conversation has several. */
  readonly via?: Exchange | undefined
  /** What the transport may say besides, of the parameters that are sent. */
  readonly hints?: Hints | undefined
  /** Called for each progress notification, in order. */
  readonly onProgress?: ((message: Notification) => void) | undefined
  /** How long it may hear nothing, in milliseconds. */
  readonly idle?: number | undefined
  /** How long it may take in all, in milliseconds. */
  readonly total?: number | undefined
}

/** One request on its way. */
export class Pending {
  id: number | undefined = undefined
  readonly method: string
  readonly params: (id: number) => string | undefined
  readonly options: RequestOptions
  readonly resume: (exit: Exit.Exit<unknown, PeerError>) => void
  idleAt = Infinity
  totalAt = Infinity
  done = false

  constructor(
    method: string,
    params: (id: number) => string | undefined,
    options: RequestOptions,
    resume: (exit: Exit.Exit<unknown, PeerError>) => void
  ) {
    this.method = method
    this.params = params
    this.options = options
    this.resume = resume
  }
}

export class Requests {
  readonly #core: Core
  readonly #outlet: Outlet
  readonly #onWaiting: () => void
  readonly #deadlines: Deadlines
  readonly #pending = new Map<Id, Pending>()
  readonly #queue = new Set<Pending>()
  #withdrawRoom: (() => void) | undefined
  #nextId = 0
  #closed: string | undefined

  /** `onWaiting` is called when a request begins to wait for its answer; `isAsked` says that the other side waits for us. */
  constructor(core: Core, outlet: Outlet, onWaiting: () => void, isAsked: () => boolean) {
    this.#core = core
    this.#outlet = outlet
    this.#onWaiting = onWaiting
    this.#deadlines = new Deadlines(
      core,
      () => this.#all(),
      (pending, limit) => this.#expire(pending, limit),
      isAsked
    )
  }

  /** How many requests wait for an answer. */
  get waiting(): number {
    return this.#pending.size
  }

  /** Sends a request and waits for its result. `params` gets the id, which is its progress token too. */
  send(
    method: string,
    params: (id: number) => string | undefined,
    options: RequestOptions = {}
  ): Effect.Effect<unknown, PeerError> {
    return Effect.callback((resume) => {
      if (this.#closed !== undefined) return resume(fail({ _tag: "Closed", detail: this.#closed }))
      const pending = new Pending(method, params, options, resume)
      this.#queue.add(pending)
      this.#deadlines.start(pending)
      this.#pump()
      return Effect.sync(() => this.#abandon(pending, "The caller no longer waits for the answer"))
    })
  }

  /** Whether a request of that id waits for its answer. */
  awaits(id: Id): boolean {
    return this.#pending.has(id)
  }

  succeed(id: Id, result: unknown): void {
    this.#settle(id, Exit.succeed(result))
  }

  fail(id: Id, reason: Reason): void {
    this.#settle(id, fail(reason))
  }

  /** Takes a progress report, if somebody waits under that token. */
  progress(token: Id, message: Notification): boolean {
    const pending = this.#pending.get(token)
    if (pending === undefined) return false
    this.#deadlines.heard(pending)
    pending.options.onProgress?.(message)
    return true
  }

  /** Fails every wait, and every later request. */
  close(detail: string): void {
    if (this.#closed !== undefined) return
    this.#closed = detail
    this.#withdrawRoom?.()
    this.#deadlines.close()
    const open = this.#all()
    this.#pending.clear()
    this.#queue.clear()
    for (const pending of open) this.#resume(pending, fail({ _tag: "Closed", detail }))
  }

  #all(): ReadonlyArray<Pending> {
    return [...this.#pending.values(), ...this.#queue]
  }

  #pump(): void {
    for (const pending of this.#queue) {
      if (this.#pending.size >= this.#core.limits.window) return
      const outlet = pending.options.via?.outlet ?? this.#outlet
      if (!outlet.hasRoom()) {
        this.#withdrawRoom ??= outlet.whenRoom(() => {
          this.#withdrawRoom = undefined
          this.#pump()
        })
        return
      }
      this.#queue.delete(pending)
      this.#write(pending)
    }
  }

  #write(pending: Pending): void {
    const id = this.#nextId++
    const text = encodeRequest(id, pending.method, pending.params(id))
    const limit = this.#core.limits.messageOut
    if (text.length > limit) return this.#resume(pending, fail({ _tag: "TooLarge", size: text.length, limit }))
    pending.id = id
    this.#pending.set(id, pending)
    this.#onWaiting()
    const { hints, via } = pending.options
    const outlet = via?.outlet ?? this.#outlet
    outlet.push({ kind: "request", about: id, text, via, hints, receipt: undefined })
  }

  #settle(id: Id, exit: Exit.Exit<unknown, PeerError>): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    this.#resume(pending, exit)
    this.#pump()
  }

  #resume(pending: Pending, exit: Exit.Exit<unknown, PeerError>): void {
    pending.done = true
    pending.resume(exit)
  }

  #expire(pending: Pending, limit: Limit): void {
    if (pending.done) return
    const after = limit === "idle" ? pending.options.idle! : pending.options.total!
    this.#abandon(pending, `It reached its ${limit} limit of ${after} ms`)
    this.#resume(pending, fail({ _tag: "Timeout", limit, after }))
  }

  /** The caller is gone: forget the request, and tell the other side if it has been sent. */
  #abandon(pending: Pending, reason: string): void {
    if (pending.done) return
    pending.done = true
    if (pending.id === undefined) {
      this.#queue.delete(pending)
      return
    }
    this.#pending.delete(pending.id)
    const cancel = this.#core.dialect.cancel(pending.id, pending.method, reason)
    if (cancel !== undefined) {
      const { via } = pending.options
      const text = encodeNotification(cancel[0], cancel[1])
      const outlet = via?.outlet ?? this.#outlet
      outlet.push({ kind: "cancel", about: pending.id, text, via, hints: undefined, receipt: undefined })
    }
    this.#pump()
  }
}

const fail = (reason: Reason): Exit.Exit<never, PeerError> => Exit.fail(new PeerError({ reason }))
