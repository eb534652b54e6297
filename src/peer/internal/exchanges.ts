/**
 * Requests that come alone, each by an exchange of its own: how many of one caller run at once.
 *
 * A caller has `McpLimits.exchanges` credits for all its exchanges together; out of them a request waits, in order, and
 * the connection it came by waits with it. What waits is bounded in characters; past that a request is refused. Long-lived
 * requests hold no credit and have a limit of their own. A caller of whom nothing runs is forgotten.
 */
import type { Exchange, Outlet, Receipt } from "../../transport/McpTransport.ts"
import type { Request } from "../../wire/JsonRpc.ts"
import { Call } from "./call.ts"
import type { Core } from "./core.ts"

interface Waiting {
  readonly size: number
  start(): void
  refuse(detail: string): void
}

/** One caller. */
class Account implements Receipt {
  readonly #core: Core
  readonly #onIdle: () => void
  readonly waiting = new Set<Waiting>()
  #size = 0
  #used = 0
  #starting = false

  constructor(core: Core, onIdle: () => void) {
    this.#core = core
    this.#onIdle = onIdle
  }

  get hasCredit(): boolean {
    return this.#used < this.#core.limits.exchanges && this.waiting.size === 0
  }

  hasPlace(size: number): boolean {
    return this.#size + size <= this.#core.limits.park
  }

  take(): void {
    this.#used += 1
  }

  wait(waiting: Waiting): void {
    this.waiting.add(waiting)
    this.#size += waiting.size
  }

  withdraw(waiting: Waiting): boolean {
    if (!this.waiting.delete(waiting)) return false
    this.#size -= waiting.size
    return true
  }

  /** Nothing that waits will start. */
  refuseAll(detail: string): void {
    for (const waiting of this.waiting) {
      this.withdraw(waiting)
      waiting.refuse(detail)
    }
  }

  /** A credit has come back. Starting what waits may bring back the next one: that only counts, the loop goes on. */
  handed(): void {
    this.#used -= 1
    if (this.#starting) return
    this.#starting = true
    for (const waiting of this.waiting) {
      if (this.#used >= this.#core.limits.exchanges) break
      this.withdraw(waiting)
      waiting.start()
    }
    this.#starting = false
    if (this.#used === 0) this.#onIdle()
  }
}

export class Exchanges {
  readonly #core: Core
  readonly #accounts = new Map<string, Account>()
  #listens = 0

  constructor(core: Core) {
    this.#core = core
  }

  /** Starts a request, lets it wait, or refuses it. Gives back what cancels it. */
  start(request: Request, size: number, via: Exchange, outlet: Outlet): () => void {
    if (this.#core.dialect.unmetered(request.method)) return this.#listen(request, via, outlet)
    const account = this.#accountOf(via.principal.id)
    let call: Call | undefined
    const waiting: Waiting = {
      size,
      start: () => {
        account.take()
        call = new Call(this.#core, request, via, outlet, undefined, account)
        call.start()
      },
      refuse: (detail) => this.#refuse(detail, request, via, outlet)
    }
    if (account.hasCredit) waiting.start()
    else if (account.hasPlace(size)) account.wait(waiting)
    else waiting.refuse(`${this.#core.limits.exchanges} requests of this caller are running, and others wait`)
    return () => {
      if (account.withdraw(waiting)) outlet.none()
      else call?.cancel()
    }
  }

  /** The server goes down: what waits is refused, whether or not what runs comes to an end. */
  drain(): void {
    for (const account of this.#accounts.values()) account.refuseAll("This side is shutting down")
  }

  #listen(request: Request, via: Exchange, outlet: Outlet): () => void {
    const { listens } = this.#core.limits
    if (this.#listens >= listens) {
      this.#refuse(`${listens} long-lived requests are open`, request, via, outlet)
      return () => {}
    }
    this.#listens += 1
    const call = new Call(this.#core, request, via, outlet, undefined, undefined)
    call.start()
    call.afterwards(() => {
      this.#listens -= 1
    })
    return () => call.cancel()
  }

  #refuse(detail: string, request: Request, via: Exchange, outlet: Outlet): void {
    const reply = this.#core.refuse({ fault: "Busy", detail }, request.id, via, undefined)
    if (reply === undefined) outlet.none()
    else outlet.push({ kind: "reply", text: reply.text, via, hints: reply.hints, receipt: undefined })
  }

  #accountOf(id: string): Account {
    let account = this.#accounts.get(id)
    if (account === undefined) {
      account = new Account(this.#core, () => this.#accounts.delete(id))
      this.#accounts.set(id, account)
    }
    return account
  }
}
