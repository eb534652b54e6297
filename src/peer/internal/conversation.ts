/**
 * One conversation: what comes in is sorted and started, what we ask is sent, and both end together.
 *
 * `receive` is synchronous and never waits. A metered request starts if a credit is free, otherwise it is parked, in
 * order; its credit comes back when its reply has been handed to the sink. Answers, cancels and progress are always
 * taken. While nothing runs it is a plain object: no fiber, no queue, no timer. It knows methods only by the dialect.
 */
import * as Effect from "effect/Effect"
import type * as McpTransport from "../../transport/McpTransport.ts"
import { fromJson, type Id, type Malformed, malformed, type Notification, type Request } from "../../wire/JsonRpc.ts"
import { Call, type Holder, type Reply } from "./call.ts"
import type { Core, PeerFault } from "./core.ts"
import { type PeerError } from "./failure.ts"
import { Notices } from "./notices.ts"
import { whileMoving } from "./patience.ts"
import { type RequestOptions, Requests } from "./requests.ts"

interface Parked {
  readonly request: Request
  readonly via: McpTransport.Exchange
  readonly size: number
}

export const SHUTTING_DOWN = "This side is shutting down"

export class Conversation implements McpTransport.Conversation, Holder {
  readonly core: Core
  readonly outlet: McpTransport.Outlet
  readonly features: McpTransport.Features
  state: unknown = undefined
  #inflight: Map<Id, Call> | undefined
  #parked: Map<Id, Parked> | undefined
  #parkedSize = 0
  #used = 0
  #listens = 0
  #requests: Requests | undefined
  #closed: string | undefined
  #wakeReader: (() => void) | undefined
  #unparking = false
  #handed = 0
  #wakeIdle: (() => void) | undefined
  #notices: Notices | undefined
  readonly #onChange: (() => void) | undefined

  constructor(
    core: Core,
    outlet: McpTransport.Outlet,
    features: McpTransport.Features,
    opening: McpTransport.Opening = {}
  ) {
    this.core = core
    this.outlet = outlet
    this.features = features
    this.#onChange = opening.onChange
    if (opening.restored !== undefined) core.dispatch.restore?.(this, opening.restored)
  }

  get snapshot(): McpTransport.Snapshot | undefined {
    return this.core.dispatch.snapshot?.(this)
  }

  /** Whether a handler is running. */
  get busy(): boolean {
    return this.#inflight !== undefined && this.#inflight.size > 0
  }

  receive({ message, size, via }: McpTransport.Inbound): void {
    if (this.#closed !== undefined) return
    switch (message._tag) {
      case "Request":
        return this.#request(message, size, via)
      case "Notification":
        return this.#notification(message, via)
      case "Success":
        return this.#requests?.succeed(message.id, message.result)
      case "Failure":
        if (message.id !== undefined) this.#requests?.fail(message.id, { _tag: "Refused", error: message.error })
        return
      case "Lost":
        return this.#requests?.fail(message.id, message)
      case "Malformed":
        return message.batch !== undefined && this.core.dispatch.batches?.(this) === true
          ? this.#batch(message.batch, size, via)
          : this.#malformed(message, via)
    }
  }

  /** Each message of a batch as if it had come alone; what is no message is answered alone, too. */
  #batch(messages: ReadonlyArray<unknown>, size: number, via: McpTransport.Exchange): void {
    const limit = this.core.limits.batch
    if (messages.length > limit) {
      return this.#malformed(malformed("Envelope", `A batch has at most ${limit} messages`), via)
    }
    const share = Math.ceil(size / messages.length)
    for (const value of messages) {
      const message = fromJson(value)
      if (message._tag === "Malformed") this.#malformed(message, via)
      else this.receive({ message, size: share, via })
    }
  }

  /** Sends a request of our own and waits for its result; interruption cancels it at the other side. */
  request(
    method: string,
    params: (id: number) => string | undefined,
    options?: RequestOptions
  ): Effect.Effect<unknown, PeerError> {
    return this.#own().send(method, params, options)
  }

