/**
 * What differs between the eras where a handler asks: each row of ASKING.md is shown in both, and the document says no other.
 *
 * Each row runs everywhere that a form can be shown, so that what is said of an era holds for all of it.
 */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema } from "effect"
import { TestClock } from "effect/testing"
import { McpMethod, McpRequest, McpServer } from "mcp-effect"
import { until } from "../laws/support/peers.ts"
import { held } from "./support/held.ts"
import { asksForms, begun, call, filling, Host, interacting } from "./support/interaction.ts"
import { answering, matrix, type Row } from "./support/matrix.ts"
import { places } from "./support/places.ts"

const asking = places.filter(asksForms)
const STEPS = 60

/** Lets time pass until it has ended: the turns are for what is not on the clock (sealing a state). */
const passing = (hasEnded: () => boolean, { tick = "100 millis" }: Row): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (let step = 0; step < STEPS && !hasEnded(); step += 1) {
      yield* until(hasEnded, 200)
      if (!hasEnded()) yield* TestClock.adjust(tick)
    }
    assert.isTrue(hasEnded(), "It has not ended")
  })

describe.each(asking)("asking in $revision, $transport", (place) => {
  it.effect.each(matrix)("$about", (row) =>
    Effect.gen(function* () {
      const notes: Array<string> = []
      const note = (line: string) => Effect.sync(() => void notes.push(line))
      const { client, host } = yield* interacting(
        place,
        (request) => row.handler(request, note),
        (host) => host.forms(answering(row, note)),
        row.timeout === undefined ? {} : { timeout: row.timeout }
      )
      const calling = yield* begun(
        Effect.tapError(call(client, "tool", { timeout: "2 hours" }), () => note("failed"))
      )
      yield* passing(() => calling.pollUnsafe() !== undefined, row)
      assert.deepStrictEqual(notes, row.notes[place.era])
      assert.strictEqual(host.open, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("what is neither tool, prompt nor resource", () =>
    Effect.gen(function* () {
      const Own = McpMethod.request("own/ask", { params: Schema.Struct({}), result: Schema.Struct({ said: Schema.String }) })
      const handled = McpServer.handle(Own, () =>
        Effect.flatMap(McpRequest, (request) =>
          request.elicit("q", { message: "q" }).pipe(
            Effect.as({ said: "asked" }),
            Effect.catchReason("McpError", "Unsupported", () => Effect.succeed({ said: "Unsupported" })),
            Effect.orDie
          )
        )
      )
      const client = yield* Effect.provide(place.connect(held(handled).app), filling({})(new Host()))
      const { said } = yield* client.request(Own, {})
      assert.strictEqual(said, place.era === "legacy" ? "asked" : "Unsupported")
    }).pipe(Effect.scoped)
  )
})

/** The last row is shown by a test of its own. */
const others = {
  about: "What is neither tool, prompt nor resource: a completion, a method of one's own",
  legacy: "can ask",
  modern: "cannot: it is `Unsupported`"
}

it("the table of ASKING.md has these rows, and no others", () => {
  const document = readFileSync(join(import.meta.dirname, "../../ASKING.md"), "utf8")
  const [, marked] = /<!-- matrix -->\n([^]*?)\n<!-- \/matrix -->/.exec(document) ?? []
  const cells = (marked ?? "").split("\n").map((line) =>
    line
      .slice(1, -1)
      .split("|")
      .map((cell) => cell.trim())
  )
  assert.deepStrictEqual(cells, [
    ["", "up to 2025-11-25", "2026-07-28"],
    ["---", "---", "---"],
    ...[...matrix, others].map(({ about, legacy, modern }) => [about, legacy, modern])
  ])
})
