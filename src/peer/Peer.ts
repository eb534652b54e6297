/**
 * The engine of one conversation, under three drivers: role-blind, and blind to the protocol it carries.
 *
 * `open` is the core: a conversation fed by hand, whose frames leave by an outlet. `run` adds a reader and a writer
 * fiber for a transport that is a pair. `answer` is one request and one outlet, without a conversation. All three use
 * one dispatch, one `Call` per request and one `Core` per server or client. It keeps the laws of settling, cancelling,
 * ordering and bounds; what a method is and what code an error has, the dispatch above knows.
 */
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as McpTransport from "../transport/McpTransport.ts"
import { Call } from "./internal/call.ts"
import { Conversation, SHUTTING_DOWN } from "./internal/conversation.ts"
import { whileMoving } from "./internal/patience.ts"
import { Core, type Dispatch, type PeerDialect } from "./internal/core.ts"

export { Call, type Holder, type Settled, type Task } from "./internal/call.ts"
export { Conversation } from "./internal/conversation.ts"
export { Core, type Dispatch, type PeerDialect, type PeerFault } from "./internal/core.ts"
export { PeerError, type Reason } from "./internal/failure.ts"
export type { RequestOptions } from "./internal/requests.ts"

/** Makes the core of a server or a client. The context is that of its scope: fibers run in it, clock and limits are its. */
export const make = (dispatch: Dispatch, dialect: PeerDialect, context: Context.Context<never>): Core =>
  new Core(dispatch, dialect, context)

/** Opens a conversation that is fed by hand. */
export const open = (core: Core, outlet: McpTransport.Outlet, features: McpTransport.Features): Conversation =>
  new Conversation(core, outlet, features)

/**
 * Serves a transport until its input ends, its output breaks, or the fiber is interrupted. At the end of input running
 * handlers have their last words; then everything that runs is interrupted and what was said is written out.
 */
export const run = (
  core: Core,
  transport: McpTransport.McpTransport,
  onOpen?: (conversation: Conversation) => void
): Effect.Effect<void, McpTransport.TransportError> =>
  Effect.suspend(() => {
    const overflow = Deferred.makeUnsafe<never, McpTransport.TransportError>()
    const { unsentHard, unsentSoft } = core.limits
    const outbox = new SeenOutbox(
      core,
      { soft: unsentSoft, hard: unsentHard },
      () => conversation.busy,
      () => Deferred.doneUnsafe(overflow, Effect.fail(tooMuchUnsent(unsentHard)))
    )
    const conversation = open(core, outbox, transport.features)
    onOpen?.(conversation)
    const reader = Stream.runForEachArray(transport.incoming, (frames) => {
      for (const frame of frames) {
        core.tap?.("in", textOf(frame))
        conversation.receive(frame)
      }
      return conversation.mayRead
    })
    return Effect.scoped(
      Effect.gen(function* () {
        const writer = yield* Effect.forkScoped(Stream.run(outbox.stream, transport.outgoing), {
          startImmediately: true
        })
        const broken = Effect.raceFirst(Fiber.join(writer), Deferred.await(overflow))
        const conversing = Effect.flatMap(reader, () => conversation.endOfInput("The other side ended the connection"))
        return yield* Effect.onExit(Effect.raceFirst(conversing, broken), (exit) => {
          const detail = exit._tag === "Failure" ? describe(exit.cause) : "The other side ended the connection"
          return Effect.andThen(conversation.close(detail), flush(outbox, writer, core))
        })
      })
    )
  })

/** The outbox of a conversation that can be looked into. */
class SeenOutbox extends McpTransport.Outbox {
  readonly #core: Core

  constructor(core: Core, ...rest: ConstructorParameters<typeof McpTransport.Outbox>) {
    super(...rest)
    this.#core = core
  }

  override push(frame: McpTransport.Outbound): void {
    this.#core.tap?.("out", frame.text)
    super.push(frame)
  }
}

/** What came in, written anew from what was read. */
const textOf = ({ message }: McpTransport.Inbound): string => {
  const { _tag, ...members } = message
  return McpTransport.written(_tag === "Malformed" ? members : { jsonrpc: "2.0", ...members })
}

/** What is left is written out, if the sink still takes it within the bound. */
const flush = (
  outbox: McpTransport.Outbox,
  writer: Fiber.Fiber<void, McpTransport.TransportError>,
  core: Core
): Effect.Effect<void> =>
  Effect.suspend(() => {
    outbox.end()
    return Effect.ignore(whileMoving(Fiber.join(writer), core.limits.lastWords, () => outbox.taken))
  })

const tooMuchUnsent = (hard: number) =>
  new McpTransport.TransportError({
    detail: `More than ${hard} characters are unsent because the other side does not read; see McpLimits.unsentHard`
  })

const describe = (cause: { readonly reasons: ReadonlyArray<{ readonly _tag: string }> }): string => {
  for (const reason of cause.reasons) {
    if (reason._tag === "Fail" && "error" in reason && reason.error instanceof McpTransport.TransportError) {
      return reason.error.detail
    }
  }
  return "The connection was closed on this side"
}

/** Serves one exchange: one message, one answer. Interrupting it, or its stream, is the receiver going away. */
export const answer = (
  core: Core,
  frame: McpTransport.Inbound,
  exchange: McpTransport.Exchange
): Effect.Effect<McpTransport.Answer> =>
  Effect.suspend(() => {
    const { message } = frame
    let call: Call | undefined
    const outlet = new McpTransport.ExchangeOutlet(core.limits.unsentSoft, () => {
      if (exchange.features.disconnectCancels) call?.cancel()
    })
    if (message._tag === "Request" && !core.draining) {
      call = new Call(core, message, { ...exchange, outlet }, outlet, undefined, false)
      call.start()
    } else if (message._tag === "Request" || (message._tag === "Malformed" && message.kind !== "response")) {
      const reply =
        message._tag === "Request"
          ? core.refuse("Busy", SHUTTING_DOWN, message.id, exchange, undefined)
          : core.refuse("Malformed", message.message, message.id, exchange, undefined, message.fault)
      if (reply === undefined) outlet.none()
      else outlet.push({ kind: "reply", text: reply.text, via: exchange, hints: reply.hints, receipt: undefined })
    } else {
      outlet.none()
    }
    return outlet.answer
  })
