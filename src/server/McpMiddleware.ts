/**
 * What stands around handlers: guards, limits, caches, services that are made for each call.
 *
 * A middleware gets the call and what comes next, and answers in its place: it may refuse, change the result, run things
 * before and after, or give the handler a service. It is in force for what its Layer is provided to: one item, several,
 * or a whole server with all its methods. Of two, the one provided last is outermost; of two that are provided together,
 * the first. Where there is none nothing is wrapped.
 */
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Forbidden, type McpError, type McpFault, RateLimited } from "../protocol/McpError.ts"
import type { JsonObject } from "../protocol/McpSchema.ts"
import { McpLimits } from "../transport/McpLimits.ts"
import { Counts } from "./internal/counts.ts"
import { added, type Run } from "./internal/middlewares.ts"
import { cacheKey, Results } from "./internal/results.ts"
import type { McpRequest } from "./McpRequest.ts"

export { Forbidden, RateLimited } from "../protocol/McpError.ts"

/** A result as it is before the revision of the request shows in it: `{ content, structuredContent }`, `{ contents }`, … */
export type Result = JsonObject

/** What a middleware may refuse with. For a tool, the model reads `Forbidden`, `RateLimited` and `Busy` in the result. */
export type Refusal = McpError | McpFault | Forbidden | RateLimited

/** What comes next, and fails with what it refuses. A tool's declared failure is a result, with `isError`. */
export type Next<Provides = never> = Effect.Effect<Result, McpFault, Provides>

/** Answers a call in the place of what comes next. */
export type Middleware<in Provides = never> = (
  call: McpRequest.Service,
  next: Next<Provides>
) => Effect.Effect<Result, Refusal>

/** A middleware, or how it is made; what it is made of lives as long as its Layer. */
export type Source<Provides, E, R> = Middleware<Provides> | Effect.Effect<Middleware<Provides>, E, R>

const pushed = <Provides, E, R>(source: Source<Provides, E, R>): Layer.Layer<never, E, Exclude<R, Scope.Scope>> =>
  // made anew for each thing that it is provided to: what it adds to depends on where it stands
  Layer.fresh(
    Layer.effectContext(
      Effect.gen(function* () {
        const middleware = Effect.isEffect(source) ? yield* source : source
        return added(yield* Effect.context<never>(), middleware as Run)
      })
    )
  )

/**
 * Puts a middleware around what the Layer is provided to.
 *
 * ```ts
 * const Timed = McpMiddleware.layer((call, next) =>
 *   Effect.flatMap(Effect.timed(next), ([duration, result]) =>
 *     Effect.as(Effect.logDebug(`${call.method} ${call.name}`, Duration.format(duration)), result)
 *   )
 * )
 * ```
 */
export const layer = <E = never, R = never>(
  source: Source<never, E, R>
): Layer.Layer<never, E, Exclude<R, Scope.Scope>> => pushed(source)

/**
 * As `layer`, for a middleware that provides a service to what comes next. The service is there while a call runs, not
 * while Layers are built.
 *
 * ```ts
 * const WithUser = McpMiddleware.layerProviding(CurrentUser, (call, next) =>
 *   Effect.provideServiceEffect(next, CurrentUser, userOf(call.headers))
 * )
 * ```
 */
export const layerProviding = <Identifier, Shape, E = never, R = never>(
  _service: Context.Key<Identifier, Shape>,
  source: Source<Identifier, E, R>
): Layer.Layer<Identifier, E, Exclude<R, Scope.Scope>> => pushed(source) as Layer.Layer<Identifier, E, never>

/**
 * Lets a call through only if the check says so; otherwise it is `Forbidden`, with the name of the guard.
 *
 * The check may fail with a refusal of its own.
 */
