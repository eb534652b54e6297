/**
 * What tests of servers and clients need: scripted peers, faults, transcripts.
 *
 * `client` connects a client to a server Layer in memory. `raw` faces a server with whatever a test wants to send, by
 * each of the peer's three drivers; `scripted` is a transport whose other end is the test. `faulty` wraps a transport so
 * that it can stall, break or lose its connection on command, `transcript` so that every message is kept. Nothing here
 * sleeps: time is the test's own clock.
 */
import type * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Sink from "effect/Sink"
import * as Stream from "effect/Stream"
import * as McpClient from "../client/McpClient.ts"
import type { McpError } from "../protocol/McpError.ts"
import * as McpServer from "../server/McpServer.ts"
import {
  type Acceptor,
  anonymous,
  type Entry,
  type Exchange,
  type Features,
  gate,
  type Inbound,
  loopback,
  McpListener,
  exchanged as exchangedBy,
  type McpTransport,
  type Outbound,
  tap,
  TransportError
} from "../transport/McpTransport.ts"
import * as JsonRpc from "../wire/JsonRpc.ts"

/** A message as JSON, for a test to look into. */
export type Json = { readonly [key: string]: unknown }

export interface ClientOptions extends McpClient.ConnectOptions {
  /**
   * What becomes of a defect of the server (a handler that dies, an answer that does not fit): `raised` in the fiber that
   * called, with its own cause, or `sanitized`, as every other client sees it. Default: `raised`.
   */
  readonly defects?: "raised" | "sanitized" | undefined
}

/**
 * A client of a server Layer, in memory, for as long as the scope is open.
 *
 * ```ts
 * it.effect("adds", () =>
 *   Effect.gen(function* () {
 *     const client = yield* McpTest.client(AddLive.pipe(Layer.provide(McpServer.layer({ name: "calc", version: "1.0.0" }))))
 *     assert.deepStrictEqual(yield* client.call(Add, { a: 1, b: 2 }), { sum: 3 })
 *   }).pipe(Effect.scoped)
 * )
 * ```
 */
export const client = <ROut, E, R>(
  app: Layer.Layer<ROut, E, R>,
  options: ClientOptions = {}
): Effect.Effect<McpClient.Service, McpError | E, Scope.Scope | Exclude<R, McpListener>> => {
  if (options.defects === "sanitized") return McpClient.connect(app, options)
  const causes = new Map<string, Cause.Cause<unknown>>()
  const kept = Layer.succeed(McpServer.Incidents, (incident: string, cause: Cause.Cause<unknown>) => {
    causes.set(incident, cause)
  })
  return Effect.provideService(McpClient.connect(Layer.provide(app, kept), options), McpClient.Raising, (incident) =>
    causes.get(incident)
  )
}

/** What a pipe can do; pass another set to see what a server makes of less. */
export const features: Features = {
  headers: false,
  push: true,
  interim: true,
  serverRequests: true,
  resumable: false,
  disconnectCancels: true
}

/** The other end of a conversation, in the hands of a test. */
export interface RawPeer {
  /** Sends text as it is, or a value as JSON. */
  send(message: string | Json | ReadonlyArray<unknown>): Effect.Effect<void>
  /** The next message that arrived; waits for it. */
  readonly next: Effect.Effect<Json>
  /** Everything that has arrived so far, as text. */
  readonly received: ReadonlyArray<string>
  /** Ends what this side sends. */
  readonly end: Effect.Effect<void>
}

class Inbox {
  readonly received: Array<string> = []
  readonly #queue: Queue.Queue<Json>

  constructor(queue: Queue.Queue<Json>) {
    this.#queue = queue
  }

