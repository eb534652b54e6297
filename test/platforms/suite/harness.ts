/**
 * Checks without a test runner, for runtimes that have none: named Effects that compare values, and what became of them.
 *
 * It uses nothing but `effect`, so that it runs wherever the package does. Each check runs twice, the second time with
 * every comparison turned round: then it must fail. Comparisons are counted, and a check that compares nothing fails. Nothing here knows on
 * which platform it runs; what cannot be checked somewhere names that platform and the reason.
 */
import { Cause, Data, Effect, Equal, Schema, type Scope } from "effect"

/** What a check compares with. */
export interface Look {
  /** Fails the check when the values differ, in depth. */
  same<A>(what: string, actual: A, expected: NoInfer<A>): void
  /** Fails the check when the value is not as said. */
  that(what: string, holds: boolean): void
}

export interface Check {
  readonly name: string
  /** Where it is not run, and why. */
  readonly skipped: { readonly [platform: string]: string }
  readonly body: (look: Look) => Effect.Effect<void, unknown, Scope.Scope>
}

/** What became of a check. */
export const Outcome = Schema.Union([
  Schema.Struct({ name: Schema.String, became: Schema.Literal("passed"), compared: Schema.Int }),
  Schema.Struct({ name: Schema.String, became: Schema.Literals(["failed", "skipped"]), why: Schema.String })
])
export type Outcome = typeof Outcome.Type

export class Mismatch extends Data.TaggedError("Mismatch")<{ readonly message: string }> {}

/** How long one check may take, in real time. */
const LIMIT = "20 seconds"

const shown = (value: unknown): string => JSON.stringify(value) ?? String(value)

class Counter implements Look {
  compared = 0
  readonly #altered: boolean

  constructor(altered: boolean) {
    this.#altered = altered
  }

  same<A>(what: string, actual: A, expected: NoInfer<A>): void {
    const hint = `expected ${shown(expected)}, but got ${shown(actual)}`
    this.that(`${what}: ${hint}`, Equal.equals(actual, expected))
  }

  that(what: string, holds: boolean): void {
    this.compared += 1
    if (holds === this.#altered) throw new Mismatch({ message: what })
  }
}

/** A check: its scope is closed at its end. */
export const check = (
  name: string,
  body: (look: Look) => Effect.Effect<void, unknown, Scope.Scope>,
  skipped: Check["skipped"] = {}
): Check => ({ name, body, skipped })

/** The same checks under a common name. */
export const part = (name: string, checks: ReadonlyArray<Check>): ReadonlyArray<Check> =>
  checks.map((one) => ({ ...one, name: `${name}: ${one.name}` }))

/** Runs a check once; gives how many values it compared, or why it failed. */
const once = ({ body }: Check, altered: boolean): Effect.Effect<number | string> =>
  Effect.suspend(() => {
    const look = new Counter(altered)
    return Effect.suspend(() => body(look)).pipe(
      Effect.scoped,
      Effect.timeout(LIMIT),
      Effect.matchCause({
        onFailure: (cause) => Cause.pretty(cause),
        onSuccess: () => (look.compared === 0 ? "It compared nothing" : look.compared)
      })
    )
  })

/** A check passes when it passes, and fails when what it compares is altered. */
const outcome = (one: Check, platform: string): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const { name, skipped } = one
    const why = skipped[platform]
    if (why !== undefined) return { name, became: "skipped", why }
    const compared = yield* once(one, false)
    if (typeof compared === "string") return { name, became: "failed", why: compared }
    return typeof (yield* once(one, true)) === "string"
      ? { name, became: "passed", compared }
      : { name, became: "failed", why: "It did not notice altered values" }
  })

/** Where the checks run. */
export interface Here {
  readonly platform: string
  /** The address of a server of this suite, on Node. */
  readonly url: string
}

/** Runs the checks one after the other. */
export const run = (checks: ReadonlyArray<Check>, platform: string): Effect.Effect<ReadonlyArray<Outcome>> =>
  Effect.forEach(checks, (one) => outcome(one, platform))
