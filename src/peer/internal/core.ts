/**
 * What one server or one client has once, for all its conversations: the dispatch, the limits, every running call.
 *
 * It turns what a call came to into a frame, within the size a message may have, and it ends calls: one conversation's,
 * one registration's, or all of them, waiting for each within one bound. A handler that does not end is reported once.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as McpLimits from "../../transport/McpLimits.ts"
import type { Exchange, Snapshot } from "../../transport/McpTransport.ts"
import type { Id, Notification } from "../../wire/JsonRpc.ts"
import { Exchanges } from "./exchanges.ts"
import { type Call, type Holder, type Reply, replyOf, type Settled, type Task } from "./call.ts"

/** The faults that the peer itself finds; their codes are the dispatch's business. */
export type PeerFault = "Parse" | "Envelope" | "Duplicate" | "Busy" | "TooLarge"

/** A refusal: by the peer, or, with any fault of the dispatch's tables, by a listener. */
export interface Refused {
  readonly fault: string
  readonly detail: string
  readonly data?: unknown
}

/** What the peer calls. */
export interface Dispatch {
  /** What to run for a request. Never throws. */
  begin(call: Call): Task
  /** What is to be done, after a handler has ended, before that is settled; nothing, mostly. It may be interrupted. */
  rest?(call: Call, exit: Exit.Exit<unknown, unknown>): Effect.Effect<unknown, unknown> | undefined
  /** What a finished handler says on the wire, if anything: the one place where an exit becomes a message. */
  settle(call: Call, exit: Exit.Exit<unknown, unknown>): Settled | undefined
  /** What a refusal says on the wire, if anything. */
  refuse(refused: Refused, via: Exchange, holder: Holder | undefined): Settled | undefined
  /** What a conversation has come to, as data. */
  snapshot?(holder: Holder): Snapshot | undefined
  /** A conversation goes on from what an earlier one has come to. */
  restore?(holder: Holder, snapshot: Snapshot): void
  /** Whether several messages may come as one array in this conversation. Default: never. */
  batches?(holder: Holder): boolean
  /** What a call is called in a log. */
  describe(call: Call): string
  /** This side goes down: what waits for that may end by itself, before the rest is interrupted. */
  closing?(): void
  /** A conversation has ended. */
  ended?(holder: Holder): void
  /** Takes a notification that is neither a cancellation nor progress; without a holder one that came alone. */
  notification(message: Notification, via: Exchange, holder: Holder | undefined): void
}

/** What the peer must know of the protocol it carries. A constant. */
export interface PeerDialect {
  /** The request that a notification cancels. */
  cancelOf(message: Notification): Id | undefined
  /** The notification that cancels a request, as method and params, or nothing when it must not be cancelled. */
  cancel(id: Id, method: string, reason: string): readonly [method: string, params: string] | undefined
  /** The token of a progress notification. */
  progressOf(message: Notification): Id | undefined
  /** Requests that the other side cannot cancel. */
  uncancellable(method: string): boolean
  /** Requests that may stay open for long, and hold no credit. */
  unmetered(method: string): boolean
}

export class Core {
  readonly dispatch: Dispatch
  readonly dialect: PeerDialect
  readonly limits: McpLimits.Limits
  readonly context: Context.Context<never>
  readonly clock: Clock.Clock
  /** Every call that has suspended and not ended. */
  readonly open = new Set<Call>()
  /** Sees every message of a conversation that is run over a transport, as JSON text. */
  tap: ((direction: "in" | "out", text: string) => void) | undefined = undefined
  /** The requests that come alone. */
  readonly exchanges = new Exchanges(this)
  /** New requests are refused: the server is going down. */
  draining = false

  constructor(dispatch: Dispatch, dialect: PeerDialect, context: Context.Context<never>) {
    this.dispatch = dispatch
    this.dialect = dialect
    this.context = context
    this.limits = Context.get(context, McpLimits.McpLimits)
    this.clock = Context.get(context, Clock.Clock)
  }

  /** The reply of a finished call, if there is to be one. */
  settle(call: Call, exit: Exit.Exit<unknown, unknown>): Reply | undefined {
    const settled = this.dispatch.settle(call, exit)
    if (settled === undefined) return undefined
    const reply = replyOf(call.id, settled)
    if (reply.text.length <= this.limits.messageOut) return reply
    const detail = `The result is ${reply.text.length} characters long; a message may have ${this.limits.messageOut}`
    return this.refuse({ fault: "TooLarge", detail }, call.id, call.via, call.holder)
  }

  /** The reply that refuses a request, if there is to be one. */
  refuse(refused: Refused, id: Id | undefined, via: Exchange, holder: Holder | undefined): Reply | undefined {
    const settled = this.dispatch.refuse(refused, via, holder)
    return settled === undefined ? undefined : replyOf(id, settled)
  }

  /** Ends some calls and waits for them, all within `bound`. Those that do not end are reported, each once. */
  end(
    which: (call: Call) => boolean,
    how: "cancel" | "abort",
    bound: Duration.Input = this.limits.drain
  ): Effect.Effect<void> {
    // a call in its synchronous part is in no table yet: let it come to its first suspension
    return Effect.flatMap(Effect.yieldNow, () => {
      const calls = [...this.open].filter(which)
      for (const call of calls) call[how]()
      return Effect.flatMap(Effect.timeoutOption(awaitEnd(calls), bound), () =>
        Effect.forEach(
          calls.filter((call) => this.open.has(call) && !call.reported),
          report,
          { discard: true }
        )
      )
    })
  }

  /** Refuses what is new and ends what runs. */
  readonly drain: Effect.Effect<void> = Effect.suspend(() => {
    this.draining = true
    this.exchanges.drain()
    this.dispatch.closing?.()
    return this.end(() => true, "abort")
  })
}

const awaitEnd = (calls: ReadonlyArray<Call>): Effect.Effect<void> =>
  Effect.callback((resume) => {
    let left = calls.length
    if (left === 0) return resume(Effect.void)
    const removers = calls.map((call) =>
      call.whenGone(() => {
        left -= 1
        if (left === 0) resume(Effect.void)
      })
    )
    return Effect.sync(() => {
      for (const remove of removers) remove()
    })
  })

const report = (call: Call): Effect.Effect<void> =>
  Effect.suspend(() => {
    call.leaveBehind()
    const what = call.core.dispatch.describe(call)
    return Effect.logWarning(
      `${what} (id ${JSON.stringify(call.id)}) does not end although it was interrupted; it is left behind`
    )
  })