  add(text: string): void {
    this.received.push(text)
    Queue.offerUnsafe(this.#queue, JSON.parse(text) as Json)
  }

  get next(): Effect.Effect<Json> {
    return Queue.take(this.#queue)
  }
}

const inbox = Effect.map(Queue.unbounded<Json>(), (queue) => new Inbox(queue))

const asText = (message: string | object): string => (typeof message === "string" ? message : JSON.stringify(message))

const inbound = (text: string, via: Exchange): Inbound => ({ message: JsonRpc.decode(text), size: text.length, via })

const exchange = (features: Features, own: boolean, revision?: string): Exchange => ({
  headers: undefined,
  principal: anonymous,
  features,
  own,
  revision
})

/** A transport whose other end is the test: give it to `McpClient.connect` to play a server. */
export const scripted = (
  options: { readonly features?: Features | undefined } = {}
): Effect.Effect<{ readonly transport: McpTransport; readonly peer: RawPeer }> =>
  Effect.gen(function* () {
    const able = options.features ?? features
    const via = exchange(able, false)
    const toPeer = yield* inbox
    const fromPeer = yield* Queue.unbounded<Inbound, Cause.Done>()
    return {
      transport: {
        features: able,
        incoming: Stream.fromQueue(fromPeer),
        outgoing: Sink.forEach((frame: Outbound) => Effect.sync(() => toPeer.add(frame.text)))
      },
      peer: {
        send: (message) => Effect.asVoid(Queue.offer(fromPeer, inbound(asText(message), via))),
        next: toPeer.next,
        received: toPeer.received,
        end: Effect.asVoid(Queue.end(fromPeer))
      }
    }
  })

/** Builds a server Layer and gives what a listener would be handed, with the gate open. */
export const acceptor = <ROut, E, R>(
  app: Layer.Layer<ROut, E, R>
): Effect.Effect<Acceptor, E, Scope.Scope | Exclude<R, McpListener>> =>
  Effect.gen(function* () {
    const handed = yield* Deferred.make<Acceptor>()
    const gated = yield* gate({
      listen: (acceptor) => Effect.andThen(Deferred.succeed(handed, acceptor), Effect.never)
    })
    yield* Layer.build(Layer.provide(app, Layer.succeed(McpListener, gated.listener)))
    yield* Effect.addFinalizer(() => gated.drain)
    yield* gated.open
    return yield* Deferred.await(handed)
  })

/** The peer's drivers: a duplex transport, a conversation fed by hand, one exchange per message. */
export type Driver = "run" | "open" | "answer"

export interface RawOptions {
  /** Default: `run`. */
  readonly driver?: Driver | undefined
  readonly features?: Features | undefined
  /** The revision that the envelope of each exchange names, for `answer` in the legacy era. */
  readonly revision?: string | undefined
}

/** Faces a server with raw messages, by one of the drivers. */
export const raw = <ROut, E, R>(
  app: Layer.Layer<ROut, E, R>,
  options: RawOptions = {}
): Effect.Effect<RawPeer, E, Scope.Scope | Exclude<R, McpListener>> =>
  Effect.flatMap(acceptor(app), (acceptor) => {
    switch (options.driver ?? "run") {
      case "run":
        return byRun(acceptor, options)
      case "open":
        return byOpen(acceptor, options)
      case "answer":
        return byAnswer(acceptor, options)
    }
  })

const byRun = Effect.fnUntraced(function* (acceptor: Acceptor, options: RawOptions) {
  const { peer, transport } = yield* scripted(options)
  yield* Effect.forkScoped(acceptor.run(transport))
  return peer
})

const byOpen = Effect.fnUntraced(function* (acceptor: Acceptor, options: RawOptions) {
  const able = options.features ?? features
  const via = exchange(able, false)
  const toPeer = yield* inbox
  const conversation = acceptor.open(
    {
      push: (frame) => {
        toPeer.add(frame.text)
        frame.receipt?.handed()
      },
      none: () => {},
      hasRoom: () => true,
      whenRoom: () => () => {}
    },
    able
  )
  yield* Effect.addFinalizer(() => conversation.close("The test is over"))
  const peer: RawPeer = {
    send: (message) => Effect.sync(() => conversation.receive(inbound(asText(message), via))),
    next: toPeer.next,
    received: toPeer.received,
    end: conversation.close("The other side ended the connection")
  }
  return peer
})

const byAnswer = Effect.fnUntraced(function* (acceptor: Acceptor, options: RawOptions) {
  const able = options.features ?? features
  const toPeer = yield* inbox
  const context = yield* Effect.context<never>()
  const open = new Map<unknown, Fiber.Fiber<void>>()
  const exchanged = (text: string) =>
    Effect.flatMap(exchangedBy(acceptor, inbound(text, exchange(able, true, options.revision))), (answer) => {
      if (answer._tag === "Reply") return Effect.sync(() => toPeer.add(answer.frame.text))
      if (answer._tag === "Stream") {
        return Stream.runForEach(answer.frames, (frame) => Effect.sync(() => toPeer.add(frame.text)))
      }
      return Effect.void
    })
  yield* Effect.addFinalizer(() => Fiber.interruptAll(open.values()))
  const peer: RawPeer = {
    send: (message) =>
      Effect.suspend(() => {
        const text = asText(message)
        const cancelled = cancelledId(text)
        if (cancelled !== undefined) {
          const fiber = open.get(cancelled)
          return fiber === undefined ? Effect.void : Fiber.interrupt(fiber)
        }
        const decoded = JsonRpc.decode(text)
        const fiber = Effect.runForkWith(context)(exchanged(text))
        if (decoded._tag === "Request" && fiber.pollUnsafe() === undefined) {
          open.set(decoded.id, fiber)
          fiber.addObserver(() => open.delete(decoded.id))
        }
        return Effect.void
      }),
    next: toPeer.next,
    received: toPeer.received,
    end: Effect.suspend(() => Fiber.interruptAll([...open.values()]))
  }
  return peer
})

/** In an exchange, a cancel is the end of the stream: the driver plays it so. */
const cancelledId = (text: string): unknown => {
  const message = JsonRpc.decode(text)
  return message._tag === "Notification" && message.method === "notifications/cancelled"
    ? (message.params as { readonly requestId?: unknown }).requestId
    : undefined
}

/** A transport that misbehaves on command. */
export interface Faulty {
  readonly transport: McpTransport
  /** What is sent waits from now on. */
  readonly stall: Effect.Effect<void>
  /** What waited is sent. */
  readonly release: Effect.Effect<void>
  /** The next write fails. */
  readonly failNext: Effect.Effect<void>
  /** The connection is lost: input fails. */
  readonly disconnect: Effect.Effect<void>
}

export const faulty = (transport: McpTransport): Effect.Effect<Faulty> =>
  Effect.gen(function* () {
    const open = yield* Latch.make(true)
    const lost = yield* Deferred.make<never, TransportError>()
    let failing = false
    const checked = (frames: readonly [Outbound, ...Array<Outbound>]) =>
      Effect.andThen(
        Effect.raceFirst(open.await, Deferred.await(lost)),
        Effect.suspend(() =>
          failing
            ? Effect.fail(new TransportError({ detail: "The write failed, as the test wanted" }))
            : Effect.succeed(frames)
        )
      )
    return {
      transport: {
        features: transport.features,
        incoming: Stream.interruptWhen(transport.incoming, Deferred.await(lost)),
        outgoing: Sink.mapInputArrayEffect(transport.outgoing, checked)
      },
      stall: Effect.asVoid(open.close),
      release: Effect.asVoid(open.open),
      failNext: Effect.sync(() => {
        failing = true
      }),
      disconnect: Effect.asVoid(
        Deferred.fail(lost, new TransportError({ detail: "The connection was lost, as the test wanted" }))
      )
    }
  })

/**
 * The client's end of a pipe to a server Layer, for as long as the scope is open: wrap it with `faulty` or `transcript`,
 * then `McpClient.connect` to it.
 */
export const served = <ROut, E, R>(
  app: Layer.Layer<ROut, E, R>
): Effect.Effect<McpTransport, E, Scope.Scope | Exclude<R, McpListener>> =>
  Effect.gen(function* () {
    const accepting = yield* acceptor(app)
    const [clientEnd, serverEnd] = yield* loopback
    yield* Effect.forkScoped(Effect.ignore(accepting.run(serverEnd)))
    return clientEnd
  })

/** A transport that keeps every message that passes. */
export const transcript = (
  transport: McpTransport
): { readonly transport: McpTransport; readonly entries: ReadonlyArray<Entry> } => {
  const entries: Array<Entry> = []
  return { entries, transport: tap(transport, (entry) => entries.push(entry), { secrets: "shown" }) }
}

/** What a message asks for or says, without its id: ids are the sender's own affair. */
const withoutId = ({ id: _, ...rest }: Json): string => JSON.stringify(rest)

/**
 * A transport whose other side is a transcript: for each message that was sent then (`out`) it waits for the same one, ids
 * and order of members aside, and says what came after it (`in`), with the ids of now. What is sent and does not stand there
 * ends the connection, with an error that names both.
 */
export const replay = (entries: ReadonlyArray<Entry>): Effect.Effect<McpTransport, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { peer, transport } = yield* scripted()
    const lost = yield* Deferred.make<never, TransportError>()
    const ids = new Map<unknown, unknown>()
    const said = (text: string): Json => {
      const { id, ...rest } = JSON.parse(text) as Json
      const answers = id !== undefined && !("method" in rest)
      return id === undefined ? rest : { ...rest, id: answers ? ids.get(id) : id }
    }
    const heard = (text: string) =>
      Effect.flatMap(peer.next, (now) => {
        const then = JSON.parse(text) as Json
        if (withoutId(sorted(now)) !== withoutId(sorted(then))) {
          const detail = `The transcript has ${text} here, and not ${JSON.stringify(now)}`
          return Effect.fail(new TransportError({ detail }))
        }
        ids.set(then["id"], now["id"])
        return Effect.void
      })
    const play = Effect.forEach(
      entries,
      ({ direction, text }) => (direction === "out" ? heard(text) : peer.send(said(text))),
      { discard: true }
    )
    yield* Effect.forkScoped(Effect.catch(play, (error) => Effect.asVoid(Deferred.fail(lost, error))))
    return { ...transport, incoming: Stream.interruptWhen(transport.incoming, Deferred.await(lost)) }
  })

/** The same value with the members of its objects in one order. */
const sorted = (value: Json): Json => JSON.parse(JSON.stringify(value, inOrder)) as Json

const inOrder = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    : value