  /** Sends a notification that belongs to no request. Waits for room. */
  notify(text: string, hints?: McpTransport.Hints): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (!this.outlet.hasRoom()) {
        return Effect.flatMap(
          Effect.callback<void>((resume) => Effect.sync(this.outlet.whenRoom(() => resume(Effect.void)))),
          () => this.notify(text, hints)
        )
      }
      const limit = this.core.limits.messageOut
      if (text.length > limit) {
        return Effect.logWarning(
          `A notification of ${text.length} characters was not sent: a message may have ${limit}`
        )
      }
      this.outlet.push({ kind: "notification", text, via: undefined, hints, receipt: undefined })
      return Effect.void
    })
  }

  /** Waits while the park is full and nothing but the park could take what comes next. */
  readonly mayRead: Effect.Effect<void> = Effect.suspend(() => {
    if (this.#mayRead()) return Effect.void
    return Effect.callback<void>((resume) => {
      this.#wakeReader = () => resume(Effect.void)
      return Effect.sync(() => {
        this.#wakeReader = undefined
      })
    })
  })

  hangUp(via: McpTransport.Exchange): void {
    if (!via.features.disconnectCancels) return
    for (const call of this.#inflight?.values() ?? []) if (call.via === via) call.cancel()
    for (const [id, parked] of this.#parked ?? []) if (parked.via === via) this.#unpark(id)
  }

  /** No more answers will come: fails what waits for one, and gives running handlers their last words. */
  endOfInput(detail: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      this.#own().close(detail)
      return whileMoving(this.#idle, this.core.limits.lastWords, () => this.#handed)
    })
  }

  /** Waits until nothing runs and nothing is parked; long-lived calls do not end by themselves. */
  get #idle(): Effect.Effect<void> {
    return Effect.callback((resume) => {
      if (this.#isIdle()) return resume(Effect.void)
      this.#wakeIdle = () => resume(Effect.void)
      return Effect.sync(() => {
        this.#wakeIdle = undefined
      })
    })
  }

  #isIdle(): boolean {
    return (this.#inflight?.size ?? 0) === this.#listens && (this.#parked?.size ?? 0) === 0
  }

  close(detail: string): Effect.Effect<void> {
    return Effect.suspend(() => {
      if (this.#closed === undefined) this.core.dispatch.ended?.(this)
      this.#closed ??= detail
      this.#notices?.drop()
      this.#parked?.clear()
      this.#parkedSize = 0
      this.#requests?.close(detail)
      return this.core.end((call) => call.holder === this, "cancel")
    })
  }

  get notices(): Notices {
    if (this.#notices === undefined) {
      this.#notices = new Notices(this.outlet, undefined, this.core.limits.buffer)
      if (this.#closed !== undefined) this.#notices.drop()
    }
    return this.#notices
  }

  // Holder: what running calls tell

  changed(): void {
    this.#onChange?.()
  }

  started(call: Call): void {
    this.#inflight ??= new Map()
    this.#inflight.set(call.id, call)
    if (call.receipt === undefined) this.#listens += 1
  }

  ended(call: Call): void {
    this.#inflight?.delete(call.id)
    if (call.receipt === undefined) this.#listens -= 1
    if (this.#wakeIdle !== undefined && this.#isIdle()) this.#wakeIdle()
  }

  /** A credit has come back. Starting what is parked may bring back the next one: that only counts, the loop goes on. */
  handed(): void {
    this.#used -= 1
    this.#handed += 1
    if (this.#unparking) return
    this.#unparking = true
    while (this.#parked !== undefined && this.#parked.size > 0 && this.#used < this.core.limits.credits) {
      const [id, parked] = this.#parked.entries().next().value!
      this.#unpark(id)
      if (this.core.draining) this.#refuse("Busy", SHUTTING_DOWN, id, parked.via)
      else this.#start(parked.request, parked.via, true)
    }
    this.#unparking = false
    if (this.#wakeIdle !== undefined && this.#isIdle()) this.#wakeIdle()
  }

  // what comes in

  #request(request: Request, size: number, via: McpTransport.Exchange): void {
    if (this.core.draining) return this.#refuse("Busy", SHUTTING_DOWN, request.id, via)
    if (this.#inflight?.has(request.id) || this.#parked?.has(request.id)) {
      const detail = `The id ${JSON.stringify(request.id)} belongs to a request that is still running`
      return this.#refuse("Duplicate", detail, via.own ? request.id : undefined, via)
    }
    if (this.core.dialect.unmetered(request.method)) {
      if (this.#listens < this.core.limits.listens) return this.#start(request, via, false)
      return this.#refuse("Busy", `${this.core.limits.listens} long-lived requests are open`, request.id, via)
    }
    if (this.#used < this.core.limits.credits && (this.#parked?.size ?? 0) === 0) return this.#start(request, via, true)
    this.#park(request, size, via)
  }

  #start(request: Request, via: McpTransport.Exchange, metered: boolean): void {
    if (metered) this.#used += 1
    new Call(this.core, request, via, via.outlet ?? this.outlet, this, metered ? this : undefined).start()
  }

  #park(request: Request, size: number, via: McpTransport.Exchange): void {
    const { credits, park } = this.core.limits
    if (this.#parkedSize + size > park && this.#awaited() > 0) {
      const detail = `${credits} requests are running and ${this.#parkedSize} characters of requests are waiting`
      return this.#refuse("Busy", detail, request.id, via)
    }
    this.#parked ??= new Map()
    this.#parked.set(request.id, { request, via, size })
    this.#parkedSize += size
  }

  #unpark(id: Id): boolean {
    const parked = this.#parked?.get(id)
    if (parked === undefined) return false
    this.#parked!.delete(id)
    this.#parkedSize -= parked.size
    this.#wake()
    return true
  }

  #notification(message: Notification, via: McpTransport.Exchange): void {
    const { dialect } = this.core
    const cancelled = dialect.cancelOf(message)
    if (cancelled !== undefined) return this.#cancel(cancelled)
    const token = dialect.progressOf(message)
    if (token !== undefined && this.#requests?.progress(token, message) === true) return
    this.core.dispatch.notification(message, via, this)
  }

  #cancel(id: Id): void {
    const call = this.#inflight?.get(id)
    if (call !== undefined) {
      if (!this.core.dialect.uncancellable(call.method)) call.cancel()
      return
    }
    const parked = this.#parked?.get(id)
    if (parked === undefined || !this.#unpark(id)) return
    parked.via.outlet?.none()
  }

  #malformed(message: Malformed, via: McpTransport.Exchange): void {
    if (message.kind !== "request" && message.id !== undefined && this.#requests?.awaits(message.id)) {
      return this.#requests.fail(message.id, { _tag: "Malformed", detail: message.message })
    }
    if (message.kind === "response") return
    const taken = message.id !== undefined && (this.#inflight?.has(message.id) || this.#parked?.has(message.id))
    const id = taken && !via.own ? undefined : message.id
    this.#reply(this.core.refuse({ fault: message.fault, detail: message.message }, id, via, this), via)
  }

  #refuse(fault: PeerFault, detail: string, id: Id | undefined, via: McpTransport.Exchange): void {
    this.#reply(this.core.refuse({ fault, detail }, id, via, this), via)
  }

  #reply(reply: Reply | undefined, via: McpTransport.Exchange): void {
    const outlet = via.outlet ?? this.outlet
    if (reply === undefined) outlet.none()
    else outlet.push({ kind: "reply", text: reply.text, via, hints: reply.hints, receipt: undefined })
  }

  #own(): Requests {
    if (this.#requests === undefined) {
      this.#requests = new Requests(
        this.core,
        this.outlet,
        () => this.#wake(),
        () => this.busy
      )
      if (this.#closed !== undefined) this.#requests.close(this.#closed)
    }
    return this.#requests
  }

  #awaited(): number {
    return this.#requests?.waiting ?? 0
  }

  #mayRead(): boolean {
    return this.#parkedSize <= this.core.limits.park || this.#awaited() > 0
  }

  #wake(): void {
    const wake = this.#wakeReader
    if (wake === undefined || !this.#mayRead()) return
    this.#wakeReader = undefined
    wake()
  }
}
