/**
 * What our schemas generate is what the specification's schemas say, in every revision that has it, and we accept it.
 *
 * A case is a whole message, as it comes out of its text. Where the two differ is listed in `differences.ts`.
 */
import { assert } from "@effect/vitest"
import { drawn, wire } from "./support/draw.ts"
import { judgeOf } from "./support/judge.ts"
import { property } from "./support/property.ts"

property("what we make is what the schema says", {
  draws: (rows) => drawn(rows, (row) => row.own),
  body: (row, { id, payload }, tally, made) => {
    const message = wire(row.message(payload, id))
    const verdict = judgeOf(row.revision.version).judge(row.by, message)
    made.walk(row.own, row, row.payload(message))
    assert.isTrue(verdict.listed, `${verdict.problem} in ${JSON.stringify(message)}`)
    assert.isUndefined(row.refusal(row.revision, message), JSON.stringify(message))
    if (!verdict.strict) for (const difference of verdict.differences) tally.count("differences", difference)
  }
})
