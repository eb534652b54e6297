/**
 * Bare peers for the laws of the engine: no protocol above, and an outlet that the test drains by hand.
 *
 * `peer` makes a core whose requests are answered by one function; `Hand` is an outlet that hands a frame to its sink
 * only when told to; `pair` runs two cores against each other over the loopback, each behind a faulty transport.
 */
import {
  Array as Arr,
  Cause,
  Context,
  Deferred,
  Effect,
  Exit,
  type Fiber,
  Queue,
  type Scope,
  Sink,
  Stream
} from "effect"
import * as McpRevision from "mcp-effect/McpRevision"
import * as McpLimits from "mcp-effect/McpLimits"
import * as McpTransport from "mcp-effect/McpTransport"
import * as Peer from "mcp-effect/Peer"
import { McpTest } from "mcp-effect/testing"
import { settle } from "./law.ts"

export type Handle = (call: Peer.Call) => Effect.Effect<unknown, unknown>

/** What a handler returns whose request gets no reply. */
export const silent = Symbol("silent")

/** What a bare peer says when it refuses. */
export const codes: { readonly [F in Peer.PeerFault]: number } = {
  Parse: 1,
  Envelope: 1,
  Duplicate: 2,
  Busy: 3,
  TooLarge: 4
}

/** As MCP, and `listen` stays open for long. */
export const dialect: Peer.PeerDialect = { ...McpRevision.dialect, unmetered: (method) => method === "listen" }

/** A core whose requests are all answered by `handle`, under other limits. */
export const peer = (handle: Handle, limits: Partial<McpLimits.Limits> = {}): Effect.Effect<Peer.Core> =>
  Effect.map(Effect.context<never>(), (ambient) => {
    const context = Context.add(ambient, McpLimits.McpLimits, { ...McpLimits.defaults, ...limits })
    const dispatch: Peer.Dispatch = {
      begin: (call) => ({ effect: handle(call), context }),
      settle: (_, exit) =>
        Exit.isSuccess(exit) && exit.value === silent
          ? undefined
          : Exit.isSuccess(exit)
            ? { result: JSON.stringify(exit.value ?? {}) }
            : { error: { code: 0, message: String(Cause.squash(exit.cause)) } },
      refuse: ({ detail, fault }) => ({ error: { code: codes[fault as Peer.PeerFault], message: detail } }),
      describe: (call) => call.method,
      notification: () => {}
    }
    return Peer.make(dispatch, dialect, context)
  })

/** An outlet in the hands of a test. */
export class Hand implements McpTransport.Outlet {
  /** Frames that wait to be handed to the sink. */
  readonly waiting: Array<McpTransport.Outbound> = []
  /** Frames that the sink has. */
  readonly sent: Array<McpTransport.Outbound> = []
  readonly soft: number
  #waiters: Array<() => void> = []

  constructor(soft = Infinity) {
    this.soft = soft
  }

  get unsent(): number {
    return this.waiting.reduce((sum, { text }) => sum + text.length, 0)
  }