export const guard = <R = never>(
  name: string,
  check: (call: McpRequest.Service) => Effect.Effect<boolean, Refusal, R> | boolean
): Layer.Layer<never, never, R> =>
  pushed(
    Effect.contextWith((context: Context.Context<R>) => {
      const allowed = (call: McpRequest.Service): Effect.Effect<boolean, Refusal> => {
        const answer = check(call)
        return Effect.isEffect(answer) ? Effect.provideContext(answer, context) : Effect.succeed(answer)
      }
      const middleware: Middleware = (call, next) =>
        Effect.flatMap(allowed(call), (passes): Effect.Effect<Result, Refusal> =>
          passes
            ? next
            : Effect.fail(new Forbidden({ guard: name, detail: `${call.name ?? call.method} is not for this caller` }))
        )
      return Effect.succeed(middleware)
    })
  ) as Layer.Layer<never, never, R>

/** For whom a limit counts. Default: each principal, for each tool, prompt, resource or method. */
export interface PerOptions {
  readonly per?: ((call: McpRequest.Service) => string) | undefined
}

const perPrincipal = (call: McpRequest.Service): string =>
  JSON.stringify([call.principal.id, call.method, call.name ?? ""])

export interface RateOptions extends PerOptions {
  /** Calls in one window. */
  readonly limit: number
  readonly window: Duration.Input
}

/** At most `limit` calls in a window, from its first call on; more are `RateLimited`, with the time after which to come again. */
export const rateLimit = ({ limit, per = perPrincipal, window }: RateOptions): Layer.Layer<never> =>
  layer(
    Effect.gen(function* () {
      const { callers } = yield* McpLimits
      const length = Duration.toMillis(window)
      const counts = new Counts<{ readonly since: number; count: number }>(callers)
      const middleware: Middleware = (call, next) =>
        Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<Result, Refusal> => {
          const key = per(call)
          const before = counts.get(key)
          const current = before === undefined || now - before.since >= length ? { since: now, count: 0 } : before
          counts.set(key, current)
          if (current.count >= limit) {
            const detail = `At most ${limit} calls in ${Duration.format(Duration.fromInputUnsafe(window))}`
            return Effect.fail(new RateLimited({ detail, retryAfterMs: current.since + length - now }))
          }
          current.count += 1
          return next
        })
      return middleware
    })
  )

export interface ConcurrencyOptions extends PerOptions {
  /** Calls that run at once. */
  readonly limit: number
}

/** At most `limit` calls at once; more are `RateLimited`. */
export const concurrencyLimit = ({ limit, per = perPrincipal }: ConcurrencyOptions): Layer.Layer<never> =>
  layer(
    Effect.sync((): Middleware => {
      const running = new Map<string, number>()
      const leave = (key: string) =>
        Effect.sync(() => {
          const left = (running.get(key) ?? 1) - 1
          if (left === 0) running.delete(key)
          else running.set(key, left)
        })
      return (call, next) =>
        Effect.uninterruptibleMask((restore): Effect.Effect<Result, Refusal> => {
          const key = per(call)
          const count = running.get(key) ?? 0
          if (count >= limit) return Effect.fail(new RateLimited({ detail: `At most ${limit} calls at once` }))
          running.set(key, count + 1)
          return Effect.ensuring(restore(next), leave(key))
        })
    })
  )

export interface CacheOptions {
  /** How long a result is good for. */
  readonly ttl: Duration.Input
  /** How many results are kept. Default: `McpLimits.cached`. */
  readonly capacity?: number | undefined
  /** What else a result depends on. Results are always kept apart by method, name and parameters. Default: the principal. */
  readonly per?: ((call: McpRequest.Service) => string) | undefined
}

/** Keeps results of calls for some time. An error result is not kept, nor one of a call that answers a question. */
export const cache = ({ capacity, per = (call) => call.principal.id, ttl }: CacheOptions): Layer.Layer<never> =>
  layer(
    Effect.gen(function* () {
      const results = new Results(capacity ?? (yield* McpLimits).cached, Duration.toMillis(ttl))
      const middleware: Middleware = (call, next) => {
        const key = cacheKey(call, per(call))
        if (key === undefined) return next
        return Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const kept = results.get(key, now)
          if (kept !== undefined) return Effect.succeed(kept)
          return Effect.tap(next, (result) =>
            result["isError"] === true
              ? Effect.void
              : Effect.map(Clock.currentTimeMillis, (later) => results.set(key, result, later))
          )
        })
      }
      return middleware
    })
  )
