/**
 * How the examples check themselves: each value that a story states is compared with the one that came.
 *
 * `expect` prints what is as stated, and otherwise both values; then the program ends with exit code 1. `story` is the
 * frame of a program. With `EXAMPLES_ALTER=3` in the environment the third stated value is altered: such a run must
 * fail, and `run.ts` sees to it with the first.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Cause, Console, Data, Effect, type Scope } from "effect"
import { inspect, isDeepStrictEqual } from "node:util"

let untilAltered = Number(process.env["EXAMPLES_ALTER"] ?? 0)

const altered = (expected: unknown): unknown => {
  untilAltered -= 1
  if (untilAltered !== 0) return expected
  return typeof expected === "string" ? `${expected}, altered` : { altered: expected }
}

/** Whether a value is what was expected, in depth. */
export const same = (actual: unknown, expected: unknown): boolean => isDeepStrictEqual(actual, altered(expected))

const shown = (value: unknown): string =>
  typeof value === "string" ? value : inspect(value, { depth: 6, breakLength: Infinity, compact: true })

/** A part of a story. */
export const chapter = (title: string): Effect.Effect<void> => Console.log(` ${title}`)

export class Unexpected extends Data.TaggedError("Unexpected")<{ readonly what: string }> {}

/** Says what a value is, and ends the story when it is not the expected one. */
export const expect = <A>(what: string, actual: A, expected: NoInfer<A>): Effect.Effect<void, Unexpected> => {
  const wanted = altered(expected)
  if (isDeepStrictEqual(actual, wanted)) return Console.log(`  ✓ ${what.padEnd(42)} ${shown(actual)}`)
  const lines = [`  ✗ ${what}`, `      expected ${shown(wanted)}`, `      but got  ${shown(actual)}`]
  return Effect.andThen(Console.error(lines.join("\n")), Effect.fail(new Unexpected({ what })))
}

const isUnexpected = (cause: Cause.Cause<unknown>): boolean =>
  cause.reasons.some((reason) => reason._tag === "Fail" && reason.error instanceof Unexpected)

/** Tells a story as this process: exit code 0 when all of it was as stated, 1 otherwise. */
export const story = <E>(title: string, program: Effect.Effect<unknown, E, Scope.Scope>): void =>
  Console.log(title).pipe(
    Effect.andThen(Effect.scoped(program)),
    Effect.timeout("20 seconds"),
    Effect.tapCause((cause) => (isUnexpected(cause) ? Effect.void : Console.error(Cause.pretty(cause)))),
    (main) => NodeRuntime.runMain(main, { disableErrorReporting: true })
  )
