/**
 * Every message of a conversation, as text, for whoever wants to see it.
 *
 * Nothing is written out for it as long as nobody looks.
 */
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as PubSub from "effect/PubSub"
import * as Stream from "effect/Stream"
import type * as Peer from "../../peer/Peer.ts"
import { redacted } from "../../transport/McpTransport.ts"
import type { Message } from "../McpClient.ts"

/** The messages of a core's conversation from when it is run; with `debug` they go to the debug log as well. */
export const tapped = Effect.fnUntraced(function* (core: Peer.Core, buffer: number, debug: boolean) {
  const context: Context.Context<never> = yield* Effect.context<never>()
  const messages = yield* PubSub.sliding<Message>(buffer)
  const log = Effect.runForkWith(context)
  let readers = 0
  const tap = (direction: "in" | "out", text: string): void => {
    const message: Message = { from: direction === "in" ? "server" : "client", text }
    if (readers > 0) PubSub.publishUnsafe(messages, message)
    if (debug) log(Effect.logDebug(`${message.from}: ${redacted(text)}`))
  }
  if (debug) core.tap = tap
  const counted = (change: number) =>
    Effect.sync(() => {
      readers += change
      core.tap = readers > 0 || debug ? tap : undefined
    })
  let closed = false
  const stream = Stream.unwrap(
    Effect.gen(function* () {
      if (closed) return Stream.empty
      const subscription = yield* PubSub.subscribe(messages)
      yield* Effect.acquireRelease(counted(1), () => counted(-1))
      return Stream.fromSubscription(subscription)
    })
  )
  const close = Effect.suspend(() => {
    closed = true
    return PubSub.shutdown(messages)
  })
  return { stream, close }
})
