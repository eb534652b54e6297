/**
 * The gate between a listener and a server: nothing is answered before the application is built.
 *
 * A gate makes the `McpListener` of one application out of a `McpListenerSource`. It knows every acceptor that listens
 * through it, opens them together, tells when all of them have ended, and drains them. It serves nothing itself.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Latch from "effect/Latch"
import type { Acceptor, Listener, TransportError } from "../McpTransport.ts"

export interface Gate {
  /** What the servers of the application get. */
  readonly listener: Listener
  /** Lets conversations in. */
  readonly open: Effect.Effect<void>
  /** Waits until every listener has ended, or fails with the first that broke. */
  readonly ended: Effect.Effect<void, TransportError>
  /** Drains every acceptor, side by side. */
  readonly drain: Effect.Effect<void>
}

/** Makes a gate, closed. */
export const gate = (source: Listener): Effect.Effect<Gate> =>
  Effect.sync(() => {
    const latch = Latch.makeUnsafe(false)
    const acceptors = new Set<Acceptor>()
    const listening = new Set<Deferred.Deferred<void, TransportError>>()

    const listener: Listener = {
      listen: Effect.fnUntraced(function* (acceptor) {
        const done = Deferred.makeUnsafe<void, TransportError>()
        acceptors.add(acceptor)
        listening.add(done)
        return yield* Effect.onExit(
          source.listen({
            ...acceptor,
            ready: latch.await,
            run: (transport) => Effect.andThen(latch.await, acceptor.run(transport))
          }),
          (exit) =>
            Deferred.done(
              done,
              Exit.map(exit, () => undefined)
            )
        )
      })
    }

    return {
      listener,
      open: Effect.asVoid(latch.open),
      ended: Effect.suspend(() =>
        Effect.forEach(listening, Deferred.await, { concurrency: "unbounded", discard: true })
      ),
      drain: Effect.suspend(() =>
        Effect.andThen(
          Effect.forEach(acceptors, (acceptor) => acceptor.drain, { concurrency: "unbounded", discard: true }),
          source.release ?? Effect.void
        )
      )
    }
  })

/** Several listeners as one: it has ended when all of them have. */
export const joined = (listeners: ReadonlyArray<Listener>): Listener => ({
  listen: (acceptor) =>
    Effect.forEach(listeners, (listener) => listener.listen(acceptor), { concurrency: "unbounded", discard: true }),
  release: Effect.forEach(listeners, ({ release }) => release ?? Effect.void, {
    concurrency: "unbounded",
    discard: true
  })
})
