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
import { Ask, McpMethod, McpRequest, McpServer } from "mcp-effect"
import type { McpTest } from "mcp-effect/testing"
import { until } from "../laws/support/peers.ts"
import { heard, held, told } from "./support/held.ts"
import { asker, asksForms, begun, call, filling, Host, interacting } from "./support/interaction.ts"
import { answering, matrix, type Row } from "./support/matrix.ts"
import { places } from "./support/places.ts"

const asking = places.filter(asksForms)
const STEPS = 1000

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
        Effect.tapError(call(client, "tool", { idleTimeout: "2 hours", timeout: "2 hours" }), () => note("failed"))
      )
      yield* passing(() => calling.pollUnsafe() !== undefined, row)
      assert.deepStrictEqual(notes, row.notes[place.era])
      assert.strictEqual(host.open, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("a question that loses a race in the same turn", () =>
    Effect.gen(function* () {
      const soon = Effect.promise(() => Promise.resolve("other"))
      const { app } = asker((request) => Effect.raceFirst(request.ask({ q: Ask.form({ message: "q" }) }), soon))
      const peer = yield* place.raw(app, { elicitation: {} })
      const reply = yield* peer.ask("call", "tools/call", { name: "ask" })
      assert.notProperty(reply["result"], "inputRequests")
      assert.deepNestedInclude(reply, { "result.content[0].text": `"other"` })
      const asked = heard(peer).filter(({ method }) => method === "elicitation/create")
      const withdrawn = told(peer, "notifications/cancelled").map(({ params }) => (params as McpTest.Json)["requestId"])
      assert.lengthOf(asked, place.era === "legacy" ? 1 : 0)
      assert.deepStrictEqual(
        withdrawn,
        asked.map(({ id }) => id)
      )
    }).pipe(Effect.scoped)
  )

  it.effect("what is neither tool, prompt nor resource", () =>
    Effect.gen(function* () {
      const Own = McpMethod.request("own/ask", {
        params: Schema.Struct({}),
        result: Schema.Struct({ said: Schema.String })
      })
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

/** The last rows are shown by tests of their own. */
const others = [
  {
    about: "A question that loses a race in the same turn",
    legacy: "leaves, and is taken back",
    modern: "never leaves"
  },
  {
    about: "What is neither tool, prompt nor resource: a completion, a method of one's own",
    legacy: "can ask",
    modern: "cannot: it is `Unsupported`"
  }
]

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
    ...[...matrix, ...others].map(({ about, legacy, modern }) => [about, legacy, modern])
  ])
})
