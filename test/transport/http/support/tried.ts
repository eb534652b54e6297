/**
 * Something is done to a server that is new each time: afterwards it still answers, and leaves no fiber behind.
 */
import { assert } from "@effect/vitest"
import { Effect } from "effect"
import { request } from "../../../laws/support/app.ts"
import { fibersLeft } from "../../../laws/support/law.ts"
import { type Answer, assertError } from "./answer.ts"
import { served } from "./app.ts"
import { type Endpoint, modern, serve } from "./endpoint.ts"
import { limited } from "./people.ts"
import { turns } from "./turns.ts"

export const discover = request("modern", 1, "server/discover")

/** The endpoint still answers. */
export const goesOn = (endpoint: Endpoint) =>
  Effect.map(modern(endpoint, discover), ({ status }) => assert.strictEqual(status, 200))

/** Does something to a server. */
export const tried = (
  use: (endpoint: Endpoint) => Effect.Effect<void>,
  limits: Parameters<typeof limited>[1] = {},
  options: Parameters<typeof serve>[1] = {}
) =>
  Effect.gen(function* () {
    const left = yield* fibersLeft(
      Effect.gen(function* () {
        const endpoint = yield* limited(serve(served().app, options), limits)
        yield* use(endpoint)
        yield* goesOn(endpoint)
      })
    )
    yield* turns
    assert.strictEqual(left, 0, "fibers")
  })

/** The answer is an error with this status, code and id. */
export const told = (answer: Effect.Effect<Answer>, status: number, code: number, id?: string | number) =>
  Effect.asVoid(Effect.flatMap(answer, (answer) => assertError(answer, status, code, id)))