  /** Hands over the first frames, and lets those go on that waited for room. */
  hand(count = Infinity): void {
    for (let left = Math.min(count, this.waiting.length); left > 0; left--) {
      const frame = this.waiting.shift()!
      this.sent.push(frame)
      frame.receipt?.handed()
    }
    while (this.#waiters.length > 0 && this.hasRoom()) this.#waiters.shift()!()
  }

  push(frame: McpTransport.Outbound): void {
    this.waiting.push(frame)
  }

  none(): void {}

  hasRoom(): boolean {
    return this.unsent < this.soft
  }

  whenRoom(callback: () => void): () => void {
    this.#waiters.push(callback)
    return () => {
      this.#waiters = this.#waiters.filter((other) => other !== callback)
    }
  }

  /** The messages of some frames. */
  static messages(frames: ReadonlyArray<McpTransport.Outbound>): ReadonlyArray<McpTest.Json> {
    return frames.map(({ text }) => JSON.parse(text) as McpTest.Json)
  }
}

const via: McpTransport.Exchange = {
  headers: undefined,
  principal: McpTransport.anonymous,
  features: McpTest.features,
  own: false
}

/** A message as it comes in. */
export const inbound = (message: McpTest.Json): McpTransport.Inbound => {
  const text = JSON.stringify({ jsonrpc: "2.0", ...message })
  const { id, method, params, result } = message
  const tagged =
    method === undefined
      ? { _tag: "Success" as const, id: id as number, result }
      : id === undefined
        ? { _tag: "Notification" as const, method: method as string, params }
        : { _tag: "Request" as const, id: id as string | number, method: method as string, params }
  return { message: tagged, size: text.length, via }
}

/** One side of a pair. */
export interface Side {
  readonly conversation: Peer.Conversation
  readonly faulty: McpTest.Faulty
  /** Characters that its sink has not taken. */
  readonly unsent: () => number
  readonly fiber: Fiber.Fiber<void, McpTransport.TransportError>
}

const side = (core: Peer.Core, transport: McpTransport.McpTransport): Effect.Effect<Side, never, Scope.Scope> =>
  Effect.gen(function* () {
    const faulty = yield* McpTest.faulty(transport)
    let conversation: Peer.Conversation | undefined
    const running = Peer.run(core, faulty.transport, (opened) => {
      conversation = opened
    })
    const fiber = yield* Effect.forkScoped(running, { startImmediately: true })
    // a scope that closes over a stalled sink would wait for its bound on the test's clock
    yield* Effect.addFinalizer(() => faulty.release)
    const { outlet } = conversation!
    const unsent = () => (outlet instanceof McpTransport.Outbox ? outlet.unsent : Number.NaN)
    return { conversation: conversation!, faulty, unsent, fiber }
  })

/** Two cores that talk to each other, for as long as the scope is open. */
export const pair = (
  left: Peer.Core,
  right: Peer.Core
): Effect.Effect<readonly [left: Side, right: Side], never, Scope.Scope> =>
  Effect.gen(function* () {
    const [leftEnd, rightEnd] = yield* McpTransport.loopback
    return [yield* side(left, leftEnd), yield* side(right, rightEnd)]
  })

/** A transport whose input is given chunk by chunk, and what of it has been read. */
export const fed = Effect.map(Queue.unbounded<Arr.NonEmptyReadonlyArray<McpTransport.Inbound>>(), (chunks): Fed => {
  const read: Array<McpTransport.Inbound> = []
  const sent: Array<McpTest.Json> = []
  return {
    read,
    sent,
    give: (...messages) => Effect.andThen(Queue.offer(chunks, Arr.map(messages, inbound)), settle),
    transport: {
      features: McpTest.features,
      incoming: Stream.fromQueue(chunks).pipe(
        Stream.rechunk(1),
        Stream.tap((chunk) => Effect.sync(() => read.push(...chunk))),
        Stream.flattenArray
      ),
      outgoing: Sink.forEach(({ text }: McpTransport.Outbound) =>
        Effect.sync(() => void sent.push(JSON.parse(text) as McpTest.Json))
      )
    }
  }
})

export interface Fed {
  readonly transport: McpTransport.McpTransport
  /** Gives messages as one chunk, and lets everything go on that can. */
  give(...messages: Arr.NonEmptyReadonlyArray<McpTest.Json>): Effect.Effect<void>
  /** What has been taken from the transport. */
  readonly read: ReadonlyArray<McpTransport.Inbound>
  /** What has been written to it. */
  readonly sent: ReadonlyArray<McpTest.Json>
}

/** Runs one core over a transport that is given chunk by chunk. */
export const run = (
  core: Peer.Core
): Effect.Effect<Fed & { readonly conversation: Peer.Conversation }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const input = yield* fed
    let conversation: Peer.Conversation | undefined
    const running = Peer.run(core, input.transport, (opened) => {
      conversation = opened
    })
    yield* Effect.forkScoped(running, { startImmediately: true })
    return { ...input, conversation: conversation! }
  })

/** Turns of the loop, until something holds or there have been too many. */
export const until = (holds: () => boolean, turns = 10_000): Effect.Effect<void> =>
  Effect.suspend(() =>
    holds() || turns === 0 ? Effect.void : Effect.andThen(Effect.yieldNow, until(holds, turns - 1))
  )

/** A handler that waits until the id of its request is let go on, and what became of each. */
export const doors = () => {
  const opened = new Map<unknown, Deferred.Deferred<void>>()
  const started: Array<unknown> = []
  const interrupted: Array<unknown> = []
  const door = (id: unknown) => {
    const known = opened.get(id)
    if (known !== undefined) return known
    const made = Deferred.makeUnsafe<void>()
    opened.set(id, made)
    return made
  }
  const handle: Handle = ({ id }) => {
    started.push(id)
    return Effect.onInterrupt(Deferred.await(door(id)), () => Effect.sync(() => interrupted.push(id)))
  }
  return { started, interrupted, handle, open: (id: unknown) => Deferred.succeed(door(id), undefined) }
}

export const request = (id: number, method = "work", params: McpTest.Json = {}): McpTest.Json => ({
  id,
  method,
  params
})
export const idsOf = (messages: ReadonlyArray<McpTest.Json>) => messages.map(({ id }) => id)
export const errorsOf = (messages: ReadonlyArray<McpTest.Json>) => messages.filter(({ error }) => error !== undefined)
export const pad = (length: number) => "x".repeat(length)
