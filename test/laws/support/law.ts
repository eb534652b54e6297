/**
 * How a law is tested: as a property, with a seed that is logged and a distribution that is counted.
 *
 * `property` runs `LAW_RUNS` cases (1,000 by default), each with its own clock and scope. `LAW_SEED` replays a run. Each
 * case says what it was made of with `seen(group, value)`; the distribution is printed, and a value of `expected` that
 * makes up less than 2% of its group fails the test.
 */
import { describe, it } from "@effect/vitest"
import { type Arbitrary, Effect, Metric, type Schema, type Scope } from "effect"

type Source = Schema.Constraint | Arbitrary.Arbitrary<unknown>
type Value<S> = S extends Arbitrary.Arbitrary<infer A> ? A : S extends Schema.Constraint ? S["Type"] : never
type Values<S> = { readonly [K in keyof S]: Value<S[K]> }

export type Seen = (group: string, value: string) => void

export const RUNS = Number(process.env["LAW_RUNS"] ?? 1000)
export const SEED = Number(process.env["LAW_SEED"] ?? Math.floor(Math.random() * 2 ** 31))

export const LEAST = 0.02
/** With fewer cases a share says nothing. */
export const ENOUGH = 200

class Distribution {
  readonly #groups = new Map<string, Map<string, number>>()

  constructor(expected: { readonly [group: string]: ReadonlyArray<string> }) {
    for (const [group, values] of Object.entries(expected)) {
      this.#groups.set(group, new Map(values.map((value) => [value, 0])))
    }
  }

  readonly seen: Seen = (group, value) => {
    const counts = this.#groups.get(group)
    if (counts === undefined) throw new Error(`The group "${group}" is not among the expected ones`)
    counts.set(value, (counts.get(value) ?? 0) + 1)
  }

  check(name: string, runs: number): void {
    const rare: Array<string> = []
    for (const [group, counts] of this.#groups) {
      const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
      const shares = [...counts].map(([value, count]) => [value, total === 0 ? 0 : count / total] as const)
      const shown = shares.map(([value, share]) => `${value} ${(share * 100).toFixed(0)}%`).join(", ")
      console.log(`${name} [seed ${SEED}, ${runs} runs] ${group}: ${shown}`)
      rare.push(...shares.flatMap(([value, share]) => (share < LEAST ? [`${group}=${value}`] : [])))
    }
    if (runs >= ENOUGH && rare.length > 0) throw new Error(`Too rare to mean anything: ${rare.join(", ")}`)
  }
}

/** A property over generated values. Fails when the body fails or returns false. */
export const property = <const S extends { readonly [name: string]: Source }>(
  name: string,
  sources: S,
  expected: { readonly [group: string]: ReadonlyArray<string> },
  body: (values: Values<S>, seen: Seen) => Effect.Effect<void, unknown, Scope.Scope>,
  options: { readonly runs?: number; readonly timeout?: number } = {}
): void => {
  const runs = options.runs ?? RUNS
  describe(name, () => {
    const distribution = new Distribution(expected)
    it.effect.prop("holds", sources as never, (values) => Effect.scoped(body(values as Values<S>, distribution.seen)), {
      timeout: options.timeout ?? 120_000,
      arbitrary: { runs, seed: SEED }
    })
    it("was tried on everything", () => distribution.check(name, runs))
  })
}

/** Runs an effect in a scope of its own and gives the number of fibers that it left behind. */
export const fibersLeft = <E>(effect: Effect.Effect<unknown, E, Scope.Scope>): Effect.Effect<number, E> =>
  Effect.suspend(() => {
    let live = 0
    const counting: Metric.FiberRuntimeMetricsService = {
      recordFiberStart: () => void live++,
      recordFiberEnd: () => void live--
    }
    return Effect.map(Effect.provideService(Effect.scoped(effect), Metric.FiberRuntimeMetrics, counting), () => live)
  })

/** Lets everything that can go on without time passing go on. */
export const settle: Effect.Effect<void> = Effect.repeat(Effect.yieldNow, { times: 20 }).pipe(Effect.asVoid)
