/**
 * What an attempt has opened is closed at once when it fails or is interrupted, not when the caller's scope ends.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"

export const attempt = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R | Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function* () {
      const scope = yield* Scope.fork(yield* Effect.scope)
      return yield* Effect.onError(restore(Scope.provide(effect, scope)), (cause) =>
        Scope.close(scope, Exit.failCause(cause))
      )
    })
  )
