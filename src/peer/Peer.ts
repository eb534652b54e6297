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
import { Conversation, SHUTTING_DOWN } from "./internal/conversation.ts"
import { whileMoving } from "./internal/patience.ts"
import { Core, type Dispatch, type PeerDialect } from "./internal/core.ts"

export { Call, type Holder, type Settled, type Task } from "./internal/call.ts"
export { Conversation } from "./internal/conversation.ts"
export { Core, type Dispatch, type PeerDialect, type PeerFault, type Refused } from "./internal/core.ts"
export { PeerError, type Reason } from "./internal/failure.ts"
export type { RequestOptions } from "./internal/requests.ts"

/** Makes the core of a server or a client. The context is that of its scope: fibers run in it, clock and limits are its. */
export const make = (dispatch: Dispatch, dialect: PeerDialect, context: Context.Context<never>): Core =>
  new Core(dispatch, dialect, context)

/** Opens a conversation that is fed by hand. */
export const open = (
  core: Core,
  outlet: McpTransport.Outlet,
  features: McpTransport.Features,
  opening?: McpTransport.Opening
): Conversation => new Conversation(core, outlet, features, opening)

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

/** Serves one exchange: one message, whose answer leaves by the outlet of its exchange. Gives back what cancels it. */
export const answer = (core: Core, frame: McpTransport.Inbound): (() => void) => {
  const { message, via } = frame
  const outlet = via.outlet ?? nowhere
  if (message._tag === "Request" && !core.draining) return core.exchanges.start(message, frame.size, via, outlet)
  // what it would cancel is an exchange of its own
  if (message._tag === "Notification" && !core.draining && core.dialect.cancelOf(message) === undefined) {
    core.dispatch.notification(message, via, undefined)
  }
  const refused = refusalOf(message)
  const reply = refused === undefined ? undefined : core.refuse(refused, refused.id, via, undefined)
  if (reply === undefined) outlet.none()
  else outlet.push({ kind: "reply", text: reply.text, via, hints: reply.hints, receipt: undefined })
  return () => {}
}

/** What there is to say to a message that is not served: nothing, unless it is, or may be, a request. */
const refusalOf = (message: McpTransport.Inbound["message"]): McpTransport.Refusal | undefined => {
  if (message._tag === "Request") return { fault: "Busy", detail: SHUTTING_DOWN, id: message.id }
  if (message._tag !== "Malformed" || message.kind === "response") return undefined
  return { fault: message.fault, detail: message.message, id: message.id }
}

const nowhere: McpTransport.Outlet = {
  push: (frame) => frame.receipt?.handed(),
  none: () => {},
  hasRoom: () => true,
  whenRoom: () => () => {}
}

/** What a refusal of a listener says. */
export const refuse = (
  core: Core,
  { id, ...refused }: McpTransport.Refusal,
  via: McpTransport.Exchange
): McpTransport.Outbound => {
  const reply = core.refuse(refused, id, via, undefined)
  return { kind: "reply", text: reply?.text ?? "", via, hints: reply?.hints, receipt: undefined }
}
